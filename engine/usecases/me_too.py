"""*Me too*: others who are harmed say so on the report that there is, instead of making another.

(rules, Answers: many people.)  They are counted and told how it ends.  A newcomer would make them
confirmers: representatives answer for the many, and whoever knows better for themselves objects.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from engine.domain.permissions import Actor, Verb
from engine.store import schema as t
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def say_me_too(handling: Handling, incident_id: UUID, *, actor: Actor) -> None:
    """Be counted among those harmed, and be told what becomes of it; twice changes nothing.

    More than were thought to be harmed are so many from then on, for their coverage.  Raises
    NotFound, NotAllowed for who answers or has a hand in it, or IncidentClosed.
    """
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.ME_TOO)
        case = mover.case
        known = select(t.also_harmed.c.entry_seq).where(
            t.also_harmed.c.incident_id == incident_id, t.also_harmed.c.person_id == actor.id
        )
        if work.conn.scalar(known) is not None:
            return
        seq = case.record("incident:me_too", {}, actor)
        work.conn.execute(
            insert(t.also_harmed),
            {
                "incident_id": incident_id,
                "person_id": actor.id,
                "said_at": case.now,
                "entry_seq": seq,
            },
        )
        follows = {"incident_id": incident_id, "person_id": actor.id}
        work.conn.execute(insert(t.watcher).values(follows).on_conflict_do_nothing())
        counted = case.incident.harmed_count
        # whoever reported it is harmed, too
        count = 1 + (
            work.conn.scalar(select(func.count()).where(t.also_harmed.c.incident_id == incident_id))
            or 0
        )
        if counted is not None and count > counted:
            case.record("incident:harmed_counted", {"before": counted, "now": count}, actor)
            case.change(harmed_count=count)
