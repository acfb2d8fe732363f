"""A process owner draws in a browser: what is unsafe is said on the drawing, at once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.bpmn import judge_release
from engine.queries.drafts import draft_file, draft_files
from engine.usecases.drafting import begin_draft, save_file
from engine.usecases.verifying import verify_release
from tests.world import World, shipped_files

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser
SHIPPED = shipped_files()


@pytest.fixture
def draft(world: World) -> UUID:
    return begin_draft(world.handling, "Ask the bank first", actor=world.actor("dora"))


def opened(page: Page, draft: UUID, name: str = "incident.bpmn") -> Page:
    page.goto(f"/studio/drafts/{draft}/diagrams/{name}")
    page.locator("#editor[data-ready]").wait_for()
    page.locator(".editor-found[data-checked]").wait_for()
    return page


def choose(page: Page, element: str) -> Any:
    """Choose an element by the table; returns the place of what it means."""
    page.locator(f'[data-element="{element}"] button').click()
    return page.locator(".editor-chosen")


def saved(page: Page, world: World, draft: UUID, name: str = "incident.bpmn") -> str:
    expect(page.locator(".editor-state")).to_have_text("Saved")
    with world.handling.store.read() as conn:
        content = draft_file(conn, draft, name).content
    assert content is not None
    return content.decode()


def test_a_way_past_the_gate_is_stopped_and_can_be_walked(enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    expect(page.locator(".editor-verdict")).to_have_text("This can be published as it is.")

    choose(page, "confirmed").get_by_label("When this way is taken").select_option("otherwise")

    finding = page.locator(".editor-findings li.refuted", has_text="an answer that still counts")
    expect(finding).to_be_visible()
    expect(page.locator(".editor-canvas .finding-badge.refuted")).to_have_count(2)
    finding.get_by_role("button", name="Show how").click()
    walk = page.locator(".editor-walk")
    expect(walk).to_contain_text("Step 1 of")
    walk.get_by_role("button", name="On", exact=True).click()
    expect(walk).to_contain_text("Set the priority")
    expect(page.locator(".djs-element.is-here")).to_have_attribute(
        "data-element-id", "set_priority"
    )
    expect(page.locator(".djs-element.is-walked")).to_have_count(1)

    walk.get_by_role("button", name="Enough").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".editor-verdict")).to_have_text("This can be published as it is.")


def test_what_is_drawn_is_saved_by_itself_and_still_runs(
    world: World, enter: Enter, draft: UUID
) -> None:
    page = opened(enter("dora"), draft)

    choose(page, "verify_outcome").get_by_label("Name", exact=True).fill("Look at the outcome")
    page.keyboard.press("Tab")

    assert 'name="Look at the outcome"' in saved(page, world, draft)
    with world.handling.store.read() as conn:
        files = draft_files(conn, draft)
    incident = next(one for one in verify_release(files) if one.file == "incident.bpmn")
    assert incident.executable
    assert not incident.is_refuted


def test_a_new_step_is_called_by_its_name_and_asked_of_a_lane(
    world: World, enter: Enter, draft: UUID
) -> None:
    page = opened(enter("dora"), draft)
    choose(page, "agree_what_right_means")
    page.locator('.djs-context-pad [data-action="append.user-task"]').click()
    page.keyboard.press("Escape")  # the name on the drawing
    chosen = page.locator(".editor-chosen")
    chosen.get_by_label("Name", exact=True).fill("Ask the bank")
    page.keyboard.press("Tab")
    expect(chosen).to_contain_text("There is no form for this step yet.")

    chosen.get_by_label("Who is asked").select_option(label="The owner of the business process")

    text = saved(page, world, draft)
    assert '<bpmn:userTask id="ask_the_bank" name="Ask the bank">' in text
    lane = text[text.index('name="business_owner"') :]
    assert "<bpmn:flowNodeRef>ask_the_bank</bpmn:flowNodeRef>" in lane[: lane.index("</bpmn:lane>")]
    expect(page.locator(".editor-findings")).to_contain_text("The step has no form.")


def test_a_condition_is_built_by_choosing(world: World, enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    place = choose(page, "right").locator(".editor-condition")

    place.locator("select").nth(1).select_option("!=")

    assert 'verify_outcome.verdict != "right"' in saved(page, world, draft)
    choose(page, "right").get_by_label("When this way is taken").select_option("free")
    place.get_by_label("Condition").fill("verify_outcome.verdict ==")
    page.keyboard.press("Tab")
    expect(page.locator(".editor-findings")).to_contain_text("is not an expression")


def test_a_timer_is_a_length_in_words(world: World, enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft, "confirmation.bpmn")
    place = choose(page, "unanswered")
    expect(place.get_by_label("When", exact=True)).to_have_value("at")
    place.get_by_label("When", exact=True).select_option("after")
    place.locator("input[type=number]").fill("3")
    place.locator(".editor-condition select").select_option("weeks")
    place.locator("input[type=number]").press("Tab")

    assert '"P3W"</bpmn:timeDuration>' in saved(page, world, draft, "confirmation.bpmn")


def test_a_timer_counts_working_days(world: World, enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft, "confirmation.bpmn")
    place = choose(page, "unanswered")
    place.get_by_label("When", exact=True).select_option("after")
    place.locator("input[type=number]").fill("5")
    place.locator(".editor-condition select").select_option("working days")
    place.locator("input[type=number]").press("Tab")

    assert '"5 working days"</bpmn:timeDuration>' in saved(page, world, draft, "confirmation.bpmn")
    choose(page, "confirm_outcome")
    unit = choose(page, "unanswered").locator(".editor-condition select")
    expect(unit).to_have_value("workingDays")


def test_what_two_saved_is_shown_side_by_side(world: World, enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    theirs = SHIPPED["incident.bpmn"].replace(b'name="Reported"', b'name="Told"')
    dora = world.actor("dora")
    save_file(world.handling, draft, "incident.bpmn", theirs, revision=0, actor=dora)

    choose(page, "verify_outcome").get_by_label("Name", exact=True).fill("Mine")
    page.keyboard.press("Tab")

    expect(page.locator(".editor-asked")).to_contain_text("Nothing was overwritten")
    expect(page.locator(".editor-asked figure")).to_have_count(2)
    page.get_by_role("button", name="Take theirs").click()
    expect(page.locator(".editor-asked figure")).to_have_count(0)
    expect(page.locator(".editor-canvas")).to_contain_text("Told")


def test_whoever_only_reads_changes_nothing(enter: Enter, draft: UUID) -> None:
    page = opened(enter("egon"), draft)

    expect(page.locator(".djs-palette")).to_have_count(0)
    expect(choose(page, "verify_outcome").get_by_label("Name", exact=True)).to_be_disabled()


def test_what_others_wrote_into_a_diagram_survives(world: World, enter: Enter, draft: UUID) -> None:
    """The engine's own studio writes extension elements that this one has no field for."""
    more = (
        b"<spiffworkflow:instructionsForEndUser>Look **twice**"
        b"</spiffworkflow:instructionsForEndUser>"
        b'<x:other xmlns:x="http://example.org/x" kind="a"><x:inner>b</x:inner></x:other>'
    )
    before = b'<spiffworkflow:property name="mark" value="verification" />\n'
    at = SHIPPED["incident.bpmn"].index(
        b"</bpmn:extensionElements>", SHIPPED["incident.bpmn"].index(before)
    )
    content = SHIPPED["incident.bpmn"][:at] + more + SHIPPED["incident.bpmn"][at:]
    dora = world.actor("dora")
    save_file(world.handling, draft, "incident.bpmn", content, revision=0, actor=dora)
    page = opened(enter("dora"), draft)

    choose(page, "verify_outcome").get_by_label("Name", exact=True).fill("Look")
    page.keyboard.press("Tab")

    text = saved(page, world, draft)
    assert "Look **twice**</spiffworkflow:instructionsForEndUser>" in text
    assert '<x:other xmlns:x="http://example.org/x" kind="a">' in text
    assert "<x:inner>b</x:inner>" in text


