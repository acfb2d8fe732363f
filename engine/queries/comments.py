"""What was written about an incident, oldest first, as far as the reader may read it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.erasing import PSEUDONYM
from engine.domain.permissions import Actor


@dataclass(frozen=True)
class Comment:
    """What somebody wrote; `is_internal`: for our organisation only.  Erased words are None."""

    seq: int
    at: datetime
    by: str
    words: str | None
    is_internal: bool
    by_mail: bool
    # by mail from a confirmer whose answer is missing: it can be taken as their *not right*
    is_from_asked: bool


@dataclass(frozen=True)
class Comments:
    """The newest of them, oldest first; `earlier` are not shown.  Whether the reader watches it."""

    lines: tuple[Comment, ...]
    earlier: int
    is_watched: bool


_MOST = 100
_NOBODY = PSEUDONYM.strip()
_LINES = text("""
    -- whose name was erased is called as the register calls them now
    SELECT seq, at, coalesce(actor, (SELECT name FROM person p WHERE p.id = entry.person_id),
        :nobody) AS actor, verb, content, count(*) OVER () AS every,
      verb = 'incident:mailed' AND EXISTS (SELECT FROM work_item w WHERE w.incident_id = :id
        AND w.ended_at IS NULL AND w.mark = 'confirmation'
        AND w.people @> ARRAY[CAST(content ->> 'person' AS uuid)]) AS is_from_asked
    FROM entry
    WHERE incident_id = :id AND verb IN ('incident:noted', 'incident:mailed')
      AND NOT (:outside AND coalesce(CAST(content ->> 'is_internal' AS boolean), true))
    ORDER BY seq DESC LIMIT :most
""")
_WATCHED = text(
    "SELECT EXISTS (SELECT FROM watcher WHERE incident_id = :id AND person_id = :person)"
)


def comments(conn: Connection, incident_id: UUID, actor: Actor) -> Comments:
    """Return what was written about an incident that `actor` has been found to may see.

    Two statements.
    """
    asked = {"id": incident_id, "outside": actor.is_outside, "most": _MOST, "nobody": _NOBODY}
    rows = conn.execute(_LINES, asked).all()
    lines = tuple(
        Comment(
            row.seq,
            row.at,
            row.actor,
            (row.content or {}).get("words"),
            bool((row.content or {}).get("is_internal")),
            row.verb == "incident:mailed",
            row.is_from_asked,
        )
        for row in reversed(rows)
    )
    is_watched = bool(conn.scalar(_WATCHED, {"id": incident_id, "person": actor.id}))
    return Comments(lines, rows[0].every - len(rows) if rows else 0, is_watched)
