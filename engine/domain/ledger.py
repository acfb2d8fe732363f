"""Whose time it was: an incident's whole time cut into segments, each one party's (The ledger).

Derived from stints each time, never stored.  A newcomer would add up the stints: they overlap.
At each instant exactly one of them is charged, so only segments may be summed.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from engine.domain.party import Party


class Reason(StrEnum):
    """Why a segment is its party's."""

    ASKED = "asked"
    DECIDING = "deciding"
    WATCHING = "watching"
    # out of the handling, and brought back
    SET_ASIDE = "set_aside"
    # a fault figure that should be 0
    NOBODY = "nobody"


@dataclass(frozen=True)
class Stint:
    """One party asked for one thing, from delivered to answered, handed on or withdrawn.

    `until` None means still asked; `what` names it in plain words; `is_decision` marks an
    open closing decision.  Instants are aware, in any zone.
    """

    id: UUID
    party: Party
    since: datetime
    until: datetime | None
    what: str
    is_decision: bool = False


@dataclass(frozen=True)
class Segment:
    """A piece of the incident's time; whole seconds, UTC, `since` inclusive, `until` exclusive.

    `stint_id` is the stint charged, None when nobody is asked or while watching.
    `also_waiting` names what else was asked at some time within it: never sum that.
    """

    since: datetime
    until: datetime
    party: Party
    reason: Reason
    stint_id: UUID | None
    also_waiting: tuple[str, ...] = ()

    @property
    def length(self) -> timedelta:
        """How long it took, nights and holidays included."""
        return self.until - self.since


# Ours before theirs (The ledger, 3).  A decision goes before all (4).  Watching goes behind
# whoever of ours is really asked for something, and before anybody outside.  While it was out of
# the handling nobody was asked, whatever had been said before.
_OUT, _DECIDING, _OURS, _WATCHING, _SUPPLIER, _CUSTOMER = range(6)
_TIER = {
    Party.IT: _OURS,
    Party.BUSINESS: _OURS,
    Party.EXTERNAL: _SUPPLIER,
    Party.CUSTOMER: _CUSTOMER,
}
_ORDER = {party: place for place, party in enumerate(Party)}


@dataclass(frozen=True)
class _Charge:
    party: Party
    reason: Reason
    stint_id: UUID | None = None


@dataclass(frozen=True, order=True)
class _Claim:
    """A stint or a watch, ordered by who is charged first: tier, asked longest ago, party, id."""

    tier: int
    since: datetime
    order: int
    id: str
    until: datetime = field(compare=False)
    charge: _Charge = field(compare=False)
    what: str | None = field(compare=False, default=None)


@dataclass
class _Draft:
    since: datetime
    charge: _Charge
    # an ordered set
    waiting: dict[str, None] = field(default_factory=dict)

    def note(self, claims: Iterable[_Claim]) -> None:
        for claim in claims:
            if claim.what is not None and claim.charge.stint_id != self.charge.stint_id:
                self.waiting[claim.what] = None


def cut(
    told_at: datetime,
    until: datetime,
    stints: Sequence[Stint],
    *,
    lead_party: Party,
    watching: Sequence[tuple[datetime, datetime | None]] = (),
    out: Sequence[tuple[datetime, datetime]] = (),
) -> tuple[Segment, ...]:
    """Return the segments from `told_at` to `until`, in order and without gap or overlap.

    `until` is the instant the incident ended, or now.  Instants are cut to whole seconds, so
    the lengths add up to the whole exactly, and what lasts less than that vanishes.  Stints
    are clipped to the whole but keep their place in the order.  `watching` are the times of
    *watch until*; time in which nobody is asked goes to `lead_party` as `nobody`, and the times
    `out` of the handling, from which it came back, as `set_aside`.
    Neighbours with the same charge are one segment.  Takes n log n steps, and one more for
    each name in `also_waiting`.

    Raises ValueError for a naive instant or an interval that ends before it starts.
    """
    start, end = _whole(told_at, until)
    claims = sorted(
        [*_claims(stints, watching, end), *_away(out, lead_party)],
        key=lambda claim: (claim.since, claim),
    )
    drafts = _sweep(claims, start, end, _Charge(lead_party, Reason.NOBODY))
    borders = [*(draft.since for draft in drafts), end]
    return tuple(
        Segment(
            draft.since,
            ended,
            draft.charge.party,
            draft.charge.reason,
            draft.charge.stint_id,
            tuple(draft.waiting),
        )
        for draft, ended in zip(drafts, borders[1:], strict=True)
    )


