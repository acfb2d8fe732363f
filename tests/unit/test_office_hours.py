"""In hours and out of hours add up to the segment, by the calendar as it stood then."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.ledger import Reason, Segment
from engine.domain.office_hours import OfficeHours, Split, split
from engine.domain.party import Party

BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
DAY = OfficeHours(BERLIN, time(9), time(17))


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
    closed = OfficeHours(BERLIN, time(9), time(17), holidays=frozenset({date(2026, 3, 9)}))

    found = split(segment(local(6, 16), local(10, 10)), [(ALWAYS, closed)])

    assert hours_in(found) == 2


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    nights = OfficeHours(BERLIN, time(22), time(6), days=frozenset({4}))  # Friday

    found = split(segment(local(7, 0), local(8, 0)), [(ALWAYS, nights)])

    assert hours_in(found) == 6


def test_round_the_clock_is_in_hours_even_when_summer_time_begins() -> None:
    always = OfficeHours(BERLIN, time(0), time(0), days=frozenset(range(7)))
    night = segment(local(28, 12), local(30, 12))

    assert split(night, [(ALWAYS, always)]) == Split(timedelta(hours=47), timedelta(0))


def test_hours_of_two_days_that_summer_time_pushes_together_are_counted_once() -> None:
    odd = OfficeHours(BERLIN, time(3), time(2, 30), days=frozenset(range(7)))

    found = split(segment(local(28, 12), local(29, 12)), [(ALWAYS, odd)])

    assert found == Split(timedelta(hours=23), timedelta(0))


def test_each_calendar_counts_for_the_time_in_which_it_stood() -> None:
    shorter = OfficeHours(BERLIN, time(9), time(12))

    versions = [(ALWAYS, DAY), (local(4, 0), shorter)]

    assert hours_in(split(segment(local(3, 0), local(5, 0)), versions)) == 8 + 3


def test_without_a_calendar_nothing_is_in_hours() -> None:
    night = segment(local(3, 9), local(3, 17))

    assert split(night, []) == Split(timedelta(0), timedelta(hours=8))
    assert split(night, [(local(4, 0), DAY)]) == Split(timedelta(0), timedelta(hours=8))


WALL = st.times().map(lambda wall: wall.replace(microsecond=0))
SHIFTS = st.builds(
    OfficeHours,
    st.sampled_from([BERLIN, UTC, ZoneInfo("America/New_York")]),
    WALL,
    WALL,
    st.frozensets(st.integers(0, 6)),
    st.frozensets(st.dates(date(2026, 3, 20), date(2026, 4, 2)), max_size=3),
)


@settings(deadline=None, derandomize=True)
@given(
    st.integers(0, 10 * 86400),
    st.integers(1, 10 * 86400),
    st.lists(st.tuples(st.integers(0, 10 * 86400), SHIFTS), max_size=3, unique_by=lambda v: v[0]),
)
def test_the_two_always_add_up_to_the_segment(
    since: int, length: int, shifts: list[tuple[int, OfficeHours]]
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
    st.frozensets(st.integers(0, 6)),
    st.integers(0, 200),
    st.integers(1, 100),
)
def test_in_hours_agree_with_a_count_of_single_hours(
    day: list[int], days: frozenset[int], since: int, length: int
) -> None:
    opens, closes = day
    shift = OfficeHours(UTC, time(opens), time(closes), days)
    begin = datetime(2026, 3, 24, tzinfo=UTC) + timedelta(hours=since)
    every_hour = [begin + timedelta(hours=n) for n in range(length)]

    found = split(segment(begin, begin + timedelta(hours=length)), [(ALWAYS, shift)])

    assert hours_in(found) == sum(
        hour.weekday() in days and opens <= hour.hour < closes for hour in every_hour
    )
