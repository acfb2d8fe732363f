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
ANCHOR = "putright.anchor"
CHECK_CHAINS = "putright.check_chains"
MAKE_FILE = "putright.make_file"
CHECK_CLOSURES = "putright.check_closures"
ERASE = "putright.erase"

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


def defer_anchoring(conn: Connection) -> None:
    """Have the newest signed head sent out of the house, once this transaction has committed."""
    # one at a time, so that no place gets it twice
    _deferring.configure_task(ANCHOR, lock=ANCHOR, connection=driver(conn)).defer()


def defer_checking(conn: Connection) -> None:
    """Have all chains looked through, once this transaction has committed."""
    _deferring.configure_task(CHECK_CHAINS, lock=CHECK_CHAINS, connection=driver(conn)).defer()


def defer_making_file(conn: Connection, file_id: UUID) -> None:
    """Have a result made as a file, once this transaction has committed."""
    _deferring.configure_task(MAKE_FILE, connection=driver(conn)).defer(file_id=str(file_id))


def defer_closure_check(conn: Connection, check_id: UUID) -> None:
    """Have every closure checked, once this transaction has committed."""
    task = _deferring.configure_task(CHECK_CLOSURES, connection=driver(conn))
    task.defer(check_id=str(check_id))


def defer_erasing(conn: Connection, erasure_id: UUID) -> None:
    """Have what was agreed to be erased erased, once this transaction has committed."""
    # one at a time: two of one person would each find what the other has left
    task = _deferring.configure_task(ERASE, lock=ERASE, connection=driver(conn))
    task.defer(erasure_id=str(erasure_id))


def waiting_advances(conn: Connection) -> int:
    """Return how many runs have been handed out that no worker has taken up yet."""
    return conn.scalar(_WAITING, {"task": ADVANCE}) or 0
