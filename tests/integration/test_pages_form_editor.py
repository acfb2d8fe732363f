"""The form editor: a form of a draft as cards, which works without a script."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import html

from engine.queries.drafts import draft_file
from engine.usecases.drafting import begin_draft, discard_draft, save_file
from tests.visitor import Visitor, words_of
from tests.world import World, shipped_files

Visit = Callable[[str | None], Visitor]
NAME = "verify_outcome.json"


@pytest.fixture
def draft(world: World) -> UUID:
    return begin_draft(world.handling, "Ask the bank first", actor=world.actor("dora"))


def address(draft: UUID, name: str = NAME) -> str:
    return f"/studio/drafts/{draft}/forms/{name}"


def saved(world: World, draft: UUID, name: str = NAME) -> dict[str, Any]:
    with world.handling.store.read() as conn:
        content = draft_file(conn, draft, name).content
    found: dict[str, Any] = json.loads(content or b"")
    return found


def revision(world: World, draft: UUID, name: str = NAME) -> int:
    with world.handling.store.read() as conn:
        return draft_file(conn, draft, name).revision


def card(page: str, name: str) -> dict[str, Any]:
    """Return what the form of a card would send as it is, without a button."""
    (form,) = html.fromstring(page).xpath(f'//form[@data-card="{name}"]')
    sent: dict[str, Any] = {}
    for key, value in form.form_values():
        sent.setdefault(key, []).append(value)
    return sent


def test_every_field_has_a_card_and_participants_see_the_form(dora: Visitor, draft: UUID) -> None:
    page = dora.get(address(draft))

    names = re.findall(r'id="field-(\w+)"', page)
    assert names == ["measured", "verdict", "right_since", "watch_until", "words"]
    (preview,) = html.fromstring(page).xpath('//div[@id="preview"]')
    said = " ".join(" ".join(preview.itertext()).split())
    assert "Look at every point yourself" in said
    assert "Save our check" in said
    assert preview.xpath('.//input[@name="verdict"][@value="watch_until"]')


@pytest.mark.parametrize("name", sorted(one for one in shipped_files() if one.endswith(".json")))
def test_every_card_of_every_shipped_form_saves_without_changing_a_byte(
    dora: Visitor, world: World, draft: UUID, name: str
) -> None:
    page = dora.get(address(draft, name))

    for one in re.findall(r'data-card="(\w+)"', page):
        dora.send_as_it_is(address(draft, name), card(page, one) | {"do": "save"}, 303)

    assert revision(world, draft, name) == 0


def test_a_card_says_which_conditions_use_its_field(dora: Visitor, draft: UUID) -> None:
    said = words_of(dora.get(address(draft)))

    assert "the way “watch until” out of “What did the check say?”" in said
    assert "our own check of the outcome" in said


def test_what_is_changed_on_a_card_is_saved_in_the_draft(
    dora: Visitor, world: World, draft: UUID
) -> None:
    sent = card(dora.get(address(draft)), "words")

    dora.send_as_it_is(
        address(draft), sent | {"label": "And else?", "required": "on", "do": "save"}, 303
    )

    form = saved(world, draft)
    assert form["properties"]["words"]["title"] == "And else?"
    assert form["required"] == ["measured", "verdict", "words"]
    assert "Saved in this draft." in dora.get(address(draft))


def test_a_field_moves_and_keeps_what_was_typed(dora: Visitor, world: World, draft: UUID) -> None:
    sent = card(dora.get(address(draft)), "words")

    dora.send_as_it_is(address(draft), sent | {"label": "And else?", "do": "up"}, 303)

    form = saved(world, draft)
    assert list(form["properties"])[-2:] == ["words", "watch_until"]
    assert form["properties"]["words"]["title"] == "And else?"


def test_a_field_is_added_with_a_name_of_its_own(dora: Visitor, world: World, draft: UUID) -> None:
    dora.send(
        address(draft),
        {"do": "add", "label": "Who was with you?", "type": "choice", "revision": "0", "card": ""},
    )

    assert list(saved(world, draft)["properties"])[-1] == "who_was_with_you"
    assert "Who was with you?" in dora.get(address(draft))


def test_the_title_and_the_button_are_changed(dora: Visitor, world: World, draft: UUID) -> None:
    sent = {"do": "head", "title": "Right?", "instructions": "Look.", "submit": "Say so"}

    dora.send(address(draft), sent | {"revision": "0", "card": ""})

    form = saved(world, draft)
    assert (form["title"], form["description"], form["x-submit"]) == ("Right?", "Look.", "Say so")


def test_a_field_that_something_uses_goes_only_after_a_second_look(
    dora: Visitor, world: World, draft: UUID
) -> None:
    sent = card(dora.get(address(draft)), "words")

    page = dora.send_as_it_is(address(draft), sent | {"do": "remove"}, 422)

    assert "Something relies on what would go: our own check" in words_of(page)
    assert revision(world, draft) == 0
    dora.send_as_it_is(address(draft), sent | {"do": "sure-remove"}, 303)
    assert "words" not in saved(world, draft)["properties"]


def test_a_choice_that_a_condition_uses_goes_only_after_a_second_look(
    dora: Visitor, world: World, draft: UUID
) -> None:
    name = "do_it_action.json"
    sent = card(dora.get(address(draft, name)), "outcome")
    sent["choice_label"][1] = ""  # declined: fields depend on it
    page = dora.send_as_it_is(address(draft, name), sent | {"do": "save"}, 422)
    assert "depends on the answers to “How did it go?”" in words_of(page)

    name = "decide_declined_action.json"
    sent = card(dora.get(address(draft, name)), "decided")
    sent["choice_label"][1] = ""
    page = dora.send_as_it_is(address(draft, name), sent | {"do": "save"}, 422)

    assert "the choice “drop”: the way" in words_of(page)
    assert revision(world, draft, name) == 0
    dora.send_as_it_is(address(draft, name), sent | {"do": "sure-save"}, 303)
    assert len(saved(world, draft, name)["properties"]["decided"]["oneOf"]) == 1


def test_a_field_that_something_uses_is_renamed_only_after_a_second_look(
    dora: Visitor, world: World, draft: UUID
) -> None:
    sent = card(dora.get(address(draft)), "verdict") | {"name": "opinion"}

    page = dora.send_as_it_is(address(draft), sent | {"do": "save"}, 422)
    assert "the way “right” out of “What did the check say?”" in words_of(page)

    dora.send_as_it_is(address(draft), sent | {"do": "sure-save"}, 303)
    form = saved(world, draft)
    assert "opinion" in form["properties"]
    assert all("opinion" in part["if"]["properties"] for part in form["allOf"])


@pytest.mark.parametrize("name", ["typename", "gate", "len", "class", "items", "Bad name"])
def test_names_that_would_break_something_are_refused_with_what_was_typed(
    dora: Visitor, world: World, draft: UUID, name: str
) -> None:
    sent = card(dora.get(address(draft)), "words") | {"name": name, "label": "Typed by me"}

    page = dora.send_as_it_is(address(draft), sent | {"do": "save"}, 422)

    assert "Typed by me" in page
    assert html.fromstring(page).xpath('//*[@id="field-words"]//*[@role="alert"]')
    assert revision(world, draft) == 0


def test_a_stale_save_shows_both_and_overwrites_nothing(
    dora: Visitor, world: World, draft: UUID
) -> None:
    sent = card(dora.get(address(draft)), "words") | {"label": "Mine", "do": "save"}
    theirs = shipped_files()[NAME].replace(b"What else should others know?", b"Theirs")
    save_file(world.handling, draft, NAME, theirs, revision=0, actor=world.actor("dora"))

    page = dora.send_as_it_is(address(draft), sent, 409)

    said = words_of(page)
    assert "Dora Diaz saved this file meanwhile; nothing was overwritten." in said
    assert "What is asked Theirs" in said
    assert card(page, "words")["label"] == ["Mine"]
    assert saved(world, draft)["properties"]["words"]["title"] == "Theirs"
    dora.send_as_it_is(address(draft), card(page, "words") | {"do": "save"}, 303)
    assert saved(world, draft)["properties"]["words"]["title"] == "Mine"


def test_the_preview_shows_what_is_typed_and_saves_nothing(
    dora: Visitor, world: World, draft: UUID
) -> None:
    sent = card(dora.get(address(draft)), "words") | {"label": "Just typed", "do": "save"}

    page = dora.send_as_it_is(f"{address(draft)}/preview", sent, 200)

    assert "Just typed" in words_of(page)
    assert "<html" not in page
    assert revision(world, draft) == 0
    dora.send_as_it_is(f"{address(draft)}/preview", sent | {"label": ""}, 422)


def test_a_new_form_is_begun_for_a_step(dora: Visitor, world: World, draft: UUID) -> None:
    begin = f"/studio/drafts/{draft}/new-form"
    assert "What is asked?" in dora.get(f"{begin}?step=ask_the_bank")

    dora.send(begin, {"step": "ask_the_bank", "title": "Ask the bank"})

    assert saved(world, draft, "ask_the_bank.json")["title"] == "Ask the bank"
    assert "Ask the bank" in dora.get(address(draft, "ask_the_bank.json"))


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ("verify_outcome", "Again"),
        ("typename", "T"),
        ("gate", "G"),
        ("../x", "X"),
        ("", "E"),
        ("ask_the_bank", " "),
        ("X" * 90, "Long"),
    ],
)
def test_no_form_is_begun_where_there_can_be_none(
    dora: Visitor, draft: UUID, step: str, title: str
) -> None:
    page = dora.send(f"/studio/drafts/{draft}/new-form", {"step": step, "title": title}, 422)

    assert "field-error" in page


def test_what_cannot_be_published_is_said_at_once(dora: Visitor, draft: UUID) -> None:
    name = "decide_without_answer.json"
    page = dora.get(address(draft, name))
    assert "cannot be published" not in page
    sent = card(page, "reason")
    del sent["required"]

    dora.send_as_it_is(address(draft, name), sent | {"do": "save"}, 303)

    said = words_of(dora.get(address(draft, name)))
    assert "Like this it cannot be published: “reason” must always be answered." in said


def test_a_form_that_was_removed_is_begun_again(dora: Visitor, world: World, draft: UUID) -> None:
    save_file(world.handling, draft, NAME, None, revision=0, actor=world.actor("dora"))
    dora.get(address(draft), 404)

    dora.send(f"/studio/drafts/{draft}/new-form", {"step": "verify_outcome", "title": "Again"})

    assert saved(world, draft)["title"] == "Again"


def test_a_file_that_is_no_form_says_why(dora: Visitor, world: World, draft: UUID) -> None:
    owner = world.actor("dora")
    save_file(world.handling, draft, NAME, b'{"title": "x"}', revision=0, actor=owner)

    assert "no form that can be shown as cards" in dora.get(address(draft))
    dora.send(address(draft), {"do": "save", "card": "words", "revision": "1"}, 422)


def test_auditors_read_and_change_nothing(visit: Visit, world: World, draft: UUID) -> None:
    egon = visit("egon")
    page = egon.get(address(draft))

    assert "Only process owners change a draft" in words_of(page)
    assert 'value="remove"' not in page
    assert "What is asked?" not in egon.get(f"/studio/drafts/{draft}/new-form")
    sent = card(page, "words") | {"label": "Egon's", "do": "save"}
    egon.send_as_it_is(address(draft), sent, 403)
    new = {"step": "x", "title": "X"}
    egon.send(f"/studio/drafts/{draft}/new-form", new, 403)
    assert revision(world, draft) == 0


@pytest.mark.parametrize("login", ["ada", "carla", "fay", "hugo", "olga"])
def test_nobody_else_is_let_in(visit: Visit, draft: UUID, login: str) -> None:
    other = visit(login)

    other.get(address(draft), 403)
    other.get(f"/studio/drafts/{draft}/new-form", 403)


def test_who_is_not_signed_in_is_sent_to_sign_in(visit: Visit, draft: UUID) -> None:
    visit(None).get(address(draft), 302)


def test_what_is_not_there_is_not_found(dora: Visitor, draft: UUID) -> None:
    dora.get(address(uuid4()), 404)
    dora.get(address(draft, "nothing.json"), 404)
    dora.get(address(draft, "priority.dmn"), 404)


def test_a_draft_that_is_over_is_only_read(dora: Visitor, world: World, draft: UUID) -> None:
    sent = card(dora.get(address(draft)), "words") | {"label": "Late", "do": "save"}
    discard_draft(world.handling, draft, actor=world.actor("dora"))

    page = dora.get(address(draft))

    assert "Only process owners change a draft, while it is open." in words_of(page)
    dora.send_as_it_is(address(draft), sent, 409)


def test_what_each_line_asks_is_changed_on_cards_of_its_own(
    dora: Visitor, world: World, draft: UUID
) -> None:
    name = "agree_what_right_means.json"
    sent = card(dora.get(address(draft, name)), "criteria.evidence")

    dora.send_as_it_is(address(draft, name), sent | {"label": "Where is it seen?", "do": "up"}, 303)

    lines = saved(world, draft, name)["properties"]["criteria"]["items"]["properties"]
    assert [*lines][:3] == ["measure", "evidence", "threshold"]
    assert lines["evidence"]["title"] == "Where is it seen?"
    assert lines["evidence"]["examples"]


def test_a_question_is_added_to_each_line(dora: Visitor, world: World, draft: UUID) -> None:
    name = "agree_what_right_means.json"
    sent = {"rows": "actions", "do": "add", "label": "How long?", "type": "whole_number"}

    dora.send(address(draft, name), sent | {"revision": "0"})

    lines = saved(world, draft, name)["properties"]["actions"]["items"]["properties"]
    assert [*lines][-1] == "how_long"
    page = dora.get(address(draft, name) + "?open=actions.how_long")
    assert re.search(r'id="field-actions" open', page)
    assert re.search(r'id="field-actions.how_long" open', page)


def test_what_stands_in_the_way_is_said_on_the_card_of_the_line(
    dora: Visitor, world: World, draft: UUID
) -> None:
    sent = card(dora.get(address(draft, "confirm_outcome.json")), "criteria.answer")

    page = dora.send_as_it_is(address(draft, "confirm_outcome.json"), sent | {"do": "remove"}, 422)

    assert "depends on the answers to" in words_of(page)
    assert re.search(r'id="field-criteria.answer" open', page)
    assert revision(world, draft, "confirm_outcome.json") == 0


def test_lines_of_a_field_that_has_none_are_refused(dora: Visitor, draft: UUID) -> None:
    sent = {"rows": "words", "do": "add", "label": "How long?", "type": "date", "revision": "0"}

    page = dora.send(address(draft), sent, 422)

    assert "This field is not there any more." in words_of(page)
