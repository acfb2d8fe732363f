"""Two versions of a diagram in a real browser: marked where they differ, moved together."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.usecases.publish import publish
from tests.world import World, shipped_files

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser
SHIPPED = shipped_files()


@pytest.fixture
def two(world: World) -> World:
    """Two releases: a step is renamed, one stands elsewhere, one took another's place."""
    changed = (
        SHIPPED["confirmation.bpmn"]
        .replace(b'name="Decide without an answer"', b'name="Decide"')
        .replace(b"remind_confirmers", b"remind_them")
        .replace(b'<dc:Bounds x="222" y="192"', b'<dc:Bounds x="222" y="220"')
    )
    table = SHIPPED["priority.dmn"].replace(b'<text>"P4"</text>', b'<text>"P3"</text>', 1)
    form = SHIPPED["verify_outcome.json"].replace(b'"maxLength": 1000', b'"maxLength": 2000', 1)
    files = {"confirmation.bpmn": changed, "priority.dmn": table, "verify_outcome.json": form}
    publish(world.handling.store, SHIPPED | files, by="Ada", reason="a test")
    return world


def marked(page: Page, side: str, name: str) -> list[str | None]:
    found = page.query_selector_all(f"#{side} .djs-element.{name}")
    return [element.get_attribute("data-element-id") for element in found]


@pytest.mark.usefixtures("two")
def test_both_drawings_are_marked_where_they_differ(enter: Enter) -> None:
    page = enter("dora")
    page.goto("/studio/compare/1/2/confirmation.bpmn")
    page.locator("#now[data-ready]").wait_for()

    assert marked(page, "before", "is-removed") == ["remind_confirmers"]
    assert marked(page, "now", "is-added") == ["remind_them"]
    assert marked(page, "before", "is-added") == marked(page, "now", "is-removed") == []
    for side in ("before", "now"):
        assert marked(page, side, "is-moved") == ["asked"]
        assert set(marked(page, side, "is-changed")) == {
            "decide_without_answer",
            "remind_now",
            "sent",
        }
    signs = page.locator("#now .djs-overlays .diagram-sign")
    assert sorted(signs.all_text_contents()) == ["+", "↔", "≠", "≠", "≠"]


@pytest.mark.usefixtures("two")
def test_a_line_of_the_table_shows_its_element_in_both(enter: Enter) -> None:
    page = enter("egon")
    page.goto("/studio/compare/1/2/confirmation.bpmn")
    page.locator("#now[data-ready]").wait_for()

    page.get_by_role("link", name="Decide", exact=True).click()
    assert marked(page, "before", "is-looked-at") == ["decide_without_answer"]
    assert marked(page, "now", "is-looked-at") == ["decide_without_answer"]

    page.get_by_role("link", name="Asked", exact=True).click()
    assert marked(page, "now", "is-looked-at") == ["asked"]


@pytest.mark.usefixtures("two")
def test_one_drawing_follows_the_other(enter: Enter) -> None:
    page = enter("dora")
    page.goto("/studio/compare/1/2/confirmation.bpmn")
    page.locator("#now[data-ready]").wait_for()
    size = "id => document.querySelector(`#${id} .viewport`).getBoundingClientRect().width"
    whole = page.evaluate(size, "now")

    page.locator("#before").get_by_role("button", name="Larger").click()

    assert page.evaluate(size, "before") > whole * 1.2
    assert page.evaluate(size, "now") == pytest.approx(page.evaluate(size, "before"), rel=0.01)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(("width", "dark"), [(320, False), (768, True), (1280, False)])
def test_nothing_for_axe_and_nothing_wider_than_the_screen(
    enter: Enter, width: int, *, dark: bool
) -> None:
    page = enter("dora", width=width, dark=dark)
    for name in ("", "/confirmation.bpmn", "/priority.dmn", "/verify_outcome.json"):
        page.goto(f"/studio/compare/1/2{name}")
        if name.endswith(".bpmn"):
            page.locator("#now[data-ready]").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        violations = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in violations] == [], name


@pytest.mark.usefixtures("two")
def test_without_javascript_the_table_says_what_differs(enter: Enter) -> None:
    page = enter("dora", javascript=False)
    page.goto("/studio/compare/1/2/confirmation.bpmn")

    expect(page.get_by_text("It is called “Decide” instead of")).to_be_visible()
