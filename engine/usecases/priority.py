"""Setting the priority: raised at once, lowered by two people.

A newcomer would let the ladder forget a priority that was lowered: it goes by the highest that
the incident ever had, and so does the time by which it is to be right again.
"""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.incident import Priority
from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.language import say
from engine.store import schema as t
from engine.usecases.checking import offer_anew
from engine.usecases.handling import Handling
from engine.usecases.promising import promise
from engine.usecases.running import Mover
from engine.usecases.standing import require


def set_priority(
    handling: Handling, incident_id: UUID, priority: Priority, *, reason: str, actor: Actor
) -> None:
    """Raise the priority, or propose to lower it: then a second person has to approve.

    Raises NotFound, NotAllowed for who does not handle it, IncidentClosed, or InvalidAnswers.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.SET_PRIORITY)
        before = Priority(case.incident.priority)
        if priority is before:
            raise InvalidAnswers(
                {"priority": say("It is %(priority)s already.", priority=priority)}
            )
        content = {"before": before, "now": priority, "reason": reason}
        if priority < before:
            case.record("incident:priority_set", content, actor)
            _drop_proposal(mover)
            _set(mover, priority)
            return
        case.record("priority:lowering_proposed", content, actor)
        proposal = {
            "priority": priority,
            "reason": reason,
            "proposed_by": actor.id,
            "proposed_at": work.now,
        }
        work.conn.execute(
            upsert(t.priority_lowering)
            .values(incident_id=incident_id, **proposal)
            .on_conflict_do_update(index_elements=["incident_id"], set_=proposal)
        )


def decide_lowering(
    handling: Handling, incident_id: UUID, *, approves: bool, words: str, actor: Actor
) -> None:
    """Approve that the priority is lowered, or say why not; the second person's word.

    Raises NotFound, NotAllowed for who proposed it or does not handle it, IncidentClosed,
    InvalidAnswers without a reason against it, or Conflict if nothing is proposed.
    """
    if not approves and not words.strip():
        raise InvalidAnswers({"words": say("Please say why not.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.SET_PRIORITY)
        proposal = work.conn.execute(
            select(t.priority_lowering).where(t.priority_lowering.c.incident_id == incident_id)
        ).first()
        if proposal is None:
            raise Conflict(say("Nobody proposes to lower the priority any more."))
        if proposal.proposed_by == actor.id:
            raise NotAllowed(say("You proposed this, so that somebody else has to approve it."))
        _drop_proposal(mover)
        content = {
            "before": case.incident.priority,
            "now": proposal.priority,
            "reason": proposal.reason,
            "proposed_by": str(proposal.proposed_by),
        }
        if not approves:
            case.record("priority:lowering_refused", {**content, "words": words}, actor)
            return
        case.record("incident:priority_set", content, actor)
        _set(mover, Priority(proposal.priority))


def _set(mover: Mover, priority: Priority) -> None:
    """Write the priority; what was promised can only come earlier."""
    case, incident = mover.case, mover.case.incident
    case.change(
        priority=priority, highest_priority=min(priority, Priority(incident.highest_priority))
    )
    promise(mover)
    if incident.look_by is not None:
        case.change(look_by=min(incident.look_by, case.now + mover.next_look))
    offer_anew(mover)


def _drop_proposal(mover: Mover) -> None:
    mover.case.conn.execute(
        delete(t.priority_lowering).where(
            t.priority_lowering.c.incident_id == mover.case.incident.id
        )
    )
