"""Moving the day by which an action is to be done: by the lead, with a reason, never the law's."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.rows import Action, Run, split
from engine.usecases.actions import write_action
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def move_due(
    handling: Handling, action_id: UUID, due_at: datetime, *, reason: str, actor: Actor
) -> None:
    """Have the action done by another day; the line it climbs when late begins anew.

    Raises NotFound, NotAllowed for anybody but the lead, IncidentClosed, Conflict for one that
    is finished, or InvalidAnswers for the past or behind a deadline from outside.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why.")})
    with handling.store.begin() as work:
        case, action = work.action(action_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.MOVE_DUE)
        if action.settled_at is not None:
            raise Conflict(say("This is finished."), state=action.state)
        _check(action, due_at, work.now)
        content = {
            "action": action.number,
            "before": action.due_at,
            "now": due_at,
            "reason": reason,
        }
        case.record("action:due_moved", content, actor)
        write_action(mover, action, due_at=due_at, climbed=0)
        work.conn.execute(
            update(t.work_item)
            .where(
                t.work_item.c.action_id == action_id,
                t.work_item.c.ended_at.is_(None),
                t.work_item.c.due_at.is_not(None),
            )
            .values(due_at=due_at)
        )
        row = work.conn.execute(select(t.run).where(t.run.c.action_id == action_id)).first()
        if row is not None:
            run: Run = case.as_moved(split(row, (t.run, Run))[0])
            mover.move(run, action=action, rereads_timers=True)


def _check(action: Action, due_at: datetime, now: datetime) -> None:
    if due_at <= now:
        raise InvalidAnswers({"due_at": say("This has to lie ahead.")})
    if action.deadline_at is not None and due_at > action.deadline_at:
        raise InvalidAnswers({"due_at": say("The deadline from outside cannot be moved.")})
