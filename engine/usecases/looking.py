"""The lead's next look: any deed of the lead on the incident, or saying “I looked”.

A lead who misses it keeps the lead: it is offered to the deputies of the duty lead, and after
the same time again to the owner, until somebody takes it or the lead looks.  `incident.look_by`
is the only record of when; `Case.record` moves it on.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import IncidentState
from engine.domain.permissions import Actor, Verb
from engine.errors import Busy
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require
from engine.usecases.timing import TIMER

_DUE = text("""
    SELECT id FROM incident WHERE state = 'open' AND look_by <= :now ORDER BY look_by LIMIT :most
""")


def look(handling: Handling, incident_id: UUID, *, actor: Actor) -> None:
    """Say that the lead looked and nothing else has to be done now.

    Raises NotFound, NotAllowed for anybody but the lead, or IncidentClosed.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.LOOK)
        case.record("incident:looked", {}, actor)


def offer_missed(handling: Handling, *, most: int = 500) -> int:
    """Offer the lead of every incident whose lead has not looked in time; return how many.

    Each is a transaction of its own; one that somebody is just working on comes next time.
    """
    offered = 0
    with handling.store.read() as conn:
        due = _due(conn, handling.store.clock(), most)
    for incident_id in due:
        try:
            offered += offer_lead(handling, incident_id)
        except Busy:
            continue
    return offered


def _due(conn: Connection, now: datetime, most: int) -> Sequence[UUID]:
    return conn.execute(_DUE, {"now": now, "most": most}).scalars().all()


def offer_lead(handling: Handling, incident_id: UUID) -> bool:
    """Offer the lead on, if its next look was missed; say whether it was."""
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        incident, mover = case.incident, Mover(handling, case, TIMER)
        is_due = incident.look_by is not None and incident.look_by <= work.now
        if incident.state != IncidentState.OPEN or not is_due:
            return False
        deputies = [who for who in mover.process.duty_leads if who != incident.lead_id]
        owners = [who for who in mover.process.owners if who != incident.lead_id]
        is_last = bool(incident.lead_offered_to) or not deputies
        asked = owners if is_last else deputies
        case.record(
            "lead:look_missed",
            {"due": incident.look_by, "offered_to": [str(who) for who in asked]},
            TIMER,
        )
        case.change(
            look_by=None if is_last else work.now + mover.next_look,
            lead_offered_to=list(dict.fromkeys([*incident.lead_offered_to, *asked])),
        )
        return True
