"""Sends what people were written: by mail, one letter for each person and incident.

The letter goes out before its rows say so, in the transaction that holds them: whoever is killed in
between sends it again, under the same Message-ID, and nobody goes without.  A newcomer would send
where something is asked: a mail server that is slow would hold the incident's lock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, Connection, bindparam, delete, text, update
from sqlalchemy.dialects.postgresql import insert

from engine.domain.message import ALWAYS_MAILED, STALE_AFTER, TRY_AGAIN_AFTER, MessageKind
from engine.domain.permissions import Actor, Role
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.store import schema as t
from engine.store.work import Store
from engine.usecases.handling import Handling

# one letter names so many things at most; more come with the next
_LINES = 50

_NEXT = text(f"""
    WITH one AS (SELECT person_id, incident_id FROM message WHERE next_try_at <= :now
      ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    SELECT m.id, m.kind, m.caused_at, m.tries, m.item_id,
      p.id AS person_id, p.name, p.email, p.time_zone, p.is_active,
      i.id AS incident_id, i.number, i.title AS incident_title, i.is_restricted, i.state,
      w.title AS step, w.due_at, w.ended_at, a.title AS action_title,
      EXISTS (SELECT FROM unmailed u WHERE u.person_id = p.id AND u.kind = m.kind) AS is_unmailed
    FROM message m JOIN one ON one.person_id = m.person_id AND one.incident_id = m.incident_id
    JOIN person p ON p.id = m.person_id JOIN incident i ON i.id = m.incident_id
    LEFT JOIN work_item w ON w.id = m.item_id LEFT JOIN action a ON a.id = w.action_id
    WHERE m.next_try_at <= :now ORDER BY m.id LIMIT {_LINES} FOR UPDATE OF m SKIP LOCKED
""")  # noqa: S608 - a constant
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_SENT = text(
    "UPDATE message SET next_try_at = NULL, failed = NULL, sent_at = :at WHERE id = ANY (:ids)"
).bindparams(_IDS)
_LEFT_OUT = text("UPDATE message SET next_try_at = NULL WHERE id = ANY (:ids)").bindparams(_IDS)
_FAILED = text(
    "UPDATE message SET next_try_at = :again, tries = tries + 1, failed = :why"
    " WHERE id = ANY (:ids)"
).bindparams(_IDS)
_AGAIN = text(f"""
    UPDATE message SET next_try_at = :now, tries = 0, caused_at = :now
    WHERE id = :id AND {t.IS_DEAD}
""")  # noqa: S608 - a constant


class NotTaken(Exception):
    """The mail server did not take a letter; `is_final` if it never will.

    No refusal of a deed, so that nobody but who sends letters ever sees it.
    """

    def __init__(self, sentence: str, *, is_final: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_final = is_final


@dataclass(frozen=True)
class LetterLine:
    """One thing that is said; of a restricted incident `what` is None."""

    kind: MessageKind
    item_id: UUID | None
    what: str | None
    due_at: datetime | None


@dataclass(frozen=True)
class Letter:
    """What one person is written about one incident; a restricted one has no `title`.

    `id` stays the same however often it is tried.
    """

    id: int
    person_id: UUID
    name: str
    address: str
    zone: tzinfo
    incident_id: UUID
    number: int
    title: str | None
    state: str
    lines: tuple[LetterLine, ...]


def post_due(handling: Handling, send: Callable[[Letter], None], *, most: int = 200) -> int:
    """Send what is due, at most `most` letters; return how many went out.

    `send` raises NotTaken.  What was done meanwhile, is too old or not wanted by mail is left
    out, and stays in the inbox.  Raises Busy or Unavailable, to be tried again.
    """
    sent = 0
    for _ in range(most):
        with handling.store.begin() as work:
            rows = work.conn.execute(_NEXT, {"now": work.now}).all()
            if not rows:
                break
            sent += _post(work.conn, rows, send, work.now)
    return sent


def _post(
    conn: Connection, rows: Sequence[Any], send: Callable[[Letter], None], now: datetime
) -> bool:
    wanted = [row for row in rows if _is_wanted(row, now)]
    if idle := [row.id for row in rows if row not in wanted]:
        conn.execute(_LEFT_OUT, {"ids": idle})
    if not wanted:
        return False
    ids = [row.id for row in wanted]
    try:
        send(_letter(wanted))
    except NotTaken as refusal:
        tries = min(row.tries for row in wanted)
        is_over = refusal.is_final or tries >= len(TRY_AGAIN_AFTER)
        again = None if is_over else now + TRY_AGAIN_AFTER[tries]
        conn.execute(_FAILED, {"ids": ids, "again": again, "why": refusal.sentence})
        return False
    conn.execute(_SENT, {"ids": ids, "at": now})
    return True


def _is_wanted(row: Any, now: datetime) -> bool:
    return (
        row.email is not None
        and row.is_active
        and row.ended_at is None
        and row.caused_at > now - STALE_AFTER
        and (row.kind in ALWAYS_MAILED or not row.is_unmailed)
    )


def _letter(rows: Sequence[Any]) -> Letter:
    first = rows[0]
    # what piled up about one to-do comes as one line: what was said last
    lines = {
        (row.item_id, row.item_id or row.kind): LetterLine(
            MessageKind(row.kind),
            row.item_id,
            None if row.is_restricted else row.action_title or row.step,
            row.due_at,
        )
        for row in rows
    }
    return Letter(
        id=first.id,
        person_id=first.person_id,
        name=first.name,
        address=first.email,
        zone=ZoneInfo(first.time_zone),
        incident_id=first.incident_id,
        number=first.number,
        title=None if first.is_restricted else first.incident_title,
        state=first.state,
        lines=tuple(lines.values()),
    )


def send_again(handling: Handling, message_id: int, *, actor: Actor) -> None:
    """Try a dead letter anew, as if it were just written.  Raises NotAllowed or NotFound."""
    if not actor.has_role(Role.OPERATOR):
        raise NotAllowed("Only operators send a letter again.")
    with handling.store.begin() as work:
        found = work.conn.execute(_AGAIN, {"id": message_id, "now": work.now})
        if not found.rowcount:
            raise NotFound("There is no such letter.", letter=message_id)


def choose(store: Store, person_id: UUID, kind: MessageKind, *, is_mailed: bool) -> None:
    """Have what is written for this reason mailed to somebody, or kept to their inbox.

    Raises InvalidAnswers for what nobody can do without.
    """
    if kind in ALWAYS_MAILED:
        raise InvalidAnswers({"kind": "What is asked of you always comes by mail."})
    row = {"person_id": person_id, "kind": kind}
    with store.begin() as work:
        if is_mailed:
            work.conn.execute(
                delete(t.unmailed).where(
                    t.unmailed.c.person_id == person_id, t.unmailed.c.kind == kind
                )
            )
        else:
            work.conn.execute(insert(t.unmailed).values(row).on_conflict_do_nothing())


def mark_read(store: Store, person_id: UUID) -> None:
    """Take all that somebody was written as read."""
    with store.begin() as work:
        work.conn.execute(
            update(t.message)
            .where(t.message.c.person_id == person_id, t.message.c.read_at.is_(None))
            .values(read_at=work.now)
        )
