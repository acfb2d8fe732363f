"""A database that goes away and comes back, for everybody but the rest of the suite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from engine.store.embedded import DatabaseUrls, EmbeddedServer


@contextmanager
def away(server: EmbeddedServer, database: DatabaseUrls) -> Iterator[Callable[[], None]]:
    """Let nobody into the database while the block lasts, and throw out who is in.

    Yields what throws out again: who was on their way in when the door was shut is not seen at
    once, gets in, and would stay.
    """
    name = str(psycopg.conninfo.conninfo_to_dict(database.app_url)["dbname"])
    _let_in(server, name, allowed=False)
    try:
        _throw_out(server, name)
        yield lambda: _throw_out(server, name)
    finally:
        _let_in(server, name, allowed=True)


def _let_in(server: EmbeddedServer, name: str, *, allowed: bool) -> None:
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                sql.Identifier(name), sql.Literal(allowed)
            )
        )


def _throw_out(server: EmbeddedServer, name: str) -> None:
    with psycopg.connect(server.app_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )
