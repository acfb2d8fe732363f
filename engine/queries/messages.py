"""What people were written: an inbox, and the letters that no mail server took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.message import MessageKind
from engine.domain.permissions import Actor, Role
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.paging import Page, cursor, place_of
from engine.store.schema import IS_DEAD


@dataclass(frozen=True)
class MessageLine:
    """One message; of a restricted incident there is no title and no `what`."""

    id: int
    kind: MessageKind
    caused_at: datetime
    is_read: bool
    incident_number: int
    incident_title: str | None
    incident_state: str
    item_id: UUID | None
    what: str | None
    is_done: bool


@dataclass(frozen=True)
class Inbox:
    """A page of messages, newest first, and the cursor of the next page."""

    lines: tuple[MessageLine, ...]
    next: str | None


# what was said last about a to-do stands for all that was said about it before
_IS_LAST = """NOT EXISTS (SELECT FROM message n
      WHERE n.item_id = m.item_id AND n.person_id = m.person_id AND n.id > m.id)"""

_INBOX = text(f"""
    SELECT m.id, m.kind, m.caused_at, m.read_at, i.number, i.state,
      CASE WHEN i.is_restricted THEN NULL ELSE i.title END AS title, m.item_id,
      CASE WHEN i.is_restricted THEN NULL ELSE coalesce(a.title, w.title) END AS what,
      w.ended_at IS NOT NULL AS is_done
    FROM message m JOIN incident i ON i.id = m.incident_id
    LEFT JOIN work_item w ON w.id = m.item_id LEFT JOIN action a ON a.id = w.action_id
    WHERE m.person_id = :person AND m.id < :below AND {_IS_LAST} ORDER BY m.id DESC LIMIT :most
""")  # noqa: S608 - a constant
_LARGEST = 2**63 - 1
# more are not counted: a number that nobody reads
_UNREAD = text(f"""
    SELECT count(*) FROM (SELECT FROM message m LEFT JOIN work_item w ON w.id = m.item_id
      WHERE m.person_id = :person AND m.read_at IS NULL
        AND (w.ended_at IS NULL OR m.kind = 'recorded')
        AND {_IS_LAST} LIMIT 100) unread
""")  # noqa: S608 - a constant


def inbox(conn: Connection, person_id: UUID, page: Page) -> Inbox:
    """Return a page of what somebody was written.  One statement."""
    below = place_of(page.after, [int])[0] if page.after else _LARGEST
    asked: dict[str, Any] = {"person": person_id, "below": below, "most": page.size + 1}
    rows = conn.execute(_INBOX, asked).all()
    lines = tuple(
        MessageLine(
            row.id,
            MessageKind(row.kind),
            row.caused_at,
            row.read_at is not None or (row.is_done and row.kind != MessageKind.RECORDED),
            row.number,
            row.title,
            row.state,
            row.item_id,
            row.what,
            row.is_done,
        )
        for row in rows[: page.size]
    )
    return Inbox(lines, cursor(lines[-1].id) if len(rows) > page.size else None)


def unread(conn: Connection, person_id: UUID) -> int:
    """Return how many messages somebody has not read and still has to, up to 100."""
    return conn.scalar(_UNREAD, {"person": person_id}) or 0


def unmailed(conn: Connection, person_id: UUID) -> frozenset[MessageKind]:
    """Return what somebody keeps to the inbox."""
    found = conn.scalars(text("SELECT kind FROM unmailed WHERE person_id = :id"), {"id": person_id})
    return frozenset(MessageKind(kind) for kind in found)


@dataclass(frozen=True)
class DeadLetter:
    """A letter that was given up: to whom, about which incident, and what was said why."""

    id: int
    name: str
    kind: MessageKind
    incident_number: int
    caused_at: datetime
    tries: int
    failed: str


def dead_letters(conn: Connection, actor: Actor, *, most: int = 100) -> Sequence[DeadLetter]:
    """Return the newest dead letters.  Raises NotAllowed for anybody but operators."""
    if not actor.has_role(Role.OPERATOR):
        raise NotAllowed(say("Only operators see letters that did not arrive."))
    rows = conn.execute(
        text(f"""
            SELECT m.id, p.name, m.kind, i.number, m.caused_at, greatest(m.tries, m.calls) AS tries,
              concat_ws('; ', CASE WHEN m.sent_at IS NULL THEN m.failed END,
                CASE WHEN m.called_at IS NULL THEN m.call_failed END) AS failed
            FROM message m JOIN person p ON p.id = m.person_id
            JOIN incident i ON i.id = m.incident_id
            WHERE {IS_DEAD} ORDER BY m.id DESC LIMIT :most
        """),  # noqa: S608 - a constant
        {"most": most},
    )
    return [
        DeadLetter(
            row.id,
            row.name,
            MessageKind(row.kind),
            row.number,
            row.caused_at,
            row.tries,
            row.failed,
        )
        for row in rows
    ]
