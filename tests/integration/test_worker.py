"""The real worker on the real database: due timers fire once, whatever is killed or goes away."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from procrastinate.periodic import PeriodicDeferrer
from sqlalchemy import select, text, update

from api import worker as worker_module
from api.worker import Pace, WorkerThread, jobs_app
from engine.errors import Unavailable
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls, EmbeddedServer
from engine.store.jobs import ADVANCE, defer_advances, waiting_advances
from engine.usecases import timing
from engine.usecases.timing import HAND_OUT_AGAIN, hand_out_due, lateness
from tests.outage import away
from tests.until import until
from tests.world import ROOT, World

HURRIED = Pace(
    sweep_seconds=1,
    poll_seconds=0.1,
    heartbeat_seconds=1,
    stalled_seconds=2,
    stalled_sweep_seconds=1,
    restart_seconds=0.2,
)
# for where the database does go away; elsewhere a busy machine must not look like that
IMPATIENT = replace(HURRIED, give_up_seconds=0.5)


@contextmanager
def working(world: World, url: str, pace: Pace = HURRIED) -> Iterator[WorkerThread]:
    worker = WorkerThread(world.handling, url, pace=pace)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
        assert not worker.is_alive


def jobs(world: World, task: str = ADVANCE) -> list[str]:
    with world.handling.store.read() as conn:
        return list(
            conn.execute(
                text("SELECT status::text FROM procrastinate_jobs WHERE task_name = :task"),
                {"task": task},
            ).scalars()
        )


def reminders(world: World, incident: UUID) -> int:
    return world.verbs(incident).count("confirmation:reminded")


def reminded_or_away(world: World, incident: UUID) -> int:
    try:
        return reminders(world, incident)
    except Unavailable:  # a connection of the pool that was ended
        return 0


def has_lost_its_database(caplog: pytest.LogCaptureFixture) -> bool:
    return "lost its database" in caplog.text


def due_runs(world: World) -> int:
    with world.handling.store.read() as conn:
        return lateness(conn, world.clock.now)[0]


@contextmanager
def locked(url: str, incident: UUID) -> Iterator[None]:
    """Hold an incident, so that whoever works on it waits."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1 FROM incident WHERE id = %s FOR UPDATE", [incident])
        yield


def test_what_is_due_fires_and_what_is_not_waits(world: World, database: DatabaseUrls) -> None:
    early = world.asked()
    world.clock.forward(days=2)
    late = world.asked()
    world.clock.forward(days=2)

    with working(world, database.app_url):
        until(lambda: reminders(world, early))
        until(lambda: not jobs(world))

    assert (reminders(world, early), reminders(world, late)) == (1, 0)
    assert due_runs(world) == 0


def test_what_a_downtime_missed_comes_once(world: World, database: DatabaseUrls) -> None:
    incident = world.asked()
    world.clock.forward(days=9, hours=1)  # three reminders would have been due

    with working(world, database.app_url):
        until(lambda: reminders(world, incident))
        until(lambda: not jobs(world) and not due_runs(world))

    assert reminders(world, incident) == 1


def test_a_night_of_missed_sweeps_is_one_sweep(world: World, database: DatabaseUrls) -> None:
    app = worker_module.jobs_app(world.handling, database.app_url, HURRIED)
    now = time.time()

    async def wake_up() -> None:
        async with app.open_async():
            deferrer = PeriodicDeferrer(app.periodic_registry)
            keys = app.periodic_registry.periodic_tasks
            deferrer.last_defers = {key: int(now) - 60 for key in keys}
            await deferrer.defer_jobs(deferrer.get_previous_tasks(at=now))

    # a thread of its own: a browser test before this one leaves a running loop in the main one
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, wake_up()).result()

    assert jobs(world, "putright.sweep") == ["todo"]
    assert jobs(world, "putright.retry_stalled") == ["todo"]


