"""Somebody is away or has left: what is open and waits for them is asked of who is next, at once.

It is asked of facts, not of the absence: who is here and who was asked already.  So doing it again
changes nothing, and a job that comes twice is harmless.  A newcomer would wait for the ladder's
next tick: a to-do of an action has none.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Row, Uuid, bindparam, text

from engine.domain.incident import IncidentState
from engine.domain.message import MessageKind
from engine.domain.silence import Line, Reachable
from engine.errors import Busy
from engine.store.jobs import defer_stepping_in
from engine.usecases import climbing
from engine.usecases.asking import above
from engine.usecases.handling import Handling
from engine.usecases.looking import offer_lead
from engine.usecases.running import Mover
from engine.usecases.timing import TIMER

_BEGUN = text("""
    UPDATE absence SET noticed_at = :now WHERE id IN (SELECT id FROM absence
      WHERE noticed_at IS NULL AND ended_at IS NULL AND since <= :now AND :now < until
      LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING person_id
""")
_WAITING_FOR = text("""
    SELECT incident_id FROM work_item WHERE ended_at IS NULL
      AND (people @> ARRAY[CAST(:who AS uuid)] OR claimed_by = :who)
    UNION SELECT id FROM incident WHERE lead_id = :who AND state = 'open'
    ORDER BY 1
""")
# answers and decisions have a ladder of their own
_OPEN = text("""
    SELECT id, step, title, team_id, people, claimed_by FROM work_item
    WHERE incident_id = :id AND ended_at IS NULL
      AND (people @> ARRAY[CAST(:who AS uuid)] OR claimed_by = :who)
      AND coalesce(mark, '') NOT IN ('confirmation', 'closing_decision') ORDER BY opened_at, id
""")
_CHANGE = text(
    "UPDATE work_item SET people = people || :too, claimed_by = :holder WHERE id = :id"
).bindparams(bindparam("too", type_=ARRAY(Uuid)), bindparam("holder", type_=Uuid))


def notice_absences(handling: Handling, *, most: int = 500) -> int:
    """Have every absence acted on that has begun since the last time; return how many.

    That they were noticed and their jobs are one transaction.
    """
    with handling.store.begin() as work:
        begun = work.conn.execute(_BEGUN, {"now": work.now, "most": most}).scalars().all()
        if begun:
            defer_stepping_in(work.conn, begun)
        return len(begun)


def step_in(handling: Handling, person_id: UUID) -> int:
    """Ask who is next for all that waits for somebody who is away or has left.

    What they had taken is free again; where they have left and lead, the lead is offered.  Nothing
    happens while they are here.  Each incident is a transaction of its own; returns how many there
    were.  Raises Busy, to be tried again, once all others are done.
    """
    with handling.store.read() as conn:
        incidents = conn.execute(_WAITING_FOR, {"who": person_id}).scalars().all()
    busy: Busy | None = None
    for incident_id in incidents:
        try:
            _step_in(handling, incident_id, person_id)
        except Busy as refusal:
            busy = refusal
    if busy is not None:
        raise busy
    return len(incidents)


def _step_in(handling: Handling, incident_id: UUID, person_id: UUID) -> None:
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, TIMER)
        line = mover.lines_of([person_id])[person_id]
        if line.who.is_here:
            return
        for item in _open_items(work.conn, incident_id, person_id):
            _pass_item_on(mover, item, line)
        is_open = case.incident.state == IncidentState.OPEN
        if is_open:
            climbing.ask_who_is_next(mover)
        is_left_without_lead = (
            is_open and line.who.has_left and case.incident.lead_id == person_id
        ) and not case.incident.lead_offered_to
        if is_left_without_lead and case.incident.look_by is not None:
            case.change(look_by=min(case.incident.look_by, case.now))
    if is_left_without_lead:
        offer_lead(handling, incident_id)


def _open_items(conn: Connection, incident_id: UUID, person_id: UUID) -> Sequence[Row[Any]]:
    return conn.execute(_OPEN, {"id": incident_id, "who": person_id}).all()


def _pass_item_on(mover: Mover, item: Row[Any], line: Line) -> None:
    is_held = item.claimed_by == line.who.id
    too = [] if item.claimed_by and not is_held else _next(mover, item, line)
    if not too and not is_held:
        return
    known = {"id": item.id, "too": [one.id for one in too]}
    holder = None if is_held else item.claimed_by
    mover.case.conn.execute(_CHANGE, known | {"holder": holder})
    if is_held:
        content = {"step": item.step, "item": str(item.id)}
        mover.case.record("item:released", content, mover.by)
    if too:
        names = [one.name for one in too]
        mover.case.record("item:asked_too", {"step": item.step, "people": names}, mover.by)
        mover.tell(MessageKind.ASKED, known["too"], item.id)


def _next(mover: Mover, item: Row[Any], line: Line) -> list[Reachable]:
    """Return whom to ask beside: the deputy; where all that were asked have left, who is above."""
    if line.who.id not in item.people:
        return []
    deputy = line.stand_in()
    if deputy is not None:
        found: Sequence[Reachable] = (deputy,)
    elif item.team_id is not None or not _have_all_left(mover, item.people):
        found = ()
    else:
        superior = line.superior()
        found = (superior,) if superior else above(mover)
    return [one for one in found if one.id not in item.people]


def _have_all_left(mover: Mover, people: Sequence[UUID]) -> bool:
    lines = mover.lines_of(people)
    return all(lines[who].who.has_left for who in people)
