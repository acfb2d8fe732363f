"""What is wrong with an answer, said to the person who gave it.

jsonschema speaks to programmers ("'' is too short"); nothing of what it says reaches a page.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jsonschema.exceptions import ValidationError

from engine.language import Said, say, say_of
from forms.fields import Condition, Field, Kind

NOT_ASKED = say("This form does not ask for this.")
NOT_YOURS = say("This is filled in for you and cannot be changed here.")
NOT_OFFERED = say("Please choose one of the answers offered.")
LINES_CHANGED = say("This list has changed since the page was opened. Please look at it again.")
IN_FUTURE = say("This must lie in the future.")
IN_PAST = say("This cannot lie in the future.")

_TYPES = {
    "string": say("Please write a text."),
    "integer": say("Please write a whole number, like 214."),
    "number": say("Please write a plain number, like 12.5 (without separators for thousands)."),
    "boolean": say("Please answer yes or no."),
    "array": say("Please give a list."),
    "object": say("Please give the named answers of this line."),
}


def missing(field: Field) -> str:
    """Return the sentence for a field that was left out."""
    own = field.schema.get("x-missing")
    if own:
        return say(str(own))
    match field.kind:
        case Kind.CHOICE | Kind.REFERENCE:
            return say("Please choose an answer to “%(title)s”.", title=field.title)
        case Kind.DATE:
            return say("Please give a date for “%(title)s”.", title=field.title)
        case Kind.INSTANT:
            return say("Please give a date and time for “%(title)s”.", title=field.title)
        case Kind.LIST | Kind.ROWS:
            return say("Please give at least one answer to “%(title)s”.", title=field.title)
    return say("Please answer “%(title)s”.", title=field.title)


def bad_date(field: Field) -> str:
    """Return the sentence for a date or instant that cannot be read."""
    if field.kind is Kind.DATE:
        return say("Please give a date, like 2026-03-31.")
    return say("Please give a date and time, like 2026-03-31 14:30.")


def unasked(field: Field, beside: Sequence[Field]) -> str:
    """Return the sentence for an answer to a field whose condition does not hold."""
    condition = only_if(field.shown_if, beside) if field.shown_if else NOT_ASKED
    return say("%(condition)s Please clear this or change that answer.", condition=condition)


def only_if(condition: Condition, beside: Sequence[Field]) -> str:
    """Return when a conditional field is asked, in the words of the field it depends on."""
    other = next(field for field in beside if field.name == condition.field)
    if other.kind is Kind.BOOLEAN:
        if condition.values[0]:
            return say("Only if “%(title)s” is ticked.", title=other.title)
        return say("Only if “%(title)s” is not ticked.", title=other.title)
    return say("Only if you choose %(labels)s.", labels=_labels(condition, other))


def needed_if(condition: Condition, beside: Sequence[Field]) -> str:
    """Return when a field that is always shown must be answered, as small print."""
    other = next(field for field in beside if field.name == condition.field)
    if other.kind is Kind.BOOLEAN:
        if condition.values[0]:
            return say("needed if “%(title)s” is ticked", title=other.title)
        return say("needed if “%(title)s” is not ticked", title=other.title)
    return say("needed if you choose %(labels)s", labels=_labels(condition, other))


def _labels(condition: Condition, other: Field) -> Said:
    first, *others = (say("“%(label)s”", label=other.label_of(one)) for one in condition.values)
    for quoted in others:
        first = say("%(one)s or %(other)s", one=first, other=quoted)
    return first


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
            return (
                missing(field)
                if limit == 1
                else say("Please give at least %(limit)s.", limit=limit)
            )
        case "maxItems":
            return say("Please give at most %(limit)s.", limit=limit)
        case "minLength":
            return say("Please write at least %(limit)s characters.", limit=limit)
        case "maxLength":
            return say(
                "Please use at most %(limit)s characters; there are %(instance)s now.",
                limit=limit,
                instance=len(instance),
            )
        case "minimum":
            return say("Please give %(number)s or more.", number=_number(limit))
        case "maximum":
            return say("Please give %(number)s or less.", number=_number(limit))
        case "multipleOf":
            return _decimals(limit)
        case "uniqueItems":
            return say("One of these is there twice.")
    return NOT_OFFERED


def _decimals(step: float) -> str:
    places = -int(Decimal(str(step)).normalize().as_tuple().exponent)
    if step == 10**-places and places > 0:
        return say_of(
            places, "Please give at most one decimal.", "Please give at most %(num)s decimals."
        )
    return say("Please give a multiple of %(number)s.", number=_number(step))


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
    return say("%(title)s %(place)s", title=say(field.schema["items"]["title"]), place=index + 1)
