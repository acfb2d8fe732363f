"""Forms edited card by card: what is asked changes, and nothing else."""

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest

from engine.expressions import FACTS, FUNCTIONS
from forms import Form, shipped
from forms.cards import SHAPES, Card, CardType, cards_of
from forms.editing import (
    EditRefused,
    Wish,
    add,
    change,
    head,
    move,
    new_form,
    parsed,
    remove,
    schema_of,
    wish_of,
    written,
)
from forms.fields import Condition, Field, Option
from forms.naming import name_from, why_not_a_name

RESERVED = FACTS | FUNCTIONS.keys()
FIXED = {
    f"fixed_{file.name.removesuffix('.json')}": file.read_bytes()
    for file in (resources.files("forms") / "fixed").iterdir()
}
EVERY = {**shipped(), **FIXED}


def form_of(name: str) -> Form:
    return Form.parse(name, EVERY[name])


def card_of(form: Form, name: str) -> Card:
    return next(card for card in cards_of(form) if card.name == name)


def changed(form: Form, field: str, /, reserved: frozenset[str] = RESERVED, **wanted: Any) -> Form:
    card = card_of(form, field)
    schema = change(schema_of(form), card, replace(wish_of(card), **wanted), reserved=reserved)
    return Form.parse(form.name, written(schema))


def lines_changed(before: bytes, after: bytes) -> set[str]:
    old, new = before.decode().splitlines(), after.decode().splitlines()
    return {line.strip() for line in new} - {line.strip() for line in old}


# --- round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_form_that_is_not_changed_is_saved_byte_for_byte(name):
    form = form_of(name)

    assert written(schema_of(form), like=EVERY[name]) == EVERY[name]


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_card_saved_as_it_is_changes_no_byte(name):
    form = form_of(name)
    schema = schema_of(form)

    for card in cards_of(form):
        schema = change(schema, card, wish_of(card), reserved=RESERVED)

    assert written(schema, like=EVERY[name]) == EVERY[name]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_forms_are_written_as_the_editor_writes_them(name):
    assert written(schema_of(form_of(name))) == EVERY[name]


@pytest.mark.parametrize("name", sorted(EVERY))
def test_an_edit_leaves_the_form_as_it_was(name):
    form = form_of(name)
    before = json.dumps(form.schema)

    move(form.schema, form.fields[0].name, 1)
    head(form.schema, title="Other", instructions="Other", submit="Other")

    assert json.dumps(form.schema) == before


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_field_can_be_renamed_and_the_form_still_holds_together(name):
    form = form_of(name)

    for field in form.fields:
        other = f"renamed_{field.name}"[:40]
        renamed = changed(form, field.name, name=other)
        assert len(renamed.fields) == len(form.fields)
        back = changed(renamed, other, reserved=frozenset(), name=field.name)
        assert written(back.schema, like=EVERY[name]) == EVERY[name]


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_field_is_removed_or_something_depends_on_it(name):
    form = form_of(name)

    for field in form.fields if len(form.fields) > 1 else ():
        depending = [one for one in form.fields if field.name in needs_of(one)]
        if depending:
            with pytest.raises(EditRefused, match="depends on"):
                remove(form.schema, field.name)
        else:
            left = parsed(name, remove(form.schema, field.name), EVERY[name], ())
            assert field.name not in {one.name for one in Form.parse(name, left).fields}


def needs_of(field: Field) -> set[str]:
    conditions = [*field.needed_if, *([field.shown_if] if field.shown_if else [])]
    computed = str(field.schema.get("x-worst-of", "")).partition(".")[0]
    return {one.field for one in conditions} | {computed}


# --- single edits ---------------------------------------------------------------------------------


def test_words_are_changed_where_they_stand():
    form = changed(form_of("verify_outcome"), "words", label="What else?", help="")

    assert lines_changed(EVERY["verify_outcome"], written(form.schema)) == {
        '"title": "What else?",'
    }


def test_help_that_was_not_there_stands_after_the_label():
    form = changed(form_of("set_priority"), "reason", help="Others read it.\r\nAll of it.")

    sub = form.schema["properties"]["reason"]
    assert list(sub)[:3] == ["type", "title", "description"]
    assert sub["description"] == "Others read it.\nAll of it."


