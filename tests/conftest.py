"""One PostgreSQL for the whole suite; a fresh, migrated database for each test that asks.

A newcomer would put the server below pytest's own temporary directory: as root that is closed to
the user that PostgreSQL runs as.
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.store.embedded import DatabaseUrls, EmbeddedServer, running
from engine.store.migrate import migrate, owner_engine
from engine.store.work import Store
from engine.usecases.publish import publish
from tests.world import KEY, Clock, World, shipped_files

# How fast examples are made says something of the machine only: no test is timed.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

# Nothing of the suite outlives it, so nothing has to reach the disk.
UNSAFE_AND_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # a worker of its own in a test's database cannot be ended by the one who drops it
    "autovacuum": "off",
}
_TEMPLATE = "template_migrated"
_numbers = count(1)


@pytest.fixture(scope="session")
def pg_user() -> str | None:
    """Who PostgreSQL runs as; None where the suite itself runs as somebody unprivileged."""
    if os.geteuid() != 0:
        return None
    names = [os.environ.get("PUTRIGHT_PG_USER"), "putright", "nobody"]
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in names if name in known)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder of the test's own that other users can pass through, on a short path."""
    folder = Path(tempfile.mkdtemp(prefix="putright-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(pg_user: str | None) -> Iterator[EmbeddedServer]:
    """The suite's PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="putright-tests-"))
    folder.chmod(0o711)
    try:
        with running(folder / "data", pg_user, options=UNSAFE_AND_FAST) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def _prepare_template(owner_url: str) -> None:
    """Bring the template, from which every test's database is copied, to today's schema."""
    migrate(owner_url)
    engine = owner_engine(owner_url)
    # by the clock of the worlds that begin with it: what comes first is dated first
    store = Store(engine, KEY, Clock())
    publish(store, shipped_files(), by="the suite", reason="what is shipped")
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_template(server: EmbeddedServer) -> str:
    """The name of a database that holds the shipped release only; nobody is connected to it."""
    _prepare_template(server.create_database(_TEMPLATE).owner_url)
    return _TEMPLATE


@pytest.fixture
def database(server: EmbeddedServer, migrated_template: str) -> Iterator[DatabaseUrls]:
    """A database of today's schema for one test: `owner_url` and `app_url`."""
    name = f"test_{next(_numbers)}"
    yield server.create_database(name, template=migrated_template)
    server.drop_database(name)


@pytest.fixture
def world(database: DatabaseUrls) -> Iterator[World]:
    """An organisation of fixed people, with a clock that is cranked by hand."""
    made = World.make(database.app_url)
    yield made
    made.close()
