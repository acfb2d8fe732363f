"""Statements that may take long, each for so long and no longer.

A newcomer would leave it to the web server to give up: the database would go on, for nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors as pg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

# Compiling such a statement takes longer than running it, and no two of them are alike.
_SET = text("""
    SELECT set_config('statement_timeout', :milliseconds, true), set_config('jit', 'off', true),
      set_config('plan_cache_mode', 'force_custom_plan', true)
""")


class TookTooLong(Exception):
    """A statement was stopped by its time; its transaction is over."""


@contextmanager
def patience(conn: Connection, seconds: float) -> Iterator[None]:
    """Give each statement in the block, and the rest of its transaction, so much time.

    Zero is without end.  Raises TookTooLong.
    """
    conn.execute(_SET, {"milliseconds": str(int(seconds * 1000))})
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, pg.QueryCanceled):
            raise TookTooLong from error
        raise
