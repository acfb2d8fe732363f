"""Who is asking: a person with their roles and teams, ready for permissions."""

from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor

_ACTOR = text("""
    SELECT p.id, p.name, p.roles, p.organisation_id,
      array(SELECT team_id FROM membership m WHERE m.person_id = p.id) AS teams,
      array(SELECT team_id FROM membership m WHERE m.person_id = p.id AND m.is_lead) AS led
    FROM person p WHERE p.id = :id AND p.is_active
""")


def load_actor(conn: Connection, person_id: UUID) -> Actor | None:
    """Return the active person with this id as an actor, or None."""
    row = conn.execute(_ACTOR, {"id": person_id}).first()
    if row is None:
        return None
    return Actor(
        row.id,
        row.name,
        frozenset(row.roles),
        frozenset(row.teams),
        row.organisation_id,
        frozenset(row.led),
    )
