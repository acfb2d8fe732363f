"""What time does: runs whose timer is due are handed to workers, and advanced under the lock.

`run.due_at` is the only record of what is due.  A newcomer would trust the job: it is only a nudge,
each one locks the incident and asks the facts again, so that a duplicate or a late one is harmless.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text, update

from engine.domain.permissions import Machine
from engine.errors import NotFound, WorkflowFault
from engine.store import schema as t
from engine.store.rows import Run
from engine.store.work import Case
from engine.usecases.handling import Handling
from engine.usecases.running import Mover

TIMER = Machine("Putright's timer")
# A run handed out this long ago and not advanced is handed out again: its worker was killed.
HAND_OUT_AGAIN = timedelta(minutes=2)

_DUE = text("""
    UPDATE run SET handed_out_at = :now WHERE id IN (
      SELECT id FROM run
      WHERE due_at <= :now AND fault IS NULL
        AND (handed_out_at IS NULL OR handed_out_at < :again)
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING id
""")

Defer = Callable[[Connection, Sequence[UUID]], None]


def hand_out_due(handling: Handling, defer: Defer, *, most: int = 1_000) -> int:
    """Hand the runs that are due to workers, at most `most`; return how many.

    The mark on the run and the job are one transaction.
    """
    with handling.store.begin() as work:
        due = (
            work.conn.execute(
                _DUE, {"now": work.now, "again": work.now - HAND_OUT_AGAIN, "most": most}
            )
            .scalars()
            .all()
        )
        if due:
            defer(work.conn, due)
        return len(due)


def advance_run(handling: Handling, run_id: UUID, *, now: datetime | None = None) -> None:
    """Fire the run's timers that are due; a run that is not due, or has ended, stays as it is.

    A diagram that fails here keeps its state, is marked with its fault and not tried again until
    somebody has looked: the fault is an entry.  Raises Busy or Unavailable, to be tried again.
    """
    try:
        with handling.store.begin(now=now) as work:
            try:
                case, run = work.run(run_id)
            except NotFound:
                return
            if run.ended_at is not None or run.due_at is None or run.due_at > work.now:
                return
            fire(handling, case, run)
    except WorkflowFault as fault:
        with handling.store.begin(now=now) as work:
            case, run = work.run(run_id)
            work.conn.execute(
                update(t.run).where(t.run.c.id == run_id).values(fault=fault.sentence)
            )
            content = {
                "run": str(run_id),
                "fault": fault.sentence,
                "element": fault.context.get("step"),
            }
            case.record("incident:faulted", content, TIMER)


def fire(handling: Handling, case: Case, run: Run) -> None:
    """Fire what is due by now of a locked run, whatever its row says of being due.

    A replay, whose runs no worker may find, comes in here.  Raises WorkflowFault.
    """
    mover = Mover(handling, case, TIMER)
    action = None
    if run.action_id is None:
        mover.own_run = run
    else:
        action = mover.load_action(run.action_id)
    before = _awaited(run)
    mover.move(run, action=action)
    # A tick that only reminds or climbs changes no fact that the incident's run waits for.
    if _awaited(run) != before:
        mover.settle()


def _awaited(run: Run) -> set[str]:
    return {waiting["task"] for waiting in run.waiting if waiting["kind"] != "timer"}


def lateness(conn: Connection, now: datetime) -> tuple[int, timedelta]:
    """Return how many timers are overdue and by how much the oldest of them is late."""
    row = conn.execute(
        text("SELECT count(*) AS late, min(due_at) AS oldest FROM run WHERE due_at <= :now"),
        {"now": now},
    ).one()
    return row.late, now - row.oldest if row.oldest else timedelta(0)


def forget_old_keys(handling: Handling) -> int:
    """Delete idempotency keys older than a day; return how many."""
    with handling.store.begin() as work:
        return work.conn.execute(
            text("DELETE FROM idempotency_key WHERE created_at < :then"),
            {"then": work.now - timedelta(days=1)},
        ).rowcount
