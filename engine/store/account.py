"""Who PostgreSQL runs as, and the directory that Putright keeps its data in.

PostgreSQL refuses to run as root.  A newcomer would then open the parents of the data directory
to its account: do not.  What is not Putright's own keeps its mode and owner, and whoever runs it
is told what is in the way.
"""

import errno
import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Unavailable
from engine.language import say

# Neither PGOPTIONS and its kin nor the machine's language may reach the programs.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """The unprivileged user that PostgreSQL runs as when Putright itself runs as root."""

    name: str
    uid: int
    gid: int


def account_for(pg_user: str | None) -> Account | None:
    """Return who PostgreSQL is to run as; None means as whoever runs this.

    Only root needs (and may take) another account; for anybody else `pg_user` says nothing.
    Raises Unavailable if root named nobody, somebody unknown, or root again.
    """
    if os.geteuid() != 0:
        return None
    if not pg_user:
        raise Unavailable(
            say(
                "PostgreSQL does not run as root. Name an unprivileged user in "
                "PUTRIGHT_PG_USER, or run Putright as one."
            )
        )
    try:
        entry = pwd.getpwnam(pg_user)
    except KeyError:
        raise Unavailable(
            say(
                "There is no user “%(pg_user)s” (PUTRIGHT_PG_USER) on this machine. "
                "Make one: useradd --system %(pg_user)s",
                pg_user=pg_user,
            ),
            user=pg_user,
        ) from None
    if entry.pw_uid == 0:
        raise Unavailable(
            say("PUTRIGHT_PG_USER must not be root, and “%(pg_user)s” is.", pg_user=pg_user),
            user=pg_user,
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an OSError about `path` into an Unavailable that says what to do."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                sentence = f"The disk of {path} is full. Free some space and start again."
            case errno.EACCES | errno.EPERM | errno.EROFS:
                sentence = (
                    f"Putright may not write to {where}. Give its user the directory, "
                    "or name another one in PUTRIGHT_DATA."
                )
            case _:
                sentence = f"Putright cannot use {where}: {error.strerror or error}."
        raise Unavailable(sentence, path=str(path)) from error


def make_data_directory(data_dir: Path, account: Account | None) -> None:
    """Make `data_dir` if it is missing, closed to others but for the way of `account` through it.

    A directory that was there keeps its mode and its owner, and so do its parents.
    Raises Unavailable.
    """
    with explained(data_dir):
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        try:
            data_dir.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            if account:
                os.chown(data_dir, -1, account.gid)
                data_dir.chmod(0o710)
    if account and run_as(account, ["/bin/sh", "-c", 'cd "$1"', "sh", data_dir]).returncode:
        raise Unavailable(
            say(
                "The user “%(name)s” cannot reach %(data_dir)s: it, or a directory "
                "above it, is closed to others. Name another directory in "
                "PUTRIGHT_DATA.",
                name=account.name,
                data_dir=data_dir,
            ),
            path=str(data_dir),
        )


def run_as(
    account: Account | None, command: Sequence[str | Path], *, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL to its end, as `account`, in an environment without PG names.

    Its directory is /, which every account can reach.  Raises OSError if it cannot be started.
    """
    return subprocess.run(  # noqa: S603 - the programs of the wheel, on paths of our own
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        cwd="/",
        env=ENVIRONMENT,
        umask=0o077,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
