"""The editor of decision tables in a browser: rows are changed, looked at, saved and tried."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.queries.drafts import draft_file
from engine.usecases.drafting import begin_draft, save_file
from engine.usecases.signing_in import set_language
from tests.world import World, shipped_files

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser

NAME = "priority.dmn"


@pytest.fixture
def draft(world: World) -> UUID:
    return begin_draft(world.handling, "Other priorities", actor=world.actor("dora"))


def opened(page: Page, draft: UUID) -> Page:
    page.goto(f"/studio/drafts/{draft}/tables/{NAME}")
    page.locator("#table-editor[data-ready]").wait_for()
    return page


def content(world: World, draft: UUID) -> bytes:
    with world.handling.store.read() as conn:
        return draft_file(conn, draft, NAME).content or b""


def write(page: Page, row: int, column: int, text: str) -> None:
    """Write into a cell (both counted from 1) and go on."""
    rows = page.locator("#table-editor tbody tr")
    cell = rows.nth(row - 1).locator("[contenteditable]").nth(column - 1)
    cell.click()
    cell.press("ControlOrMeta+a")
    page.keyboard.type(text)
    page.locator("h1").click()


def findings(page: Page) -> Any:
    return page.locator("#table-findings")


def test_a_gap_is_told_as_soon_as_it_is_made_and_gone_once_it_is_filled(
    enter: Enter, world: World, draft: UUID
) -> None:
    page = opened(enter("dora"), draft)
    expect(findings(page)).to_have_text("Every case has its row.")

    write(page, 9, 2, "medium")

    told = findings(page)
    expect(told).to_contain_text("Rows 8 and 9 both answer where Impact is “low” and Urgency is")
    expect(told).to_contain_text("No row answers where Impact is “low” and Urgency is “low”.")
    expect(page.locator(".editor-state")).to_have_text("Saved")
    assert content(world, draft).count(b'"medium"') > shipped_files()[NAME].count(b'"medium"')

    write(page, 9, 2, '"low"')

    expect(told).to_have_text("Every case has its row.")


def test_a_finding_leads_to_its_row(enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    write(page, 9, 2, "medium")

    findings(page).get_by_role("button", name=re.compile("Rows 8 and 9")).click()

    row = page.locator("#table-editor tbody tr").nth(8)
    expect(row.locator("[contenteditable]").first).to_be_focused()
    expect(row).to_have_class(re.compile("is-wrong"))


def test_inputs_are_tried_while_rows_change(enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    tries = page.locator("#table-try")
    tries.get_by_label("Impact").select_option("“low”")
    tries.get_by_label("Urgency").select_option("“low”")
    expect(tries).to_contain_text("P4")
    expect(page.locator("#table-editor tr.is-hit")).to_have_count(1)

    write(page, 9, 3, "P3")
    expect(tries).to_contain_text("P3")

    write(page, 9, 2, "medium")
    expect(tries).to_contain_text("No row answers this: an incident would stop there.")


def test_only_policies_that_run_are_offered_and_both_work(
    enter: Enter, world: World, draft: UUID
) -> None:
    page = opened(enter("dora"), draft)
    page.locator(".hit-policy-edit-policy-select").click()
    offered = page.locator(".dms-input-select .option, .dms-select-options .option")
    expect(offered).to_have_text(["the only one that fits", "the first one that fits"])

    offered.nth(1).click()

    expect(page.locator(".editor-state")).to_have_text("Saved")
    assert b'hitPolicy="FIRST"' in content(world, draft)


def test_a_change_is_undone(enter: Enter, world: World, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    write(page, 1, 3, "P9")
    expect(page.locator(".editor-state")).to_have_text("Saved")

    undo = page.get_by_role("button", name="Undo")
    for _ in range(10):
        if undo.is_disabled():
            break
        undo.click()

    expect(page.locator("#table-editor tbody tr").first).to_contain_text('"P1"')
    expect(page.locator(".editor-state")).to_have_text("Saved")
    expect(page.locator(".editor-state")).to_have_attribute("data-revision", re.compile("[2-9]"))
    assert b"P9" not in content(world, draft)


def test_what_somebody_else_saved_is_shown_beside_ones_own(
    enter: Enter, world: World, draft: UUID
) -> None:
    page = opened(enter("dora"), draft)
    theirs = shipped_files()[NAME].replace(b'"P4"', b'"P3"')
    save_file(world.handling, draft, NAME, theirs, revision=0, actor=world.actor("dora"))

    write(page, 1, 3, "P2")

    asked = page.locator(".editor-asked")
    expect(asked).to_contain_text("Nothing was overwritten")
    expect(asked.locator("figure")).to_have_count(2)
    assert content(world, draft) == theirs
    asked.get_by_role("button", name="Take theirs").click()
    expect(page.locator("#table-editor > .table-canvas tbody tr").nth(8)).to_contain_text("P3")
    write(page, 1, 3, "P2")
    expect(page.locator(".editor-state")).to_have_text("Saved")


def test_what_others_wrote_into_a_table_survives(enter: Enter, world: World, draft: UUID) -> None:
    theirs = (
        b'<extensionElements><x:note xmlns:x="https://example.org/other" colour="red">'
        b"kept</x:note></extensionElements>"
    )
    brought = shipped_files()[NAME].replace(
        b'<decisionTable id="priority_table"', theirs + b'<decisionTable id="priority_table"'
    )
    save_file(world.handling, draft, NAME, brought, revision=0, actor=world.actor("dora"))
    page = opened(enter("dora"), draft)

    write(page, 9, 3, "P3")

    expect(page.locator(".editor-state")).to_have_text("Saved")
    saved = content(world, draft)
    assert b'colour="red">kept</' in saved
    assert saved.count(b'"P3"') == brought.count(b'"P3"') + 1


def test_auditors_read_and_try(enter: Enter, draft: UUID) -> None:
    page = opened(enter("egon"), draft)

    assert page.locator("#table-editor [contenteditable]").count() == 0
    assert page.get_by_role("button", name="Undo").count() == 0
    page.get_by_label("Impact").select_option("“low”")
    expect(page.locator("#table-try")).to_contain_text("P3")


def test_the_logo_is_seen(enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)

    logo = page.get_by_role("link", name="Powered by bpmn.io")
    expect(logo).to_be_visible()
    box = logo.bounding_box()
    assert box is not None
    seen = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('a')?.title",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )
    assert seen == "Powered by bpmn.io", "nothing lies over it"


def test_without_a_script_the_table_is_read_and_tried(enter: Enter, draft: UUID) -> None:
    page = enter("dora", javascript=False)
    page.goto(f"/studio/drafts/{draft}/tables/{NAME}")

    page.get_by_label("Impact").select_option("“medium”")
    page.get_by_role("button", name="Try it").click()

    expect(page.locator("#table-try")).to_contain_text("P2")
    expect(page.locator("#table-rows tbody tr")).to_have_count(9)


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_around_the_rows_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    enter: Enter, draft: UUID, width: int, *, dark: bool
) -> None:
    page = opened(enter("dora", width=width, dark=dark), draft)
    write(page, 9, 2, "medium")
    expect(findings(page)).to_contain_text("Rows 8 and 9")

    found = Axe().run(page, context={"exclude": [[".table-canvas"]]})

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("login", ["dora", "egon"])
def test_kinds_of_values_are_said_in_the_readers_language(
    world: World, enter: Enter, draft: UUID, login: str
) -> None:
    set_language(world.handling.store, world.people[login], "de")

    page = opened(enter(login), draft)

    for kind in page.locator("#table-editor :is(.input-variable, .output-variable)").all():
        expect(kind).to_have_text("Text")
