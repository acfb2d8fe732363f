"""What somebody says of themselves: when they are away, and who stands in for them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor


@dataclass(frozen=True)
class Absence:
    """A time for which somebody is away; `is_now`: it has begun."""

    id: UUID
    since: datetime
    until: datetime
    is_now: bool


@dataclass(frozen=True)
class StandingIn:
    """Who is asked while the reader is away or silent, and who is above; absences to come."""

    deputy_id: UUID | None
    deputy: str | None
    superior: str | None
    absences: tuple[Absence, ...]


_ME = text("""
    SELECT p.deputy_id, deputy.name AS deputy, superior.name AS superior FROM person p
    LEFT JOIN person deputy ON deputy.id = p.deputy_id
    LEFT JOIN person superior ON superior.id = p.superior_id WHERE p.id = :me
""")
_AWAY = text("""
    SELECT id, since, until, since <= :now AS is_now FROM absence
    WHERE person_id = :me AND ended_at IS NULL AND until > :now ORDER BY since, id
""")
_COLLEAGUES = text("""
    SELECT id, name FROM person WHERE is_active AND id <> :me
      AND organisation_id IS NOT DISTINCT FROM CAST(:organisation AS uuid) ORDER BY name, id
""")


def standing_in(conn: Connection, actor: Actor, now: datetime) -> StandingIn:
    """Return who stands in for the actor, and when they are away from `now` on.

    Two statements.
    """
    row = conn.execute(_ME, {"me": actor.id}).one()
    away = conn.execute(_AWAY, {"me": actor.id, "now": now}).all()
    return StandingIn(
        row.deputy_id,
        row.deputy,
        row.superior,
        tuple(Absence(one.id, one.since, one.until, one.is_now) for one in away),
    )


def colleagues(conn: Connection, actor: Actor) -> list[tuple[str, str]]:
    """Return the (id, name) of everybody who could stand in for the actor.  One statement."""
    asked = {"me": actor.id, "organisation": actor.organisation_id}
    return [(str(row.id), row.name) for row in conn.execute(_COLLEAGUES, asked)]