def test_marks_and_tables_are_chosen_in_words(world: World, enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    choose(page, "verify_outcome").get_by_label("What it means for closing").select_option("")
    choose(page, "closed_confirmed").get_by_label("What it does to the incident").select_option(
        "escalated"
    )
    choose(page, "obtain_confirmation").get_by_label("What it means for closing").select_option(
        "confirmation"
    )
    choose(page, "set_priority").get_by_label("Which table it asks").select_option("route_action")

    text = saved(page, world, draft)
    files = {**SHIPPED, "incident.bpmn": text.encode()}
    elements = judge_release(files).release.processes["incident"].elements
    assert elements["verify_outcome"].mark is None
    assert elements["closed_confirmed"].closes == "escalated"
    assert elements["obtain_confirmation"].mark == "confirmation"
    assert elements["set_priority"].decision == "route_action"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_studio_fits_and_axe_finds_nothing(
    world: World, enter: Enter, draft: UUID, width: int
) -> None:
    page = enter("dora", width=width, dark=width == 768)
    dora = world.actor("dora")
    ladder = SHIPPED["confirmation.bpmn"].replace(b">decide_at<", b'>"P3D"<')
    save_file(world.handling, draft, "confirmation.bpmn", ladder, revision=0, actor=dora)
    paths = (
        "/studio",
        "/studio/releases",
        "/studio/files/incident.bpmn",
        f"/studio/drafts/{draft}",
    )
    for path in paths:
        page.goto(path)
        assert_fits(page)
    opened(page, draft)
    choose(page, "confirmed")
    assert_fits(page)


def assert_fits(page: Page) -> None:
    found = Axe().run(page, context={"exclude": [[".djs-container"]]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
