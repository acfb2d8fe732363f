"""A customer without an account, on a telephone, with the link from their mail."""

from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.addresses import token_of
from engine.usecases.links import keep_link
from tests.visitor import SECRET
from tests.world import World


def link(world: World, login: str, incident: UUID, item: UUID | None) -> str:
    with world.handling.store.begin() as work:
        ref = keep_link(
            work.conn,
            world.people[login],
            incident,
            item,
            now=work.now,
            lasts=world.handling.rules.link_lasts,
        )
    return f"/l/{token_of(ref, SECRET)}"


def sound(page: Page) -> None:
    """Insist that axe finds nothing and nothing is wider than the screen."""
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_customer_confirms_by_link_and_is_asked_back(
    browser: Browser, served: str, world: World, *, javascript: bool
) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome", "carla").id
    context = browser.new_context(
        base_url=served,
        viewport={"width": 320, "height": 700},
        java_script_enabled=javascript,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(link(world, "carla", incident, item))
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it right again?")
    if javascript:
        sound(page)

    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_text("Please say how it is for you.").first).to_be_visible()
    page.get_by_role("radio", name="It is right").check()
    page.get_by_label("Is there anything else we should know?").fill("But two are still wrong")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("alert")).to_contain_text("But two are still wrong")
    assert world.row(incident).state == "open"
    if javascript:
        sound(page)

    page.get_by_role("button", name="Yes, it is right").click()
    expect(page.get_by_text("This is done")).to_be_visible()
    assert world.row(incident).state == "closed"
    if javascript:
        sound(page)
    page.goto(link(world, "carla", incident, None))
    expect(page.get_by_role("heading", name="How it stands")).to_be_visible()
    if javascript:
        sound(page)
    context.close()


def test_enter_never_insists(browser: Browser, served: str, world: World) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome", "carla").id
    context = browser.new_context(base_url=served)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(link(world, "carla", incident, item))
    page.get_by_role("radio", name="It is right").check()
    page.get_by_label("Is there anything else we should know?").fill("But two are still wrong")
    page.get_by_role("button", name="Send my answer").click()
    page.get_by_role("alert").wait_for()
    page.get_by_role("radio", name="It is right").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("But two are still wrong")

    assert world.row(incident).state == "open"
    context.close()


def test_the_other_ways_to_answer_go_where_they_should(
    browser: Browser, served: str, world: World
) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome", "carla").id
    context = browser.new_context(base_url=served)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(link(world, "carla", incident, item))
    page.get_by_text("I cannot say yet").click()
    page.get_by_label("On which day may we ask you again?").fill("2026-03-20")
    page.get_by_role("button", name="Ask me again then").click()
    expect(page.get_by_text("We ask you again on that day.")).to_be_visible()
    page.get_by_text("This is not for me").click()
    page.get_by_label("Or tell us who").fill("Our accountant")
    page.get_by_role("button", name="Ask them instead").click()
    expect(page.get_by_text("Thank you. We ask them.")).to_be_visible()
    assert {"confirmation:put_off", "confirmation:not_for_me"} <= set(world.verbs(incident))
    context.close()
