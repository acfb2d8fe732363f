"""Why an auditor reads customers' personal data just now, and what is masked for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor


@dataclass(frozen=True)
class PurposeInForce:
    """A purpose that was stated; `incidents` are their numbers, none of them: everything."""

    id: UUID
    why: str
    stated_at: datetime
    until: datetime
    incidents: tuple[int, ...]


_IN_FORCE = text("""
    SELECT p.id, p.why, p.stated_at, p.until, ARRAY(SELECT number FROM incident i
      WHERE i.id = ANY (p.incident_ids) ORDER BY number) AS incidents
    FROM purpose p WHERE p.person_id = :me AND p.ended_at IS NULL AND p.until > :now
    ORDER BY p.stated_at DESC, p.id
""")
_NUMBERED = text("SELECT number, id FROM incident WHERE number = ANY (:numbers)")
_IS_MASKED = text("""
    SELECT coalesce(current_setting('putright.masked', true), '') = 'yes'
      AND CAST(:id AS uuid) <> ALL (masked.incidents())
""")


def purposes_in_force(conn: Connection, actor: Actor, now: datetime) -> tuple[PurposeInForce, ...]:
    """Return what the person has stated and not ended, the latest first.  One statement."""
    rows = conn.execute(_IN_FORCE, {"me": actor.id, "now": now})
    return tuple(
        PurposeInForce(row.id, row.why, row.stated_at, row.until, tuple(row.incidents))
        for row in rows
    )


def numbered(conn: Connection, numbers: list[int]) -> Mapping[int, UUID]:
    """Return the incidents that have these numbers, as far as there are any."""
    return {row.number: row.id for row in conn.execute(_NUMBERED, {"numbers": numbers})}


def is_masked(conn: Connection, incident_id: UUID) -> bool:
    """Whether this reader is shown the incident without its customers' personal data."""
    return bool(conn.scalar(_IS_MASKED, {"id": incident_id}))
