"""Who of those harmed has a say, in numbers."""

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.coverage import Coverage

COUNT = st.integers(0, 50)


def test_nobody_is_left_out_while_nobody_has_counted() -> None:
    assert (Coverage(None).uncovered, Coverage(None).unaccepted) == (0, 0)


def test_who_neither_answers_nor_is_spoken_for_is_left_out() -> None:
    found = Coverage(100, confirmers=2, targets=30, represented=60)

    assert (found.uncovered, found.unaccepted) == (8, 8)


def test_what_the_owner_accepted_covers_so_many_and_no_more() -> None:
    assert Coverage(10, confirmers=2, accepted=8).unaccepted == 0
    assert Coverage(10, confirmers=1, accepted=8).unaccepted == 9


@given(COUNT, COUNT, COUNT, COUNT, COUNT)
def test_nobody_is_left_out_twice_and_covering_more_leaves_out_fewer(
    harmed: int, confirmers: int, targets: int, represented: int, accepted: int
) -> None:
    found = Coverage(harmed, confirmers, targets, represented, accepted)
    more = Coverage(harmed, confirmers, targets, represented + 1, accepted)

    assert 0 <= more.uncovered <= found.uncovered <= harmed
    assert more.unaccepted <= found.unaccepted
