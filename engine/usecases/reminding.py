"""Reminders to those who have not answered; a missed hundred comes as one."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update

from engine.domain.incident import Priority
from engine.domain.ladder import reminders_by
from engine.domain.mark import Mark
from engine.runtime import Passage
from engine.store import schema as t
from engine.store.rows import Action, Run

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def remind(mover: "Mover", run: Run, passage: Passage, action: Action | None) -> None:
    """Remind those whose turn it is by the ladder; the diagram's timer is only the tick."""
    del passage, action
    incident, now = mover.case.incident, mover.case.now
    waiting = mover.case.conn.execute(
        select(
            t.work_item.c.id, t.work_item.c.opened_at, t.work_item.c.reminders, t.work_item.c.people
        ).where(_unanswered(run.id))
    ).all()
    calendars = mover.calendars_of({who for item in waiting for who in item.people})
    due = {
        item.id: count
        for item in waiting
        if item.reminders
        < (
            count := reminders_by(
                Priority(incident.highest_priority),
                item.opened_at,
                now,
                calendars[item.people[0]],
                ladder=mover.handling.ladder,
            )
        )
    }
    # several that a downtime missed come as one
    for count in set(due.values()):
        chosen = [item for item, its in due.items() if its == count]
        _write(mover, t.work_item.c.id.in_(chosen), count)


def remind_all(mover: "Mover", run_id: UUID) -> None:
    """Remind every confirmer of this run who has not answered, whatever the ladder says."""
    _write(mover, _unanswered(run_id), t.work_item.c.reminders + 1)


def _unanswered(run_id: UUID) -> ColumnElement[bool]:
    return and_(
        t.work_item.c.run_id == run_id,
        t.work_item.c.mark == Mark.CONFIRMATION,
        t.work_item.c.ended_at.is_(None),
    )


def _write(mover: "Mover", chosen: ColumnElement[bool], count: int | ColumnElement[int]) -> None:
    reminded = mover.case.conn.execute(
        update(t.work_item)
        .where(chosen)
        .values(reminders=count, reminded_at=mover.case.now)
        .returning(t.work_item.c.people)
    ).all()
    mover.case.record(
        "confirmation:reminded",
        {"people": [str(who) for row in reminded for who in row.people]},
        mover.by,
    )
