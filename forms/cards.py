"""A form as cards: what its author may change of each field, and what kind of answer it takes.

A card shows the part of a field that somebody who has never programmed can change.  A newcomer
would write a form back from its cards: whatever they do not show (columns of rows, limits, widths)
stays as it is in the file, so edits are made in the file's JSON (`forms.editing`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forms.fields import Condition, Field, Kind, Option, Schema
from forms.form import Form


class CardType(StrEnum):
    """What a field takes, as its author chooses it; OTHER is what only the file can say."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXTS = "texts"
    WHOLE_NUMBER = "whole_number"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    PERSON = "person"
    TEAM = "team"
    ROWS = "rows"
    OTHER = "other"


_FIRST_CHOICES = ({"const": "yes", "title": "Yes"}, {"const": "no", "title": "No"})
# what the schema of a field of each type says, beside its words
SHAPES: Mapping[CardType, Schema] = {
    CardType.TEXT: {"type": "string", "maxLength": 200},
    CardType.LONG_TEXT: {"type": "string", "maxLength": 4000, "x-widget": "textarea"},
    CardType.YES_NO: {"type": "boolean"},
    CardType.CHOICE: {"type": "string", "oneOf": _FIRST_CHOICES},
    CardType.CHOICES: {
        "type": "array",
        "items": {"type": "string", "oneOf": _FIRST_CHOICES},
        "maxItems": 50,
        "uniqueItems": True,
    },
    CardType.TEXTS: {
        "type": "array",
        "items": {"type": "string", "maxLength": 200},
        "maxItems": 100,
        "uniqueItems": True,
        "x-widget": "lines",
    },
    CardType.WHOLE_NUMBER: {"type": "integer", "minimum": 0, "maximum": 1_000_000_000},
    CardType.NUMBER: {
        "type": "number",
        "minimum": 0,
        "maximum": 1_000_000_000_000,
        "multipleOf": 0.01,
    },
    CardType.DATE: {"type": "string", "format": "date"},
    CardType.INSTANT: {"type": "string", "format": "date-time"},
    CardType.PERSON: {"type": "string", "format": "person"},
    CardType.TEAM: {"type": "string", "format": "team"},
    CardType.ROWS: {
        "type": "array",
        "maxItems": 50,
        "items": {
            "title": "Line",
            "type": "object",
            "additionalProperties": False,
            "required": ["words"],
            "properties": {
                "words": {"type": "string", "title": "What is there to say?", "maxLength": 200}
            },
        },
        "x-add": "Add another line",
    },
}
WITH_CHOICES = frozenset({CardType.CHOICE, CardType.CHOICES})

_OF_KIND = {
    Kind.BOOLEAN: CardType.YES_NO,
    Kind.CHOICE: CardType.CHOICE,
    Kind.INTEGER: CardType.WHOLE_NUMBER,
    Kind.NUMBER: CardType.NUMBER,
    Kind.DATE: CardType.DATE,
    Kind.INSTANT: CardType.INSTANT,
    Kind.ROWS: CardType.ROWS,
}


@dataclass(frozen=True)
class Card:
    """One field as its author sees it.

    `required`: it must be answered, where it is asked at all.  `columns` are the titles of what is
    asked in each row.  `has_set_type`: its type and choices are not for its author to change.
    `is_given`: it is shown in each line, and nobody answers it.
    """

    name: str
    type: CardType
    label: str
    help: str
    missing: str
    required: bool
    choices: tuple[Option, ...]
    shown_if: Condition | None
    columns: tuple[str, ...]
    has_set_type: bool
    is_computed: bool
    is_given: bool = False

    @property
    def may_decide(self) -> bool:
        """Say whether others can be shown only if it has a certain answer."""
        return self.type in (CardType.CHOICE, CardType.YES_NO) and not self.is_given


def cards_of(form: Form) -> tuple[Card, ...]:
    """Return the cards of a form, in the order in which its fields are asked."""
    return tuple(card_of(field) for field in form.fields)


def card_of(field: Field) -> Card:
    """Return the card of one field, or of what each line of one asks."""
    found = type_of(field)
    is_set = found in (CardType.ROWS, CardType.OTHER) or field.read_only
    schema: Mapping[str, Any] = field.schema
    return Card(
        name=field.name,
        type=found,
        # as written, not in the reader's language: what is saved is what stands here
        label=str(schema.get("title", "")),
        help=str(schema.get("description", "")),
        missing=str(schema.get("x-missing", "")),
        required=field.required or (field.shown_if in field.needed_if),
        choices=_choices(field),
        shown_if=field.shown_if,
        columns=tuple(column.title for column in field.fields if not column.hidden),
        has_set_type=is_set,
        is_computed="x-worst-of" in schema,
        is_given=field.read_only and "." in field.path,
    )


def type_of(field: Field) -> CardType:
    """Return what a field takes."""
    if field.kind is Kind.TEXT:
        return CardType.LONG_TEXT if field.widget == "textarea" else CardType.TEXT
    if field.kind is Kind.REFERENCE:
        return CardType(field.format) if field.format in ("person", "team") else CardType.OTHER
    if field.kind is Kind.LIST:
        item = field.item.kind if field.item is not None else None
        if item is Kind.CHOICE:
            return CardType.CHOICES
        return CardType.TEXTS if item is Kind.TEXT else CardType.OTHER
    return _OF_KIND[field.kind]


def _choices(field: Field) -> tuple[Option, ...]:
    holder = field.item if field.kind is Kind.LIST else field
    schema: Mapping[str, Any] = holder.schema if holder is not None else {}
    parts: Sequence[Mapping[str, str]] = schema.get("oneOf", ())
    if parts:
        return tuple(
            Option(part["const"], part["title"], part.get("description", "")) for part in parts
        )
    return tuple(Option(value, value) for value in schema.get("enum", ()))
