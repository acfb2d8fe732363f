"""What came back and back again, as one chain: an incident, and each that recurs from another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Occurrence:
    """One time that it happened."""

    id: UUID
    number: int
    state: str
    told_at: datetime


_CHAIN = text("""
    WITH RECURSIVE back (id, origin, origin_id) AS (
      SELECT id, origin, origin_id FROM incident WHERE id = :id
      UNION ALL SELECT i.id, i.origin, i.origin_id FROM back
        JOIN incident i ON i.id = back.origin_id WHERE back.origin = 'recurs'),
    chain (id, place) AS (
      SELECT id, 1 FROM back WHERE origin IS DISTINCT FROM 'recurs'
      UNION ALL SELECT i.id, chain.place + 1 FROM chain
        JOIN incident i ON i.origin_id = chain.id AND i.origin = 'recurs')
    SELECT i.id, i.number, i.state, i.told_at FROM chain JOIN incident i ON i.id = chain.id
    ORDER BY chain.place
""")


def occurrences(conn: Connection, incident_id: UUID) -> Sequence[Occurrence]:
    """Return the whole chain that the incident is part of, the first time first; never empty."""
    rows = conn.execute(_CHAIN, {"id": incident_id})
    return [Occurrence(**row._mapping) for row in rows]


_SETTLED = text("""
    SELECT EXISTS (SELECT FROM acceptance WHERE incident_id = ANY (:chain) AND until > :now)
      OR EXISTS (SELECT FROM action WHERE incident_id = ANY (:chain) AND is_remedy
                 AND settled_at IS NULL)
""")


def is_remedy_settled(conn: Connection, chain: Sequence[UUID], now: datetime) -> bool:
    """Whether the owner has been asked for a remedy already, or has accepted it until later."""
    return bool(conn.scalar(_SETTLED, {"chain": list(chain), "now": now}))
