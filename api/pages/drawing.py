"""The ledger as a picture: where each segment stands in a bar, and where its days begin.

Only numbers come from here; the template prints them as SVG.  Colour never speaks alone: each
party has a pattern, and segments wide enough carry its name.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api import identity
from engine.domain.party import Party
from engine.queries.ledger import IncidentLedger, LedgerLine

WIDTH = 1000.0
# narrower than this the name of a party does not fit into its segment
_NAMED_FROM = 90.0
_LEAST = 2.0
_MOST_TICKS = 8


@dataclass(frozen=True)
class Piece:
    """One segment: from `x`, `width` wide, in a bar that is WIDTH wide."""

    x: float
    width: float
    line: LedgerLine
    is_named: bool


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
        x = WIDTH * (line.since - ledger.told_at).total_seconds() / whole
        width = max(WIDTH * line.length.total_seconds() / whole, _LEAST)
        pieces.append(
            Piece(round(x, 1), round(min(width, WIDTH - x), 1), line, width >= _NAMED_FROM)
        )
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
        x = WIDTH * (at - ledger.told_at).total_seconds() / whole
        if x > WIDTH:
            break
        if (day - first.date()).days % every == 0 and x < WIDTH - 40:  # noqa: PLR2004 - the label's width
            ticks.append(Tick(round(x, 1), f"{at:%d.%m.}"))
    return ticks
