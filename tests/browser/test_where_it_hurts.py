"""Where runs wait, on the drawing: the darker, the longer; and how often each way was taken."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser
INCIDENT = "/studio/releases/1/hurts/incident"


@pytest.fixture
def story(world: World) -> World:
    """A check that took two hours, an answer of ten, and one that is still awaited."""
    for _ in range(2):
        incident = world.report()
        world.lead(incident)
        world.agree(incident, world.for_team("databases"))
        world.act(incident, "ada")
        world.clock.forward(hours=2)
        world.verify(incident)
    world.clock.forward(hours=10)
    world.confirm(incident)
    world.clock.forward(minutes=5)
    return world


@pytest.mark.usefixtures("story")
def test_the_drawing_says_where_runs_waited_and_how_often_each_way_was_taken(enter: Enter) -> None:
    page = enter("dora")
    page.goto(INCIDENT)
    page.locator("#drawing[data-ready]").wait_for()

    hottest = page.locator(".djs-element.heat-5")
    assert hottest.get_attribute("data-element-id") == "obtain_confirmation"
    signs = [one.replace("\xa0", " ") for one in page.locator(".of-element").all_text_contents()]
    assert "1× · 10 h · 1 waits" in signs
    assert "2× · 2 h" in signs
    ways = page.locator(".djs-overlays .of-way")
    assert {"1", "2"} == set(ways.all_text_contents())


@pytest.mark.usefixtures("story")
def test_a_line_of_the_table_shows_where_it_is(enter: Enter) -> None:
    page = enter("egon")
    page.goto(INCIDENT)
    page.locator("#drawing[data-ready]").wait_for()

    page.get_by_role("link", name="Verify the outcome").click()

    looked_at = page.locator(".djs-element.is-looked-at")
    assert looked_at.get_attribute("data-element-id") == "verify_outcome"


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(("width", "dark"), [(320, False), (768, True), (1280, False)])
def test_nothing_for_axe_and_nothing_wider_than_the_screen(
    enter: Enter, width: int, *, dark: bool
) -> None:
    page = enter("dora", width=width, dark=dark)
    for path in (INCIDENT, "/studio/releases/1/hurts/confirmation", f"{INCIDENT}?since=x"):
        page.goto(path)
        page.locator("#drawing[data-ready]").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        violations = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in violations] == [], path


@pytest.mark.usefixtures("story")
def test_without_javascript_the_table_says_it_and_the_period_can_be_chosen(enter: Enter) -> None:
    page = enter("dora", javascript=False)
    page.goto(INCIDENT)
    expect(page.get_by_role("row").filter(has_text="Verify the outcome")).to_contain_text("2×")

    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.get_by_label("Until", exact=True).fill("2020-02-01")
    page.get_by_role("button", name="Show").click()

    # what still waits is told whatever the period
    expect(page.get_by_role("row").filter(has_text="Verify the outcome")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="Obtain confirmation")).to_contain_text("1, for")
