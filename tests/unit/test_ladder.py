"""The ladder's table: who is asked next, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.domain import ladder
from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, may_decide
from engine.domain.standing import Standing
from engine.domain.working_calendar import WorkingCalendar

P1, P2, P3, P4 = Priority
DAYS = WorkingCalendar(UTC)
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _march(day: int, hour: int = 9, minute: int = 30) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("priority", "day"), [(P1, 5), (P2, 9), (P3, 16), (P4, 23)], ids=lambda value: str(value)
)
def test_the_closing_decision_opens_after_its_working_days(priority: Priority, day: int) -> None:
    assert ladder.decide_at(priority, MONDAY, DAYS) == _march(day)


@pytest.mark.parametrize(("priority", "day"), [(P1, 3), (P2, 4), (P3, 9), (P4, 16)])
def test_the_deputy_is_asked_too(priority: Priority, day: int) -> None:
    assert ladder.deputy_asked_at(priority, MONDAY, DAYS) == _march(day)


@pytest.mark.parametrize(("priority", "day"), [(P1, 3), (P2, 5), (P3, 12)])
def test_the_owner_is_told(priority: Priority, day: int) -> None:
    assert ladder.owner_told_at(priority, MONDAY, DAYS) == _march(day)


def test_nobody_tells_the_owner_about_p4() -> None:
    assert ladder.owner_told_at(P4, MONDAY, DAYS) is None


@pytest.mark.parametrize(("priority", "day"), [(P1, 3), (P2, 5), (P3, 16), (P4, 23)])
def test_a_missing_answer_counts_as_debt(priority: Priority, day: int) -> None:
    assert ladder.debt_from(priority, MONDAY, DAYS) == _march(day)


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
    assert ladder.reminders_by(priority, MONDAY, MONDAY + after, DAYS) == count


def test_the_graver_the_incident_the_sooner_everything_happens() -> None:
    for one, two in [(P1, P2), (P2, P3), (P3, P4)]:
        assert ladder.remind_every(one) <= ladder.remind_every(two)
        assert ladder.next_look_after(one) < ladder.next_look_after(two)
        assert ladder.climb_every(one) < ladder.climb_every(two)
        assert ladder.default_due(one, MONDAY, DAYS) < ladder.default_due(two, MONDAY, DAYS)
        assert ladder.decide_at(one, MONDAY, DAYS) < ladder.decide_at(two, MONDAY, DAYS)


def test_no_rung_comes_after_the_decision_opens() -> None:
    for priority in Priority:
        decided = ladder.decide_at(priority, MONDAY, DAYS)
        told = ladder.owner_told_at(priority, MONDAY, DAYS)
        assert ladder.deputy_asked_at(priority, MONDAY, DAYS) < decided
        assert told is None or told < decided
        assert ladder.debt_from(priority, MONDAY, DAYS) <= decided


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

    assert ladder.decide_at(P1, MONDAY, DAYS, ladder=slower) == _march(6)
    assert ladder.decide_at(P2, MONDAY, DAYS, ladder=slower) == _march(9)


def test_steps_are_counted_from_aware_instants_only() -> None:
    with pytest.raises(ValueError, match="aware"):
        ladder.default_due(P1, MONDAY.replace(tzinfo=None), DAYS)
