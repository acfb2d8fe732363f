"""What a form may say: the part of JSON Schema that page, check and proof all understand.

`findings_of` returns every fault of a form at once, so that its author mends them in one go.  A
newcomer would allow one more keyword here and be done: a keyword that the page cannot ask for, or
that the sentences cannot explain, refuses answers without the reader ever knowing why.
"""

import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.fields import REFERENCES, Schema, conditional_parts

MAX_FIELDS = 40
MAX_OPTIONS = 50
MAX_ROWS = 1000
MAX_TEXT = 20_000
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# `typename` bricks a stored run; names of dict methods and keywords cannot be read by expressions
NEVER_A_NAME = frozenset({"typename", "len", *keyword.kwlist, *dir(dict)})

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
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


@dataclass(frozen=True)
class Finding:
    """One fault of a form: where (a field's path, or empty for the form itself) and what."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


def findings_of(name: str, schema: object, reserved: Collection[str]) -> list[Finding]:
    """Return all faults of the form `name`; `reserved` are the names that expressions own."""
    if not isinstance(schema, dict):
        return [Finding("", "A form is a JSON object.")]
    return list(_root(name, schema, reserved))


def _root(name: str, schema: Schema, reserved: Collection[str]) -> Iterator[Finding]:
    if not _NAME.fullmatch(name) or name in NEVER_A_NAME or name in reserved:
        yield Finding("", f"A form cannot be called “{name}”.")
    if schema.get("$schema") != DIALECT:
        yield Finding("", f"$schema must be {DIALECT}.")
    for word in ("title", "description", "x-submit"):
        if not _is_words(schema.get(word)):
            yield Finding("", f"The form needs a {word}.")
    yield from _object("", schema, _ROOT)
    for field, sub in _properties(schema).items():
        if isinstance(sub, dict) and _shape(sub) in ("choice", "boolean") and field in reserved:
            yield Finding(field, "Expressions use this name for something else.")
        if isinstance(sub, dict) and "x-worst-of" in sub:
            yield from _worst_of(field, sub, schema)


def _object(path: str, schema: Schema, allowed: set[str]) -> Iterator[Finding]:
    yield from _words(path, schema, allowed)
    if schema.get("type") != "object":
        yield Finding(path, "type must be object.")
    if schema.get("additionalProperties") is not False:
        yield Finding(path, "additionalProperties must be false.")
    fields = _properties(schema)
    if not 1 <= len(fields) <= MAX_FIELDS:
        yield Finding(path, f"It must have 1 to {MAX_FIELDS} properties.")
    for name, sub in fields.items():
        where = f"{path}.{name}" if path else name
        if not _NAME.fullmatch(name) or name in NEVER_A_NAME:
            yield Finding(where, "A field cannot have this name.")
        elif not isinstance(sub, dict):
            yield Finding(where, "A field is a JSON object.")
        else:
            yield from _field(where, sub, in_rows=bool(path))
    yield from _required(path, schema, fields)
    yield from _dependent(path, schema, fields)
    for part in _parts(schema):
        yield from _condition(path, part, schema, fields)


def _field(path: str, schema: Schema, *, in_rows: bool) -> Iterator[Finding]:
    shape = _shape(schema)
    if shape is None or (in_rows and shape == "rows"):
        yield Finding(path, "A field is a text, a number, a yes or no, a choice, a list or rows.")
        return
    yield from _words(path, schema, _ALLOWED[shape])
    if not _is_words(schema.get("title")):
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


def _shape(schema: Schema) -> str | None:
    match schema.get("type"):
        case "string":
            if "oneOf" in schema or "enum" in schema:
                return "choice"
            return "format" if "format" in schema else "text"
        case "number" | "integer":
            return "number"
        case "boolean":
            return "boolean"
        case "array":
            items = schema.get("items")
            return "rows" if isinstance(items, dict) and items.get("type") == "object" else "list"
    return None


def _words(path: str, schema: Schema, allowed: set[str]) -> Iterator[Finding]:
    for word, value in schema.items():
        if word not in allowed:
            yield Finding(path, f"“{word}” cannot be used here.")
        elif word in _VALUES and not _is_one_of(value, _VALUES[word]):
            options = ", ".join(str(v) for v in _VALUES[word])
            yield Finding(path, f"“{word}” must be one of: {options}.")
        elif word in _WORDS and not _is_words(value):
            yield Finding(path, f"“{word}” must be a text.")
        elif word == "examples" and not (
            isinstance(value, list) and all(_is_words(example) for example in value)
        ):
            yield Finding(path, "“examples” must be a list of texts.")


def _bounds(path: str, schema: Schema, shape: str) -> Iterator[Finding]:
    if shape == "text" and not _is_count(schema.get("maxLength"), MAX_TEXT):
        yield Finding(path, f"A text needs a maxLength of 1 to {MAX_TEXT}.")
    if shape in ("list", "rows") and not _is_count(schema.get("maxItems"), MAX_ROWS):
        yield Finding(path, f"A list needs a maxItems of 1 to {MAX_ROWS}.")
    if shape == "number" and not all(_is_number(schema.get(w)) for w in ("minimum", "maximum")):
        yield Finding(path, "A number needs a minimum and a maximum.")
    default = schema.get("default")
    if default is not None and shape == "choice" and default not in _choices(schema):
        yield Finding(path, "The default is not one of the choices.")


def _choice(path: str, schema: Schema) -> Iterator[Finding]:
    values = _choices(schema)
    if "oneOf" in schema and "enum" in schema:
        yield Finding(path, "Use oneOf or enum, not both.")
    parts = schema.get("oneOf", [])
    if not isinstance(parts, list) or not all(
        isinstance(part, dict)
        and _is_words(part.get("title"))
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
    if in_rows or not isinstance(items, dict) or _shape(items) not in ("text", "format", "choice"):
        yield Finding(path, "A list holds texts or choices, and stands at the top of the form.")
        return
    yield from _words(path, items, _ALLOWED[str(_shape(items))])
    yield from _bounds(path, items, str(_shape(items)))
    if _shape(items) == "choice":
        yield from _choice(path, items)
    if schema.get("uniqueItems") is not True:
        yield Finding(path, "A list needs uniqueItems: true.")
    if schema.get("x-widget") not in (None, "lines"):
        yield Finding(path, "A list is asked by choices or by lines.")


def _rows(path: str, schema: Schema) -> Iterator[Finding]:
    items = schema["items"]
    if not _is_words(items.get("title")):
        yield Finding(path, "items needs a title: what one row is called.")
    yield from _object(path, items, _ITEMS)
    fields = _properties(items)
    if "x-rows-label" in schema and str(schema["x-rows-label"]) not in fields:
        yield Finding(path, "x-rows-label names no field of the rows.")
    keys = [n for n, f in fields.items() if isinstance(f, dict) and f.get("x-widget") == "hidden"]
    if len(keys) != (1 if schema.get("x-fixed-rows") is True else 0):
        yield Finding(path, "Fixed rows have one hidden key, other rows have none.")


def _required(path: str, schema: Schema, fields: Mapping[str, Any]) -> Iterator[Finding]:
    required = schema.get("required", [])
    if not _are_fields(required, fields):
        yield Finding(path, "required names something that is no field.")


def _dependent(path: str, schema: Schema, fields: Mapping[str, Any]) -> Iterator[Finding]:
    dependent = schema.get("dependentRequired", {})
    if not isinstance(dependent, dict) or not all(
        name in fields and _are_fields(needed, fields) for name, needed in dependent.items()
    ):
        yield Finding(path, "dependentRequired names something that is no field.")


def _condition(
    path: str, part: object, schema: Schema, fields: Mapping[str, Any]
) -> Iterator[Finding]:
    wrong = Finding(
        path,
        "A condition reads: if one choice or yes-or-no has a value (properties and required), "
        "then others are required, else others are false.",
    )
    if not isinstance(part, dict) or not _is_condition(part, fields):
        yield wrong
        return
    required = schema.get("required", [])
    for name in part.get("else", {}).get("properties", {}):
        if name in required:
            yield Finding(path, f"“{name}” is always required, and yet not always asked.")


def _is_condition(part: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    asked = part.get("if")
    then, other = part.get("then", {}), part.get("else", {})
    if not (isinstance(asked, dict) and isinstance(then, dict) and isinstance(other, dict)):
        return False
    tests, hidden = asked.get("properties"), other.get("properties", {})
    if not (
        isinstance(tests, dict) and len(tests) == 1 and set(asked) == {"properties", "required"}
    ):
        return False
    ((name, wanted),) = tests.items()
    return (
        asked["required"] == [name]
        and _wants(wanted, fields.get(name))
        and set(then) <= {"required"}
        and _are_fields(then.get("required", []), fields)
        and set(other) <= {"properties"}
        and isinstance(hidden, dict)
        and _are_fields(list(hidden), fields)
        and all(value is False for value in hidden.values())
    )


def _wants(wanted: object, field: object) -> bool:
    if not (isinstance(wanted, dict) and isinstance(field, dict) and len(wanted) == 1):
        return False
    values = [wanted["const"]] if "const" in wanted else wanted.get("enum")
    if not isinstance(values, list) or not values:
        return False
    if _shape(field) == "boolean":
        return all(isinstance(value, bool) for value in values)
    return _shape(field) == "choice" and all(value in _choices(field) for value in values)


def _worst_of(path: str, schema: Schema, root: Schema) -> Iterator[Finding]:
    rows, _, column = str(schema["x-worst-of"]).partition(".")
    items = _properties(root).get(rows)
    source = _properties(items.get("items")) if isinstance(items, dict) else {}
    there = source.get(column)
    if (
        not isinstance(there, dict)
        or schema.get("readOnly") is not True
        or _choices(there) != _choices(schema)
    ):
        yield Finding(path, "x-worst-of is readOnly and has the choices of the column it names.")


def _parts(schema: Schema) -> list[object]:
    if not isinstance(schema.get("allOf", []), list):
        return [None]
    allowed = {"if", "then", "else"}
    parts: list[object] = []
    for part in conditional_parts(schema):
        nested = part is not schema and isinstance(part, dict) and not set(part) <= allowed
        parts.append(None if nested else part)
    return parts


def _choices(schema: Schema) -> list[object]:
    parts = schema.get("oneOf", schema.get("enum", []))
    if not isinstance(parts, list):
        return []
    if "oneOf" in schema:
        return [part.get("const") if isinstance(part, dict) else None for part in parts]
    return parts


def _properties(schema: object) -> Mapping[str, Any]:
    found = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return found if isinstance(found, dict) else {}


def _are_fields(names: object, fields: Mapping[str, Any]) -> bool:
    return isinstance(names, list) and all(isinstance(n, str) and n in fields for n in names)


def _is_one_of(value: object, options: Collection[object]) -> bool:
    # True == 1 in Python, but not in JSON
    return any(type(value) is type(option) and value == option for option in options)


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
