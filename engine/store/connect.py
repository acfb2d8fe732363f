"""Connections of the application's role, and transactions whose failures speak plainly.

A newcomer would catch psycopg's errors where they happen: here is the one place that turns a lock
time-out, a lost connection or a refusal of the guard into Putright's own words.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import errors as pg
from sqlalchemy import Connection, Engine, TextClause, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.errors import Busy, Conflict, GateShut, Unavailable
from engine.language import say

LOCK_TIMEOUT_MS = 5_000
_PREPARED = 500
# the option of a connection whose tables are masked for the length of its transaction
MASKED = "masked"


def sqlalchemy_url(url: str) -> str:
    """Return `url` (libpq's form) with the driver that Putright uses."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError("Putright runs on PostgreSQL: the address must start with postgresql://")
    return f"postgresql+psycopg://{rest}"


def application_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Return the pool that the web and the worker share; a lost server is noticed on checkout."""
    engine = create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=10,
        pool_timeout=10,
        pool_pre_ping=False,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "options": f"-c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC"
            " -c idle_in_transaction_session_timeout=60000",
            "connect_timeout": 10,
        },
    )
    event.listen(engine, "connect", _keep_prepared)
    event.listen(engine, "before_cursor_execute", _apart_if_masked, retval=True)
    return engine


def _apart_if_masked(
    conn: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """Let what is asked of masked tables be prepared by itself.

    The same words would be planned anew each time the tables behind them change, and PostgreSQL
    refuses if a column is then made in another way.
    """
    return (f"{statement} -- masked" if is_masked(conn) else statement), parameters


def is_masked(conn: Connection) -> bool:
    """Return whether tables with personal data are masked here, until the transaction ends."""
    return bool(conn.get_execution_options().get(MASKED))


def _keep_prepared(raw: psycopg.Connection[object], _record: object) -> None:
    """Keep all of our statements prepared: there are more than psycopg's hundred."""
    raw.prepared_max = _PREPARED


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction: leaving commits, raising rolls back.

    Raises Busy when a lock was not had in time, GateShut when the guard refused, Conflict
    for what must not be erased, and Unavailable when the database is away; in each case nothing
    was done.  Only who loses the connection while
    committing cannot know: that is Unavailable too, and what keys of requests are for.
    """
    try:
        with _connection(engine) as conn, conn.begin():
            yield conn
    except DBAPIError as error:
        raise translated(error) from error
    except PoolTimeout as error:
        raise Busy(say("Too many people are working at once; please try again.")) from error


@contextmanager
def _connection(engine: Engine) -> Iterator[Connection]:
    conn = engine.connect()
    try:
        yield conn
    finally:
        conn.close()


def translated(error: DBAPIError) -> Exception:
    """Return what a database error means to the reader; the error itself if it is a fault."""
    cause = error.orig
    if isinstance(cause, pg.LockNotAvailable | pg.DeadlockDetected):
        return Busy(say("Somebody else is working on this incident right now; please try again."))
    if isinstance(cause, pg.CheckViolation) and cause.diag.constraint_name in (
        "closed_with_evidence",
        "closed_is_final",
        "ck_incident_closed_with_evidence",
    ):
        return GateShut([cause.diag.message_primary or "its evidence"])
    if isinstance(cause, pg.CheckViolation) and cause.diag.constraint_name == "held":
        return Conflict(say("Somebody holds on to this, or it is still needed: it stays."))
    if isinstance(cause, pg.DiskFull):
        return Unavailable(say("There is no space left to keep this. Please tell who runs this."))
    if isinstance(cause, pg.CheckViolation) and cause.diag.constraint_name == "erased":
        return Conflict(say("This was erased already."))
    if error.connection_invalidated or isinstance(cause, pg.OperationalError):
        return Unavailable(say("The database cannot be reached just now; please try again."))
    return _without_rows(error)


def _without_rows(error: DBAPIError) -> DBAPIError:
    """Take out the row that PostgreSQL refused: errors are logged, and it holds people's words."""
    cause = error.orig
    if isinstance(cause, psycopg.Error):
        cause.args = (cause.diag.message_primary or "no message",)
        error.args = (f"({type(cause).__name__}) {cause.args[0]}",)
    return error


def streamed(
    conn: Connection, asked: TextClause, parameters: Mapping[str, Any]
) -> Generator[tuple[Any, ...]]:
    """Yield row after row while PostgreSQL is still at work on the next ones, in flat memory.

    Until it is read to its end or closed, nothing else can be asked of the connection.  A newcomer
    would use a cursor in the database: it does nothing while what was fetched is read.
    """
    statement = asked.compile(dialect=conn.dialect).string
    try:
        with driver(conn).cursor(binary=True) as cursor:
            yield from cursor.stream(statement.encode(), parameters)
    except psycopg.Error as error:
        failed = DBAPIError(None, None, error, hide_parameters=True)
        raise translated(failed) from error


def driver(conn: Connection) -> psycopg.Connection[tuple[object, ...]]:
    """Return psycopg's connection beneath `conn`, in the same transaction."""
    raw = conn.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("Putright speaks to PostgreSQL through psycopg only")
    return raw


def script(conn: Connection, sql: LiteralString) -> None:
    """Run several statements that take no parameters; a percent sign is itself."""
    driver(conn).execute(sql)
