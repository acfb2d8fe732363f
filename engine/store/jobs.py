"""Deferring jobs, by name and in the transaction of whoever causes them.

The bodies live in `api/worker.py`; below it nobody needs to know them.  A newcomer would open the
job engine first: deferring on a connection of one's own needs it unopened, and a roll-back leaves
no job behind.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from procrastinate import App, SyncPsycopgConnector
from procrastinate.types import JSONValue
from sqlalchemy import Connection, text

from engine.store.connect import driver

ADVANCE = "putright.advance"
TELL_RECOVERED = "putright.tell_recovered"
STEP_IN = "putright.step_in"
DELIVERED = "putright.delivered"
UNDELIVERED = "putright.undelivered"
MOVE = "putright.move"
MINE = "putright.mine"

_WAITING = text(
    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name = :task"
)

_deferring = App(connector=SyncPsycopgConnector())


def defer_advances(conn: Connection, runs: Sequence[UUID]) -> None:
    """Have each of these runs advanced soon, once this transaction has committed."""
    task = _deferring.configure_task(ADVANCE, connection=driver(conn))
    payloads: list[dict[str, JSONValue]] = [{"run_id": str(run)} for run in runs]
    task.batch_defer(*payloads)


def defer_telling(conn: Connection, signals: Sequence[UUID]) -> None:
    """Have what grew from each of these signals told that it is over, once this has committed."""
    task = _deferring.configure_task(TELL_RECOVERED, connection=driver(conn))
    payloads: list[dict[str, JSONValue]] = [{"signal_id": str(one)} for one in signals]
    task.batch_defer(*payloads)


def defer_stepping_in(conn: Connection, people: Sequence[UUID]) -> None:
    """Have what waits for each of these people asked of who is next, once this has committed."""
    task = _deferring.configure_task(STEP_IN, connection=driver(conn))
    payloads: list[dict[str, JSONValue]] = [{"person_id": str(who)} for who in people]
    task.batch_defer(*payloads)


def defer_delivered(conn: Connection, items: Iterable[UUID], at: datetime) -> None:
    """Have it noted that these to-dos have reached their people, once this has committed."""
    task = _deferring.configure_task(DELIVERED, connection=driver(conn))
    payloads: list[dict[str, JSONValue]] = [
        {"item_id": str(one), "at": at.isoformat()} for one in items
    ]
    task.batch_defer(*payloads)


def defer_undelivered(conn: Connection, items: Iterable[UUID], person_id: UUID) -> None:
    """Have who is next asked for these to-dos, which did not reach somebody."""
    task = _deferring.configure_task(UNDELIVERED, connection=driver(conn))
    payloads: list[dict[str, JSONValue]] = [
        {"item_id": str(one), "person_id": str(person_id)} for one in items
    ]
    task.batch_defer(*payloads)


def defer_moving(conn: Connection, move_id: UUID) -> None:
    """Have the runs of a move moved, once this transaction has committed."""
    _deferring.configure_task(MOVE, connection=driver(conn)).defer(move_id=str(move_id))


def defer_mining(conn: Connection, export_id: UUID) -> None:
    """Have a file for process mining written, once this has committed: one after the other."""
    task = _deferring.configure_task(MINE, connection=driver(conn), lock=MINE)
    task.defer(export_id=str(export_id))


def waiting_advances(conn: Connection) -> int:
    """Return how many runs have been handed out that no worker has taken up yet."""
    return conn.scalar(_WAITING, {"task": ADVANCE}) or 0
