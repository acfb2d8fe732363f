"""Going through a history moment by moment: with the mouse, the keys, and by itself."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser

# an auditor who has stated no purpose is not told who it was
REPORTED = re.compile(r"Customer [0-9A-F]{6} reported this")


@pytest.fixture
def told(world: World) -> World:
    """A world with one incident, hours between all that happened."""
    incident = world.report()
    world.clock.forward(hours=1)
    world.lead(incident)
    world.clock.forward(hours=1)
    world.agree(incident, world.for_team("databases"))
    world.clock.forward(hours=2)
    world.act(incident, "ada")
    world.clock.forward(hours=3)
    world.verify(incident)
    world.clock.forward(days=1)
    world.confirm(incident)
    return world


def opened(enter: Enter, **how: object) -> Page:
    page = enter("egon", **how)
    page.goto("/incidents/1/history")
    page.locator("form.replay[data-ready]").wait_for()
    return page


def step(page: Page, element: str) -> Locator:
    return page.locator(f'#drawing-incident [data-element-id="{element}"]').first


def facts(page: Page, kind: str) -> Locator:
    return page.locator(f'[data-facts] [data-kind="{kind}"]')


def test_the_keys_go_from_moment_to_moment_and_each_has_its_address(
    enter: Enter, told: World
) -> None:
    del told
    page = opened(enter)
    line = page.get_by_role("slider", name="Moment")
    expect(step(page, "verify_outcome")).to_have_class(re.compile("is-done"))
    expect(facts(page, "state")).to_contain_text("Closed")

    line.focus()
    page.keyboard.press("Home")

    expect(page.locator("[data-deed]")).to_have_text(
        re.compile(r"Customer [0-9A-F]{6} reported this")
    )
    expect(step(page, "verify_outcome")).not_to_have_class(re.compile("is-done"))
    expect(step(page, "agree_what_right_means")).to_have_class(re.compile("is-waiting"))
    expect(facts(page, "state")).to_contain_text("Open")
    expect(facts(page, "answered")).to_be_hidden()
    expect(page.get_by_role("row", name="Verify the outcome")).to_be_hidden()
    expect(page.get_by_text("What went on by itself (2)")).to_be_visible()
    expect(page.get_by_text("What was not taken")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?at=\d+$"))
    assert REPORTED.search(line.get_attribute("aria-valuetext") or "")

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-deed]")).to_contain_text("Hugo Hahn wrote down how we know")
    expect(facts(page, "open")).to_contain_text("Put it right")
    then = page.url, page.locator("[data-deed]").inner_text()
    page.get_by_role("link", name="Back").click()
    expect(page.locator("[data-deed]")).to_have_text("Hugo Hahn took the lead")

    page.goto(then[0])
    expect(page.locator("[data-deed]")).to_have_text(then[1])
    page.locator("form.replay[data-ready]").wait_for()
    expect(step(page, "agree_what_right_means")).to_have_class(re.compile("is-done"))


def test_it_plays_by_itself_until_the_end_and_stops_when_it_is_asked_to(
    enter: Enter, told: World
) -> None:
    del told
    page = opened(enter)
    page.get_by_label("Speed").select_option("8")

    page.get_by_role("button", name="Play").click()
    page.locator("circle.token").first.wait_for(state="attached")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator("circle.token")).to_have_count(0)

    page.get_by_role("link", name="First").click()
    page.get_by_role("button", name="Play").click()
    expect(page.locator("[data-place]")).to_have_text("6 of 6", timeout=20_000)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(step(page, "closed_confirmed")).to_have_class(re.compile("is-done"))


def test_who_wants_no_motion_gets_none_and_it_plays_all_the_same(enter: Enter, told: World) -> None:
    del told
    page = opened(enter)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_label("Speed").select_option("8")
    page.evaluate(
        "new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) => {"
        " if (node.matches?.('.token')) document.body.dataset.moved = 'yes'; })))"
        ".observe(document.body, { childList: true, subtree: true })"
    )

    page.get_by_role("button", name="Play").click()
    expect(page.locator("[data-place]")).to_have_text("6 of 6", timeout=20_000)

    assert page.evaluate("document.body.dataset.moved") is None


def test_without_a_script_the_links_lead_from_moment_to_moment(enter: Enter, told: World) -> None:
    del told
    page = enter("egon", javascript=False)
    page.goto("/incidents/1/history")

    page.get_by_role("link", name="First").click()
    expect(page.locator("[data-deed]")).to_have_text(
        re.compile(r"Customer [0-9A-F]{6} reported this")
    )
    expect(page.get_by_role("button", name="Play")).to_be_hidden()
    page.get_by_role("link", name="Forward").click()
    expect(page.locator("[data-deed]")).to_have_text("Hugo Hahn took the lead")
    expect(page.get_by_role("row", name="Verify the outcome")).to_be_hidden()
    page.get_by_role("slider", name="Moment").fill("5")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("[data-deed]")).to_contain_text("Dora Diaz checked it")


@pytest.mark.parametrize(("width", "dark"), [(360, False), (768, True), (1280, False)])
def test_a_moment_a_record_and_whose_time_are_for_everybody_and_every_screen(
    enter: Enter, told: World, width: int, dark: bool
) -> None:
    del told
    page = enter("egon", width=width, dark=dark)
    found = []
    for path in (
        "/incidents/1/history?at=4",
        "/incidents/1/record?about=action",
        "/incidents/1/time",
        "/desk/incident?number=x",
    ):
        page.goto(path)
        if "history" in path:
            page.locator("form.replay[data-ready]").wait_for()
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append((path, "wider than the screen"))
        violations = Axe().run(page).response["violations"]
        found += [(path, one["id"], one["nodes"][0]["html"][:200]) for one in violations]
    assert found == []
