"""Working days and working hours: the two parts of a segment add up, by the calendar of then."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.ledger import Reason, Segment
from engine.domain.party import Party
from engine.domain.working_calendar import Split, WorkingCalendar, split

BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
DAY = WorkingCalendar(BERLIN, time(9), time(17))


def segment(since: datetime, until: datetime) -> Segment:
    return Segment(since.astimezone(UTC), until.astimezone(UTC), Party.IT, Reason.ASKED, None)


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def hours_in(found: Split) -> float:
    return found.in_hours / timedelta(hours=1)


def test_a_night_between_two_working_days_is_out_of_hours() -> None:
    found = split(segment(local(3, 16), local(4, 10)), [(ALWAYS, DAY)])

    assert found == Split(timedelta(hours=2), timedelta(hours=16))


def test_a_weekend_and_a_holiday_are_out_of_hours() -> None:
    closed = WorkingCalendar(BERLIN, time(9), time(17), holidays=frozenset({date(2026, 3, 9)}))

    found = split(segment(local(6, 16), local(10, 10)), [(ALWAYS, closed)])

    assert hours_in(found) == 2


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    nights = WorkingCalendar(BERLIN, time(22), time(6), days=frozenset({4}))  # Friday

    found = split(segment(local(7, 0), local(8, 0)), [(ALWAYS, nights)])

    assert hours_in(found) == 6


def test_round_the_clock_is_in_hours_even_when_summer_time_begins() -> None:
    always = WorkingCalendar(BERLIN, time(0), time(0), days=frozenset(range(7)))
    night = segment(local(28, 12), local(30, 12))

    assert split(night, [(ALWAYS, always)]) == Split(timedelta(hours=47), timedelta(0))


def test_hours_of_two_days_that_summer_time_pushes_together_are_counted_once() -> None:
    odd = WorkingCalendar(BERLIN, time(3), time(2, 30), days=frozenset(range(7)))

    found = split(segment(local(28, 12), local(29, 12)), [(ALWAYS, odd)])

    assert found == Split(timedelta(hours=23), timedelta(0))


def test_each_calendar_counts_for_the_time_in_which_it_stood() -> None:
    shorter = WorkingCalendar(BERLIN, time(9), time(12))

    versions = [(ALWAYS, DAY), (local(4, 0), shorter)]

    assert hours_in(split(segment(local(3, 0), local(5, 0)), versions)) == 8 + 3


def test_without_a_calendar_nothing_is_in_hours() -> None:
    night = segment(local(3, 9), local(3, 17))

    assert split(night, []) == Split(timedelta(0), timedelta(hours=8))
    assert split(night, [(local(4, 0), DAY)]) == Split(timedelta(0), timedelta(hours=8))


WALL = st.times().map(lambda wall: wall.replace(microsecond=0))
SHIFTS = st.builds(
    WorkingCalendar,
    st.sampled_from([BERLIN, UTC, ZoneInfo("America/New_York")]),
    WALL,
    WALL,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.frozensets(st.dates(date(2026, 3, 20), date(2026, 4, 2)), max_size=3),
)


@settings(deadline=None, derandomize=True)
@given(
    st.integers(0, 10 * 86400),
    st.integers(1, 10 * 86400),
    st.lists(st.tuples(st.integers(0, 10 * 86400), SHIFTS), max_size=3, unique_by=lambda v: v[0]),
)
def test_the_two_always_add_up_to_the_segment(
    since: int, length: int, shifts: list[tuple[int, WorkingCalendar]]
) -> None:
    begin = datetime(2026, 3, 24, tzinfo=UTC)
    whole = segment(
        begin + timedelta(seconds=since), begin + timedelta(seconds=since) + timedelta(0, length)
    )
    versions = [
        (begin + timedelta(seconds=second), shift)
        for second, shift in sorted(shifts, key=lambda version: version[0])
    ]

    found = split(whole, versions)

    assert found.in_hours + found.out_of_hours == whole.length
    assert found.in_hours >= timedelta(0)
    assert found.out_of_hours >= timedelta(0)


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True).map(sorted),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 200),
    st.integers(1, 100),
)
def test_in_hours_agree_with_a_count_of_single_hours(
    day: list[int], days: frozenset[int], since: int, length: int
) -> None:
    opens, closes = day
    shift = WorkingCalendar(UTC, time(opens), time(closes), days)
    begin = datetime(2026, 3, 24, tzinfo=UTC) + timedelta(hours=since)
    every_hour = [begin + timedelta(hours=n) for n in range(length)]

    found = split(segment(begin, begin + timedelta(hours=length)), [(ALWAYS, shift)])

    assert hours_in(found) == sum(
        hour.weekday() in days and opens <= hour.hour < closes for hour in every_hour
    )


WEEK, BERLIN_WEEK = WorkingCalendar(UTC), WorkingCalendar(BERLIN)
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _march(day: int, hour: int = 9, minute: int = 30) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_calendar_with_no_working_day_is_refused() -> None:
    with pytest.raises(ValueError, match="working day"):
        WorkingCalendar(UTC, days=frozenset())
    with pytest.raises(ValueError, match="working day"):
        WorkingCalendar(UTC, days=frozenset({7}))


def test_days_that_are_all_free_come_to_an_end() -> None:
    class Always:
        def __contains__(self, day: object) -> bool:
            return True

    assert WorkingCalendar(UTC, holidays=Always()).add_days(MONDAY, 2) > MONDAY


def test_a_working_day_skips_the_weekend_and_holidays() -> None:
    friday = _march(6)

    assert WEEK.add_days(friday, 1) == _march(9)
    assert WorkingCalendar(UTC, holidays=frozenset({date(2026, 3, 9)})).add_days(
        friday, 1
    ) == _march(10)


def test_from_a_weekend_whole_working_days_are_given() -> None:
    saturday = _march(7, 15)

    assert WEEK.add_days(saturday, 1) == _march(10, 0, 0)


def test_whether_it_is_a_working_day_is_a_matter_of_the_persons_zone() -> None:
    sunday_night = _march(8, 23)  # already Monday in Berlin

    assert BERLIN_WEEK.add_days(sunday_night, 1) == _march(9, 23)
    assert WEEK.add_days(sunday_night, 1) == _march(10, 0, 0)


def test_the_wall_time_stays_when_summer_time_begins() -> None:
    friday = datetime(2026, 3, 27, 9, tzinfo=BERLIN)

    assert BERLIN_WEEK.add_days(friday, 1) == datetime(2026, 3, 30, 9, tzinfo=BERLIN)
    assert BERLIN_WEEK.add_days(friday, 1) - friday == timedelta(hours=71)


def test_no_working_days_change_nothing() -> None:
    assert BERLIN_WEEK.add_days(_march(7), 0) == _march(7)


def test_naive_instants_and_negative_days_are_refused() -> None:
    naive = MONDAY.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        WEEK.add_days(naive, 1)
    with pytest.raises(ValueError, match="forward"):
        WEEK.add_days(MONDAY, -1)


ZONES = st.sampled_from([UTC, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")])
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
HOLIDAYS = st.frozensets(st.dates(date(2025, 1, 1), date(2027, 2, 1)), max_size=20)


@given(INSTANTS, st.integers(1, 20), ZONES, HOLIDAYS)
def test_exactly_that_many_working_days_have_begun(
    start: datetime, days: int, zone: ZoneInfo, holidays: frozenset[date]
) -> None:
    week = WorkingCalendar(zone, holidays=holidays)
    first = start.astimezone(zone).date()
    last = week.add_days(start, days).astimezone(zone).date()

    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    begun = [day for day in between if day.weekday() < 5 and day not in holidays]
    # from a free day the first one begun is where the counting starts
    free = first.weekday() >= 5 or first in holidays
    assert begun[-1] == last
    assert len(begun) == days + free


@given(INSTANTS, st.integers(0, 20), ZONES, HOLIDAYS)
def test_more_working_days_are_later(
    start: datetime, days: int, zone: ZoneInfo, holidays: frozenset[date]
) -> None:
    week = WorkingCalendar(zone, holidays=holidays)
    assert start <= week.add_days(start, days)
    assert week.add_days(start, days) < week.add_days(start, days + 1)