def test_the_head_has_title_instructions_and_button():
    schema = head(
        form_of("set_priority").schema, title="Urgent?", instructions="**Say**", submit="Go"
    )

    assert lines_changed(EVERY["set_priority"], written(schema)) == {
        '"title": "Urgent?",',
        '"description": "**Say**",',
        '"x-submit": "Go",',
    }
    with pytest.raises(EditRefused):
        head(schema, title=" ", instructions="a", submit="b")


@pytest.mark.parametrize(("by", "order"), [(-1, "bac"), (1, "acb"), (-9, "bac"), (9, "acb")])
def test_a_field_moves_up_and_down_as_far_as_there_is_room(by, order):
    schema = {"properties": {"a": {}, "b": {}, "c": {}}}

    assert "".join(move(schema, "b", by)["properties"]) == order


def test_a_field_that_must_be_answered_stands_among_the_others_in_their_order():
    form = changed(form_of("verify_outcome"), "words", required=True)
    assert form.schema["required"] == ["measured", "verdict", "words"]

    form = changed(form, "measured", required=False)
    assert form.schema["required"] == ["verdict", "words"]


def test_a_form_in_which_nothing_must_be_answered_lists_nothing():
    form = changed(form_of("set_priority"), "priority", required=False)
    form = changed(form, "reason", required=False)
    assert "required" not in form.schema

    form = changed(form, "reason", required=True)
    words = list(form.schema)
    assert words.index("required") < words.index("properties")


def test_a_field_is_shown_only_if_another_has_an_answer():
    form = changed(form_of("set_priority"), "reason", shown_if=Condition("priority", ("P1", "P2")))

    card = card_of(form, "reason")
    assert card.shown_if == Condition("priority", ("P1", "P2"))
    assert card.required
    assert form.schema["required"] == ["priority"]

    form = changed(form, "reason", shown_if=None)
    assert written(form.schema) == EVERY["set_priority"]


def test_one_condition_holds_all_that_depends_on_it():
    form = changed(
        form_of("verify_outcome"), "words", shown_if=Condition("verdict", ("watch_until",))
    )

    assert len(form.schema["allOf"]) == 4
    assert form.schema["allOf"][2]["else"]["properties"] == {"watch_until": False, "words": False}


def test_other_reasons_why_it_is_needed_stay():
    form = changed(form_of("verify_outcome"), "right_since", shown_if=None)

    (left,) = [field for field in form.fields if field.name == "right_since"]
    assert left.shown_if is None
    assert left.needed_if == (Condition("verdict", ("right",)),)


@pytest.mark.parametrize(
    "shown_if",
    [
        Condition("reason", ("x",)),
        Condition("priority", ()),
        Condition("priority", ("P9",)),
        Condition("nothing", ("x",)),
    ],
)
def test_a_field_cannot_depend_on_what_is_not_there(shown_if):
    with pytest.raises(EditRefused, match="choose an answer"):
        changed(form_of("set_priority"), "reason", shown_if=shown_if)


@pytest.mark.parametrize("wanted", sorted(SHAPES))
def test_a_field_takes_whatever_its_author_chooses(wanted):
    form = changed(form_of("set_priority"), "reason", type=wanted)

    card = card_of(form, "reason")
    assert (card.type, card.label, card.required) == (wanted, "Why?", True)
    assert card.missing == "Please say why."


@pytest.mark.parametrize("name", ["criteria", "answer"])
def test_what_only_the_file_can_say_keeps_its_type(name):
    form = form_of("confirm_outcome")
    form = changed(form, name, type=CardType.TEXT, label="Otherwise")

    assert card_of(form, name).has_set_type
    assert written(form.schema).count(b"x-worst-of") == 1


def test_choices_are_added_changed_and_removed():
    first, second, *_ = card_of(form_of("set_priority"), "priority").choices
    form = changed(
        form_of("set_priority"),
        "priority",
        choices=(
            replace(first, label="Now"),
            replace(second, label=" "),
            Option("", "As soon as somebody can", "But not before"),
            Option("", "As soon as somebody can"),
        ),
    )

    assert card_of(form, "priority").choices == (
        Option("P1", "Now"),
        Option("as_soon_as_somebody_can", "As soon as somebody can", "But not before"),
        Option("as_soon_as_somebody_can_2", "As soon as somebody can"),
    )


