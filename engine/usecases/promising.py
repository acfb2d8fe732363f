"""By when it is to be right again: counted from *told*, by the highest priority it ever had."""

from datetime import datetime

from engine.domain.incident import Priority
from engine.domain.ladder import after
from engine.store.calendars import Holder
from engine.usecases.running import Mover


def promise(mover: Mover) -> None:
    """Write by when it is to be right again, unless what was promised comes earlier."""
    by = restore_by(mover)
    mover.case.change(restore_by=min(by, mover.case.incident.restore_by or by))


def restore_by(mover: Mover) -> datetime:
    """Return the instant by the calendar of the process's desk; waiting never extends it."""
    incident = mover.case.incident
    within = mover.handling.ladder.of(Priority(incident.highest_priority)).restore
    desk = Holder(party=mover.process.desk_party, team_id=mover.process.desk_id)
    return after(incident.told_at, within, mover.case.around.calendars.at(desk, incident.told_at))
