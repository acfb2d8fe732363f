"""Stops what an incident asks of people, and asks again: while it is out nobody is waited for.

Its runs stay where they are.  A newcomer would end them; then coming back would begin at the start.
Actions that prevent are no part of the handling and live on, as they do after closing.
"""

from sqlalchemy import ColumnElement, select, update

from engine.domain.action import ActionKind
from engine.store import schema as t
from engine.store.rows import Action, Run, split
from engine.usecases.running import Mover
from engine.usecases.waiting import from_json


def suspend(mover: Mover) -> None:
    """End the open to-dos of the handling as cancelled, and let no timer of it come due."""
    conn, incident = mover.case.conn, mover.case.incident
    conn.execute(
        update(t.work_item)
        .where(
            t.work_item.c.incident_id == incident.id,
            t.work_item.c.ended_at.is_(None),
            _of_handling(mover, t.work_item.c.action_id),
        )
        .values(ended_at=mover.case.now, how="cancelled")
    )
    conn.execute(
        update(t.run)
        .where(
            t.run.c.incident_id == incident.id,
            t.run.c.ended_at.is_(None),
            _of_handling(mover, t.run.c.action_id),
        )
        .values(due_at=None, handed_out_at=None)
    )


def resume(mover: Mover) -> None:
    """Ask again for each step that the runs wait at, of whom they are offered to now.

    Timers go on as they were: what came due meanwhile comes due at once, and once.
    """
    rows = mover.case.conn.execute(
        select(t.run, t.action)
        .outerjoin(t.action, t.action.c.id == t.run.c.action_id)
        .where(
            t.run.c.incident_id == mover.case.incident.id,
            t.run.c.ended_at.is_(None),
            _of_handling(mover, t.run.c.action_id),
        )
        .order_by(t.action.c.number.nulls_first())
    ).all()
    for row in rows:
        run, action = split(row, (t.run, Run), (t.action, Action))
        waiting = [from_json(kept) for kept in run.waiting]
        due = min((at.due_at for at in waiting if at.due_at is not None), default=None)
        mover.case.conn.execute(update(t.run).where(t.run.c.id == run.id).values(due_at=due))
        steps = [at for at in waiting if at.kind == "step"]
        mover.ask(run, steps, action if run.action_id is not None else None)


def _of_handling(mover: Mover, action_id: ColumnElement[object]) -> ColumnElement[bool]:
    puts_right = select(t.action.c.id).where(
        t.action.c.incident_id == mover.case.incident.id,
        t.action.c.kind == ActionKind.PUTS_RIGHT,
    )
    return action_id.is_(None) | action_id.in_(puts_right)
