"""What a form may say: the part of JSON Schema that page, check and proof all understand.

`findings_of` returns every fault of a form at once, so that its author mends them in one go.  A
newcomer would allow one more keyword here and be done: a keyword that the page cannot ask for, or
that the sentences cannot explain, refuses answers without the reader ever knowing why.
"""

import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from forms.conditions import condition_findings, worst_of_findings
from forms.fields import REFERENCES, Schema
from forms.schemas import (
    Finding,
    are_fields,
    choices_in,
    is_count,
    is_number,
    is_one_of,
    is_words,
    properties_in,
    shape_of,
)

MAX_FIELDS = 40
MAX_OPTIONS = 50
MAX_ROWS = 1000
MAX_TEXT = 20_000
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# `typename` bricks a stored run; names of dict methods and keywords cannot be read by expressions
NEVER_A_NAME = frozenset({"typename", "len", *keyword.kwlist, *dir(dict)})

MAX_NAME = 40
NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{MAX_NAME - 1}}}")
_ROOT = {"$schema", "$id", "title", "description", "type", "properties", "required",
         "additionalProperties", "dependentRequired", "allOf", "if", "then", "else",
         "x-submit"}  # fmt: skip
_ITEMS = _ROOT - {"$schema", "$id", "x-submit"}
_COMMON = {"type", "title", "description", "readOnly", "x-width", "x-missing"}
_SIMPLE = _COMMON | {"default", "examples"}
_ALLOWED = {
    "text": _SIMPLE | {"minLength", "maxLength", "x-widget"},
    "choice": _SIMPLE | {"oneOf", "enum", "x-worst-of"},
    "format": _SIMPLE | {"format", "x-when"},
    "number": _SIMPLE | {"minimum", "maximum", "multipleOf"},
    "boolean": _SIMPLE,
    "list": _COMMON | {"items", "minItems", "maxItems", "uniqueItems", "x-add", "x-widget"},
    "rows": _COMMON
    | {"items", "minItems", "maxItems", "x-add", "x-fixed-rows", "x-rows-label", "x-layout"},
}
_VALUES: Mapping[str, Collection[object]] = {
    "x-widget": ("textarea", "hidden", "lines"),
    "x-width": ("half",),
    "x-layout": ("table",),
    "x-when": ("past", "future"),
    "x-fixed-rows": (True,),
    "readOnly": (True,),
    "uniqueItems": (True,),
    "format": (*sorted(REFERENCES), "date", "date-time"),
}
_WORDS = ("title", "description", "x-submit", "x-add", "x-missing", "x-rows-label", "x-worst-of")


def findings_of(name: str, schema: object, reserved: Collection[str]) -> list[Finding]:
    """Return all faults of the form `name`; `reserved` are the names that expressions own."""
    if not isinstance(schema, dict):
        return [Finding("", "A form is a JSON object.")]
    return list(_root(name, schema, reserved))


def _root(name: str, schema: Schema, reserved: Collection[str]) -> Iterator[Finding]:
    if not NAME.fullmatch(name) or name in NEVER_A_NAME or name in reserved:
        yield Finding("", f"A form cannot be called “{name}”.")
    if schema.get("$schema") != DIALECT:
        yield Finding("", f"$schema must be {DIALECT}.")
    for word in ("title", "description", "x-submit"):
        if not is_words(schema.get(word)):
            yield Finding("", f"The form needs a {word}.")
    yield from _object("", schema, _ROOT)
    for field, sub in properties_in(schema).items():
        if isinstance(sub, dict) and shape_of(sub) in ("choice", "boolean") and field in reserved:
            yield Finding(field, "Expressions use this name for something else.")
        if isinstance(sub, dict) and "x-worst-of" in sub:
            yield from worst_of_findings(field, sub, schema)


def _object(path: str, schema: Schema, allowed: set[str]) -> Iterator[Finding]:
    yield from _words(path, schema, allowed)
    if schema.get("type") != "object":
        yield Finding(path, "type must be object.")
    if schema.get("additionalProperties") is not False:
        yield Finding(path, "additionalProperties must be false.")
    fields = properties_in(schema)
    if not 1 <= len(fields) <= MAX_FIELDS:
        yield Finding(path, f"It must have 1 to {MAX_FIELDS} properties.")
    for name, sub in fields.items():
        where = f"{path}.{name}" if path else name
        if not NAME.fullmatch(name) or name in NEVER_A_NAME:
            yield Finding(where, "A field cannot have this name.")
        elif not isinstance(sub, dict):
            yield Finding(where, "A field is a JSON object.")
        else:
            yield from _field(where, sub, in_rows=bool(path))
    yield from _required(path, schema, fields)
    yield from _dependent(path, schema, fields)
    yield from condition_findings(path, schema)


def _field(path: str, schema: Schema, *, in_rows: bool) -> Iterator[Finding]:
    shape = shape_of(schema)
    if shape is None or (in_rows and shape == "rows"):
        yield Finding(path, "A field is a text, a number, a yes or no, a choice, a list or rows.")
        return
    yield from _words(path, schema, _ALLOWED[shape])
    if not is_words(schema.get("title")):
        yield Finding(path, "The field needs a title.")
    yield from _bounds(path, schema, shape)
    if schema.get("x-widget") == "hidden" and not (in_rows and schema.get("readOnly") is True):
        yield Finding(path, "Only the key of fixed rows is hidden, and it is readOnly.")
    match shape:
        case "choice":
            yield from _choice(path, schema)
        case "list":
            yield from _list(path, schema, in_rows=in_rows)
        case "rows":
            yield from _rows(path, schema)


