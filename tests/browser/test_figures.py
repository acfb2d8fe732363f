"""Figures in a real browser: charts that lead somewhere, on every screen, also without scripts."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser


@pytest.fixture
def some(world: World) -> World:
    """One that is confirmed, one that is open."""
    world.confirmed()
    world.report()
    world.clock.forward(hours=1)
    return world


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(("width", "dark"), [(320, False), (768, True), (1280, False)])
def test_nothing_for_axe_and_nothing_wider_than_the_screen(
    enter: Enter, width: int, *, dark: bool
) -> None:
    page = enter("egon", width=width, dark=dark)
    for path in ("figures", "figures/time", "figures/incidents", "mining"):
        page.goto(f"/desk/{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        violations = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in violations] == [], path


@pytest.mark.usefixtures("some")
def test_a_bar_leads_to_what_is_behind_it_and_whose_time_comes_by_itself(enter: Enter) -> None:
    page = enter("egon")
    page.goto("/desk/figures")
    expect(page.locator("#time svg")).to_be_visible()

    page.locator('svg a[href*="which=told"]').first.click()

    expect(page.get_by_role("link", name="#1")).to_be_visible()


@pytest.mark.usefixtures("some")
def test_without_javascript_whose_time_it_was_is_a_page(enter: Enter) -> None:
    page = enter("egon", javascript=False)
    page.goto("/desk/figures")

    page.get_by_role("link", name="Add it up").click()

    expect(page.get_by_text("Of 2 incidents.")).to_be_visible()
