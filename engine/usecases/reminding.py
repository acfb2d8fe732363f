"""Reminders to those who have not answered; a missed hundred comes as one."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import update

from engine.domain.mark import Mark
from engine.runtime import Passage
from engine.store import schema as t
from engine.store.rows import Action, Run

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def remind(mover: "Mover", run: Run, passage: Passage, action: Action | None) -> None:
    """Remind because the diagram says so."""
    del passage, action
    remind_all(mover, run.id)


def remind_all(mover: "Mover", run_id: UUID) -> None:
    """Remind every confirmer of this run who has not answered; their to-do shows it."""
    reminded = mover.case.conn.execute(
        update(t.work_item)
        .where(
            t.work_item.c.run_id == run_id,
            t.work_item.c.mark == Mark.CONFIRMATION,
            t.work_item.c.ended_at.is_(None),
        )
        .values(reminders=t.work_item.c.reminders + 1, reminded_at=mover.case.now)
        .returning(t.work_item.c.people)
    ).all()
    mover.case.record(
        "confirmation:reminded",
        {"people": [str(who) for row in reminded for who in row.people]},
        mover.by,
    )
