"""In hours or out of hours: how a ledger segment splits by its party's calendar (The ledger, 7).

The clock of an incident never stops; this only says how much of a segment fell into the time
in which the party is at work.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from engine.domain.ledger import Segment

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OfficeHours:
    """A party's calendar: from `opens` to `closes` in its own zone on its working days.

    `days` counts Monday as 0.  `closes` at or before `opens` means the next day, so that two
    equal times are round the clock.  On a date in `holidays` nothing opens.
    """

    zone: tzinfo
    opens: time = time(8)
    closes: time = time(18)
    days: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Split:
    """The two add up to the segment, to the second."""

    in_hours: timedelta
    out_of_hours: timedelta


def split(segment: Segment, versions: Sequence[tuple[datetime, OfficeHours]]) -> Split:
    """Return how much of the segment lay in hours, by the calendar as it stood then.

    `versions` are (valid from, calendar) in ascending order, the instants aware; before the
    first of them nothing is in hours.
    """
    in_hours = timedelta(0)
    borders = [*(valid_from for valid_from, _ in versions), segment.until]
    for (valid_from, hours), ended in zip(versions, borders[1:], strict=True):
        since, until = max(segment.since, valid_from), min(segment.until, ended)
        if since < until:
            in_hours += sum((b - a for a, b in _open(hours, since, until)), timedelta(0))
    in_hours -= in_hours % timedelta(seconds=1)  # a version may begin within a second
    return Split(in_hours, segment.length - in_hours)


def _open(
    hours: OfficeHours, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    day = since.astimezone(hours.zone).date() - _ONE_DAY  # last night's shift may run into it
    covered = since
    while day <= until.astimezone(hours.zone).date():
        if day.weekday() in hours.days and day not in hours.holidays:
            # `covered`: where summer time swallows a wall time, two days' hours could overlap
            opens = max(covered, _at(hours, day, hours.opens))
            closes = min(until, _at(hours, _closing_day(hours, day), hours.closes))
            if opens < closes:
                yield opens, closes
                covered = closes
        day += _ONE_DAY


def _closing_day(hours: OfficeHours, day: date) -> date:
    return day if hours.opens < hours.closes else day + _ONE_DAY


def _at(hours: OfficeHours, day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, tzinfo=hours.zone).astimezone(UTC)
