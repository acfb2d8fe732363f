"""Those whom one action reaches, and how it ended for each: names of other people's affairs.

Who may see the incident is asked before; people outside our organisation see nobody's name here.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor


@dataclass(frozen=True)
class Reached:
    """One line; `outcome` None while it is open, `accepted_by` for what is not done."""

    id: UUID
    label: str
    outcome: str | None
    note: str | None
    answered_by: str | None
    answered_at: datetime | None
    accepted_by: str | None
    accepted_because: str | None


_REACHED = text("""
    SELECT t.id, t.label, t.outcome, t.note, who.name AS answered_by, t.answered_at,
      owner.name AS accepted_by, t.accepted_because
    FROM target t LEFT JOIN person who ON who.id = t.answered_by
    LEFT JOIN person owner ON owner.id = t.accepted_by
    WHERE t.action_id = :action ORDER BY t.position
""")


def reached_by(conn: Connection, action_id: UUID, actor: Actor) -> tuple[Reached, ...]:
    """Return those whom the action reaches, in the order listed; none for outside readers."""
    if actor.is_outside:
        return ()
    return tuple(Reached(**row._mapping) for row in conn.execute(_REACHED, {"action": action_id}))
