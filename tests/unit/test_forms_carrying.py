"""Answers in the making, when the form changes under them: what fits stays, the rest is named."""

import json
from typing import Any

from forms import Form, LeftOver, asked_otherwise, carried_over

TEXT = {"type": "string", "title": "What was done", "maxLength": 200}
HOW: dict[str, Any] = {
    "type": "string",
    "title": "How it went",
    "oneOf": [{"const": "done", "title": "Done"}, {"const": "part", "title": "In part"}],
}
ROWS: dict[str, Any] = {
    "title": "Whom it reached",
    "type": "array",
    "maxItems": 20,
    "items": {
        "title": "One of them",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "who": {"type": "string", "title": "Who", "maxLength": 200},
            "when": {"type": "string", "title": "When", "maxLength": 200},
        },
    },
}


def form(**properties: Any) -> Form:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Do it",
        "description": "Do what was asked.",
        "type": "object",
        "additionalProperties": False,
        "x-submit": "Done",
        "properties": properties,
    }
    return Form.parse("do_it", json.dumps(schema).encode())


def test_what_fits_stays_as_it_was() -> None:
    draft = {"what": "half", "how": "done"}
    assert carried_over(form(what=TEXT, how=HOW), form(how=HOW, what=TEXT), draft) == (draft, ())


def test_what_is_asked_no_more_is_told_by_its_label() -> None:
    kept, left = carried_over(form(what=TEXT, how=HOW), form(how=HOW), {"what": "half"})
    assert kept == {}
    assert left == (LeftOver("What was done", "half"),)


def test_nothing_is_made_of_what_was_left_empty() -> None:
    assert carried_over(form(what=TEXT), form(how=HOW), {"what": ""}) == ({}, ())


def test_a_choice_that_is_offered_no_more_is_told_in_its_words() -> None:
    only_done = {**HOW, "oneOf": [HOW["oneOf"][0], {"const": "not", "title": "Not at all"}]}
    kept, left = carried_over(form(how=HOW), form(how=only_done), {"how": "part"})
    assert (kept, left) == ({}, (LeftOver("How it went", "In part"),))
    assert carried_over(form(how=HOW), form(how=only_done), {"how": "done"}) == (
        {"how": "done"},
        (),
    )


def test_an_answer_of_another_kind_is_not_put_into_the_new_field() -> None:
    kept, left = carried_over(form(what=TEXT), form(what=ROWS), {"what": "half"})
    assert (kept, left) == ({}, (LeftOver("What was done", "half"),))


def test_a_column_that_is_gone_is_told_and_the_rows_stay() -> None:
    items = {**ROWS["items"], "properties": {"who": ROWS["items"]["properties"]["who"]}}
    fewer = {**ROWS, "items": items}
    draft = {"rows": [{"who": "Carla", "when": "Monday"}, {"who": "Bruno", "when": ""}]}

    kept, left = carried_over(form(rows=ROWS), form(rows=fewer), draft)

    assert kept == {"rows": [{"who": "Carla"}, {"who": "Bruno"}]}
    assert left == (LeftOver("Whom it reached, When", "Monday"),)


def test_what_is_asked_otherwise_is_said_in_few_sentences() -> None:
    said = asked_otherwise(form(what=TEXT), form(how=HOW), "Do it")
    assert said == ["“Do it” also asks: How it went.", "“Do it” no longer asks: What was done."]
    longer = {**TEXT, "maxLength": 500}
    assert asked_otherwise(form(what=TEXT), form(what=longer), "Do it") == [
        "“Do it” asks in other words."
    ]
    assert asked_otherwise(form(what=TEXT), form(what=TEXT), "Do it") == []