def _words(path: str, schema: Schema, allowed: set[str]) -> Iterator[Finding]:
    for word, value in schema.items():
        if word not in allowed:
            yield Finding(path, f"“{word}” cannot be used here.")
        elif word in _VALUES and not is_one_of(value, _VALUES[word]):
            options = ", ".join(str(v) for v in _VALUES[word])
            yield Finding(path, f"“{word}” must be one of: {options}.")
        elif word in _WORDS and not is_words(value):
            yield Finding(path, f"“{word}” must be a text.")
        elif word == "examples" and not (
            isinstance(value, list) and all(is_words(example) for example in value)
        ):
            yield Finding(path, "“examples” must be a list of texts.")


def _bounds(path: str, schema: Schema, shape: str) -> Iterator[Finding]:
    if shape == "text" and not is_count(schema.get("maxLength"), MAX_TEXT):
        yield Finding(path, f"A text needs a maxLength of 1 to {MAX_TEXT}.")
    if shape in ("list", "rows") and not is_count(schema.get("maxItems"), MAX_ROWS):
        yield Finding(path, f"A list needs a maxItems of 1 to {MAX_ROWS}.")
    if shape == "number" and not all(is_number(schema.get(w)) for w in ("minimum", "maximum")):
        yield Finding(path, "A number needs a minimum and a maximum.")
    default = schema.get("default")
    if default is not None and shape == "choice" and default not in choices_in(schema):
        yield Finding(path, "The default is not one of the choices.")


def _choice(path: str, schema: Schema) -> Iterator[Finding]:
    values = choices_in(schema)
    if "oneOf" in schema and "enum" in schema:
        yield Finding(path, "Use oneOf or enum, not both.")
    parts = schema.get("oneOf", [])
    if not isinstance(parts, list) or not all(
        isinstance(part, dict)
        and is_words(part.get("title"))
        and set(part) <= {"const", "title", "description"}
        and isinstance(part.get("description", ""), str)
        for part in parts
    ):
        yield Finding(path, "Each choice has a const and a title, and perhaps a description.")
    if not 1 <= len(values) <= MAX_OPTIONS or not all(isinstance(v, str) for v in values):
        yield Finding(path, f"A choice has 1 to {MAX_OPTIONS} texts to choose from.")
    elif len(set(values)) < len(values):
        yield Finding(path, "A choice is offered twice.")


def _list(path: str, schema: Schema, *, in_rows: bool) -> Iterator[Finding]:
    items = schema.get("items")
    if (
        in_rows
        or not isinstance(items, dict)
        or shape_of(items) not in ("text", "format", "choice")
    ):
        yield Finding(path, "A list holds texts or choices, and stands at the top of the form.")
        return
    yield from _words(path, items, _ALLOWED[str(shape_of(items))])
    yield from _bounds(path, items, str(shape_of(items)))
    if shape_of(items) == "choice":
        yield from _choice(path, items)
    if schema.get("uniqueItems") is not True:
        yield Finding(path, "A list needs uniqueItems: true.")
    if schema.get("x-widget") not in (None, "lines"):
        yield Finding(path, "A list is asked by choices or by lines.")


def _rows(path: str, schema: Schema) -> Iterator[Finding]:
    items = schema["items"]
    if not is_words(items.get("title")):
        yield Finding(path, "items needs a title: what one row is called.")
    yield from _object(path, items, _ITEMS)
    fields = properties_in(items)
    if "x-rows-label" in schema and str(schema["x-rows-label"]) not in fields:
        yield Finding(path, "x-rows-label names no field of the rows.")
    columns = [field for field in fields.values() if isinstance(field, dict)]
    if any("x-worst-of" in column for column in columns):
        yield Finding(path, "Only a field at the top of the form is computed.")
    if schema.get("x-fixed-rows") is not True and any("readOnly" in c for c in columns):
        yield Finding(path, "Only fixed rows have fields that are readOnly.")
    keys = [n for n, f in fields.items() if isinstance(f, dict) and f.get("x-widget") == "hidden"]
    if len(keys) != (1 if schema.get("x-fixed-rows") is True else 0):
        yield Finding(path, "Fixed rows have one hidden key, other rows have none.")


def _required(path: str, schema: Schema, fields: Mapping[str, Any]) -> Iterator[Finding]:
    required = schema.get("required", [])
    if not are_fields(required, fields):
        yield Finding(path, "required names something that is no field.")


def _dependent(path: str, schema: Schema, fields: Mapping[str, Any]) -> Iterator[Finding]:
    dependent = schema.get("dependentRequired", {})
    if not isinstance(dependent, dict) or not all(
        name in fields and are_fields(needed, fields) for name, needed in dependent.items()
    ):
        yield Finding(path, "dependentRequired names something that is no field.")
