"""Reminders to those who have not answered; a missed hundred comes as one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, update

from engine.domain.incident import Priority
from engine.domain.ladder import reminders_by
from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.domain.working_calendar import WorkingCalendar
from engine.store import schema as t
from engine.store.askings import Asking

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def remind(mover: "Mover", waiting: Sequence[tuple[Asking, WorkingCalendar]]) -> None:
    """Remind those whose turn it is by the ladder; the diagram's timer is only the tick."""
    incident, now = mover.case.incident, mover.case.now
    due = {
        one.id: count
        for one, calendar in waiting
        if one.reminders
        < (
            count := reminders_by(
                Priority(incident.highest_priority),
                one.since,
                now,
                calendar,
                ladder=mover.handling.ladder,
            )
        )
    }
    # several that a downtime missed come as one
    for count in set(due.values()):
        chosen = [item for item, its in due.items() if its == count]
        _write(mover, t.work_item.c.id.in_(chosen), reminders=count)


def remind_all(mover: "Mover", run_id: UUID) -> None:
    """Remind every confirmer of this run who has not answered, whatever the ladder says."""
    _write(mover, _unanswered(run_id), reminders=t.work_item.c.reminders + 1)


def ask_again(mover: "Mover", run_id: UUID) -> None:
    """Ask everybody of this run who has not answered once more: their ladder begins anew.

    What counts as confirmation debt still counts from when they were asked first.
    """
    _write(mover, _unanswered(run_id), reminders=0, asked_again_at=mover.case.now)


def _unanswered(run_id: UUID) -> ColumnElement[bool]:
    return and_(
        t.work_item.c.run_id == run_id,
        t.work_item.c.mark == Mark.CONFIRMATION,
        t.work_item.c.ended_at.is_(None),
    )


def _write(mover: "Mover", chosen: ColumnElement[bool], **columns: Any) -> None:
    reminded = mover.case.conn.execute(
        update(t.work_item)
        .where(chosen)
        .values(reminded_at=mover.case.now, **columns)
        .returning(t.work_item.c.id, t.work_item.c.people)
    ).all()
    mover.case.record(
        "confirmation:reminded",
        {"people": [str(who) for row in reminded for who in row.people]},
        mover.by,
    )
    for row in reminded:
        mover.tell(MessageKind.REMINDED, row.people, row.id)
