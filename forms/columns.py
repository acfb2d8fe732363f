"""What is asked in each line of a field of rows: cards of its own, edited as those of a form.

The schema of a line is an object with fields, as a form is, so the same edits make another of it.
A newcomer would let a question of a line be stored by another name: Putright reads the lines by
these names, and no diagram can.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from engine.language import say
from forms.cards import Card, CardType, card_of
from forms.dependence import EditRefused
from forms.fields import Kind, Schema
from forms.form import Form

LISTS = frozenset({CardType.CHOICES, CardType.TEXTS, CardType.ROWS, CardType.OTHER})
"""What no line can ask for."""


def cards_of_lines(form: Form, rows: str) -> tuple[Card, ...]:
    """Return the cards of what each line of a field asks; none of a field without lines."""
    return tuple(
        card_of(column)
        for field in form.fields
        if field.name == rows and field.kind is Kind.ROWS
        for column in field.fields
        if not column.hidden
    )


def in_lines(schema: Schema, rows: str, edit: Callable[[Schema], Schema]) -> dict[str, Any]:
    """Return the form with the schema of each line of `rows` as `edit` makes it.

    Raises EditRefused where something of the form relies on a question that would go.
    """
    new = deepcopy(dict(schema))
    held = new["properties"][rows]
    held["items"] = dict(edit(held["items"]))
    still = held["items"]["properties"]
    if held.get("x-rows-label", "") not in {"", *still}:
        del held["x-rows-label"]
    _require_counted(new, rows, still)
    return new


def _require_counted(schema: Schema, rows: str, still: Mapping[str, Any]) -> None:
    """Refuse to lose the question from whose answers another one is worked out."""
    for sub in schema["properties"].values():
        held, _, column = str(sub.get("x-worst-of", "")).partition(".")
        if held == rows and column not in still:
            raise EditRefused(
                say("“%(other)s” is worked out from it: it stays.", other=sub["title"])
            )
