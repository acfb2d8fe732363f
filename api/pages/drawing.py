"""The ledger as a picture: each segment and milestone on a bar, and where its days begin.

Only numbers come from here, in percent of the bar; the template prints them as SVG.  Colour never
speaks alone: each party has a pattern of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api import filters, identity
from engine.domain.milestones import Reached, between
from engine.domain.party import Party
from engine.queries.ledger import IncidentLedger, LedgerLine

WHOLE = 100.0
# percent of the bar: what is shorter could not be seen
_LEAST = 0.3
_MOST_TICKS = 6
# labels nearer to an edge than this would be cut off
_MARGIN = 4.0
# marks nearer than this would cover each other on a telephone
_APART = 8.0
_ROWS = 6


@dataclass(frozen=True)
class Piece:
    """One segment: from `x`, `width` wide."""

    x: float
    width: float
    line: LedgerLine


@dataclass(frozen=True)
class Mark:
    """A milestone above the bar: its number in the list below, and in which row it stands.

    `gap` is the time since the milestone before it, None for the first; `x` and `row` are None
    for one that was not reached, or not yet.
    """

    number: int
    reached: Reached
    gap: timedelta | None
    x: float | None
    row: int | None


@dataclass(frozen=True)
class Tick:
    """The beginning of a day in the reader's zone."""

    x: float
    label: str


@dataclass(frozen=True)
class Share:
    """A party's part of the whole, in percent."""

    party: Party
    length: timedelta
    percent: int


@dataclass(frozen=True)
class Drawing:
    """A bar's pieces from left to right, the days below it, and each party's share."""

    pieces: tuple[Piece, ...]
    ticks: tuple[Tick, ...]
    shares: tuple[Share, ...]


def place(ledger: IncidentLedger, milestones: Sequence[Reached]) -> tuple[Mark, ...]:
    """Return the milestones in the order of time; those not reached come last."""
    whole = ledger.whole.total_seconds()
    reached = sorted((one for one in milestones if one.at), key=lambda one: one.at or ledger.until)
    marks: list[Mark] = []
    for number, one in enumerate(reached, 1):
        assert one.at is not None  # noqa: S101 - sorted out above
        part = (one.at - ledger.told_at).total_seconds() / whole if whole > 0 else 0.0
        x = round(WHOLE * min(max(part, 0.0), 1.0), 2)
        before = marks[-1].reached.at if marks else None
        gap = between(before, one.at) if before is not None else None
        marks.append(Mark(number, one, gap, x, _row(marks, x)))
    return (*marks, *(Mark(0, one, None, None, None) for one in milestones if not one.at))


def _row(marks: Sequence[Mark], x: float) -> int:
    """Return the lowest row in which nothing is nearer than a mark is wide."""
    taken = {one.row for one in marks if one.x is not None and x - one.x < _APART}
    return next((row for row in range(_ROWS) if row not in taken), _ROWS - 1)


def draw(ledger: IncidentLedger) -> Drawing:
    """Return the picture of a ledger; one of no length has no pieces."""
    whole = ledger.whole.total_seconds()
    if whole <= 0:
        return Drawing((), (), ())
    pieces = []
    for line in ledger.lines:
        x = WHOLE * (line.since - ledger.told_at).total_seconds() / whole
        width = max(WHOLE * line.length.total_seconds() / whole, _LEAST)
        pieces.append(Piece(round(x, 2), round(min(width, WHOLE - x), 2), line))
    shares = [
        Share(party, length, round(100 * length.total_seconds() / whole))
        for party, length in ledger.totals.items()
        if length
    ]
    return Drawing(tuple(pieces), tuple(_ticks(ledger, whole)), tuple(shares))


def _ticks(ledger: IncidentLedger, whole: float) -> list[Tick]:
    zone = identity.zone()
    first = ledger.told_at.astimezone(zone)
    days = int(whole // 86_400) + 1
    every = max(1, -(-days // _MOST_TICKS))
    ticks = []
    day = first.date()
    for _ in range(days + 1):
        day += timedelta(days=1)
        at = datetime(day.year, day.month, day.day, tzinfo=zone)
        x = WHOLE * (at - ledger.told_at).total_seconds() / whole
        if x > WHOLE:
            break
        is_shown = (day - first.date()).days % every == 0
        if is_shown and _MARGIN < x < WHOLE - _MARGIN:
            ticks.append(Tick(round(x, 2), filters.day_of(day)))
    return ticks
