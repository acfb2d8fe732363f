"""Working calendars: who is at work when, for the ladder's working days and the ledger's hours.

The clock of an incident never stops; this says how much of a segment fell into the time in which
its party is at work (The ledger, 7), and when so many working days are over (The ladder).
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from engine.domain.ledger import Segment

_ONE_DAY = timedelta(days=1)
# The longest run of free days that is believed: a calendar that is never at work asks nobody.
_LONGEST_REST = 366


@dataclass(frozen=True)
class WorkingCalendar:
    """A party's calendar: from `opens` to `closes` in its own zone on its working days.

    `days` counts Monday as 0.  `closes` at or before `opens` means the next day, so that two
    equal times are round the clock.  On a date in `holidays` nothing opens.
    Raises ValueError for a calendar with no working day: whoever has it would never be asked.
    """

    zone: tzinfo
    opens: time = time(8)
    closes: time = time(18)
    days: frozenset[int] = frozenset(range(5))
    holidays: Container[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what would never end."""
        if not self.days & frozenset(range(7)):
            raise ValueError("A calendar has at least one working day.")

    def is_working(self, day: date) -> bool:
        """Whether the party is at work on that day."""
        return day.weekday() in self.days and day not in self.holidays

    def add_days(self, start: datetime, days: int) -> datetime:
        """Return the same wall time so many working days after `start`, in UTC.

        From a free day it counts from the beginning of the next working day, so that the person
        has that many whole working days; 0 days return `start`.  A wall time that summer time
        swallows is taken as if it had not.  Raises ValueError for a naive start or negative days.
        """
        if start.utcoffset() is None:
            raise ValueError("Working days are counted from an aware instant.")
        if days < 0:
            raise ValueError("Working days are counted forward only.")
        if days == 0:
            return start.astimezone(UTC)
        local = start.astimezone(self.zone)
        day, wall = local.date(), local.time()
        if not self.is_working(day):
            day, wall = self._next(day), time(0)
        for _ in range(days):
            day = self._next(day)
        return datetime.combine(day, wall, tzinfo=self.zone).astimezone(UTC)

    def _next(self, day: date) -> date:
        for _ in range(_LONGEST_REST):
            day += _ONE_DAY
            if self.is_working(day):
                break
        return day


@dataclass(frozen=True)
class Split:
    """The two add up to the segment, to the second."""

    in_hours: timedelta
    out_of_hours: timedelta


def split(segment: Segment, versions: Sequence[tuple[datetime, WorkingCalendar]]) -> Split:
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
    hours: WorkingCalendar, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    day = since.astimezone(hours.zone).date() - _ONE_DAY  # last night's shift may run into it
    covered = since
    while day <= until.astimezone(hours.zone).date():
        if hours.is_working(day):
            # `covered`: where summer time swallows a wall time, two days' hours could overlap
            opens = max(covered, _at(hours, day, hours.opens))
            closes = min(until, _at(hours, _closing_day(hours, day), hours.closes))
            if opens < closes:
                yield opens, closes
                covered = closes
        day += _ONE_DAY


def _closing_day(hours: WorkingCalendar, day: date) -> date:
    return day if hours.opens < hours.closes else day + _ONE_DAY


def _at(hours: WorkingCalendar, day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, tzinfo=hours.zone).astimezone(UTC)
