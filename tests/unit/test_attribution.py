"""Late notes and disputes change labels and never an instant: the parts add up all the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.attribution import (
    Attributed,
    Dispute,
    DisputeState,
    Late,
    attribute,
    disputed,
    totals,
)
from engine.domain.ledger import Segment, Stint, cut
from engine.domain.party import Party

IT, BUSINESS, EXTERNAL, CUSTOMER = Party
ZONES = (UTC, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu"))
# the night in which summer time begins in St. John's lies within
T0 = datetime(2026, 3, 7, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def segments(*stints: Stint, until: float = 10) -> tuple[Segment, ...]:
    return cut(T0, at(until), stints, lead_party=BUSINESS)


def asked(number: int, party: Party, since: float, until: float | None) -> Stint:
    return Stint(UUID(int=number), party, at(since), None if until is None else at(until), "x")


def parts(found: tuple[Attributed, ...]) -> list[tuple[float, Party]]:
    return [(one.segment.length / timedelta(hours=1), one.party) for one in found]


def says(number: int, since: float, until: float, state: DisputeState) -> Dispute:
    return Dispute(UUID(int=number), at(since), at(until), IT, CUSTOMER, state)


def test_a_decided_dispute_moves_the_label_and_no_instant() -> None:
    whole = segments(asked(1, IT, 0, 10))

    found = attribute(whole, [], [says(1, 0, 10, DisputeState.MOVED)])

    assert parts(found) == [(10, CUSTOMER)]
    assert [one.segment for one in found] == list(whole)
    assert found[0].moved_by == UUID(int=1)


def test_an_undecided_dispute_is_shown_and_moves_nothing() -> None:
    found = attribute(segments(asked(1, IT, 0, 10)), [], [says(1, 2, 6, DisputeState.OPEN)])

    assert parts(found) == [(2, IT), (4, IT), (4, IT)]
    assert [one.disputed_by for one in found] == [None, UUID(int=1), None]
    assert disputed(found) == timedelta(hours=4)


def test_a_dispute_that_was_kept_or_withdrawn_leaves_no_mark() -> None:
    whole = segments(asked(1, IT, 0, 10))

    for state in (DisputeState.KEPT, DisputeState.WITHDRAWN):
        found = attribute(whole, [], [says(1, 2, 6, state)])
        assert parts(found) == [(10, IT)]
        assert disputed(found) == timedelta(0)


def test_time_that_a_late_note_moves_onto_others_is_claimed() -> None:
    # IT entered at 8 what it says to have done at 3; the customer was asked from the beginning
    whole = segments(asked(1, IT, 0, 3), asked(2, CUSTOMER, 0, None))

    found = attribute(whole, [Late(IT, at(3), at(8))], [])

    assert [(one.party, one.is_claimed) for one in found] == [
        (IT, False),
        (CUSTOMER, True),
        (CUSTOMER, False),
    ]
    assert found[1].segment.until == at(8)


def test_a_late_note_claims_nothing_of_its_own_party() -> None:
    whole = segments(asked(1, IT, 0, 3), asked(2, IT, 0, None))

    assert not any(one.is_claimed for one in attribute(whole, [Late(IT, at(3), at(8))], []))


instants = st.builds(
    lambda minutes, zone: (T0 + timedelta(minutes=minutes)).astimezone(zone),
    st.integers(0, 60 * 24 * 2),
    st.sampled_from(ZONES),
)
spans = st.tuples(instants, instants).map(sorted)
parties = st.sampled_from(Party)
stints = st.builds(
    lambda number, party, span, is_open: Stint(
        UUID(int=number), party, span[0], None if is_open else span[1], f"asked {number}"
    ),
    st.integers(1, 99),
    parties,
    spans,
    st.booleans(),
)
lates = st.builds(lambda party, span: Late(party, *span), parties, spans)
disputes = st.builds(
    lambda number, span, party, other, state: Dispute(UUID(int=number), *span, party, other, state),
    st.integers(1, 99),
    spans,
    parties,
    parties,
    st.sampled_from(DisputeState),
)


@given(
    st.lists(stints, max_size=8, unique_by=lambda one: one.id),
    st.lists(lates, max_size=4),
    st.lists(disputes, max_size=6, unique_by=lambda one: one.id),
)
def test_sums_are_exact_under_every_order_of_events(
    asked_for: list[Stint], late: list[Late], disagreed: list[Dispute]
) -> None:
    end = T0 + timedelta(days=2)
    whole = cut(T0, end, asked_for, lead_party=IT)

    found = attribute(whole, late, disagreed)

    assert sum(totals(found).values(), timedelta(0)) == end - T0
    borders = [one.segment for one in found]
    assert [one.until for one in borders[:-1]] == [one.since for one in borders[1:]]
    assert (borders[0].since, borders[-1].until) == (T0, end)
    # every instant that the charging rule found is still a border
    assert {one.since for one in whole} <= {one.since for one in borders}


@given(
    st.lists(stints, max_size=8, unique_by=lambda one: one.id),
    st.lists(disputes, max_size=6, unique_by=lambda one: one.id),
)
def test_withdrawing_every_dispute_brings_the_charging_rule_back(
    asked_for: list[Stint], disagreed: list[Dispute]
) -> None:
    whole = cut(T0, T0 + timedelta(days=2), asked_for, lead_party=IT)
    withdrawn = [
        Dispute(one.id, one.since, one.until, one.party, one.should_be, DisputeState.WITHDRAWN)
        for one in disagreed
    ]

    found = attribute(whole, [], withdrawn)

    assert tuple(one.segment for one in found) == whole
    assert all(one.party is one.segment.party for one in found)


@given(
    st.lists(stints, max_size=8, unique_by=lambda one: one.id),
    st.lists(disputes, max_size=6, unique_by=lambda one: one.id),
)
def test_neighbours_of_one_segment_differ(asked_for: list[Stint], disagreed: list[Dispute]) -> None:
    whole = cut(T0, T0 + timedelta(days=2), asked_for, lead_party=IT)

    begun = {segment.since for segment in whole}
    for one, two in pairwise(attribute(whole, [], disagreed)):
        if two.segment.since not in begun:
            assert replace(two, segment=one.segment) != one
