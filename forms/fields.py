"""The fields of a form, read once from its JSON Schema into typed objects.

Nothing here judges: `forms.rules` has refused every schema that this module could misread.  A
newcomer would look for nesting: there is none beyond a list of rows of single values, so a field
has a path such as `criteria.measure`, and an answer a path such as `criteria.0.measure`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

from engine.language import say

Schema = Mapping[str, Any]
REFERENCES = frozenset(
    {"person", "team", "action", "process", "product", "organisation", "time_zone", "country"}
)


class Kind(StrEnum):
    """What one answer is, independent of how it is asked."""

    TEXT = "text"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    REFERENCE = "reference"
    LIST = "list"
    ROWS = "rows"


# Answers that are picked, not typed: leaving one behind in a hidden field loses nobody's words.
PICKED = frozenset({Kind.CHOICE, Kind.BOOLEAN, Kind.REFERENCE})


@dataclass(frozen=True)
class Option:
    """One answer on offer: what is stored, what is read, and a line of help."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True)
class Condition:
    """Holds while the neighbouring field `field` has one of `values`."""

    field: str
    values: tuple[str | bool, ...]

    def holds(self, answers: Mapping[str, object]) -> bool:
        """Say whether it holds among the answers of the same form or row."""
        return any(_same(answers.get(self.field), value) for value in self.values)


@dataclass(frozen=True)
class Field:
    """One field; `fields` are the columns of ROWS, `item` is the element of a LIST.

    `shown_if` is None for a field that is always asked; `needed_if` lists the conditions under
    which an otherwise optional one is required.
    """

    name: str
    path: str
    kind: Kind
    title: str
    help: str
    schema: Schema
    required: bool
    options: tuple[Option, ...] = ()
    fields: tuple["Field", ...] = ()
    item: "Field | None" = None
    shown_if: Condition | None = None
    needed_if: tuple[Condition, ...] = ()

    @property
    def read_only(self) -> bool:
        """Say whether the server alone writes it."""
        return self.schema.get("readOnly") is True

    @property
    def hidden(self) -> bool:
        """Say whether it travels with the page unseen: the key of a fixed row."""
        return self.widget == "hidden"

    @property
    def fixed(self) -> bool:
        """Say whether its rows are given by the server and only filled in."""
        return self.schema.get("x-fixed-rows") is True

    @property
    def widget(self) -> str:
        """Return `x-widget`, or an empty string."""
        return str(self.schema.get("x-widget", ""))

    @property
    def format(self) -> str:
        """Return `format`, or an empty string."""
        return str(self.schema.get("format", ""))

    @property
    def key(self) -> str:
        """Return the name of the column that identifies a fixed row."""
        return next(column.name for column in self.fields if column.hidden)

    @property
    def is_decision(self) -> bool:
        """Say whether it has a finite domain, so that a diagram's conditions may read it."""
        return self.kind in (Kind.CHOICE, Kind.BOOLEAN)

    def label_of(self, value: object) -> str:
        """Return what a reader sees for `value`."""
        if isinstance(value, bool):
            return say("yes") if value else say("no")
        return next((o.label for o in self.options if o.value == value), str(value))


def read_fields(schema: Schema, prefix: str = "") -> tuple[Field, ...]:
    """Return the fields of an object schema, in the order in which they are asked."""
    required = set(schema.get("required", ()))
    shown, needed = _conditions(schema)
    return tuple(
        _field(
            name,
            prefix + name,
            sub,
            required=name in required,
            shown_if=shown.get(name),
            needed_if=tuple(needed.get(name, ())),
        )
        for name, sub in schema.get("properties", {}).items()
    )


def conditional_parts(schema: Schema) -> Sequence[Schema]:
    """Return the if/then/else parts of an object schema."""
    own = [schema] if "if" in schema else []
    return [*own, *schema.get("allOf", ())]


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Say whether `value` is a JSON object."""
    return isinstance(value, Mapping)


def is_array(value: object) -> TypeGuard[Sequence[object]]:
    """Say whether `value` is a JSON array (a string is not)."""
    return isinstance(value, list | tuple)


def _field(
    name: str,
    path: str,
    schema: Schema,
    *,
    required: bool,
    shown_if: Condition | None = None,
    needed_if: tuple[Condition, ...] = (),
) -> Field:
    kind = _kind(schema)
    return Field(
        name=name,
        path=path,
        kind=kind,
        title=say(str(schema.get("title", ""))),
        help=say(str(schema.get("description", ""))),
        schema=schema,
        required=required,
        options=_options(schema),
        fields=read_fields(schema["items"], f"{path}.") if kind is Kind.ROWS else (),
        item=_field(name, path, schema["items"], required=True) if kind is Kind.LIST else None,
        shown_if=shown_if,
        needed_if=needed_if,
    )


def _kind(schema: Schema) -> Kind:
    match schema.get("type"):
        case "array":
            return Kind.ROWS if schema["items"].get("type") == "object" else Kind.LIST
        case "boolean" | "integer" | "number" as plain:
            return Kind(plain)
    if "oneOf" in schema or "enum" in schema:
        return Kind.CHOICE
    match schema.get("format"):
        case "date":
            return Kind.DATE
        case "date-time":
            return Kind.INSTANT
        case None:
            return Kind.TEXT
    return Kind.REFERENCE


def _options(schema: Schema) -> tuple[Option, ...]:
    if "oneOf" in schema:
        return tuple(
            Option(part["const"], say(part["title"]), say(part.get("description", "")))
            for part in schema["oneOf"]
        )
    return tuple(Option(value, value) for value in schema.get("enum", ()))


def _conditions(schema: Schema) -> tuple[dict[str, Condition], dict[str, list[Condition]]]:
    shown: dict[str, Condition] = {}
    needed: dict[str, list[Condition]] = {}
    for part in conditional_parts(schema):
        condition = read_condition(part["if"])
        for name in part.get("else", {}).get("properties", {}):
            shown[name] = condition
        for name in part.get("then", {}).get("required", ()):
            needed.setdefault(name, []).append(condition)
    return shown, needed


def read_condition(schema: Schema) -> Condition:
    """Return the condition that an `if` of the allowed shape states."""
    ((name, wanted),) = schema["properties"].items()
    return Condition(name, (wanted["const"],) if "const" in wanted else tuple(wanted["enum"]))


def _same(left: object, right: object) -> bool:
    # True == 1 in Python, but not in JSON
    return type(left) is type(right) and left == right
