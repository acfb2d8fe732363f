"""The evidence for whose time it was: which entry began and ended each part of it.

A part begins where something was asked, answered, delivered or found, and that is an entry of the
same second.  What was noted late has its entry later, a time told earlier has one of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from engine.domain.ledger import second
from engine.domain.signer import Signer, signer_of
from engine.queries.ledger import IncidentLedger
from engine.queries.moments import said_of


@dataclass(frozen=True)
class Evidence:
    """An entry: its number, when it was entered, and what it says without full stop."""

    seq: int
    at: datetime
    sentence: str
    signer: Signer


@dataclass(frozen=True)
class Border:
    """What began and ended one part of the time; None where it goes on, or nothing tells."""

    began: Evidence | None
    ended: Evidence | None


_LATE = text("""
    SELECT happened_at, ended_at FROM work_item
    WHERE incident_id = :id AND happened_at IS NOT NULL
""")
_ENTRIES = text("""
    SELECT seq, at, actor, person_id, verb,
      CASE WHEN verb = 'item:delivered' THEN content->>'at'
        WHEN verb = 'incident:told_earlier' THEN content->>'now'
        WHEN verb = 'dispute:raised' THEN content->>'since' END AS about
    FROM entry WHERE incident_id = :id AND (date_trunc('second', at) = ANY (:borders)
      OR verb IN ('item:delivered', 'incident:told_earlier', 'dispute:raised')) ORDER BY seq
""")


def borders(conn: Connection, ledger: IncidentLedger) -> tuple[Border, ...]:
    """Return the evidence of each line of the ledger, in its order.  Two statements.

    A deed of a person goes before what a machine did of it in the same second.
    """
    late = {
        second(row.happened_at): second(row.ended_at)
        for row in conn.execute(_LATE, {"id": ledger.incident_id})
    }
    wanted = {at for line in ledger.lines for at in (line.since, line.until)} | set(late.values())
    rows = conn.execute(_ENTRIES, {"id": ledger.incident_id, "borders": list(wanted)}).all()
    at = dict(_by_second(rows))
    for happened, entered in late.items():
        if happened not in at and entered in at:
            at[happened] = at[entered]
    return tuple(
        Border(
            at.get(line.since),
            None if ledger.is_running and line is ledger.lines[-1] else at.get(line.until),
        )
        for line in ledger.lines
    )


def _by_second(rows: Any) -> Iterator[tuple[datetime, Evidence]]:
    """What is yielded later counts: what is about an instant, then machines, then people."""
    for row in rows:
        if row.about is not None:
            yield second(datetime.fromisoformat(row.about)), _evidence(row)
    for is_person in (False, True):
        for row in reversed(rows):
            if (row.person_id is not None) is is_person:
                yield second(row.at), _evidence(row)


def _evidence(row: Any) -> Evidence:
    return Evidence(
        row.seq, row.at, said_of(row.verb, row.actor), signer_of(row.actor, row.person_id)
    )