def test_the_job_of_a_killed_worker_is_done_by_another(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.asked()
    world.clock.forward(days=4)
    command = [
        *(sys.executable, "-m", "tests.integration.worker_process"),
        *(database.app_url, world.clock.now.isoformat()),
    ]
    with locked(database.app_url, incident):
        victim = subprocess.Popen(command, cwd=ROOT)
        try:
            until(lambda: jobs(world) == ["doing"])
        finally:
            victim.kill()
            victim.wait()
    assert reminders(world, incident) == 0

    with working(world, database.app_url):
        until(lambda: reminders(world, incident))
        until(lambda: not jobs(world))

    assert reminders(world, incident) == 1


def test_a_run_that_was_handed_out_and_lost_is_handed_out_again_later(world: World) -> None:
    world.asked()
    world.clock.forward(days=4)
    assert hand_out_due(world.handling, lambda *_: None) == 1

    at_once = hand_out_due(world.handling, lambda *_: None)
    world.clock.forward(seconds=HAND_OUT_AGAIN.total_seconds() + 1)

    assert at_once == 0
    assert hand_out_due(world.handling, lambda *_: None) == 1


def test_no_more_is_handed_out_than_workers_can_take(
    world: World, database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        world.asked()
    world.clock.forward(days=4)
    monkeypatch.setattr(worker_module, "MOST_WAITING", 2)
    app = worker_module.jobs_app(world.handling, database.app_url)
    sweep = app.tasks["putright.sweep"]

    handed_out = []
    for _ in range(2):
        sweep(timestamp=0)
        with world.handling.store.read() as conn:
            handed_out.append(waiting_advances(conn))

    assert handed_out == [2, 2]


def test_the_mark_on_the_run_and_the_job_come_together_or_not_at_all(world: World) -> None:
    world.asked()
    world.clock.forward(days=4)

    def defer_and_fail(*given: object) -> None:
        defer_advances(*given)  # type: ignore[arg-type]
        raise RuntimeError("killed between two writes")

    with pytest.raises(RuntimeError):
        hand_out_due(world.handling, defer_and_fail)

    assert jobs(world) == []
    assert hand_out_due(world.handling, defer_advances) == 1


def test_a_worker_lives_through_a_database_that_goes_away_and_comes_back(
    world: World,
    database: DatabaseUrls,
    server: EmbeddedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    incident = world.asked()
    with working(world, database.app_url, IMPATIENT):
        until(lambda: workers(world))
        with away(server, database) as throw_out:
            until(lambda: throw_out() or has_lost_its_database(caplog))

        world.clock.forward(days=4)
        until(lambda: reminded_or_away(world, incident))
    assert reminders(world, incident) == 1


def test_a_worker_may_start_before_its_database(
    world: World,
    database: DatabaseUrls,
    server: EmbeddedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world.close()
    with ExitStack() as stack:
        with away(server, database):
            stack.enter_context(working(world, database.app_url, IMPATIENT))
            until(lambda: has_lost_its_database(caplog))
        until(lambda: workers(world))


# In these the wait is far longer than the time in which `working` insists on the end.
def test_a_worker_that_waits_for_its_database_stops(
    world: World, database: DatabaseUrls, server: EmbeddedServer
) -> None:
    world.close()
    pace = replace(HURRIED, give_up_seconds=600)
    with away(server, database), working(world, database.app_url, pace) as worker:
        assert worker.is_alive


def test_a_worker_that_waits_before_it_starts_again_stops(
    world: World,
    database: DatabaseUrls,
    server: EmbeddedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world.close()
    pace = replace(IMPATIENT, restart_seconds=600)
    with away(server, database), working(world, database.app_url, pace):
        until(lambda: has_lost_its_database(caplog))


def test_a_worker_that_is_losing_its_database_stops(
    world: World, database: DatabaseUrls, server: EmbeddedServer
) -> None:
    with ExitStack() as until_it_has_stopped, working(world, database.app_url, IMPATIENT):
        until(lambda: workers(world))
        until_it_has_stopped.enter_context(away(server, database))


def test_an_idle_worker_stops_without_looking_for_jobs_once_more(
    world: World, database: DatabaseUrls
) -> None:
    pace = Pace(sweep_seconds=30, poll_seconds=600, heartbeat_seconds=600)
    with working(world, database.app_url, pace):
        until(lambda: workers(world))

    assert workers(world) == 0


def test_a_worker_that_has_hardly_begun_stops_too(world: World, database: DatabaseUrls) -> None:
    worker = WorkerThread(world.handling, database.app_url)
    worker.stop()  # before it began: nothing to stop
    worker = WorkerThread(world.handling, database.app_url)
    worker.start()
    worker.stop()
    assert not worker.is_alive


def test_stopping_finishes_the_job_in_hand(world: World, database: DatabaseUrls) -> None:
    incident = world.asked()
    world.clock.forward(days=4)
    worker = WorkerThread(world.handling, database.app_url, pace=HURRIED)
    stopping = threading.Thread(target=worker.stop)

    with locked(database.app_url, incident):
        worker.start()
        until(lambda: jobs(world) == ["doing"])
        stopping.start()
        stopping.join(0.3)
        assert stopping.is_alive()
    stopping.join()

    assert reminders(world, incident) == 1
    assert jobs(world) == []


def test_a_diagram_that_fails_is_marked_and_left_alone(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.asked()
    world.clock.forward(days=4)
    with world.handling.store.begin() as work:
        run = work.conn.execute(
            update(t.run)
            .where(t.run.c.incident_id == incident, t.run.c.action_id.is_(None))
            .values(snapshot=b"{}")
            .returning(t.run.c.id)
        ).scalar_one()

    with working(world, database.app_url):
        until(lambda: "incident:faulted" in world.verbs(incident))
        until(lambda: not jobs(world))

    with world.handling.store.read() as conn:
        assert conn.scalar(select(t.run.c.fault).where(t.run.c.id == run))
    assert hand_out_due(world.handling, lambda *_: None) == 0


def test_lateness_tells_how_many_timers_are_overdue_and_by_how_much(world: World) -> None:
    with world.handling.store.read() as conn:
        assert lateness(conn, world.clock.now) == (0, timedelta(0))
    world.asked()
    world.clock.forward(days=1, minutes=10)

    with world.handling.store.read() as conn:
        late, oldest = lateness(conn, world.clock.now)

    assert late == 1
    assert oldest == timedelta(minutes=10)


def test_keys_of_yesterday_are_forgotten(world: World) -> None:
    with world.handling.store.begin() as work:
        work.once(world.people["ada"], "a key", b"a request")
    world.clock.forward(hours=25)
    assert timing.forget_old_keys(world.handling) == 1


def workers(world: World) -> int:
    with world.handling.store.read() as conn:
        return conn.scalar(text("SELECT count(*) FROM procrastinate_workers")) or 0


def test_a_look_that_was_missed_is_found_by_the_workers_own_round(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.report()
    world.clock.forward(days=2)

    jobs_app(world.handling, database.app_url).tasks["putright.looks"].func(0)

    assert world.row(incident).lead_offered_to == [world.people["dora"]]
