"""The embedded PostgreSQL through real processes: starts, shared use, kills, restarts."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from engine.errors import Unavailable
from engine.store.cluster import WHEEL
from engine.store.embedded import DatabaseUrls, EmbeddedServer, running

FAST = {"fsync": "off"}

# A command that says its URL once the server runs, and leaves when its input ends.
COMMAND = """
import sys
from pathlib import Path
from engine.store.embedded import running

with running(Path(sys.argv[1]), sys.argv[2] or None, options={"fsync": "off"}) as server:
    print(server.owner_url, flush=True)
    sys.stdin.read()
"""


class Command:
    """A command in a process of its own, as `putright serve` would be."""

    def __init__(self, data_dir: Path, pg_user: str | None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(data_dir), pg_user or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        """Wait until its server runs."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def command(open_folder: Path, pg_user: str | None) -> Iterator[Callable[[], Command]]:
    """Starts commands on one data directory; whatever they leave behind is stopped after."""
    commands = []

    def start() -> Command:
        commands.append(Command(open_folder / "data", pg_user))
        return commands[-1]

    yield start
    for started in commands:
        started.kill()
    with running(open_folder / "data", pg_user, options=FAST):
        pass


def postmaster(data_dir: Path) -> int:
    cluster = data_dir / "postgresql" / "cluster"
    return int((cluster / "postmaster.pid").read_text().splitlines()[0])


def is_stopped(data_dir: Path) -> bool:
    return not (data_dir / "postgresql" / "cluster" / "postmaster.pid").exists()


