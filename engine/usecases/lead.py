"""Taking the lead: one named person answers for an open incident."""

from datetime import datetime
from uuid import UUID

from engine.domain.permissions import Actor, Machine, Verb
from engine.errors import NotAllowed
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


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
        if incident.lead_id == actor.id and incident.taken_up_at is not None:
            return
        mover = Mover(handling, case, by or actor)
        if by is None and incident.lead_id != actor.id:
            require(mover, actor, Verb.TAKE_LEAD)
        if actor.id in {who.person_id for who in mover.confirmers}:
            raise NotAllowed("You confirm this one, so you cannot lead it.")
        case.record("incident:lead_taken", {"before": str(incident.lead_id), "lead": str(actor.id)}, mover.by)
        case.change(lead_id=actor.id, taken_up_at=incident.taken_up_at or case.now)
