"""Holding on to a person's data, or an incident's: nothing of it is erased while somebody does.

A newcomer would let who ends a hold erase at once: ending one is an entry of its own, and an
erasure still takes two.
"""

from uuid import UUID, uuid4

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.permissions import Actor
from engine.domain.register import HOLD
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.registering import lock_register, register
from engine.store.work import Store, Work
from engine.usecases.erasing import require_why
from engine.usecases.setting_up import require_to_set_up


def place_hold(
    store: Store,
    *,
    why: str,
    actor: Actor,
    person_id: UUID | None = None,
    number: int | None = None,
) -> UUID:
    """Hold on to a person's data, or to the incident of this number, and return the hold's id.

    Raises NotAllowed, or InvalidAnswers for neither, both, nobody who is known, or no reason.
    """
    require_to_set_up(actor)
    require_why(why)
    with store.begin() as work:
        lock_register(work.conn)
        held = _held(work, person_id, number)
        made = uuid4()
        row = {"id": made, "why": why.strip(), "placed_by": actor.id, "placed_at": work.now}
        work.conn.execute(insert(t.legal_hold), row | held)
        register(work, "hold:placed", HOLD, made, held | {"why": why.strip()}, actor)
    return made


def end_hold(store: Store, hold_id: UUID, *, why: str, actor: Actor) -> None:
    """Hold on to it no longer.  Raises NotAllowed, NotFound, InvalidAnswers, or Conflict."""
    require_to_set_up(actor)
    require_why(why)
    with store.begin() as work:
        lock_register(work.conn)
        if work.conn.scalar(select(t.legal_hold.c.id).where(t.legal_hold.c.id == hold_id)) is None:
            raise NotFound(say("There is no such hold."))
        row = {"hold_id": hold_id, "why": why.strip(), "ended_by": actor.id, "ended_at": work.now}
        made = upsert(t.legal_hold_end).values(row).on_conflict_do_nothing()
        if work.conn.scalar(made.returning(t.legal_hold_end.c.hold_id)) is None:
            raise Conflict(say("Somebody has ended this already."))
        register(work, "hold:ended", HOLD, hold_id, {"why": why.strip()}, actor)


_BY_NUMBER = text("SELECT id FROM incident WHERE number = :number")
_KNOWN = text("SELECT id FROM person WHERE id = :id")


def _held(work: Work, person_id: UUID | None, number: int | None) -> dict[str, UUID | None]:
    if (person_id is None) == (number is None):
        raise InvalidAnswers({"person": say("Please name a person, or an incident.")})
    if number is not None:
        incident = work.conn.scalar(_BY_NUMBER, {"number": number})
        if incident is None:
            raise InvalidAnswers({"number": say("There is no such incident.")})
        return {"person_id": None, "incident_id": incident}
    if work.conn.scalar(_KNOWN, {"id": person_id}) is None:
        raise InvalidAnswers({"person": say("There is no such person.")})
    return {"person_id": person_id, "incident_id": None}
