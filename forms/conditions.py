"""Which conditions and computed answers a form may have.

A condition reads: if one choice, or one yes or no, has a value (`properties` with `const` or
`enum`, and `required`), then others are required, else others are `false`, that is not asked.  A
newcomer would leave `required` out of the `if`: then it holds for everybody who has not answered.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from forms.fields import Schema, conditional_parts
from forms.schemas import Finding, are_fields, choices_in, properties_in, shape_of

_SHAPE = (
    "A condition reads: if one choice or yes-or-no has a value (properties and required), "
    "then others are required, else others are false."
)


def condition_findings(path: str, schema: Schema) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of the object schema at `path`."""
    fields = properties_in(schema)
    for part in _parts(schema):
        if isinstance(part, dict) and _is_condition(part, fields):
            yield from _contradictions(path, part, schema)
        else:
            yield Finding(path, _SHAPE)


def _contradictions(path: str, part: Schema, schema: Schema) -> Iterator[Finding]:
    required = schema.get("required")
    if not isinstance(required, list):
        return
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
        and are_fields(then.get("required", []), fields)
        and set(other) <= {"properties"}
        and isinstance(hidden, dict)
        and are_fields(list(hidden), fields)
        and all(value is False for value in hidden.values())
    )


def _wants(wanted: object, field: object) -> bool:
    if not (isinstance(wanted, dict) and isinstance(field, dict) and len(wanted) == 1):
        return False
    values = [wanted["const"]] if "const" in wanted else wanted.get("enum")
    if not isinstance(values, list) or not values:
        return False
    if shape_of(field) == "boolean":
        return all(isinstance(value, bool) for value in values)
    return shape_of(field) == "choice" and all(value in choices_in(field) for value in values)


def worst_of_findings(path: str, schema: Schema, root: Schema) -> Iterator[Finding]:
    """Yield what is wrong with the computed answer at `path`, a field of `root`."""
    rows, _, column = str(schema["x-worst-of"]).partition(".")
    items = properties_in(root).get(rows)
    source = properties_in(items.get("items")) if isinstance(items, dict) else {}
    there = source.get(column)
    if (
        not isinstance(there, dict)
        or schema.get("readOnly") is not True
        or choices_in(there) != choices_in(schema)
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
