"""What monitoring says, a line for each signal, and the incidents that grew from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, text

from engine.domain.permissions import Actor, may_see_signals
from engine.errors import NotAllowed, NotFound
from engine.language import say
from engine.queries.paging import FIRST, Page, cursor, place_of

_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Grown:
    """An incident that a signal became or joined: no title, which may be for named people only."""

    number: int
    product: str
    state: str


@dataclass(frozen=True)
class SignalLine:
    """One signal: so many alerts, of which so many go on; `recovered_at` None while one does."""

    id: UUID
    number: int
    process: str
    alerts: int
    going_on: int
    titles: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    recovered_at: datetime | None
    incidents: tuple[Grown, ...]


@dataclass(frozen=True)
class Signals:
    """One page, newest first; `next` is the cursor of the page behind it, None on the last."""

    lines: tuple[SignalLine, ...]
    next: str | None


_LINES = text("""
    SELECT s.id, s.number, p.name AS process, s.alerts, s.going_on, s.titles, s.first_at, s.last_at,
      s.recovered_at, array(
        SELECT jsonb_build_object('number', i.number, 'product', d.name, 'state', i.state)
        FROM signal_joined j JOIN incident i ON i.id = j.incident_id
        JOIN product d ON d.id = i.product_id
        WHERE j.signal_id = s.id ORDER BY i.number) AS incidents
    FROM signal s JOIN business_process p ON p.id = s.process_id
    WHERE s.number < :before AND (CAST(:number AS bigint) IS NULL OR s.number = :number)
    ORDER BY s.number DESC LIMIT :most
""")

_PRODUCTS = text("""
    SELECT d.id, d.name, p.name AS process
    FROM product d JOIN business_process p ON p.id = d.process_id
    WHERE d.is_made ORDER BY d.name, p.name, d.id
""")


def signals(conn: Connection, actor: Actor, page: Page = FIRST) -> Signals:
    """Return a page of signals.  One statement.  Raises NotAllowed outside our organisation."""
    (before,) = place_of(page.after, (int,)) if page.after else (_LARGEST,)
    asked = {"before": min(before, _LARGEST), "number": None, "most": page.size + 1}
    lines = _found(conn, actor, asked)
    shown = lines[: page.size]
    more = len(lines) > page.size
    return Signals(tuple(shown), cursor(shown[-1].number) if more else None)


def signal(conn: Connection, actor: Actor, number: int) -> SignalLine:
    """Return the signal with this number.  One statement.  Raises NotFound, or NotAllowed."""
    asked = {"before": _LARGEST, "number": min(number, _LARGEST), "most": 1}
    lines = _found(conn, actor, asked)
    if not lines:
        raise NotFound(say("There is no such signal."), signal=number)
    return lines[0]


def products(conn: Connection) -> list[tuple[UUID, str, str]]:
    """Return what can deviate, by name: its id, what it is, and the process that makes it."""
    rows = conn.execute(_PRODUCTS)
    return [(row.id, row.name, row.process) for row in rows]


def _found(conn: Connection, actor: Actor, asked: Mapping[str, int | None]) -> list[SignalLine]:
    if not may_see_signals(actor):
        raise NotAllowed(say("Signals are for the people of our own organisation."))
    return [_line(row) for row in conn.execute(_LINES, asked)]


def _line(row: Row[tuple[object, ...]]) -> SignalLine:
    told = dict(row._mapping)
    grown = tuple(Grown(**one) for one in told.pop("incidents"))
    return SignalLine(**told | {"titles": tuple(told["titles"]), "incidents": grown})
