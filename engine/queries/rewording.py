"""How we know that it is right, before and now: for confirmers who were asked before it changed."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor
from engine.store.facts import IN_FORCE


@dataclass(frozen=True)
class Reworded:
    """How we knew that it is right before and now, where that changed since somebody was asked."""

    before: tuple[str, ...]
    now: tuple[str, ...]


# What was worded anew since this confirmer's last answer or, without one, since anybody was asked.
_REWORDED = text(f"""
    WITH since AS (SELECT coalesce(
      (SELECT max(entry_seq) FROM confirmation
        WHERE incident_id = :incident AND person_id = :me),
      (SELECT min(seq) FROM entry
        WHERE incident_id = :incident AND verb = 'confirmation:asked')) AS seq)
    SELECT k.measure || ': ' || k.threshold AS wording, {IN_FORCE} AS is_now
    FROM criterion k, since
    WHERE k.incident_id = :incident AND k.changed_seq > since.seq AND NOT k.is_pending
    ORDER BY k.position, k.changed_seq, k.id
""")  # noqa: S608 - a constant


def reworded_since(conn: Connection, incident_id: UUID, actor: Actor) -> Reworded | None:
    """Return what changed since this confirmer answered last or, without that, was first asked."""
    rows = conn.execute(_REWORDED, {"incident": incident_id, "me": actor.id}).all()
    if not rows:
        return None
    return Reworded(
        tuple(row.wording for row in rows if not row.is_now),
        tuple(row.wording for row in rows if row.is_now),
    )
