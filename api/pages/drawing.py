"""The ledger as a picture: where each segment stands in a bar, and where its days begin.

Only numbers come from here, in percent of the bar; the template prints them as SVG.  Colour never
speaks alone: each party has a pattern of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api import filters, identity
from engine.domain.party import Party
from engine.queries.ledger import IncidentLedger, LedgerLine

WHOLE = 100.0
# percent of the bar: what is shorter could not be seen
_LEAST = 0.3
_MOST_TICKS = 6
# labels nearer to an edge than this would be cut off
_MARGIN = 4.0


@dataclass(frozen=True)
class Piece:
    """One segment: from `x`, `width` wide."""

    x: float
    width: float
    line: LedgerLine


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
