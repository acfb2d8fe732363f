"""Being away, and who stands in: what somebody says of themselves."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from engine.domain.permissions import Actor
from engine.domain.register import RecordKind
from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.jobs import defer_stepping_in
from engine.store.registering import register
from engine.store.work import Store

_FURTHEST = timedelta(days=731)


def name_deputy(store: Store, deputy_id: UUID | None, *, actor: Actor) -> None:
    """Name who is asked too while the actor is away or silent; None: nobody.

    Somebody who is away already has what waits for them asked of the deputy at once.
    Raises InvalidAnswers for oneself, or for somebody of another organisation.
    """
    with store.begin() as work:
        if deputy_id is not None:
            deputy = work.conn.execute(select(t.person).where(t.person.c.id == deputy_id)).first()
            if deputy is None or not deputy.is_active or deputy_id == actor.id:
                raise InvalidAnswers(
                    {"deputy": say("Please choose somebody else of those listed.")}
                )
            if deputy.organisation_id != actor.organisation_id:
                raise InvalidAnswers(
                    {"deputy": say("This person belongs to another organisation.")}
                )
        work.conn.execute(
            update(t.person).where(t.person.c.id == actor.id).values(deputy_id=deputy_id)
        )
        content = {"name": actor.name, "deputy": deputy_id}
        register(work, "person:deputy_named", RecordKind.PERSON, actor.id, content, actor)
        defer_stepping_in(work.conn, [actor.id])


def enter_absence(store: Store, since: datetime, until: datetime, *, actor: Actor) -> UUID:
    """Say that the actor is away from `since` until `until` (aware); return the absence's id.

    Whoever asks them meanwhile asks their deputy too, and what waits for them as it begins is asked
    of the deputy then.  Raises InvalidAnswers.
    """
    if since >= until:
        raise InvalidAnswers({"until": say("This lies after the first day.")})
    with store.begin() as work:
        if until <= work.now:
            raise InvalidAnswers({"until": say("This is over already.")})
        if since < work.now - _FURTHEST or until > work.now + _FURTHEST:
            raise InvalidAnswers({"since": say("Please choose days of this year or the next.")})
        made, has_begun = uuid4(), since <= work.now
        work.conn.execute(
            insert(t.absence),
            {
                "id": made,
                "person_id": actor.id,
                "since": since,
                "until": until,
                "entered_at": work.now,
                "noticed_at": work.now if has_begun else None,
            },
        )
        content = {"name": actor.name, "since": since, "until": until}
        register(work, "person:away", RecordKind.PERSON, actor.id, content, actor)
        if has_begun:
            defer_stepping_in(work.conn, [actor.id])
        return made


def end_absence(store: Store, absence_id: UUID, *, actor: Actor) -> None:
    """Say that one is back, or will not be away after all.  Raises NotFound."""
    with store.begin() as work:
        ended = work.conn.execute(
            update(t.absence)
            .where(
                t.absence.c.id == absence_id,
                t.absence.c.person_id == actor.id,
                t.absence.c.ended_at.is_(None),
            )
            .values(ended_at=work.now)
        )
        if ended.rowcount == 0:
            raise NotFound(say("There is no such absence."), absence=str(absence_id))
        register(work, "person:back", RecordKind.PERSON, actor.id, {"name": actor.name}, actor)
