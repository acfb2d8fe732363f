"""Who is asked beside or above somebody who does not answer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.silence import Line, Reachable, asked_too, first_here, never_answers

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MONTH = timedelta(days=30)


def somebody(number: int, *, is_here: bool = True, has_left: bool = False) -> Reachable:
    return Reachable(UUID(int=number), str(number), is_here and not has_left, has_left)


CARLA, MARCO, NINA, OLGA = (somebody(number) for number in range(1, 5))
AWAY = somebody(1, is_here=False)
GONE = somebody(1, has_left=True)


def asked(*lines: Line) -> tuple[Reachable, ...]:
    return asked_too([line.who.id for line in lines], {line.who.id: line for line in lines})


def test_who_is_here_is_asked_alone() -> None:
    assert asked(Line(CARLA, [MARCO], [NINA])) == ()


def test_the_deputy_of_who_is_away_is_asked_too() -> None:
    assert asked(Line(AWAY, [MARCO], [NINA])) == (MARCO,)


def test_the_nearest_deputy_who_is_here_is_asked() -> None:
    absent = somebody(2, is_here=False)

    assert asked(Line(AWAY, [absent, NINA])) == (NINA,)


def test_one_deputy_of_two_is_asked_once() -> None:
    other = Line(somebody(4, is_here=False), [MARCO])

    assert asked(Line(AWAY, [MARCO]), other) == (MARCO,)


def test_a_deputy_who_is_asked_already_is_not_asked_again() -> None:
    assert asked(Line(AWAY, [MARCO]), Line(MARCO)) == ()


def test_nobody_above_is_asked_for_who_is_only_away() -> None:
    assert asked(Line(AWAY, [], [NINA])) == ()


def test_the_superior_is_asked_where_everybody_has_left() -> None:
    assert asked(Line(GONE, [somebody(2, has_left=True)], [NINA])) == (NINA,)
    assert asked(Line(GONE, [], [NINA]), Line(OLGA)) == ()


def test_who_is_excluded_is_passed_over() -> None:
    assert first_here([MARCO, NINA], {MARCO.id}) == NINA
    assert asked_too([AWAY.id], {AWAY.id: Line(AWAY, [MARCO, NINA])}, {MARCO.id}) == (NINA,)


@pytest.mark.parametrize(
    ("days", "never"),
    [
        ((), False),
        ((0, 1), False),
        ((0, 15, 30), True),
        ((0, 15, 31), False),
        ((0, 40, 50, 70), True),
    ],
)
def test_three_in_30_days_are_never(days: tuple[int, ...], never: bool) -> None:
    begun = [MONDAY + timedelta(days=day) for day in days]

    assert never_answers(begun, times=3, within=MONTH) is never


@given(st.lists(st.integers(0, 400), max_size=12), st.integers(1, 4))
def test_never_is_that_many_within_some_month(days: list[int], times: int) -> None:
    begun = [MONDAY + timedelta(days=day) for day in days]
    most = max((sum(0 <= other - day <= 30 for other in days) for day in days), default=0)

    assert never_answers(begun, times=times, within=MONTH) is (most >= times)
