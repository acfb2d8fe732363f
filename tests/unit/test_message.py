"""When an answer is asked for by mail (rules, The ladder)."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from engine.domain.incident import Priority
from engine.domain.message import bundled_at
from engine.domain.working_calendar import WorkingCalendar

BERLIN = WorkingCalendar(ZoneInfo("Europe/Berlin"), time(8), time(18))
# Monday, 2 March 2026
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("priority", [Priority.P1, Priority.P2])
def test_what_is_urgent_is_asked_at_once(priority: Priority) -> None:
    assert bundled_at(priority, MONDAY, BERLIN) == MONDAY


@pytest.mark.parametrize(
    ("caused_at", "at"),
    [
        # half past ten there: at the middle of the day
        (MONDAY, datetime(2026, 3, 2, 12, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 12, 0, tzinfo=UTC), datetime(2026, 3, 2, 12, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 12, 1, tzinfo=UTC), datetime(2026, 3, 3, 7, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 3, 0, tzinfo=UTC), datetime(2026, 3, 2, 7, 0, tzinfo=UTC)),
        # Friday evening, and summer time begins on the next to last Sunday in March
        (datetime(2026, 3, 27, 18, 0, tzinfo=UTC), datetime(2026, 3, 30, 6, 0, tzinfo=UTC)),
    ],
)
def test_p3_is_asked_twice_on_a_working_day(caused_at: datetime, at: datetime) -> None:
    assert bundled_at(Priority.P3, caused_at, BERLIN) == at


def test_p4_is_asked_once_on_a_working_day() -> None:
    assert bundled_at(Priority.P4, MONDAY, BERLIN) == datetime(2026, 3, 3, 7, 0, tzinfo=UTC)


def test_a_night_shift_is_asked_as_its_night_begins_and_in_its_middle() -> None:
    night = WorkingCalendar(UTC, time(22), time(6))

    late = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert bundled_at(Priority.P3, late, night) == datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
    assert bundled_at(Priority.P3, MONDAY, night) == datetime(2026, 3, 2, 22, 0, tzinfo=UTC)


def test_round_the_clock_has_its_middle_half_a_day_later() -> None:
    always = WorkingCalendar(UTC, time(0), time(0), frozenset(range(7)))

    assert bundled_at(Priority.P3, MONDAY, always) == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
