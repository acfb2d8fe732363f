"""Answers that somebody else wrote down, and that their persons have not taken back or renewed."""

from uuid import UUID

from sqlalchemy import Connection, text

_PHONED = text("""
    SELECT w.incident_id FROM work_item w JOIN confirmation c ON c.incident_id = w.incident_id
      AND c.person_id = :who AND c.grade = 'phone' AND c.answered_at = w.ended_at
    WHERE w.id = :item AND w.ended_by = :who AND NOT EXISTS (SELECT FROM confirmation later
      WHERE later.incident_id = c.incident_id AND later.person_id = :who
        AND later.entry_seq > c.entry_seq)
""")


def phoned(conn: Connection, item_id: UUID, person_id: UUID) -> UUID | None:
    """Return the incident, if that person's answer was written down in this to-do and stands."""
    found: UUID | None = conn.scalar(_PHONED, {"item": item_id, "who": person_id})
    return found
