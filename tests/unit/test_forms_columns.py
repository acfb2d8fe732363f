"""What each line of a form's rows asks, edited card by card."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from forms import Form, shipped
from forms.cards import CardType, cards_of
from forms.columns import cards_of_lines, in_lines
from forms.dependence import EditRefused
from forms.editing import Wish, add, change, move, parsed, remove, schema_of, wish_of
from forms.fields import Schema

AGREE = Form.parse("agree_what_right_means", shipped()["agree_what_right_means"])
CONFIRM = Form.parse("confirm_outcome", shipped()["confirm_outcome"])


def edited(form: Form, rows: str, edit: Callable[[Schema], Mapping[str, Any]]) -> Form:
    schema = in_lines(schema_of(form), rows, edit)
    return Form.parse(form.name, parsed(form.name, schema, b"", ()))


def titles(form: Form, rows: str) -> list[str]:
    return [card.label for card in cards_of_lines(form, rows)]


def test_each_question_of_a_line_has_a_card_and_the_hidden_key_has_none() -> None:
    assert titles(AGREE, "criteria")[0] == "What do we look at?"
    assert "Point" not in titles(CONFIRM, "criteria")
    assert cards_of_lines(AGREE, "confirmers") == ()
    assert cards_of_lines(AGREE, "nothing") == ()


def test_what_a_line_only_shows_is_given() -> None:
    given = {card.name for card in cards_of_lines(CONFIRM, "criteria") if card.is_given}

    assert given == {"measure", "threshold", "measured"}


def test_a_question_of_a_line_changes_and_nothing_else() -> None:
    card = cards_of_lines(AGREE, "criteria")[0]
    wish = replace(wish_of(card), label="What is looked at?", required=False)

    after = edited(AGREE, "criteria", lambda now: change(now, card, wish, reserved=()))

    assert titles(after, "criteria") == ["What is looked at?", *titles(AGREE, "criteria")[1:]]
    assert [one.required for one in cards_of_lines(after, "criteria")][:2] == [False, True]
    assert cards_of(after) == tuple(
        replace(one, columns=("What is looked at?", *one.columns[1:]))
        if one.name == "criteria"
        else one
        for one in cards_of(AGREE)
    )


def test_questions_of_a_line_are_added_moved_and_removed() -> None:
    wish = Wish("", CardType.DATE, "Since when?", "", required=True)
    after = edited(AGREE, "actions", lambda now: add(now, wish, reserved=()))
    assert cards_of_lines(after, "actions")[-1].name == "since_when"
    assert cards_of_lines(after, "actions")[-1].required

    after = edited(after, "actions", lambda now: move(now, "since_when", -20))
    assert cards_of_lines(after, "actions")[0].name == "since_when"

    after = edited(after, "actions", lambda now: remove(now, "since_when"))
    assert cards_of_lines(after, "actions") == cards_of_lines(AGREE, "actions")


def test_lines_lose_their_heading_with_the_question_that_gives_it() -> None:
    after = edited(CONFIRM, "criteria", lambda now: remove(now, "measure"))

    assert "x-rows-label" not in after.schema["properties"]["criteria"]


def test_a_question_that_another_one_depends_on_stays() -> None:
    with pytest.raises(EditRefused, match="depends on the answers"):
        edited(CONFIRM, "criteria", lambda now: remove(now, "answer"))


def test_a_question_from_which_an_answer_is_worked_out_stays() -> None:
    def without_conditions(now: Schema) -> Mapping[str, Any]:
        return remove({word: sub for word, sub in now.items() if word != "allOf"}, "answer")

    with pytest.raises(EditRefused, match="is worked out from it"):
        edited(CONFIRM, "criteria", without_conditions)


def test_a_new_field_may_ask_for_several_lines() -> None:
    wish = Wish("", CardType.ROWS, "Who was there?", "", required=False)

    content = parsed("ask", add(schema_of(AGREE), wish, reserved=()), b"", ())

    form = Form.parse("ask", content)
    assert titles(form, "who_was_there") == ["What is there to say?"]
