"""Durations, instants and repetitions as timers may say them.

All but working days (“5 working days”) are a strict part of ISO 8601.

SpiffWorkflow takes `-PT5M` for plus five minutes and a repetition of `PT0S` never ends; so only
what is here counts as a timer's value.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from engine.domain.working_calendar import WorkingCalendar

_DURATION = re.compile(
    r"P(?!$)(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII
)
_WORKING_DAYS = re.compile(r"([1-9]\d{0,2}) working days?", re.ASCII)
_REPEAT = re.compile(r"R(\d{0,6})", re.ASCII)
LONGEST = timedelta(days=3660)


def parse_duration(text: object) -> timedelta:
    """Return an ISO 8601 duration in weeks, days, hours, minutes and seconds.

    Years and months have no fixed length and are refused, as are zero (a timer that fires for
    ever), signs and more than ten years.  Raises ValueError.
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) and len(text) < 40 else None
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as PT4H or P2D")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        length = timedelta(0)
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"{text!r} is not longer than nothing and at most ten years")
    return length


def parse_instant(text: object) -> datetime:
    """Return an ISO 8601 instant as aware UTC.  Raises ValueError if it has no time zone."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not an instant such as 2026-03-01T09:00:00+00:00")
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant.astimezone(UTC)


def working_days(value: object) -> int | None:
    """Return how many working days a timer's value says (“5 working days”); None for any other."""
    found = _WORKING_DAYS.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else None


def parse_due(
    value: object, now: datetime, calendar: Callable[[], WorkingCalendar] | None = None
) -> datetime:
    """Return when a timer entered at `now` is due: an instant, or a duration from then.

    Working days are those of `calendar`, which is asked for only then; of Monday to Friday without
    one.
    """
    if days := working_days(value):
        of = calendar() if calendar is not None else WorkingCalendar(UTC)
        return of.add_days(now, days)
    if isinstance(value, str) and value.startswith("P"):
        return now + parse_duration(value)
    return parse_instant(value)


def parse_repetition(value: object, now: datetime) -> tuple[int, datetime, timedelta]:
    """Return how often (-1: for ever), first when, and how far apart.

    `R/PT4H`, `R3/PT4H`, and with a first instant, or a duration until it, `R3/first/PT4H`.
    Raises ValueError.
    """
    parts = value.split("/") if isinstance(value, str) else []
    repeat = _REPEAT.fullmatch(parts[0]) if parts else None
    if repeat is None or len(parts) not in (2, 3):
        raise ValueError(f"{value!r} is not a repetition such as R/PT4H or R3/first/PT4H")
    apart = parse_duration(parts[-1])
    first = parse_due(parts[1], now) if len(parts) == 3 else now + apart
    return int(repeat.group(1)) if repeat.group(1) else -1, first, apart
