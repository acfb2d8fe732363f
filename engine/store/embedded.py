"""The embedded PostgreSQL: started by whoever needs it first, stopped by whoever leaves last.

Who is alive is never read from a file: it is asked of the kernel, by locks that it frees itself
when their holders are killed.  Three files in the data directory carry one each:

- `users.lock`: shared by every command that uses the server; who can take it alone at the end is
  the last one, and stops the server.
- `starting.lock`: held alone while starting, joining and stopping, so that these never cross.
- `server.lock`: inherited by PostgreSQL and all its processes.  While it is held there is a
  server; once it is free, a `postmaster.pid` is what a kill has left, whoever has its number now.

A newcomer would give recovery a time-out: do not.  After a crash it takes what it takes, and a
second start would only make it longer.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from engine.store.account import account_for, explained, make_data_directory
from engine.store.cluster import APP, DATABASE, OWNER, Passwords
from engine.store.postmaster import PORT, Postmaster, held_alone, opened


@dataclass(frozen=True)
class DatabaseUrls:
    """The same database for the role that migrates it and for the role that does the rest."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server; every URL is `postgresql://` over a unix socket."""

    socket_dir: Path
    roles: Passwords = field(repr=False)

    @property
    def owner_url(self) -> str:
        """Putright's own database, as `putright_owner`."""
        return self.urls(DATABASE).owner_url

    @property
    def app_url(self) -> str:
        """Putright's own database, as `putright_app`."""
        return self.urls(DATABASE).app_url

    def urls(self, name: str) -> DatabaseUrls:
        """Return how to reach the database `name`, whether there is one or not."""
        place = f"/{quote(name, safe='')}?host={quote(str(self.socket_dir), safe='')}&port={PORT}"
        return DatabaseUrls(
            owner_url=f"postgresql://{OWNER}:{self.roles.owner}@{place}",
            app_url=f"postgresql://{APP}:{self.roles.app}@{place}",
        )

    def create_database(self, name: str, template: str | None = None) -> DatabaseUrls:
        """Make a database of the owner's, a copy of `template` if one is named.

        Nobody may be connected to the template.  Raises psycopg.Error.
        """
        database, model = sql.Identifier(name), sql.Identifier(template or "template1")
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, model))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP))
            )
        return self.urls(name)

    def drop_database(self, name: str) -> None:
        """Drop the database if there is one, ending whoever is still connected to it."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def running(
    data_dir: Path,
    pg_user: str | None = None,
    *,
    options: Mapping[str, str] | None = None,
) -> Iterator[EmbeddedServer]:
    """Run the server of `data_dir` while the block lasts, together with all who do the same.

    The first to come makes the data directory and starts the server with the PostgreSQL settings
    `options` (of those who join, the options say nothing); the last to leave stops it.  A server
    that outlived its commands is joined, and stopped by the next to leave last.  As root,
    PostgreSQL runs as `pg_user`.  Starting waits for as long as a recovery takes.
    Raises Unavailable, with what to do.
    """
    data_dir = data_dir.absolute()
    account = account_for(pg_user)
    make_data_directory(data_dir, account)
    with opened(data_dir / "users.lock") as users:
        with held_alone(data_dir / "starting.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            postmaster = Postmaster(data_dir, account, options or {})
            try:
                with explained(data_dir):
                    socket_dir, roles = postmaster.start()
            except BaseException:
                _leave(users, postmaster)
                raise
        try:
            yield EmbeddedServer(socket_dir, roles)
        finally:
            with held_alone(data_dir / "starting.lock"):
                _leave(users, postmaster)


def _leave(users: int, postmaster: Postmaster) -> None:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # others are still at work
    postmaster.stop()
