"""`kill -9` of the worker in the middle of a move: afterwards each run has been moved once."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import select, text

from engine.queries.moves import MoveShown, move_shown
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls
from engine.store.jobs import MOVE
from engine.usecases.moving import begin_move
from tests.evidence import faults_of_record
from tests.integration.test_moving import RENAMED, first, kept, release
from tests.integration.test_worker import jobs, locked, working
from tests.until import until
from tests.world import ROOT, World

INCIDENTS = 6


@contextmanager
def victim(world: World, database: DatabaseUrls) -> Iterator[None]:
    """A worker in a process of its own, that is killed where the block ends."""
    command = [
        *(sys.executable, "-m", "tests.integration.worker_process"),
        *(database.app_url, world.clock.now.isoformat()),
    ]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def incidents(world: World) -> list[UUID]:
    found: list[UUID] = []
    for _ in range(INCIDENTS):
        incident = world.report()
        world.lead(incident)
        world.agree(incident, world.for_team("databases"))
        found.append(incident)
    return found


def test_each_run_is_moved_once_whenever_the_worker_is_killed(
    world: World, database: DatabaseUrls, incidents: list[UUID]
) -> None:
    before = [kept(world, incident) for incident in incidents]
    after = release(world, RENAMED)
    move = begin_move(
        world.handling, first(world), after, reason="Newer", actor=world.actor("dora")
    )

    def shown() -> MoveShown:
        with world.handling.store.read() as conn:
            return move_shown(conn, move)

    def more_than(count: int) -> Callable[[], bool]:
        return lambda: shown().moved > count

    # held up at one of the incidents, with others done or not
    with locked(database.app_url, last_of(world)), victim(world, database):
        until(lambda: "doing" in jobs(world, MOVE))
        until(more_than(1))
    halfway = shown()
    assert 1 < halfway.moved < 2 * INCIDENTS
    assert halfway.ended_at is None

    with working(world, database.app_url):
        until(lambda: shown().ended_at is not None)
        until(lambda: not jobs(world, MOVE))

    assert (shown().moved, shown().stays, shown().over) == (2 * INCIDENTS, 0, 0)
    with world.handling.store.read() as conn:
        entries = conn.execute(
            text("""SELECT content->>'run', count(*) FROM entry WHERE verb = 'run:moved'
              GROUP BY 1""")
        ).all()
        releases = conn.execute(select(t.run.c.release_id)).scalars().all()
        faults = faults_of_record(conn)
    assert sorted(count for _, count in entries) == [1] * 2 * INCIDENTS
    assert set(releases) == {after}
    assert faults == []
    assert [kept(world, incident) for incident in incidents] == before


def last_of(world: World) -> UUID:
    """Return the incident whose run is moved last of all."""
    with world.handling.store.read() as conn:
        found: UUID = conn.execute(
            text("""SELECT r.incident_id FROM move_line l JOIN run r ON r.id = l.run_id
              ORDER BY l.run_id DESC LIMIT 1""")
        ).scalar_one()
        return found
