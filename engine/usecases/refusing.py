"""Somebody, or an old tool, says that an incident is over: the gate is asked, nothing is closed."""

from datetime import datetime
from uuid import UUID

from engine.domain.incident import IncidentState
from engine.domain.mark import Mark
from engine.domain.permissions import Actor, Machine
from engine.usecases.handling import Handling
from engine.usecases.reminding import remind_all
from engine.usecases.running import Mover


def try_to_close(
    handling: Handling, incident_id: UUID, *, by: Actor | Machine, now: datetime | None = None
) -> tuple[str, ...]:
    """Return what is still missing; empty only if the incident is closed already.

    The attempt is an entry.  Whoever has not answered is reminded, and the ladder goes on: an
    incident closes when its run reaches the end through the gate, and in no other way.
    """
    with handling.store.begin(now=now) as work:
        case = work.incident(incident_id)
        if case.incident.state == IncidentState.CLOSED:
            return ()
        mover = Mover(handling, case, by)
        _, missing = mover.judged()
        case.record("closure:refused", {"missing": list(missing)}, by)
        if any(at["mark"] == Mark.CONFIRMATION for at in mover.own_run.waiting):
            remind_all(mover, mover.own_run.id)
        return missing