def totals(segments: Iterable[Segment]) -> dict[Party, timedelta]:
    """Return each party's time, every party present; together the whole, to the second."""
    sums = dict.fromkeys(Party, timedelta(0))
    for segment in segments:
        sums[segment.party] += segment.length
    return sums


def _sweep(claims: list[_Claim], start: datetime, end: datetime, nobody: _Charge) -> list[_Draft]:
    drafts: list[_Draft] = []
    if start == end:
        return drafts
    first: list[_Claim] = []  # heap of who is charged first; ended ones leave when they surface
    ending: list[tuple[datetime, int]] = []  # heap of what ends next
    open_now: dict[int, _Claim] = {}  # in the order asked
    place = 0
    for instant in _instants(claims, start, end):
        begun = place
        while place < len(claims) and claims[place].since <= instant:
            heapq.heappush(first, claims[place])
            heapq.heappush(ending, (claims[place].until, place))
            open_now[place] = claims[place]
            place += 1
        while ending and ending[0][0] <= instant:
            del open_now[heapq.heappop(ending)[1]]
        while first and first[0].until <= instant:
            heapq.heappop(first)
        charge = first[0].charge if first else nobody
        if drafts and drafts[-1].charge == charge:
            drafts[-1].note(claims[begun:place])
        else:
            drafts.append(_Draft(instant, charge))
            drafts[-1].note(open_now.values())
    return drafts


def _instants(claims: Iterable[_Claim], start: datetime, end: datetime) -> list[datetime]:
    every = {instant for claim in claims for instant in (claim.since, claim.until)}
    return sorted({start} | {instant for instant in every if start < instant < end})


def _claims(
    stints: Iterable[Stint], watching: Iterable[tuple[datetime, datetime | None]], end: datetime
) -> Iterator[_Claim]:
    for stint in stints:
        since, until = _whole(stint.since, stint.until or max(stint.since, end))
        tier, charge = _TIER[stint.party], _Charge(stint.party, Reason.ASKED, stint.id)
        if stint.is_decision:
            tier, charge = _DECIDING, _Charge(Party.BUSINESS, Reason.DECIDING, stint.id)
        if since < until:
            yield _Claim(
                tier, since, _ORDER[charge.party], str(stint.id), until, charge, stint.what
            )
    for begun, ended in watching:
        since, until = _whole(begun, ended or max(begun, end))
        if since < until:
            yield _Claim(_WATCHING, since, 0, "", until, _Charge(Party.BUSINESS, Reason.WATCHING))


def _away(out: Iterable[tuple[datetime, datetime]], party: Party) -> Iterator[_Claim]:
    for left, returned in out:
        since, until = _whole(left, returned)
        if since < until:
            yield _Claim(_OUT, since, 0, "", until, _Charge(party, Reason.SET_ASIDE))


def _whole(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    if since.utcoffset() is None or until.utcoffset() is None:
        raise ValueError("The ledger takes aware instants only.")
    if until < since:
        raise ValueError(f"An interval ends at {until} before it starts at {since}.")
    return second(since), second(until)


def second(instant: datetime) -> datetime:
    """Return the instant cut to its whole second, in UTC."""
    return instant.astimezone(UTC).replace(microsecond=0)
