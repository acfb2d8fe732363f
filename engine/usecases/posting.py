"""Sends what people were written: one letter for each person and incident, or one for many.

The letter goes out before its rows say so, in the transaction that holds them: whoever is killed in
between sends it again, under the same Message-ID, and nobody goes without.  A newcomer would send
where something is asked: a mail server that is slow would hold the incident's lock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    TextClause,
    bindparam,
    delete,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from engine.domain.incident import Priority
from engine.domain.link import LinkRef
from engine.domain.mark import Mark
from engine.domain.message import (
    ALWAYS_MAILED,
    STALE_AFTER,
    TRY_AGAIN_AFTER,
    URGENT,
    MessageKind,
    Way,
    bundled_at,
)
from engine.domain.permissions import Actor, Role
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.jobs import defer_delivered, defer_undelivered
from engine.store.work import Store, Work
from engine.usecases.delivering import find, lose
from engine.usecases.handling import Handling
from engine.usecases.links import keep_link

# one letter names so many things at most; more come with the next
_LINES = 50

_DUE = """
    WITH one AS (SELECT person_id FROM message WHERE {due} <= :now
      ORDER BY {due}, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    SELECT m.id, m.kind, m.caused_at, m.{tries} AS tries, m.item_id,
      p.id AS person_id, p.name, p.email, p.phone, p.time_zone, p.language, p.is_active,
      p.unreachable_since IS NULL AS is_reachable, p.password_hash IS NULL AS by_mail_only,
      i.id AS incident_id, i.number, i.title AS incident_title, i.is_restricted, i.state,
      i.highest_priority, w.mark, w.title AS step, w.due_at, w.ended_at, w.waits_for_mail,
      a.title AS action_title,
      EXISTS (SELECT FROM unmailed u WHERE u.person_id = p.id AND u.kind = m.kind) AS is_unmailed
    FROM message m JOIN one ON one.person_id = m.person_id
    JOIN person p ON p.id = m.person_id JOIN incident i ON i.id = m.incident_id
    LEFT JOIN work_item w ON w.id = m.item_id LEFT JOIN action a ON a.id = w.action_id
    WHERE m.{due} <= :now ORDER BY m.id LIMIT {most} FOR UPDATE OF m SKIP LOCKED
"""
_IDS = bindparam("ids", type_=ARRAY(BigInteger))


@dataclass(frozen=True)
class _Box:
    """What waits to go out by one way."""

    due: TextClause
    sent: TextClause
    later: TextClause
    failed: TextClause

    @classmethod
    def of(cls, due: str, tries: str, sent: str, failed: str) -> "_Box":
        def change(columns: str) -> TextClause:
            return text(f"UPDATE message SET {columns} WHERE id = ANY (:ids)").bindparams(_IDS)  # noqa: S608

        return cls(
            text(_DUE.format(due=due, tries=tries, most=_LINES)),
            change(f"{due} = NULL, {failed} = NULL, {sent} = :at"),
            change(f"{due} = :later"),
            change(f"{due} = :again, {tries} = {tries} + 1, {failed} = :why"),
        )


_BOXES = {
    Way.MAIL: _Box.of("next_try_at", "tries", "sent_at", "failed"),
    Way.CALL: _Box.of("next_call_at", "calls", "called_at", "call_failed"),
}
_AGAIN = text(f"""
    UPDATE message SET caused_at = :now,
      next_try_at = CASE WHEN failed IS NOT NULL AND sent_at IS NULL THEN :now END, tries = 0,
      next_call_at = CASE WHEN call_failed IS NOT NULL AND called_at IS NULL THEN :now END,
      calls = 0
    WHERE id = :id AND {t.IS_DEAD} RETURNING person_id
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
class About:
    """The incident that something is said about; a restricted one has no `title`."""

    id: UUID
    number: int
    title: str | None
    state: str


@dataclass(frozen=True)
class LetterLine:
    """One thing that is said; of a restricted incident `what` is None.

    Who signs in nowhere has links: to do what is asked, and to follow the incident.
    """

    about: About
    kind: MessageKind
    item_id: UUID | None
    what: str | None
    due_at: datetime | None
    todo_link: LinkRef | None = None
    follow_link: LinkRef | None = None


@dataclass(frozen=True)
class Letter:
    """What one person is written; `id` stays the same however often it is tried.

    `language` is the code of the one they chose, None if they chose none.
    """

    id: int
    person_id: UUID
    name: str
    address: str
    phone: str | None
    zone: tzinfo
    language: str | None
    lines: tuple[LetterLine, ...]

    @property
    def about(self) -> About | None:
        """The one incident that it is about; None if there are several."""
        found = {line.about.id: line.about for line in self.lines}
        return next(iter(found.values())) if len(found) == 1 else None


def post_due(
    handling: Handling,
    send: Callable[[Letter], None],
    *,
    way: Way = Way.MAIL,
    most: int = 200,
) -> int:
    """Send what is due to go this way, at most `most` letters; return how many went out.

    `send` raises NotTaken.  What was done meanwhile, is too old or not wanted is left out, and
    stays in the inbox.  Answers that are not urgent are asked for together, when the person's day
    begins.  What reached somebody whom nothing else reaches counts as asked from then on; where it
    never will, who is next is asked.  Raises Busy or Unavailable, to be tried again.
    """
    sent = 0
    for _ in range(most):
        with handling.store.begin() as work:
            rows = work.conn.execute(_BOXES[way].due, {"now": work.now}).all()
            if not rows:
                break
            sent += _post(work, rows, send, way, handling.rules.link_lasts)
    return sent


def _post(
    work: Work,
    rows: Sequence[Any],
    send: Callable[[Letter], None],
    way: Way,
    lasts: timedelta,
) -> bool:
    box, conn, now = _BOXES[way], work.conn, work.now
    wanted = [row for row in rows if _is_wanted(row, now, way)]
    if idle := [row.id for row in rows if row not in wanted]:
        conn.execute(box.later, {"ids": idle, "later": None})
    if way is Way.MAIL:
        wanted = _without_held_back(work, box, wanted)
    if not wanted:
        return False
    chosen = _one_letter(wanted)
    ids = [row.id for row in chosen]
    try:
        send(_letter(work, chosen, lasts))
    except NotTaken as refusal:
        tries = min(row.tries for row in chosen)
        is_over = refusal.is_final or tries >= len(TRY_AGAIN_AFTER)
        again = None if is_over else now + TRY_AGAIN_AFTER[tries]
        conn.execute(box.failed, {"ids": ids, "again": again, "why": refusal.sentence})
        if is_over and way is Way.MAIL:
            _did_not_reach(conn, chosen, refusal, now)
        return False
    conn.execute(box.sent, {"ids": ids, "at": now})
    if reached := _waiting(chosen):
        defer_delivered(conn, reached, now)
    return True


def _is_wanted(row: Any, now: datetime, way: Way) -> bool:
    has_address = way is Way.CALL or (row.email is not None and row.is_reachable)
    return (
        has_address
        and row.is_active
        and (row.ended_at is None or row.kind == MessageKind.RECORDED)
        and (row.waits_for_mail or row.caused_at > now - STALE_AFTER)
        and (row.kind in ALWAYS_MAILED or not row.is_unmailed)
    )


def _is_bundled(row: Any) -> bool:
    is_asking = row.mark == Mark.CONFIRMATION and row.kind != MessageKind.RECORDED
    return is_asking and Priority(row.highest_priority) not in URGENT


def _without_held_back(work: Work, box: _Box, rows: Sequence[Any]) -> list[Any]:
    """Put off what comes together with more, and return the others."""
    if not any(_is_bundled(row) for row in rows):
        return list(rows)
    who = rows[0].person_id
    calendar = work.around.calendars_of([who])[who]
    due: list[Any] = []
    for row in rows:
        priority = Priority(row.highest_priority)
        at = bundled_at(priority, row.caused_at, calendar) if _is_bundled(row) else row.caused_at
        if at <= work.now:
            due.append(row)
        else:
            work.conn.execute(box.later, {"ids": [row.id], "later": at})
    return due


def _one_letter(rows: Sequence[Any]) -> list[Any]:
    """Return the rows that make one letter: those of one incident, or all that is bundled."""
    first = rows[0]
    if _is_bundled(first):
        return [row for row in rows if _is_bundled(row)]
    return [row for row in rows if row.incident_id == first.incident_id and not _is_bundled(row)]


def _waiting(rows: Sequence[Any]) -> set[UUID]:
    return {row.item_id for row in rows if row.waits_for_mail}


def _did_not_reach(conn: Connection, rows: Sequence[Any], refusal: NotTaken, now: datetime) -> None:
    """Have who is next asked: this letter never arrives, or nothing does any more."""
    who = rows[0].person_id
    if refusal.is_final:
        lose(conn, who, refusal.sentence, now)
    elif items := _waiting(rows):
        defer_undelivered(conn, items, who)


def _letter(work: Work, rows: Sequence[Any], lasts: timedelta) -> Letter:
    first = rows[0]

    def link(row: Any, item_id: UUID | None) -> LinkRef | None:
        if not first.by_mail_only:
            return None
        return keep_link(
            work.conn, first.person_id, row.incident_id, item_id, now=work.now, lasts=lasts
        )

    # what piled up about one to-do comes as one line: what was said last
    lines = {
        (row.incident_id, row.item_id, row.item_id or row.kind): LetterLine(
            About(
                row.incident_id,
                row.number,
                None if row.is_restricted else row.incident_title,
                row.state,
            ),
            MessageKind(row.kind),
            row.item_id,
            None if row.is_restricted else row.action_title or row.step,
            row.due_at,
            link(row, row.item_id) if row.item_id else None,
            link(row, None),
        )
        for row in rows
    }
    return Letter(
        id=first.id,
        person_id=first.person_id,
        name=first.name,
        address=first.email,
        phone=first.phone,
        zone=ZoneInfo(first.time_zone),
        language=first.language,
        lines=tuple(lines.values()),
    )


def send_again(handling: Handling, message_id: int, *, actor: Actor) -> None:
    """Try a dead letter anew, as if it were just written.  Raises NotAllowed or NotFound."""
    if not actor.has_role(Role.OPERATOR):
        raise NotAllowed(say("Only operators send a letter again."))
    with handling.store.begin() as work:
        who = work.conn.scalar(_AGAIN, {"id": message_id, "now": work.now})
        if who is None:
            raise NotFound(say("There is no such letter."), letter=message_id)
        # whoever sends it again has seen to the address
        find(work.conn, who)


def choose(store: Store, person_id: UUID, kind: MessageKind, *, is_mailed: bool) -> None:
    """Have what is written for this reason mailed to somebody, or kept to their inbox.

    Raises InvalidAnswers for what nobody can do without.
    """
    if kind in ALWAYS_MAILED:
        raise InvalidAnswers({"kind": say("What is asked of you always comes by mail.")})
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
