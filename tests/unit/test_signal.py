"""Alerts that come close together are one signal; told again they change nothing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.signal import Alert, Span, gather

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


def alert(key: str, minutes: float = 0, *, over: float | None = None) -> Alert:
    at = START + timedelta(minutes=minutes)
    return Alert(key, key, at, None if over is None else START + timedelta(minutes=over))


def test_alerts_close_together_are_one_and_others_another() -> None:
    found = gather([alert("c", 40), alert("a"), alert("b", 14)], [], {}, WINDOW)

    first, second = found.begun
    assert found.new == [
        (first, alert("a")),
        (first, alert("b", 14)),
        (second, alert("c", 40)),
    ]


def test_what_goes_on_and_is_told_again_changes_nothing() -> None:
    known = uuid4()

    found = gather([alert("a", 300)], [Span(known, START, START)], {"a": known}, WINDOW)

    assert found.signal_ids == []


def test_what_is_over_is_over_in_its_signal_however_late() -> None:
    known = uuid4()
    over = alert("a", 0, over=600)

    found = gather([over], [], {"a": known}, WINDOW)

    assert (found.new, found.over, found.signal_ids) == ([], [(known, over)], [known])


def test_what_is_over_before_it_was_told_is_left_out_and_what_is_told_at_once_is_both() -> None:
    assert gather([alert("a", 0, over=1)], [], {}, WINDOW).signal_ids == []

    both = gather([alert("a"), alert("a", 0, over=1)], [], {}, WINDOW)

    assert len(both.new) == len(both.over) == len(both.begun) == 1


def test_an_alert_that_begins_again_close_by_joins_the_same_signal() -> None:
    known = uuid4()

    found = gather([alert("a", 10)], [Span(known, START, START)], {}, WINDOW)

    assert found.new == [(known, alert("a", 10))]


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from("abcdefgh")), max_size=30))
def test_each_alert_is_in_one_signal_and_signals_of_one_telling_are_apart(
    told: list[tuple[int, str]],
) -> None:
    alerts = [alert(key, minutes) for minutes, key in told]

    found = gather(alerts, [], {}, WINDOW)

    assert sorted(one.key for _, one in found.new) == sorted({key for _, key in told})
    of: dict[UUID, list[datetime]] = {}
    for signal, one in found.new:
        of.setdefault(signal, []).append(one.started_at)
    spans = sorted((min(ats), max(ats)) for ats in of.values())
    for (_, end), (begin, _) in pairwise(spans):
        assert begin - end > WINDOW
