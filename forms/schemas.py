"""Questions to a JSON Schema that nobody has judged yet: any JSON may come, nothing may raise."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from forms.fields import Schema


@dataclass(frozen=True)
class Finding:
    """One fault of a form: where (a field's path, or empty for the form itself) and what."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


def shape_of(schema: Schema) -> str | None:
    """Return what a field is as far as the rules go; None for what no form can ask."""
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


def choices_in(schema: Schema) -> list[object]:
    """Return the values of a choice; None stands for each that has no `const`."""
    parts = schema.get("oneOf", schema.get("enum", []))
    if not isinstance(parts, list):
        return []
    if "oneOf" in schema:
        return [part.get("const") if isinstance(part, dict) else None for part in parts]
    return parts


def properties_in(schema: object) -> Mapping[str, Any]:
    """Return the fields of an object schema; none where there is no object."""
    found = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return found if isinstance(found, dict) else {}


def are_fields(names: object, fields: Mapping[str, Any]) -> bool:
    """Say whether `names` is a list of names of `fields`."""
    return isinstance(names, list) and all(isinstance(n, str) and n in fields for n in names)


def is_one_of(value: object, options: Collection[object]) -> bool:
    """Say whether it is one of `options`, of the same type."""
    # True == 1 in Python, but not in JSON
    return any(type(value) is type(option) and value == option for option in options)


def is_words(value: object) -> bool:
    """Say whether it is a text that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: object) -> bool:
    """Say whether it is a number (JSON's true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: object, most: int) -> bool:
    """Say whether it is a whole number from 1 to `most`."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
