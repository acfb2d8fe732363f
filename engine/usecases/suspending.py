"""Stops what an incident asks of people, and asks again: while it is out nobody is waited for.

Its runs stay where they are.  A newcomer would end them; then coming back would begin at the start.
Actions that prevent are no part of the handling and live on, as they do after closing.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update

from engine.domain.action import ActionKind
from engine.store import schema as t
from engine.store.rows import Action, Run, split
from engine.usecases.running import Mover
from engine.usecases.waiting import from_json


def suspend(mover: Mover) -> None:
    """End the open to-dos of the handling as cancelled, and let no timer of it come due."""
    _cancel(mover, _of_handling(mover, t.work_item.c.action_id))
    mover.case.flush()  # runs are read and changed here as they have moved
    mover.case.conn.execute(
        update(t.run).where(_alive(mover)).values(due_at=None, handed_out_at=None)
    )


def resume(mover: Mover) -> None:
    """Ask again for each step that the runs wait at, of whom they are offered to now.

    Timers go on as they were: what came due meanwhile comes due at once, and once.
    """
    mover.case.flush()
    rows = mover.case.conn.execute(
        select(t.run, t.action)
        .outerjoin(t.action, t.action.c.id == t.run.c.action_id)
        .where(_alive(mover))
        .order_by(t.action.c.number.nulls_first())
    ).all()
    for row in rows:
        run, action = split(row, (t.run, Run), (t.action, Action))
        waiting = [from_json(kept) for kept in run.waiting]
        due = min((at.due_at for at in waiting if at.due_at is not None), default=None)
        mover.case.conn.execute(update(t.run).where(t.run.c.id == run.id).values(due_at=due))
        steps = [at for at in waiting if at.kind == "step"]
        mover.ask(run, steps, action if run.action_id is not None else None)


def end_handling(mover: Mover, end_element: str) -> None:
    """End the runs of the handling where they stand: nothing of it is to be taken up again."""
    _cancel(mover, _of_handling(mover, t.work_item.c.action_id))
    _end(mover, _alive(mover), end_element)


def end_action(mover: Mover, action_id: UUID, end_element: str) -> None:
    """End the run of one action where it stands; what becomes of the action is the caller's."""
    _cancel(mover, t.work_item.c.action_id == action_id)
    _end(mover, and_(t.run.c.action_id == action_id, t.run.c.ended_at.is_(None)), end_element)


def _end(mover: Mover, which: ColumnElement[bool], end_element: str) -> None:
    case = mover.case
    case.flush()
    runs = case.conn.execute(select(t.run.c.id, t.run.c.waiting).where(which)).all()
    case.visited(
        [
            {
                "run_id": run.id,
                "diagram": at["diagram"],
                "element": at["element"],
                "from_element": None,
                "flow": None,
                "entered_at": datetime.fromisoformat(at["since"]),
                "left_at": case.now,
                "how": "cancelled",
            }
            for run in runs
            for at in run.waiting
            if at["kind"] != "timer"
        ]
    )
    case.conn.execute(
        update(t.run)
        .where(which)
        .values(snapshot=None, waiting=[], due_at=None, ended_at=case.now, end_element=end_element)
    )


def _cancel(mover: Mover, which: ColumnElement[bool]) -> None:
    mover.case.conn.execute(
        update(t.work_item)
        .where(
            t.work_item.c.incident_id == mover.case.incident.id,
            t.work_item.c.ended_at.is_(None),
            which,
        )
        .values(ended_at=mover.case.now, how="cancelled")
    )


def _alive(mover: Mover) -> ColumnElement[bool]:
    return and_(
        t.run.c.incident_id == mover.case.incident.id,
        t.run.c.ended_at.is_(None),
        _of_handling(mover, t.run.c.action_id),
    )


def _of_handling(mover: Mover, action_id: ColumnElement[object]) -> ColumnElement[bool]:
    puts_right = select(t.action.c.id).where(
        t.action.c.incident_id == mover.case.incident.id,
        t.action.c.kind == ActionKind.PUTS_RIGHT,
    )
    return action_id.is_(None) | action_id.in_(puts_right)
