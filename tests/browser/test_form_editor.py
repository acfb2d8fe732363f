"""The form editor in a browser: the preview follows what is typed; all works without a script."""

from collections.abc import Callable
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.usecases.drafting import begin_draft
from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser

NAME = "verify_outcome.json"


@pytest.fixture
def draft(world: World) -> UUID:
    return begin_draft(world.handling, "Ask more", actor=world.actor("dora"))


def opened(page: Page, draft: UUID) -> Page:
    page.goto(f"/studio/drafts/{draft}/forms/{NAME}")
    return page


@pytest.mark.parametrize("javascript", [True, False])
def test_a_field_that_is_added_is_seen_as_participants_see_it(
    enter: Enter, draft: UUID, *, javascript: bool
) -> None:
    page = opened(enter("dora", javascript=javascript), draft)
    page.get_by_text("Add a field").click()
    add = page.locator("#add")
    add.get_by_label("What is asked").fill("Who was with you?")
    add.get_by_label("It takes").select_option("One of several choices")
    add.get_by_label("It must be answered").check()
    if javascript:
        preview = page.locator("#preview")
        expect(preview.get_by_role("radiogroup", name="Who was with you?")).to_be_visible()

    add.get_by_role("button", name="Add it").click()

    expect(page.get_by_role("status").get_by_text("Saved in this draft.")).to_be_visible()
    card = page.locator("#field-who_was_with_you")
    expect(card.get_by_label("Words of choice 1")).to_have_value("Yes")
    asked = page.locator("#preview").get_by_role("radiogroup", name="Who was with you?")
    expect(asked.get_by_label("Yes")).to_be_visible()


def test_the_preview_follows_what_is_typed(enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    page.locator("#field-verdict > summary").click()
    card = page.locator("#field-verdict")

    card.get_by_label("What is asked").fill("Is it right, do you think?")
    card.get_by_label("Words of choice 4").fill("Nobody knows")

    preview = page.locator("#preview")
    asked = preview.get_by_role("radiogroup", name="Is it right, do you think?")
    expect(asked.get_by_label("Nobody knows")).to_be_visible()
    # what is asked only then is asked in the preview, too
    expect(preview.get_by_label("Watch it until when?")).to_be_hidden()
    asked.get_by_label("Watch it for a while").check()
    expect(preview.get_by_label("Watch it until when?")).to_be_visible()


def test_buttons_in_the_preview_do_nothing(enter: Enter, draft: UUID) -> None:
    page = opened(enter("dora"), draft)
    before = page.url

    page.locator("#preview").get_by_role("button", name="Save our check").click()

    assert page.url == before
    expect(page.locator("#field-words")).to_be_attached()


@pytest.mark.parametrize("javascript", [True, False])
def test_what_a_condition_uses_is_removed_only_after_a_second_look(
    enter: Enter, draft: UUID, *, javascript: bool
) -> None:
    page = opened(enter("dora", javascript=javascript), draft)
    page.locator("#field-words > summary").click()

    page.locator("#field-words").get_by_role("button", name="Remove").click()

    card = page.locator("#field-words")
    expect(card.get_by_role("alert")).to_contain_text("our own check of the outcome")
    card.get_by_role("button", name="Do it all the same").click()
    expect(page.locator("#field-words")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    enter: Enter, draft: UUID, width: int, *, dark: bool
) -> None:
    page = opened(enter("dora", width=width, dark=dark), draft)
    for summary in page.locator(".cards summary").all():
        if summary.is_visible():
            summary.click()

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
