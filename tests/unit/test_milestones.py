"""The six milestones and the gaps between them."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.action import ActionState
from engine.domain.milestones import (
    Milestone,
    MilestoneFacts,
    is_possible_right_since,
    milestones,
    repaired_at,
    repaired_to_restored,
    restored_to_closed,
)

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


WHOLE = MilestoneFacts(
    told_at=T0,
    taken_up_at=at(1),
    repaired_at=at(2),
    restored_at=at(30),
    restored_entered_at=at(32),
    answered_at=at(40),
    closed_at=at(41),
)


def test_all_six_are_listed_in_their_order_with_the_time_since_told() -> None:
    found = milestones(WHOLE)

    assert [reached.milestone for reached in found] == list(Milestone)
    hours = [reached.since_told / timedelta(hours=1) for reached in found if reached.since_told]
    assert hours == [1, 2, 30, 40, 41]
    assert found[0].since_told == timedelta(0)


def test_gaps_are_those_between_the_whole_seconds_that_are_shown() -> None:
    facts = MilestoneFacts(
        told_at=T0 + timedelta(microseconds=800_000),
        repaired_at=at(2) + timedelta(microseconds=900_000),
        restored_at=at(30),
        closed_at=at(41) + timedelta(microseconds=100_000),
    )

    assert repaired_to_restored(facts) == timedelta(hours=28)
    assert restored_to_closed(facts) == timedelta(hours=11)
    assert milestones(facts)[-1].since_told == timedelta(hours=41)


def test_what_is_not_reached_is_empty() -> None:
    told, *others = milestones(MilestoneFacts(told_at=T0))

    assert told.at == T0
    assert {(other.at, other.entered_at, other.since_told) for other in others} == {
        (None, None, None)
    }


def test_restored_keeps_when_it_was_entered_beside_since_when_it_is_right() -> None:
    restored = next(r for r in milestones(WHOLE) if r.milestone is Milestone.RESTORED)

    assert (restored.at, restored.entered_at) == (at(30), at(32))


def test_the_gap_from_repaired_to_restored_is_what_the_business_still_suffered() -> None:
    assert repaired_to_restored(WHOLE) == timedelta(hours=28)
    assert restored_to_closed(WHOLE) == timedelta(hours=11)


def test_the_gap_is_negative_when_it_was_right_before_the_cause_was_fixed() -> None:
    facts = MilestoneFacts(told_at=T0, repaired_at=at(5), restored_at=at(3))

    assert repaired_to_restored(facts) == timedelta(hours=-2)


@pytest.mark.parametrize(
    "facts",
    [MilestoneFacts(T0, repaired_at=at(1)), MilestoneFacts(T0, restored_at=at(1))],
    ids=["not restored", "never repaired"],
)
def test_a_gap_needs_both_its_ends(facts: MilestoneFacts) -> None:
    assert repaired_to_restored(facts) is None
    assert restored_to_closed(facts) is None


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([], None),
        ([(ActionState.OPEN, None)], None),
        ([(ActionState.DONE, at(1))], at(1)),
        ([(ActionState.DONE, at(3)), (ActionState.DONE, at(1))], at(3)),
        ([(ActionState.DONE, at(1)), (ActionState.WAITING, None)], None),
        ([(ActionState.DONE, at(1)), (ActionState.DROPPED, at(9))], at(1)),
        ([(ActionState.DONE, at(1)), (ActionState.REFUSED, at(9))], at(1)),
        ([(ActionState.DONE, at(1)), (ActionState.PROPOSED, None)], at(1)),
        ([(ActionState.DROPPED, at(1))], None),
    ],
)
def test_the_cause_is_fixed_when_the_last_action_that_ends_it_is_done(
    actions: list[tuple[ActionState, datetime | None]], expected: datetime | None
) -> None:
    assert repaired_at(actions) == expected


def test_right_since_is_never_in_the_future() -> None:
    assert is_possible_right_since(at(1), entered_at=at(1))
    assert not is_possible_right_since(at(1), entered_at=T0)
