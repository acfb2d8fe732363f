"""Whose time a segment counts as, after late notes and disputes (The ledger, 8 and 9).

The charging rule says whose time it was (`ledger.py`); here only labels change, never an instant.
A newcomer would move the segment's borders: who disagrees with a border disputes what lies between.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from engine.domain.ledger import Segment, second
from engine.domain.party import Party


class DisputeState(StrEnum):
    """An undecided dispute stays *disputed* in every report; a withdrawn one is as if never."""

    OPEN = "open"
    MOVED = "moved"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Dispute:
    """Somebody says that the time from `since` until `until`, `party`'s, is `should_be`'s."""

    id: UUID
    since: datetime
    until: datetime
    party: Party
    should_be: Party
    state: DisputeState = DisputeState.OPEN


@dataclass(frozen=True)
class Late:
    """What `party` entered at `entered_at` and says to have happened at `happened_at`."""

    party: Party
    happened_at: datetime
    entered_at: datetime


@dataclass(frozen=True)
class Attributed:
    """A segment, or a piece of one, and whose time it counts as.

    `is_claimed`: it is this party's only by another's late note.  `disputed_by` is the dispute
    that is undecided about it, `moved_by` the one that gave it to `party`.
    """

    segment: Segment
    party: Party
    is_claimed: bool = False
    disputed_by: UUID | None = None
    moved_by: UUID | None = None


def attribute(
    segments: Sequence[Segment], late: Sequence[Late], disputes: Sequence[Dispute]
) -> tuple[Attributed, ...]:
    """Return the segments with their labels, cut where a late note or a dispute begins or ends.

    The pieces follow each other as the segments do, without gap or overlap.  Of two disputes
    about the same time the later in the sequence counts.
    """
    counted = [one for one in disputes if one.state is not DisputeState.WITHDRAWN]
    borders = sorted(
        {second(at) for one in late for at in (one.happened_at, one.entered_at)}
        | {second(at) for one in counted for at in (one.since, one.until)}
    )
    found: list[Attributed] = []
    for segment in segments:
        pieces = [_label(piece, late, counted) for piece in _pieces(segment, borders)]
        found += _joined(pieces)
    return tuple(found)


def totals(attributed: Iterable[Attributed]) -> dict[Party, timedelta]:
    """Return each party's time by label, every party present; together the whole, exactly."""
    sums = dict.fromkeys(Party, timedelta(0))
    for one in attributed:
        sums[one.party] += one.segment.length
    return sums


def disputed(attributed: Iterable[Attributed]) -> timedelta:
    """Return how much of the time is disputed and undecided."""
    return sum(
        (one.segment.length for one in attributed if one.disputed_by is not None), timedelta(0)
    )


def _pieces(segment: Segment, borders: Sequence[datetime]) -> Iterator[Segment]:
    inside = [at for at in borders if segment.since < at < segment.until]
    for since, until in zip([segment.since, *inside], [*inside, segment.until], strict=True):
        yield replace(segment, since=since, until=until)


def _label(piece: Segment, late: Sequence[Late], disputes: Sequence[Dispute]) -> Attributed:
    is_claimed = any(
        one.party is not piece.party
        and second(one.happened_at) <= piece.since
        and piece.until <= second(one.entered_at)
        for one in late
    )
    label = Attributed(piece, piece.party, is_claimed)
    for one in disputes:
        is_about = second(one.since) <= piece.since and piece.until <= second(one.until)
        if not is_about or one.party is not label.party:
            continue
        if one.state is DisputeState.OPEN:
            label = replace(label, disputed_by=one.id)
        elif one.state is DisputeState.MOVED:
            label = replace(label, party=one.should_be, moved_by=one.id, disputed_by=None)
    return label


def _joined(pieces: Sequence[Attributed]) -> list[Attributed]:
    """Put pieces of one segment together again where nothing about them differs."""
    joined: list[Attributed] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and replace(piece, segment=last.segment) == last:
            joined[-1] = replace(last, segment=replace(last.segment, until=piece.segment.until))
        else:
            joined.append(piece)
    return joined
