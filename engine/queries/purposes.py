"""Why an auditor reads customers' personal data just now, and what is masked for them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
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


_STATED = """
    SELECT p.id, p.why, p.stated_at, p.until, ARRAY(SELECT number FROM incident i
      WHERE i.id = ANY (p.incident_ids) ORDER BY number) AS incidents
    FROM purpose p WHERE p.person_id = :me AND {held} ORDER BY p.stated_at DESC, p.id
"""
_IN_FORCE = text(_STATED.format(held="p.ended_at IS NULL AND p.until > :now"))
_DURING = text(_STATED.format(held="p.stated_at <= :until AND least(p.until, p.ended_at) > :since"))
_NUMBERED = text("SELECT number, id FROM incident WHERE number = ANY (:numbers)")
_IS_MASKED = text("""
    SELECT coalesce(current_setting('putright.masked', true), '') = 'yes'
      AND CAST(:id AS uuid) <> ALL (masked.incidents())
""")


def purposes_in_force(conn: Connection, actor: Actor, now: datetime) -> tuple[PurposeInForce, ...]:
    """Return what the person has stated and not ended, the latest first.  One statement."""
    return _found(conn.execute(_IN_FORCE, {"me": actor.id, "now": now}))


def purposes_during(
    conn: Connection, actor: Actor, since: datetime, until: datetime
) -> tuple[PurposeInForce, ...]:
    """Return what held for the person at any time between, the latest first.  One statement."""
    asked = {"me": actor.id, "since": since, "until": until}
    return _found(conn.execute(_DURING, asked))


def are_covered(stated: Collection[PurposeInForce], incidents: Collection[int]) -> bool:
    """Whether purposes are about all of these incidents; no number is everything."""
    if any(not one.incidents for one in stated):
        return True
    known = {number for one in stated for number in one.incidents}
    return bool(incidents) and known.issuperset(incidents)


def _found(rows: Iterable[Any]) -> tuple[PurposeInForce, ...]:
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
