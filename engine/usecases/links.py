"""Links for people without an account: one purpose, an end, and the person's alone.

A link is a row, and what is sent is its id, signed (`api/addresses.py`): whoever reads the table
can open nothing, and a letter that is composed again has the same link.  A newcomer would draw a
secret and keep its hash: then who is killed after sending has sent a link that does not work.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import Connection, text

from engine.domain.link import LinkRef, Purpose
from engine.domain.message import MessageKind
from engine.usecases.handling import Handling

# an id follows from person, purpose and subject, so that there is one link for each
_OURS = UUID("5f1d6c0e-4a57-4b51-9c86-0a3f6a0a3d51")

_KEEP = text("""
    INSERT INTO link (id, person_id, purpose, incident_id, item_id, made_at, expires_at)
    VALUES (:id, :person, :purpose, :incident, :item, :now, :until)
    ON CONFLICT (id) DO UPDATE SET expires_at = greatest(link.expires_at, excluded.expires_at),
      generation = link.generation + CASE WHEN link.ended_at IS NULL THEN 0 ELSE 1 END,
      ended_at = NULL
    RETURNING generation
""")
_END = text("UPDATE link SET ended_at = :now WHERE person_id = :person AND ended_at IS NULL")
# once a day is enough: nobody's mailbox is filled by whoever holds an old link
_ASK = text("""
    INSERT INTO message (incident_id, person_id, item_id, kind, cause, caused_at, next_try_at)
    SELECT l.incident_id, l.person_id, l.item_id, CASE WHEN l.item_id IS NULL THEN :told
      ELSE :reminded END, 'link/' || l.id || '/' || CAST(:day AS text), :now, :now
    FROM link l JOIN person p ON p.id = l.person_id AND p.is_active
    WHERE l.id = :id AND l.generation = :generation AND l.ended_at IS NULL
    ON CONFLICT DO NOTHING
""")


def keep_link(
    conn: Connection,
    person_id: UUID,
    incident_id: UUID,
    item_id: UUID | None,
    *,
    now: datetime,
    lasts: timedelta,
) -> LinkRef:
    """Return the person's link to the to-do, or to follow the incident; good for `lasts` more."""
    purpose = Purpose.FOLLOW if item_id is None else Purpose.TODO
    made = uuid5(_OURS, f"{person_id}/{purpose}/{item_id or incident_id}")
    row = {
        "id": made,
        "person": person_id,
        "purpose": purpose,
        "incident": incident_id,
        "item": item_id,
        "now": now,
        "until": now + lasts,
    }
    return LinkRef(made, conn.execute(_KEEP, row).scalar_one())


def end_links(conn: Connection, person_id: UUID, now: datetime) -> None:
    """End every link that somebody holds, at once."""
    conn.execute(_END, {"person": person_id, "now": now})


def ask_for_new_link(handling: Handling, link: LinkRef) -> None:
    """Mail the person of a link that has run out a new one; once a day, to them and nobody else.

    What cannot be done is not told: whoever holds an old link learns nothing by it.
    """
    with handling.store.begin() as work:
        work.conn.execute(
            _ASK,
            {
                "id": link.id,
                "generation": link.generation,
                "told": MessageKind.TOLD,
                "reminded": MessageKind.REMINDED,
                "day": work.now.date().isoformat(),
                "now": work.now,
            },
        )
