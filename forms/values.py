"""Single values: how they are tidied, and what JSON Schema cannot say about them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from uuid import UUID

from engine.language import say
from forms.fields import Field, Kind, is_array, is_object
from forms.sentences import IN_FUTURE, IN_PAST, NOT_OFFERED, bad_date

# format name or field path (`actions.team`) -> (value, label) pairs
Choices = Mapping[str, Sequence[tuple[str, str]]]

# characters that nobody sees, and that PostgreSQL or XML cannot keep
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MAX_NAME = 100

EARLIEST_YEAR, LATEST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Now:
    """The instant that decides past and future (None: do not ask), and the zone of its date."""

    at: datetime | None
    tz: tzinfo


def choices_of(choices: Choices, field: Field) -> Sequence[tuple[str, str]] | None:
    """Return what may be chosen: by the field's path, else by its format; None for anything."""
    found = choices.get(field.path)
    return choices.get(field.format) if found is None and field.format else found


def tidy(value: object, field: Field | None) -> object:
    """Return `value` without white space around texts and without blank parts; None if blank.

    Line ends become \\n.  An empty text stays where it is one of the choices.  What does not fit
    the field is kept as it is, for the check to refuse.
    """
    if isinstance(value, str):
        text = plain_text(value)
        return text if text or _offers_blank(field) else None
    if is_array(value):
        item = field.item if field is not None else None
        columns = field.fields if field is not None else ()
        parts = [tidy_answers(v, columns) if is_object(v) else tidy(v, item) for v in value]
        kept = [part for part in parts if part is not None]
        return kept or None
    if is_object(value):
        return tidy_answers(value, ())
    return value


def tidy_answers(answers: Mapping[str, object], fields: Sequence[Field]) -> dict[str, object]:
    """Return the answers of one form or row, each tidied, without the blank ones."""
    known = {field.name: field for field in fields}
    clean = {
        name if name in known else plain_text(str(name))[:_MAX_NAME]: tidy(value, known.get(name))
        for name, value in answers.items()
    }
    return {name: value for name, value in clean.items() if value is not None}


def plain_text(text: str) -> str:
    """Return `text` as it can be kept everywhere: \\n line ends, no unseen characters, trimmed."""
    ends = text.replace("\r\n", "\n").replace("\r", "\n")
    # half a surrogate pair cannot be encoded, neither for the database nor for the page
    whole = ends.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNSEEN.sub("", whole).strip()


def check_value(
    field: Field, value: object, choices: Choices, now: Now
) -> tuple[object, str | None]:
    """Return the value in its canonical form, and what is wrong with it or None."""
    if isinstance(value, float) and not math.isfinite(value):
        return None, say("Please write a number.")
    if not isinstance(value, str):
        return value, None
    match field.kind:
        case Kind.DATE:
            return _check_date(field, value, now)
        case Kind.INSTANT:
            return _check_instant(field, value, now)
        case Kind.REFERENCE | Kind.TEXT:
            return value, _check_choice(field, value, choices)
    return value, None


def utc_text(instant: datetime) -> str:
    """Return an aware instant as it is kept: ISO 8601, UTC, whole seconds, `Z`."""
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _offers_blank(field: Field | None) -> bool:
    return field is not None and any(option.value == "" for option in field.options)


def _check_choice(field: Field, value: str, choices: Choices) -> str | None:
    offered = choices_of(choices, field)
    if offered is not None:
        return None if any(value == one for one, _ in offered) else NOT_OFFERED
    if field.kind is Kind.REFERENCE:
        try:
            UUID(value)
        except ValueError:
            return NOT_OFFERED
    return None


def _check_date(field: Field, value: str, now: Now) -> tuple[object, str | None]:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value, bad_date(field)
    if not _is_in_reach(day.year):
        return value, bad_date(field)
    today = now.at.astimezone(now.tz).date() if now.at is not None else None
    return day.isoformat(), _check_when(field, today and (day > today))


def _check_instant(field: Field, value: str, now: Now) -> tuple[object, str | None]:
    try:
        instant = datetime.fromisoformat(value)
        # a naive instant is nobody's: the reader's zone is applied where a page is read
        if instant.tzinfo is None:
            return value, bad_date(field)
        kept = utc_text(instant)
    except (ValueError, OverflowError):
        return value, bad_date(field)
    if not _is_in_reach(instant.year):
        return value, bad_date(field)
    return kept, _check_when(field, now.at and (instant > now.at))


def _is_in_reach(year: int) -> bool:
    """Whether an instant of this year can be shown in every zone, and is no slip of the pen."""
    return EARLIEST_YEAR <= year <= LATEST_YEAR


def _check_when(field: Field, ahead: object) -> str | None:
    if ahead is None:
        return None
    match field.schema.get("x-when"):
        case "past" if ahead:
            return IN_PAST
        case "future" if not ahead:
            return IN_FUTURE
    return None
