"""Logging a try to reach somebody who has not answered: what a closing decision waits for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, insert, select

from engine.domain.mark import Mark
from engine.domain.permissions import Actor, Verb
from engine.domain.silence import Channel
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def log_try(
    handling: Handling,
    incident_id: UUID,
    *,
    whom_id: UUID,
    channel: Channel,
    words: str,
    actor: Actor,
    tried_at: datetime | None = None,
    key: str | None = None,
) -> UUID:
    """Take down that somebody who is asked to confirm was tried to be reached; return its id.

    `tried_at` (aware; now, unless said) lies between when they were asked and now.  Where that
    is the try that is enough, the closing decision opens.  Raises NotFound, NotAllowed for who
    does not handle it, IncidentClosed, or InvalidAnswers.
    """
    if not words.strip():
        raise InvalidAnswers({"words": say("Please say what came of it.")})
    with handling.store.begin() as work:
        request = f"{incident_id} {whom_id} {channel} {words} {tried_at}".encode()
        made, is_repeat = work.once(actor.id, key, request)
        if is_repeat:
            return made
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.LOG_TRY)
        item_id, asked_at = _asked(mover, whom_id)
        at = tried_at or case.now
        if not asked_at <= at <= case.now:
            raise InvalidAnswers(
                {"tried_at": say("This lies between when they were asked and now.")}
            )
        whom = mover.lines_of([whom_id])[whom_id].who.name
        seq = case.record(
            "confirmation:tried",
            {"whom": whom, "channel": channel, "at": at, "words": words},
            actor,
        )
        work.conn.execute(
            insert(t.tried),
            {
                "id": made,
                "item_id": item_id,
                "whom_id": whom_id,
                "tried_by": actor.id,
                "channel": channel,
                "words": words,
                "tried_at": at,
                "entered_at": case.now,
                "entry_seq": seq,
            },
        )
        mover.settle()
        return made


def _asked(mover: Mover, whom_id: UUID) -> tuple[UUID, datetime]:
    """Return the open to-do that asks this person, and since when it does."""
    asked = mover.case.conn.execute(
        select(t.work_item.c.id, t.work_item.c.opened_at).where(
            t.work_item.c.incident_id == mover.case.incident.id,
            t.work_item.c.mark == Mark.CONFIRMATION,
            t.work_item.c.ended_at.is_(None),
            any_(t.work_item.c.people) == whom_id,
        )
    ).first()
    if asked is None:
        raise InvalidAnswers({"whom": say("This person is not asked for an answer now.")})
    return asked.id, asked.opened_at
