"""One server process: launching it, waiting until it answers, stopping it.

Whether it lives is asked of `server.lock`, which it and all its children inherit, never of a
process number.  A newcomer would believe `postmaster.pid`: after a kill it is stale, and the
number in it may be anybody's.
"""

import fcntl
import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psycopg import pq

from engine.errors import Unavailable
from engine.language import say
from engine.store.account import ENVIRONMENT, Account, explained, run_as
from engine.store.cluster import DATABASE, OWNER, Passwords, make_cluster, passwords, programs

log = logging.getLogger(__name__)

PORT = 5432  # only names the socket's file: nothing listens on a network
_LONGEST_SOCKET = 103  # bytes of a path, on the narrowest of the systems
_LOG_BYTES = 5_000_000
_POLL_SECONDS = 0.02
_TELL_EVERY_SECONDS = 15.0
_ORDERLY_SECONDS = 60.0


@contextmanager
def opened(lock: Path) -> Iterator[int]:
    """Open a lock file of the data directory, which need not be there yet.

    Raises Unavailable.
    """
    with explained(lock):
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def held_alone(lock: Path) -> Iterator[None]:
    """Hold the lock for the block, waiting for it without end; the killed hold nothing."""
    with opened(lock) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Postmaster:
    """The server process of one data directory; whoever calls holds `starting.lock`."""

    def __init__(self, data_dir: Path, account: Account | None, options: Mapping[str, str]) -> None:
        self._data_dir = data_dir
        self._account = account
        self._options = options
        self._home = data_dir / "postgresql"
        self._log_file = self._home / "postgresql.log"
        self._socket_note = data_dir / "socket-directory"
        self._server_lock = data_dir / "server.lock"

    def start(self) -> tuple[Path, Passwords]:
        """Return the socket directory of a server that answers, joining the one that lives.

        Waits for as long as it recovers.  Raises Unavailable if it refuses to start.
        """
        while self._lives():  # outlived its commands, say; or is just being stopped by hand
            socket_dir = self._socket_in_use()
            if self._answers(socket_dir):
                return socket_dir, passwords(self._data_dir)
            time.sleep(_POLL_SECONDS)
        return self._launch()

    def stop(self) -> None:
        """Stop the server in order and wait until its last process is gone.

        One that does not answer is recovering: it is stopped at once and recovers next time.  So
        is one that takes longer than a minute, since PostgreSQL 18 can wait for ever when told to
        stop just as it restarts after a crash of its own.  Committed work is safe either way.
        """
        if not self._lives():
            return
        at_once_at = time.monotonic() + _ORDERLY_SECONDS
        self._tell_to_stop("fast" if self._answers(self._socket_in_use()) else "immediate")
        while self._lives():
            if time.monotonic() > at_once_at:
                self._tell_to_stop("immediate")
                at_once_at += _ORDERLY_SECONDS
            time.sleep(_POLL_SECONDS)
        self._forget_socket()

    def _tell_to_stop(self, mode: str) -> None:
        # Where pg_ctl finds nobody to stop, those that live are orphans of a killed server, on
        # their way out; so whether it succeeded says nothing.
        pgdata = f"--pgdata={self._home / 'cluster'}"
        bin_dir = programs(self._data_dir, self._account)
        run_as(
            self._account,
            [bin_dir / "pg_ctl", "stop", f"--mode={mode}", "--no-wait", "--silent", pgdata],
        )

    def _launch(self) -> tuple[Path, Passwords]:
        bin_dir = programs(self._data_dir, self._account)
        self._home.mkdir(mode=0o700, exist_ok=True)
        if self._account:
            os.chown(self._home, self._account.uid, self._account.gid)
        if (self._home / "cluster").exists() and not (
            self._data_dir / "database-passwords.json"
        ).exists():
            raise Unavailable(
                say(
                    "The passwords of the database are gone: %(data_dir)s has its data, "
                    "but no database-passwords.json. Put the file back.",
                    data_dir=self._data_dir,
                ),
                path=str(self._data_dir),
            )
        roles = passwords(self._data_dir)
        cluster = make_cluster(self._home, bin_dir, self._account, roles, self._options)
        (cluster / "postmaster.pid").unlink(missing_ok=True)  # nobody's, or we were not here
        self._turn_log()
        self._forget_socket()
        socket_dir = self._make_socket_directory()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{socket_dir}"',
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            # Plans made while a table was empty scan it whole: its size is known sooner than in
            # the minute that PostgreSQL takes else.
            "autovacuum_naptime": "15s",
            **self._options,
        }
        with opened(self._server_lock) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # The shell ends at once and leaves the server to the system's first process: no
            # command is its parent, and no key pressed in a terminal reaches it.
            subprocess.run(  # noqa: S603 - the wheel's own program
                [
                    "/bin/sh",
                    "-c",
                    'log=$0; "$@" </dev/null >>"$log" 2>&1 &',
                    self._log_file,
                    bin_dir / "postgres",
                    "-D",
                    cluster,
                    *(
                        item
                        for name, value in settings.items()
                        for item in ("-c", f"{name}={value}")
                    ),
                ],
                user=self._account.uid if self._account else None,
                group=self._account.gid if self._account else None,
                extra_groups=[] if self._account else None,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                start_new_session=True,
                pass_fds=[lock],
                check=True,
            )
        self._wait_until_it_answers(socket_dir)
        return socket_dir, roles

    def _wait_until_it_answers(self, socket_dir: Path) -> None:
        tell_at = time.monotonic() + _TELL_EVERY_SECONDS
        while not self._answers(socket_dir):
            if not self._lives():
                raise Unavailable(
                    say(
                        "PostgreSQL did not start: %(last_words)s (%(log_file)s)",
                        last_words=self._last_words(),
                        log_file=self._log_file,
                    ),
                    path=str(self._data_dir),
                )
            if time.monotonic() > tell_at:
                log.warning("PostgreSQL is recovering in %s; waiting for it.", self._data_dir)
                tell_at += _TELL_EVERY_SECONDS
            time.sleep(_POLL_SECONDS)

    def _lives(self) -> bool:
        with opened(self._server_lock) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _answers(self, socket_dir: Path) -> bool:
        target = f"host='{_quoted(socket_dir)}' port={PORT} user={OWNER} dbname={DATABASE}"
        match pq.PGconn.ping(target.encode()):
            case pq.Ping.OK:
                return True
            case pq.Ping.NO_ATTEMPT:
                raise Unavailable(
                    say(
                        "PostgreSQL’s client cannot try its socket in %(socket_dir)s. Look for "
                        "PG* variables in the environment.",
                        socket_dir=socket_dir,
                    ),
                )
            case _:
                return False

    def _socket_in_use(self) -> Path:
        return Path(self._socket_note.read_text(encoding="utf-8"))

    def _last_words(self) -> str:
        lines = self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        reasons = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
        return (reasons or lines or ["it left no word in its log"])[-1]

    def _turn_log(self) -> None:
        """Keep the last log and begin another once it is long; only a start does so."""
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_BYTES:
            self._log_file.replace(self._log_file.with_suffix(".log.1"))

    def _make_socket_directory(self) -> Path:
        """Return a directory that only the server's account can enter, on a path that fits."""
        socket_dir = self._home / "socket"
        if len(os.fsencode(socket_dir / f".s.PGSQL.{PORT}")) > _LONGEST_SOCKET:
            base = tempfile.gettempdir()
            if len(os.fsencode(base)) > _LONGEST_SOCKET - 40:
                base = "/tmp"  # noqa: S108 - mkdtemp makes a name of its own in it
            socket_dir = Path(tempfile.mkdtemp(prefix="putright-", dir=base))
        else:
            socket_dir.mkdir(mode=0o700)
        if self._account:
            os.chown(socket_dir, self._account.uid, self._account.gid)
        self._socket_note.write_text(str(socket_dir), encoding="utf-8")
        return socket_dir

    def _forget_socket(self) -> None:
        """Clear away the socket of a server that lives no more, with its own stale lock."""
        noted = self._socket_note.read_text("utf-8") if self._socket_note.exists() else ""
        for socket_dir in {self._home / "socket", Path(noted or self._home / "socket")}:
            for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
                (socket_dir / name).unlink(missing_ok=True)
            if socket_dir.exists():
                socket_dir.rmdir()
        self._socket_note.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace("'", "\\'")