def value(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        assert row
        return row[0]


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_neither_role_is_a_superuser_and_only_the_owner_makes_tables(
    database: DatabaseUrls,
) -> None:
    supers = "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolsuper"

    assert value(database.app_url, "SELECT current_user") == "putright_app"
    assert value(database.owner_url, supers) == "putright_admin"
    run(database.owner_url, "CREATE TABLE kept (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(database.app_url, "CREATE TABLE refused (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(database.app_url, "SELECT * FROM kept")


@pytest.mark.parametrize("role", ["putright_admin", "postgres", "root"])
def test_nobody_signs_in_as_superuser(server: EmbeddedServer, role: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(host=str(server.socket_dir), user=role, dbname="postgres")


def test_a_role_without_its_password_is_refused(server: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=str(server.socket_dir), user="putright_app", password="guess", dbname="putright"
        )


def test_a_copy_of_a_template_has_its_tables_and_goes_its_own_way(
    server: EmbeddedServer, database: DatabaseUrls
) -> None:
    run(database.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
    name = database.owner_url.split("/")[3].split("?")[0]

    copy = server.create_database("copied", template=name)
    run(copy.owner_url, "UPDATE kept SET number = 8")

    assert value(copy.owner_url, "SELECT number FROM kept") == 8
    assert value(database.owner_url, "SELECT number FROM kept") == 7
    server.drop_database("copied")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(copy.owner_url)


def test_passwords_are_for_their_owner_only_and_in_no_representation(
    open_folder: Path, pg_user: str | None
) -> None:
    data_dir = open_folder / "data"

    with running(data_dir, pg_user, options=FAST) as server:
        kept = data_dir / "database-passwords.json"

        assert kept.stat().st_mode & 0o777 == 0o600
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700
        assert server.roles.owner not in repr(server)
        assert server.roles.app not in repr(server.urls("putright"))


def test_a_restart_keeps_the_data(open_folder: Path, pg_user: str | None) -> None:
    data_dir = open_folder / "data"
    with running(data_dir, pg_user, options=FAST) as server:
        run(server.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
    assert is_stopped(data_dir)

    with running(data_dir, pg_user, options=FAST) as server:
        assert value(server.owner_url, "SELECT number FROM kept") == 7


def test_a_long_path_gets_a_short_socket(open_folder: Path, pg_user: str | None) -> None:
    data_dir = open_folder / ("long" * 30) / "data"

    with running(data_dir, pg_user, options=FAST) as server:
        assert value(server.app_url, "SELECT 1") == 1
        assert data_dir not in server.socket_dir.parents

    assert not server.socket_dir.exists()


def test_commands_that_start_together_share_one_server(
    command: Callable[[], Command],
) -> None:
    first, second, third = command(), command(), command()

    urls = {first.url(), second.url(), third.url()}

    assert len(urls) == 1
    assert value(urls.pop(), "SELECT 1") == 1


def test_the_last_to_leave_stops_the_server(
    command: Callable[[], Command], open_folder: Path
) -> None:
    data_dir = open_folder / "data"
    first, second = command(), command()
    url = first.url()
    second.url()

    first.leave()
    assert value(url, "SELECT 1") == 1

    second.leave()
    assert is_stopped(data_dir)


# A console command that takes its time.
CONSOLE = """
import signal
from api.cli import main
from api.wiring import ready

@main.command()
def think() -> None:
    with ready():
        print("ready", flush=True)
        signal.pause()

main(["think"])
"""


def test_a_console_command_that_is_terminated_leaves_no_server_running(
    open_folder: Path, pg_user: str | None
) -> None:
    data = open_folder / "data"
    env = os.environ | {"PUTRIGHT_DATA": str(data), "PUTRIGHT_PG_USER": pg_user or ""}
    env.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-c", CONSOLE], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    process.terminate()
    process.communicate()

    assert process.returncode == 128 + signal.SIGTERM
    assert is_stopped(data)


def test_a_killed_command_leaves_the_server_to_the_next(
    command: Callable[[], Command], open_folder: Path
) -> None:
    data_dir = open_folder / "data"
    first = command()
    url = first.url()
    server_number = postmaster(data_dir)
    first.kill()
    assert value(url, "SELECT 1") == 1

    second = command()
    second.url()

    assert postmaster(data_dir) == server_number
    second.leave()
    assert is_stopped(data_dir)


def test_what_was_committed_survives_the_kill_of_everything(
    command: Callable[[], Command], open_folder: Path
) -> None:
    data_dir = open_folder / "data"
    first = command()
    url = first.url()
    run(url, "CREATE TABLE kept AS SELECT 7 AS number")
    server_number = postmaster(data_dir)
    first.kill()
    os.kill(server_number, signal.SIGKILL)

    second = command()

    assert value(second.url(), "SELECT number FROM kept") == 7
    assert postmaster(data_dir) != server_number


@pytest.fixture
def bystander(pg_user: str | None) -> Iterator[subprocess.Popen[bytes]]:
    """A process of PostgreSQL's own user that has nothing to do with it."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=pg_user, cwd="/") as process:
        yield process
        process.kill()


def test_a_stale_process_number_that_is_now_somebody_elses_harms_nobody(
    open_folder: Path, pg_user: str | None, bystander: subprocess.Popen[bytes]
) -> None:
    data_dir = open_folder / "data"
    with running(data_dir, pg_user, options=FAST) as server:
        socket_dir = server.socket_dir
    cluster = data_dir / "postgresql" / "cluster"
    stale = f"{bystander.pid}\n{cluster}\n1\n5432\n{socket_dir}\n\n\nready\n"
    (cluster / "postmaster.pid").write_text(stale)
    socket_dir.mkdir(mode=0o700)
    (socket_dir / ".s.PGSQL.5432").touch()
    (socket_dir / ".s.PGSQL.5432.lock").write_text(stale)

    with running(data_dir, pg_user, options=FAST) as server:
        assert value(server.app_url, "SELECT 1") == 1

    assert bystander.poll() is None


def test_a_half_written_process_number_is_no_obstacle(
    open_folder: Path, pg_user: str | None
) -> None:
    data_dir = open_folder / "data"
    with running(data_dir, pg_user, options=FAST):
        pass
    (data_dir / "postgresql" / "cluster" / "postmaster.pid").write_text("")

    with running(data_dir, pg_user, options=FAST) as server:
        assert value(server.app_url, "SELECT 1") == 1


def test_what_a_killed_initdb_left_is_cleared_away(open_folder: Path, pg_user: str | None) -> None:
    data_dir = open_folder / "data"
    left = data_dir / "postgresql" / "draft-killed"
    left.mkdir(parents=True)
    data_dir.chmod(0o711)
    (left / "PG_VERSION").write_text("18\n")

    with running(data_dir, pg_user, options=FAST) as server:
        assert value(server.app_url, "SELECT 1") == 1

    assert not left.exists()


def test_data_of_another_major_version_is_left_alone(
    open_folder: Path, pg_user: str | None
) -> None:
    data_dir = open_folder / "data"
    with running(data_dir, pg_user, options=FAST):
        pass
    (data_dir / "postgresql" / "cluster" / "PG_VERSION").write_text("17\n")

    with pytest.raises(Unavailable, match="is of PostgreSQL 17"), running(data_dir, pg_user):
        pass


def test_lost_passwords_are_said_and_not_replaced(open_folder: Path, pg_user: str | None) -> None:
    data_dir = open_folder / "data"
    with running(data_dir, pg_user, options=FAST):
        pass
    (data_dir / "database-passwords.json").unlink()

    with pytest.raises(Unavailable, match="Put the file back"), running(data_dir, pg_user):
        pass


def test_a_server_that_refuses_to_start_says_why(open_folder: Path, pg_user: str | None) -> None:
    wrong = {**FAST, "shared_buffers": "nonsense"}

    with (
        pytest.raises(Unavailable, match="shared_buffers"),
        running(open_folder / "data", pg_user, options=wrong),
    ):
        pass

    with running(open_folder / "data", pg_user, options=FAST) as server:
        assert value(server.app_url, "SELECT 1") == 1


def test_a_file_in_the_way_of_the_data_directory_is_said(
    open_folder: Path, pg_user: str | None
) -> None:
    (open_folder / "data").write_text("not a directory")

    with pytest.raises(Unavailable, match="data"), running(open_folder / "data", pg_user):
        pass


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


@as_root
@pytest.mark.parametrize(
    ("named", "said"),
    [
        (None, "Name an unprivileged user"),
        ("nobody-of-this-name", "There is no user"),
        ("root", "must not be root"),
    ],
)
def test_root_has_to_name_a_user_for_postgresql(
    open_folder: Path, named: str | None, said: str
) -> None:
    with pytest.raises(Unavailable, match=said), running(open_folder / "data", named):
        pass

    assert not (open_folder / "data").exists()


@as_root
def test_a_closed_folder_above_the_data_stays_closed_and_is_said(
    open_folder: Path, pg_user: str
) -> None:
    open_folder.chmod(0o700)

    with pytest.raises(Unavailable, match="cannot reach"), running(open_folder / "data", pg_user):
        pass

    assert open_folder.stat().st_mode & 0o777 == 0o700


@as_root
def test_programs_out_of_reach_are_copied_into_the_data_directory(
    open_folder: Path, pg_user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(str(find_spec(WHEEL).submodule_search_locations[0]))
    closed = open_folder / "closed"
    for name in (WHEEL, f"{WHEEL}.libs"):
        shutil.copytree(installed.parent / name, closed / name)
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)

    for _ in range(2):
        with running(open_folder / "data", pg_user, options=FAST) as server:
            assert value(server.app_url, "SELECT 1") == 1

    assert (open_folder / "data" / "programs" / WHEEL).is_dir()
    assert closed.stat().st_mode & 0o777 == 0o700