@pytest.mark.parametrize("value", ['say "x"', "a b", "a\nb", "ä", "x" * 61])
def test_a_choice_is_stored_as_a_word_that_conditions_can_write(value):
    card = card_of(form_of("set_priority"), "priority")

    with pytest.raises(EditRefused, match="stored as a word"):
        changed(form_of("set_priority"), "priority", choices=(*card.choices, Option(value, "More")))


def test_a_choice_on_which_a_field_depends_is_not_removed():
    card = card_of(form_of("verify_outcome"), "verdict")

    with pytest.raises(
        EditRefused, match=r"“Since when has it been right\?” depends on the answers"
    ):
        changed(form_of("verify_outcome"), "verdict", choices=card.choices[:2])


def test_a_field_of_which_another_is_computed_is_not_removed():
    with pytest.raises(EditRefused, match="“Your answer” depends on"):
        remove(form_of("confirm_outcome").schema, "criteria")


def test_a_new_field_gets_its_name_from_its_label():
    wish = Wish("", CardType.CHOICE, "Größe des Schadens?", "Roughly", True)

    schema = add(form_of("set_priority").schema, wish, reserved=RESERVED)
    form = Form.parse("set_priority", written(schema))

    card = cards_of(form)[-1]
    assert (card.name, card.required) == ("groesse_des_schadens", True)
    assert [one.value for one in card.choices] == ["yes", "no"]
    assert form.schema["required"][-1] == "groesse_des_schadens"


def test_a_field_without_a_label_is_refused():
    with pytest.raises(EditRefused, match="needs a label") as refused:
        add(form_of("set_priority").schema, Wish("", CardType.TEXT, " ", "", False), reserved=())

    assert refused.value.field == "label"


def test_a_form_keeps_at_least_one_field():
    only = form_of("name_checker")

    with pytest.raises(EditRefused):
        parsed("name_checker", remove(only.schema, only.fields[0].name), b"", ())


def test_a_new_form_is_a_form():
    form = Form.parse("look_again", new_form("Look again"), reserved=RESERVED)

    assert (form.title, [card.type for card in cards_of(form)]) == (
        "Look again",
        [CardType.LONG_TEXT],
    )
    with pytest.raises(EditRefused):
        new_form(" ")


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("typename", "unreadable"),
        ("class", "language of conditions"),
        ("gate", "something else"),
        ("due_at", "something else"),
        ("len", "something else"),
        ("keys", "could not read"),
        ("items", "could not read"),
        ("Title", "small letters"),
        ("_x", "small letters"),
        ("1st", "small letters"),
        ("größe", "small letters"),
        ("a b", "small letters"),
        ("a" * 41, "at most 40"),
        ("", "small letters"),
        ("taken", "already"),
    ],
)
def test_names_that_would_break_something_are_refused_with_the_reason(name, why):
    assert why in str(why_not_a_name(name, taken={"taken"}, reserved=RESERVED))

    schema = form_of("set_priority").schema
    if name and name != "taken":
        with pytest.raises(EditRefused) as refused:
            changed(form_of("set_priority"), "reason", name=name)
        assert refused.value.field == "name"
        with pytest.raises(EditRefused):
            add(schema, Wish(name, CardType.TEXT, "Label", "", False), reserved=RESERVED)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("What did you do?", "what_did_you_do"),
        ("Größe", "groesse"),
        ("Où est-ce?", "ou_est_ce"),
        ("3 things", "field_3_things"),
        ("何", "field"),
        ("Gate", "gate_2"),
        ("class", "class_2"),
        ("taken", "taken_2"),
        (
            "a very long question that goes on and on and on for ever",
            "a_very_long_question_that_goes_on_and_on",
        ),
    ],
)
def test_a_label_gives_a_name_that_is_allowed(label, name):
    found = name_from(label, taken={"taken"}, reserved=RESERVED, otherwise="field")

    assert found == name
    assert why_not_a_name(found, taken={"taken"}, reserved=RESERVED) is None
