"""The ladder's table, and working days in the zone of the person asked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain import ladder
from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, add_working_days, may_decide
from engine.domain.standing import Standing

P1, P2, P3, P4 = Priority
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _march(day: int, hour: int = 9, minute: int = 30) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("priority", "day"), [(P1, 5), (P2, 9), (P3, 16), (P4, 23)], ids=lambda value: str(value)
)
def test_the_closing_decision_opens_after_its_working_days(priority: Priority, day: int) -> None:
    assert ladder.decide_at(priority, MONDAY, UTC) == _march(day)


@pytest.mark.parametrize(("priority", "day"), [(P1, 3), (P2, 4), (P3, 9), (P4, 16)])
def test_the_deputy_is_asked_too(priority: Priority, day: int) -> None:
    assert ladder.deputy_asked_at(priority, MONDAY, UTC) == _march(day)


@pytest.mark.parametrize(("priority", "day"), [(P1, 3), (P2, 5), (P3, 12)])
def test_the_owner_is_told(priority: Priority, day: int) -> None:
    assert ladder.owner_told_at(priority, MONDAY, UTC) == _march(day)


def test_nobody_tells_the_owner_about_p4() -> None:
    assert ladder.owner_told_at(P4, MONDAY, UTC) is None


@pytest.mark.parametrize(("priority", "day"), [(P1, 3), (P2, 5), (P3, 16), (P4, 23)])
def test_a_missing_answer_counts_as_debt(priority: Priority, day: int) -> None:
    assert ladder.debt_from(priority, MONDAY, UTC) == _march(day)


@pytest.mark.parametrize(
    ("priority", "after", "count"),
    [
        (P1, timedelta(hours=3, minutes=59), 0),
        (P1, timedelta(hours=4), 1),
        (P1, timedelta(hours=13), 3),
        (P2, timedelta(hours=23), 0),
        (P2, timedelta(days=4), 4),
        (P2, timedelta(days=6), 4),  # the weekend asks for nothing
        (P3, timedelta(days=2), 0),
        (P3, timedelta(days=3), 1),
        (P3, timedelta(days=9), 2),
        (P3, timedelta(days=90), 2),
        (P4, timedelta(days=6), 0),
        (P4, timedelta(days=7), 1),
        (P4, timedelta(days=90), 2),
    ],
)
def test_reminders_go_out_as_the_table_says(
    priority: Priority, after: timedelta, count: int
) -> None:
    assert ladder.reminders_by(priority, MONDAY, MONDAY + after, UTC) == count


def test_the_graver_the_incident_the_sooner_everything_happens() -> None:
    for one, two in [(P1, P2), (P2, P3), (P3, P4)]:
        assert ladder.remind_every(one) <= ladder.remind_every(two)
        assert ladder.next_look_after(one) < ladder.next_look_after(two)
        assert ladder.climb_every(one) < ladder.climb_every(two)
        assert ladder.default_due(one, MONDAY) < ladder.default_due(two, MONDAY)
        assert ladder.decide_at(one, MONDAY, UTC) < ladder.decide_at(two, MONDAY, UTC)


def test_no_rung_comes_after_the_decision_opens() -> None:
    for priority in Priority:
        decided = ladder.decide_at(priority, MONDAY, UTC)
        told = ladder.owner_told_at(priority, MONDAY, UTC)
        assert ladder.deputy_asked_at(priority, MONDAY, UTC) < decided
        assert told is None or told < decided
        assert ladder.debt_from(priority, MONDAY, UTC) <= decided


def test_only_grave_incidents_need_logged_tries() -> None:
    assert [ladder.tries_needed(priority) for priority in Priority] == [2, 2, 0, 0]


OWNER, AUTHORITY = frozenset({Standing.OWNER}), frozenset({Standing.AUTHORITY})


@pytest.mark.parametrize(
    ("priority", "standing", "allowed"),
    [
        (P1, AUTHORITY, True),
        (P1, frozenset({Standing.DEPUTY_AUTHORITY}), True),
        (P1, OWNER, False),
        (P1, OWNER | AUTHORITY, False),
        (P2, AUTHORITY, True),
        (P2, OWNER | AUTHORITY, True),
        (P2, OWNER, False),
        (P3, OWNER, True),
        (P3, frozenset({Standing.DEPUTY_OWNER}), True),
        (P3, AUTHORITY, False),
        (P4, OWNER, True),
        (P4, frozenset({Standing.LEAD, Standing.DESK}), False),
    ],
)
def test_who_decides_is_as_the_table_says(
    priority: Priority, standing: frozenset[Standing], allowed: bool
) -> None:
    assert may_decide(priority, standing, is_in_it=False) is allowed


def test_p1_is_never_decided_by_it() -> None:
    assert not may_decide(P1, AUTHORITY, is_in_it=True)
    assert may_decide(P2, AUTHORITY, is_in_it=True)


def test_a_named_delegate_decides_p4_only() -> None:
    allowed = [
        priority
        for priority in Priority
        if may_decide(priority, frozenset(), is_in_it=False, is_delegate=True)
    ]

    assert allowed == [P4]


def test_the_decider_is_sought_among_those_who_may_decide() -> None:
    for priority in Priority:
        for word in ladder.who_decides(priority):
            assert may_decide(priority, frozenset({word}), is_in_it=False)


def test_settings_can_replace_a_column() -> None:
    slower = replace(DEFAULT, p1=replace(DEFAULT.p1, decision=4))

    assert ladder.decide_at(P1, MONDAY, UTC, ladder=slower) == _march(6)
    assert ladder.decide_at(P2, MONDAY, UTC, ladder=slower) == _march(9)


def test_a_working_day_skips_the_weekend_and_holidays() -> None:
    friday = _march(6)

    assert add_working_days(friday, 1, UTC) == _march(9)
    assert add_working_days(friday, 1, UTC, frozenset({date(2026, 3, 9)})) == _march(10)


def test_from_a_weekend_whole_working_days_are_given() -> None:
    saturday = _march(7, 15)

    assert add_working_days(saturday, 1, UTC) == _march(10, 0, 0)


def test_whether_it_is_a_working_day_is_a_matter_of_the_persons_zone() -> None:
    sunday_night = _march(8, 23)  # already Monday in Berlin

    assert add_working_days(sunday_night, 1, BERLIN) == _march(9, 23)
    assert add_working_days(sunday_night, 1, UTC) == _march(10, 0, 0)


def test_the_wall_time_stays_when_summer_time_begins() -> None:
    friday = datetime(2026, 3, 27, 9, tzinfo=BERLIN)

    assert add_working_days(friday, 1, BERLIN) == datetime(2026, 3, 30, 9, tzinfo=BERLIN)
    assert add_working_days(friday, 1, BERLIN) - friday == timedelta(hours=71)


def test_no_working_days_change_nothing() -> None:
    assert add_working_days(_march(7), 0, BERLIN) == _march(7)


def test_naive_instants_and_negative_days_are_refused() -> None:
    naive = MONDAY.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        add_working_days(naive, 1, UTC)
    with pytest.raises(ValueError, match="aware"):
        ladder.default_due(P1, naive)
    with pytest.raises(ValueError, match="forward"):
        add_working_days(MONDAY, -1, UTC)


ZONES = st.sampled_from([UTC, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")])
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
HOLIDAYS = st.frozensets(st.dates(date(2025, 1, 1), date(2027, 2, 1)), max_size=20)
general = settings(deadline=None, derandomize=True)


@general
@given(INSTANTS, st.integers(1, 20), ZONES, HOLIDAYS)
def test_exactly_that_many_working_days_have_begun(
    start: datetime, days: int, zone: ZoneInfo, holidays: frozenset[date]
) -> None:
    first = start.astimezone(zone).date()
    last = add_working_days(start, days, zone, holidays).astimezone(zone).date()

    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    begun = [day for day in between if day.weekday() < 5 and day not in holidays]
    # from a free day the first one begun is where the counting starts
    free = first.weekday() >= 5 or first in holidays
    assert begun[-1] == last
    assert len(begun) == days + free


@general
@given(INSTANTS, st.integers(0, 20), ZONES, HOLIDAYS)
def test_more_working_days_are_later(
    start: datetime, days: int, zone: ZoneInfo, holidays: frozenset[date]
) -> None:
    assert start <= add_working_days(start, days, zone, holidays)
    assert add_working_days(start, days, zone, holidays) < add_working_days(
        start, days + 1, zone, holidays
    )
