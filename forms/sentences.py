"""What is wrong with an answer, said to the person who gave it.

jsonschema speaks to programmers ("'' is too short"); nothing of what it says reaches a page.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jsonschema.exceptions import ValidationError

from forms.fields import Condition, Field, Kind

NOT_ASKED = "This form does not ask for this."
NOT_YOURS = "This is filled in for you and cannot be changed here."
NOT_OFFERED = "Please choose one of the answers offered."
LINES_CHANGED = "This list has changed since the page was opened. Please look at it again."
IN_FUTURE = "This must lie in the future."
IN_PAST = "This cannot lie in the future."

_TYPES = {
    "string": "Please write a text.",
    "integer": "Please write a whole number, like 214.",
    "number": "Please write a plain number, like 12.5 (without separators for thousands).",
    "boolean": "Please answer yes or no.",
    "array": "Please give a list.",
    "object": "Please give the named answers of this line.",
}


def missing(field: Field) -> str:
    """Return the sentence for a field that was left out."""
    own = field.schema.get("x-missing")
    if own:
        return str(own)
    match field.kind:
        case Kind.CHOICE | Kind.REFERENCE:
            return f"Please choose an answer to “{field.title}”."
        case Kind.DATE:
            return f"Please give a date for “{field.title}”."
        case Kind.INSTANT:
            return f"Please give a date and time for “{field.title}”."
        case Kind.LIST | Kind.ROWS:
            return f"Please give at least one answer to “{field.title}”."
    return f"Please answer “{field.title}”."


def bad_date(field: Field) -> str:
    """Return the sentence for a date or instant that cannot be read."""
    if field.kind is Kind.DATE:
        return "Please give a date, like 2026-03-31."
    return "Please give a date and time, like 2026-03-31 14:30."


def unasked(field: Field, beside: Sequence[Field]) -> str:
    """Return the sentence for an answer to a field whose condition does not hold."""
    condition = only_if(field.shown_if, beside) if field.shown_if else NOT_ASKED
    return f"{condition} Please clear this or change that answer."


def only_if(condition: Condition, beside: Sequence[Field]) -> str:
    """Return when a conditional field is asked, in the words of the field it depends on."""
    other = next(field for field in beside if field.name == condition.field)
    if other.kind is Kind.BOOLEAN:
        return f"Only if “{other.title}” is {'ticked' if condition.values[0] else 'not ticked'}."
    labels = " or ".join(f"“{other.label_of(value)}”" for value in condition.values)
    return f"Only if you choose {labels}."


def sentences_of(
    error: ValidationError, fields: Sequence[Field]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield (path, sentence) for an error of the schema; `fields` are the form's."""
    if error.validator is None:
        return  # a field that is not asked: the error does not say which, `unasked` does
    path = tuple(error.absolute_path)
    field = _find(path, fields)
    inside = fields if field is None else field.fields
    instance: Any = error.instance
    if error.validator in _ABOUT_NAMES:
        for name in _ABOUT_NAMES[error.validator](error.validator_value, instance, inside):
            named = next((column for column in inside if column.name == name), None)
            yield (*path, name), NOT_ASKED if named is None else missing(named)
    elif field is None:
        yield path, NOT_ASKED
    else:
        yield path, _plain(error, field)


def _left_out(wanted: Any, instance: Any, _inside: Sequence[Field]) -> list[str]:
    return [name for name in wanted if name not in instance]


def _left_alone(wanted: Any, instance: Any, _inside: Sequence[Field]) -> list[str]:
    given = [names for name, names in wanted.items() if name in instance]
    return [name for names in given for name in names if name not in instance]


def _not_asked(_wanted: Any, instance: Any, inside: Sequence[Field]) -> list[str]:
    known = {column.name for column in inside}
    return [name for name in instance if name not in known]


# keywords whose error names members of an object, and how to find these
_ABOUT_NAMES: Mapping[object, Callable[[Any, Any, Sequence[Field]], list[str]]] = {
    "required": _left_out,
    "dependentRequired": _left_alone,
    "additionalProperties": _not_asked,
}


def _plain(error: ValidationError, field: Field) -> str:
    limit: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "type":
            return _TYPES[limit]
        case "minItems":
            return missing(field) if limit == 1 else f"Please give at least {limit}."
        case "maxItems":
            return f"Please give at most {limit}."
        case "minLength":
            return f"Please write at least {limit} characters."
        case "maxLength":
            return f"Please use at most {limit} characters; there are {len(instance)} now."
        case "minimum":
            return f"Please give {_number(limit)} or more."
        case "maximum":
            return f"Please give {_number(limit)} or less."
        case "multipleOf":
            return _decimals(limit)
        case "uniqueItems":
            return "One of these is there twice."
    return NOT_OFFERED


def _decimals(step: float) -> str:
    places = -int(Decimal(str(step)).normalize().as_tuple().exponent)
    if step == 10**-places and places > 0:
        return f"Please give at most {places} decimal{'s' if places > 1 else ''}."
    return f"Please give a multiple of {_number(step)}."


def _number(value: float) -> str:
    return f"{value:,}"


def _find(path: tuple[str | int, ...], fields: Sequence[Field]) -> Field | None:
    """Return the field at `path`; a row and its list are the same field."""
    found: Field | None = None
    for part in path:
        if isinstance(part, str):
            beside = fields if found is None else found.fields
            found = next((field for field in beside if field.name == part), None)
    return found


def row_title(field: Field, row: Mapping[str, object], index: int) -> str:
    """Return what the row at `index` (from 0) is called: its own words, or title and number."""
    own = row.get(str(field.schema.get("x-rows-label", "")))
    if isinstance(own, str) and own.strip():
        return own
    return f"{field.schema['items']['title']} {index + 1}"
