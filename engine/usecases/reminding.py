"""Reminders to those who have not answered; a missed hundred comes as one."""

from typing import TYPE_CHECKING

from sqlalchemy import update

from engine.domain.mark import Mark
from engine.runtime import Passage
from engine.store import schema as t
from engine.store.rows import Action, Run

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def remind(mover: "Mover", run: Run, passage: Passage, action: Action | None) -> None:
    """Remind every confirmer of this run who has not answered; it is shown on their to-do."""
    del passage, action
    reminded = mover.case.conn.execute(
        update(t.work_item)
        .where(
            t.work_item.c.run_id == run.id,
            t.work_item.c.mark == Mark.CONFIRMATION,
            t.work_item.c.ended_at.is_(None),
        )
        .values(reminders=t.work_item.c.reminders + 1, reminded_at=mover.case.now)
        .returning(t.work_item.c.people, t.work_item.c.reminders)
    ).all()
    mover.case.record(
        "confirmation:reminded",
        {"people": [str(who) for row in reminded for who in row.people]},
        mover.by,
    )
