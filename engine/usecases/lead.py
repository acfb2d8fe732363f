"""Taking the lead: one named person answers for an open incident."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update

from engine.domain.incident import IncidentState
from engine.domain.mark import Mark
from engine.domain.party import Lane
from engine.domain.permissions import Actor, Machine, Verb
from engine.errors import IncidentClosed, InvalidAnswers, NotAllowed
from engine.language import say
from engine.store import schema as t
from engine.usecases.handling import Handling
from engine.usecases.offers import verifiers
from engine.usecases.promising import promise
from engine.usecases.running import Mover
from engine.usecases.standing import over, require


def take_lead(
    handling: Handling,
    incident_id: UUID,
    *,
    actor: Actor,
    by: Machine | None = None,
    now: datetime | None = None,
) -> None:
    """Make `actor` the lead; taking what one already leads changes nothing.

    `by` is the machine that replays a record, whose word is not asked for permission.
    Raises NotFound, IncidentClosed, or NotAllowed for who may not lead it: a confirmer cannot,
    for who answers for it does not say that it is right.
    """
    with handling.store.begin(now=now) as work:
        case = work.incident(incident_id)
        incident = case.incident
        if incident.state != IncidentState.OPEN:
            raise IncidentClosed(over(incident.state))
        if incident.lead_id == actor.id and incident.taken_up_at is not None:
            return
        mover = Mover(handling, case, by or actor)
        if by is None and incident.lead_id != actor.id:
            require(mover, actor, Verb.TAKE_LEAD)
        if actor.id in {who.person_id for who in mover.confirmers}:
            raise NotAllowed(say("You confirm this one, so you cannot lead it."))
        content = {"before": str(incident.lead_id), "lead": str(actor.id)}
        case.record("incident:lead_taken", content, mover.by)
        before = incident.lead_id
        case.change(lead_id=actor.id, taken_up_at=incident.taken_up_at or case.now)
        _offer_instead(mover, before)
        if by is None:
            case.looked()


def _offer_instead(mover: Mover, before: UUID) -> None:
    """What was offered to the lead as such is offered to the new one.

    Who was the lead may be the owner too, and stays the one to check a grave incident.
    """
    incident, conn = mover.case.incident, mover.case.conn
    still_open = update(t.work_item).where(
        t.work_item.c.incident_id == incident.id, t.work_item.c.ended_at.is_(None)
    )
    conn.execute(
        still_open.where(t.work_item.c.lane == Lane.SERVICE_DESK).values(
            people=func.array_replace(t.work_item.c.people, before, incident.lead_id)
        )
    )
    if any(at["mark"] == Mark.VERIFICATION for at in mover.own_run.waiting):
        asked = list(verifiers(incident, mover.process, mover.hands))
        conn.execute(still_open.where(t.work_item.c.mark == Mark.VERIFICATION).values(people=asked))


def set_told(
    handling: Handling, incident_id: UUID, told_at: datetime, *, reason: str, actor: Actor
) -> None:
    """Say that the first of us was told earlier than it was reported: the ledger starts there.

    It can be set earlier, never later.  Raises NotFound, NotAllowed for anybody but the lead and
    who answers for the process, IncidentClosed, or InvalidAnswers.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say how you know.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.SET_PRIORITY)
        if told_at >= case.incident.told_at:
            raise InvalidAnswers({"told_at": say("This can be set earlier, never later.")})
        case.record(
            "incident:told_earlier",
            {"before": case.incident.told_at, "now": told_at, "reason": reason},
            actor,
        )
        case.change(told_at=told_at)
        promise(mover)
