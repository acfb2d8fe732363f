"""The owner lets somebody else decide without the customer's answer: one incident, P4 only."""

from uuid import UUID

from sqlalchemy import select

from engine.domain.mark import Mark
from engine.domain.permissions import Actor, Verb
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases import climbing
from engine.usecases.belonging import MAY_NOT_READ
from engine.usecases.deciding import may_now
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def name_delegate(handling: Handling, incident_id: UUID, person_id: UUID, *, actor: Actor) -> None:
    """Name who may decide besides the owner; an open decision is offered to them too.

    Naming another takes it from the one before.  Raises NotFound, NotAllowed for who is not the
    owner or for a graver incident, IncidentClosed, or InvalidAnswers for somebody who may not.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.NAME_DELEGATE)
        person = work.conn.execute(select(t.person).where(t.person.c.id == person_id)).first()
        if person is None or not person.is_active or person.organisation_id is not None:
            raise InvalidAnswers({"person": say("Please choose one of our own people.")})
        if person_id in mover.taken_off:
            raise InvalidAnswers({"person": MAY_NOT_READ})
        case.change(delegate_id=person_id)
        if person_id not in {one.who.id for one in may_now(mover)}:
            raise InvalidAnswers({"person": say("Who led it or worked on it cannot decide this.")})
        case.record("decision:delegated", {"people": [person.name]}, actor)
        if any(at["mark"] == Mark.CLOSING_DECISION for at in mover.own_run.waiting):
            climbing.ask_deciders(mover)
