"""The ledger, rule by rule, then in general, against a count of single seconds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.ledger import Reason, Segment, Stint, cut, totals
from engine.domain.party import Party

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
IT, BUSINESS, EXTERNAL, CUSTOMER = Party.IT, Party.BUSINESS, Party.EXTERNAL, Party.CUSTOMER


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def asked(
    number: int, party: Party, since: float, until: float | None, *, is_decision: bool = False
) -> Stint:
    ended = None if until is None else at(until)
    return Stint(UUID(int=number), party, at(since), ended, f"#{number}", is_decision)


def line(
    stints: Sequence[Stint],
    *,
    until: float = 10,
    watching: Sequence[tuple[datetime, datetime | None]] = (),
) -> list[tuple[float, float, Party, Reason]]:
    segments = cut(T0, at(until), stints, lead_party=IT, watching=watching)
    hour = timedelta(hours=1)
    return [((s.since - T0) / hour, (s.until - T0) / hour, s.party, s.reason) for s in segments]


def test_with_nobody_asked_the_time_is_the_leads() -> None:
    assert line([]) == [(0, 10, IT, Reason.NOBODY)]


def test_one_stint_is_charged_from_asked_to_answered() -> None:
    assert line([asked(1, CUSTOMER, 2, 5)]) == [
        (0, 2, IT, Reason.NOBODY),
        (2, 5, CUSTOMER, Reason.ASKED),
        (5, 10, IT, Reason.NOBODY),
    ]


def test_a_stint_without_end_runs_to_the_end_of_the_incident() -> None:
    assert line([asked(1, EXTERNAL, 0, None)]) == [(0, 10, EXTERNAL, Reason.ASKED)]


def test_ours_goes_before_the_suppliers_and_that_before_the_customers() -> None:
    stints = [asked(1, CUSTOMER, 0, 10), asked(2, EXTERNAL, 2, 8), asked(3, BUSINESS, 4, 6)]

    assert [entry[:3] for entry in line(stints)] == [
        (0, 2, CUSTOMER),
        (2, 4, EXTERNAL),
        (4, 6, BUSINESS),
        (6, 8, EXTERNAL),
        (8, 10, CUSTOMER),
    ]


def test_within_a_tier_the_one_asked_longest_ago_is_charged() -> None:
    stints = [asked(1, IT, 3, 10), asked(2, BUSINESS, 0, 6)]

    assert [entry[:3] for entry in line(stints)] == [(0, 6, BUSINESS), (6, 10, IT)]


def test_a_tie_goes_by_the_order_of_parties_and_then_by_id() -> None:
    stints = [asked(3, BUSINESS, 0, 10), asked(2, IT, 0, 10), asked(1, IT, 0, 10)]

    (segment,) = cut(T0, at(10), stints, lead_party=BUSINESS)

    assert segment.stint_id == UUID(int=1)
    assert segment.also_waiting == ("#2", "#3")


def test_who_was_asked_before_the_incident_was_told_keeps_the_place_in_the_line() -> None:
    stints = [asked(1, IT, 0, 10), asked(2, BUSINESS, -1, 10)]

    assert [entry[:3] for entry in line(stints)] == [(0, 10, BUSINESS)]


def test_while_a_closing_decision_is_open_the_time_is_business() -> None:
    stints = [asked(1, CUSTOMER, 0, 8), asked(2, BUSINESS, 4, 8, is_decision=True)]

    assert line(stints, until=8) == [
        (0, 4, CUSTOMER, Reason.ASKED),
        (4, 8, BUSINESS, Reason.DECIDING),
    ]


def test_a_closing_decision_goes_before_work_that_was_asked_earlier() -> None:
    stints = [asked(1, IT, 0, 8), asked(2, IT, 4, 8, is_decision=True)]

    assert line(stints, until=8)[1] == (4, 8, BUSINESS, Reason.DECIDING)


def test_watching_is_business_and_no_fault() -> None:
    assert line([], watching=[(at(2), at(4)), (at(4), None)]) == [
        (0, 2, IT, Reason.NOBODY),
        (2, 10, BUSINESS, Reason.WATCHING),
    ]


def test_watching_goes_behind_ours_who_is_asked_and_before_the_customer() -> None:
    stints = [asked(1, CUSTOMER, 0, 10), asked(2, IT, 4, 6)]

    assert line(stints, watching=[(at(2), at(8))]) == [
        (0, 2, CUSTOMER, Reason.ASKED),
        (2, 4, BUSINESS, Reason.WATCHING),
        (4, 6, IT, Reason.ASKED),
        (6, 8, BUSINESS, Reason.WATCHING),
        (8, 10, CUSTOMER, Reason.ASKED),
    ]


def test_a_segment_names_all_that_waited_within_it_once_and_not_what_is_charged() -> None:
    stints = [
        asked(1, IT, 0, 10),
        asked(2, CUSTOMER, 0, 3),
        replace(asked(3, CUSTOMER, 3, 6), what="#2"),
        asked(4, EXTERNAL, 5, 6),
    ]

    (segment,) = cut(T0, at(10), stints, lead_party=IT)

    assert segment.also_waiting == ("#2", "#4")


def test_what_is_no_longer_open_does_not_wait_in_the_next_segment() -> None:
    stints = [asked(1, IT, 0, 5), asked(2, CUSTOMER, 0, 3), asked(3, CUSTOMER, 0, 10)]

    first, second = cut(T0, at(10), stints, lead_party=IT)

    assert first.also_waiting == ("#2", "#3")
    assert (second.stint_id, second.also_waiting) == (UUID(int=3), ())


def test_instants_are_cut_to_whole_seconds_and_shorter_stints_vanish() -> None:
    half = timedelta(milliseconds=500)
    blink = Stint(UUID(int=1), IT, at(1), at(1) + half, "blink")

    (segment,) = cut(T0 + half, at(2) + half, [blink], lead_party=BUSINESS)

    assert (segment.since, segment.until) == (T0, at(2))
    assert segment.reason is Reason.NOBODY


def test_an_incident_that_took_no_whole_second_has_no_segments() -> None:
    assert cut(T0, T0, [asked(1, IT, 0, None)], lead_party=IT) == ()


def test_the_night_of_summer_time_counts_its_true_length() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    told = datetime(2026, 3, 28, 12, tzinfo=berlin)

    (segment,) = cut(told, datetime(2026, 3, 29, 12, tzinfo=berlin), [], lead_party=IT)

    assert segment.length == timedelta(hours=23)


def test_stints_outside_the_incidents_time_are_not_charged() -> None:
    stints = [asked(1, CUSTOMER, -5, 0), asked(2, CUSTOMER, 10, None), asked(3, CUSTOMER, 11, 12)]

    assert line(stints, watching=[(at(12), None)]) == [(0, 10, IT, Reason.NOBODY)]


@pytest.mark.parametrize(
    ("told_at", "until"),
    [
        (T0.replace(tzinfo=None), at(1)),
        (T0, at(1).replace(tzinfo=None)),
        (at(1), T0),
    ],
    ids=["naive start", "naive end", "backwards"],
)
def test_naive_and_backward_times_are_refused(told_at: datetime, until: datetime) -> None:
    with pytest.raises(ValueError, match=r"ledger|interval"):
        cut(told_at, until, [], lead_party=IT)


def test_a_stint_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        cut(T0, at(10), [asked(1, IT, 5, 4)], lead_party=IT)


def test_the_totals_name_every_party() -> None:
    segments = cut(T0, at(10), [asked(1, CUSTOMER, 2, 5)], lead_party=IT)

    assert totals(segments) == {
        IT: timedelta(hours=7),
        BUSINESS: timedelta(0),
        EXTERNAL: timedelta(0),
        CUSTOMER: timedelta(hours=3),
    }


def test_the_time_out_of_handling_is_the_leads_partys_whatever_was_asked_before() -> None:
    segments = cut(
        T0, at(10), [asked(1, CUSTOMER, 0, 10)], lead_party=BUSINESS, out=[(at(2), at(5))]
    )

    assert [(s.party, s.reason) for s in segments] == [
        (CUSTOMER, Reason.ASKED),
        (BUSINESS, Reason.SET_ASIDE),
        (CUSTOMER, Reason.ASKED),
    ]
    assert totals(segments)[BUSINESS] == timedelta(hours=3)


# --- in general --------------------------------------------------------------------------------

general = settings(deadline=None, derandomize=True, max_examples=200)
# around the night in which Europe's summer time begins, in quarters of a second
BEGIN = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
LENGTH = 60
ZONES = st.sampled_from(
    [UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), timezone(timedelta(seconds=-4321))]
)


@st.composite
def instants(draw: st.DrawFn, low: int = -10, high: int = LENGTH + 10) -> datetime:
    quarters = draw(st.integers(low * 4, high * 4))
    return (BEGIN + timedelta(seconds=quarters / 4)).astimezone(draw(ZONES))


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime | None]:
    first, second = sorted([draw(instants()), draw(instants())])
    return first, draw(st.sampled_from([second, second, None]))


@st.composite
def absences(draw: st.DrawFn) -> tuple[datetime, datetime]:
    left, returned = sorted([draw(instants()), draw(instants())])
    return left, returned


@st.composite
def many_stints(draw: st.DrawFn) -> list[Stint]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        since, until = draw(spans())
        party = draw(st.sampled_from(Party))
        is_decision = draw(st.integers(0, 9)) == 0
        found.append(Stint(UUID(int=number), party, since, until, f"#{number}", is_decision))
    return found


@st.composite
def incidents(draw: st.DrawFn) -> dict[str, object]:
    return {
        "told_at": draw(instants(0, 10)),
        "until": draw(instants(10, LENGTH)),
        "stints": draw(many_stints()),
        "lead_party": draw(st.sampled_from(Party)),
        "watching": draw(st.lists(spans(), max_size=2)),
        "out": draw(st.lists(absences(), max_size=2)),
    }


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _is_within(instant: datetime, since: datetime, until: datetime | None) -> bool:
    return _second(since) <= instant and (until is None or instant < _second(until))


def _counted(incident: dict[str, object], instant: datetime) -> tuple[Party, Reason, UUID | None]:
    """The rules read out for one second, without any cleverness."""
    stints: list[Stint] = incident["stints"]  # type: ignore[assignment]
    watching: list[tuple[datetime, datetime | None]] = incident["watching"]  # type: ignore[assignment]
    lead: Party = incident["lead_party"]  # type: ignore[assignment]
    out: list[tuple[datetime, datetime]] = incident["out"]  # type: ignore[assignment]
    if any(_is_within(instant, left, returned) for left, returned in out):
        return lead, Reason.SET_ASIDE, None
    order = list(Party)
    live = sorted(
        (stint for stint in stints if _is_within(instant, stint.since, stint.until)),
        key=lambda s: (_second(s.since), -1 if s.is_decision else order.index(s.party), s.id),
    )
    for stint in live:
        if stint.is_decision:
            return BUSINESS, Reason.DECIDING, stint.id
    for stint in live:
        if stint.party in (IT, BUSINESS):
            return stint.party, Reason.ASKED, stint.id
    if any(_is_within(instant, since, until) for since, until in watching):
        return BUSINESS, Reason.WATCHING, None
    for party in (EXTERNAL, CUSTOMER):
        for stint in live:
            if stint.party is party:
                return party, Reason.ASKED, stint.id
    return lead, Reason.NOBODY, None


def _charge_at(segments: Sequence[Segment], instant: datetime) -> Segment:
    (segment,) = [s for s in segments if s.since <= instant < s.until]
    return segment


def _seconds(incident: dict[str, object]) -> list[datetime]:
    start, end = _second(incident["told_at"]), _second(incident["until"])  # type: ignore[arg-type]
    return [start + timedelta(seconds=n) for n in range(int((end - start).total_seconds()))]


@general
@given(incidents())
def test_every_second_is_charged_as_the_rules_say(incident: dict[str, object]) -> None:
    segments = cut(**incident)  # type: ignore[arg-type]

    for instant in _seconds(incident):
        found = _charge_at(segments, instant)
        assert (found.party, found.reason, found.stint_id) == _counted(incident, instant)


@general
@given(incidents())
def test_segments_follow_each_other_and_add_up_to_the_whole(incident: dict[str, object]) -> None:
    segments = cut(**incident)  # type: ignore[arg-type]
    start, end = _second(incident["told_at"]), _second(incident["until"])  # type: ignore[arg-type]

    assert sum((s.length for s in segments), timedelta(0)) == end - start
    assert sum(totals(segments).values(), timedelta(0)) == end - start
    assert [s.since for s in segments] == ([start] + [s.until for s in segments])[: len(segments)]
    assert all(s.since.utcoffset() == timedelta(0) and s.since < s.until for s in segments)


@general
@given(incidents())
def test_neighbours_never_carry_the_same_charge(incident: dict[str, object]) -> None:
    segments = cut(**incident)  # type: ignore[arg-type]

    charges = [(s.party, s.reason, s.stint_id) for s in segments]
    assert all(one != two for one, two in pairwise(charges))


@general
@given(incidents())
def test_also_waiting_is_whatever_else_was_open_within_the_segment(
    incident: dict[str, object],
) -> None:
    stints: list[Stint] = incident["stints"]  # type: ignore[assignment]
    for segment in cut(**incident):  # type: ignore[arg-type]
        waited = {
            stint.what
            for stint in stints
            if stint.id != segment.stint_id
            and _second(stint.since) < segment.until
            and (stint.until is None or _second(stint.until) > segment.since)
            and (stint.until is None or _second(stint.since) < _second(stint.until))
        }
        assert set(segment.also_waiting) == waited
        assert len(segment.also_waiting) == len(waited)


@general
@given(incidents(), st.sampled_from(Party), instants())
def test_a_new_request_never_takes_time_off_a_party_already_asked_within_its_tier(
    incident: dict[str, object], party: Party, since: datetime
) -> None:
    stints: list[Stint] = incident["stints"]  # type: ignore[assignment]
    tier = [IT, BUSINESS] if party in (IT, BUSINESS) else [party]
    earlier = {s.id for s in stints if s.party in tier and _second(s.since) < _second(since)}
    request = Stint(UUID(int=99), party, since, None, "new")

    before = cut(**incident)  # type: ignore[arg-type]
    after = cut(**{**incident, "stints": [*stints, request]})  # type: ignore[arg-type]

    for instant in _seconds(incident):
        charged = _charge_at(before, instant).stint_id
        if charged in earlier:
            assert _charge_at(after, instant).stint_id == charged


@general
@given(incidents(), st.randoms())
def test_the_order_of_the_stints_changes_no_charge(
    incident: dict[str, object], random: object
) -> None:
    stints: list[Stint] = list(incident["stints"])  # type: ignore[call-overload]
    random.shuffle(stints)  # type: ignore[attr-defined]

    shuffled = cut(**{**incident, "stints": stints})  # type: ignore[arg-type]

    assert shuffled == cut(**incident)  # type: ignore[arg-type]


@general
@given(incidents())
def test_the_customers_time_is_only_where_nobody_else_has_anything_to_do(
    incident: dict[str, object],
) -> None:
    stints: list[Stint] = incident["stints"]  # type: ignore[assignment]
    for segment in cut(**incident):  # type: ignore[arg-type]
        if segment.party is CUSTOMER and segment.reason is Reason.ASKED:
            others = {s.what for s in stints if s.party is not CUSTOMER or s.is_decision}
            assert not others & set(segment.also_waiting)


def test_a_thousand_actions_that_all_overlap_are_cut_into_few_segments() -> None:
    stints = [asked(n, list(Party)[n % 4], n / 100, 20 + n / 100) for n in range(1000)]

    segments = cut(T0, at(40), stints, lead_party=IT)

    assert sum(totals(segments).values(), timedelta(0)) == timedelta(hours=40)
    assert len(segments) <= 2 * len(stints) + 1
