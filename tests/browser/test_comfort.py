"""What a script adds: keys, what is open and alike beside a report, several to-dos at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser


def test_keys_lead_everywhere_unless_somebody_types_or_wants_none(
    enter: Enter, world: World
) -> None:
    world.report(title="First")
    world.report(title="Second")
    page = enter("hugo")
    page.goto("/incidents")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="First")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Second")).to_be_focused()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("gt")
    expect(search).to_have_value("gt")

    page.goto("/incidents")
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("/report$"))

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.get_by_role("switch").uncheck()
    keys.get_by_role("button", name="Close").click()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/report$"))
    page.get_by_role("button", name="Keys").click()
    expect(keys.get_by_role("switch")).not_to_be_checked()


def test_what_is_open_and_alike_comes_while_one_types(enter: Enter, world: World) -> None:
    world.report(title="Ferrets on the statements")
    page = enter("carla")
    page.goto("/report")
    page.get_by_label("What is it about, in one line?").fill("There are ferrets on it")
    beside = page.get_by_role("complementary", name="What is open already")
    expect(beside.get_by_role("link", name="#1 Ferrets on the statements")).to_be_visible()
    page.get_by_label("What is it about, in one line?").fill("It is late")
    expect(beside.get_by_role("link")).to_have_count(0)


def test_several_to_dos_are_ticked_and_taken(enter: Enter, world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases", "Mend it"))
    world.propose(incident, "hugo", title="Mend it too")
    page = enter("ada")
    page.goto("/?scope=teams")
    page.get_by_role("link", name="Several at once").click()
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("button", name="Take them").click()
    expect(page.get_by_text("Taken: 2.")).to_be_visible()
