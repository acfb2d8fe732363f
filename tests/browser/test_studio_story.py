"""A process owner adds a step with its form, tries it, publishes it, and moves what runs."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from engine.usecases.moving import move_all
from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser


def test_a_new_step_is_drawn_tried_published_met_by_new_incidents_and_the_old_one_is_moved(
    world: World, enter: Enter
) -> None:
    old = world.report()
    page = enter("dora")
    page.goto("/studio")
    page.get_by_label("What is to be changed").fill("Ask the bank first")
    page.get_by_role("button", name="Begin").click()

    _draw(page)
    _ask(page)
    _try(page)
    page.get_by_role("link", name="Ask the bank first").click()
    _tell(page)
    page.get_by_label("Why it is changed").fill("The bank wants to know first")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("It became release 2.")).to_be_visible()

    new = world.report()
    assert _open(world, old) == {"agree_what_right_means"}
    assert _open(world, new) == {"ask_the_bank"}
    assert _releases(world) == {old: 1, new: 2}

    page.goto("/studio/moves/new?from=1&to=2")
    expect(page.get_by_text("1 would move, 0 would stay.")).to_be_visible()
    page.get_by_label("Why they are moved").fill("So that all are alike")
    page.get_by_role("button", name="Move all that can be moved").click()
    expect(page.get_by_text("1 to come")).to_be_visible()
    # as the worker does it; the page looks again by itself
    move_all(world.handling, UUID(page.url.rsplit("/", 1)[1]))
    expect(page.get_by_text("✓ Done.")).to_be_visible()
    assert _releases(world) == {old: 2, new: 2}
    assert _open(world, old) == {"agree_what_right_means"}


def _draw(page: Page) -> None:
    """Put a step between the priority and the agreement, in the owner's lane."""
    page.get_by_role("link", name="Handle an incident").click()
    page.locator("#editor[data-ready]").wait_for()
    # what led there leads to the new step from now on
    page.locator('[data-element="plan"] button').click()
    page.locator('.djs-context-pad [data-action="delete"]').click()
    page.locator('[data-element="set_priority"] button').click()
    page.locator('.djs-context-pad [data-action="append.user-task"]').click()
    page.keyboard.press("Escape")
    chosen = page.locator(".editor-chosen")
    chosen.get_by_label("Name", exact=True).fill("Ask the bank")
    page.keyboard.press("Tab")
    chosen.get_by_label("Who is asked").select_option(label="The owner of the business process")
    page.locator('.djs-context-pad [data-action="connect"]').click()
    goal = page.locator('g[data-element-id="agree_what_right_means"] > .djs-hit')
    goal.hover()
    goal.click()
    expect(page.locator(".editor-findings")).to_contain_text("The step has no form.")
    expect(page.locator(".editor-findings li.refuted, .editor-findings li.unknown")).to_have_count(
        1
    )
    expect(page.locator(".editor-state")).to_have_text("Saved")


def _ask(page: Page) -> None:
    """Give the step its form, with a choice."""
    # the table says what was saved just now
    page.locator('th[data-element="ask_the_bank"] button').click()
    page.get_by_role("link", name="Begin its form").click()
    page.get_by_label("What is asked?").fill("Does the bank agree?")
    page.get_by_role("button", name="Begin the form").click()
    expect(page.get_by_role("heading", name="Does the bank agree?").first).to_be_visible()


def _try(page: Page) -> None:
    """Answer it on the engine, before anybody else has to."""
    page.goto(re.sub(r"/forms/.*", "/try/incident", page.url))
    expect(page.get_by_role("group", name="Ask the bank")).to_be_visible()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("group", name="Agree what right means")).to_be_visible()


def _tell(page: Page) -> None:
    """Let the diagram's stories begin with the new step."""
    expect(page.get_by_text("Nobody is asked “agree_what_right_means” now").first).to_be_visible()
    page.locator("summary", has_text="Scenarios").click()
    page.get_by_role("link", name="What “incident” is tried with").click()
    text = page.get_by_label("As text")
    text.fill(text.input_value().replace("moves:\n", "moves:\n    - answer: ask_the_bank\n"))
    text.fill(text.input_value().replace("    - waits: [agree_what_right_means]\n", "", 1))
    page.get_by_role("button", name="Save and run").click()
    expect(page.get_by_text("✓ goes as it says")).to_have_count(5)
    page.get_by_role("link", name="Ask the bank first").click()


def _releases(world: World) -> dict[UUID, int]:
    with world.handling.store.read() as conn:
        rows = conn.execute(
            text("SELECT incident_id, number FROM run JOIN release r ON r.id = run.release_id")
        )
        return {row.incident_id: row.number for row in rows}


def _open(world: World, incident: UUID) -> set[str]:
    return {item.step for item in world.items(incident)}
