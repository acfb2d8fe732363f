"""The bodies of jobs, and the worker that does them beside the web or by itself.

Nothing is deferred into the future: every few seconds the runs that are due are handed out, and
each job only nudges one run.  A newcomer would let the worker die with its database connection:
here it starts again after any error of the connector, for as long as nobody asked it to stop.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

import psycopg
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

from api.anchoring import keep_anchored
from api.proving import stands_apart
from api.results import write_result
from api.wiring import plain_handling
from engine.domain.message import Way
from engine.domain.permissions import Machine
from engine.errors import Busy, Unavailable
from engine.store.jobs import (
    ADVANCE,
    CHECK_CLOSURES,
    DELIVERED,
    ERASE,
    MAKE_FILE,
    MOVE,
    STEP_IN,
    TELL_RECOVERED,
    UNDELIVERED,
    defer_advances,
    waiting_advances,
)
from engine.usecases.anchoring import Place
from engine.usecases.closure_checks import check_all
from engine.usecases.delivering import delivered, undelivered
from engine.usecases.erasing import erase_all
from engine.usecases.handling import Handling
from engine.usecases.looking import offer_missed
from engine.usecases.moving import move_all
from engine.usecases.noting import refusals_noted, tell_left_out
from engine.usecases.posting import Letter, post_due
from engine.usecases.result_files import forget_files, make_file
from engine.usecases.signals import tell_recovered
from engine.usecases.stepping_in import notice_absences, step_in
from engine.usecases.timing import advance_run, forget_old_keys, hand_out_due

log = logging.getLogger(__name__)

Post = Callable[[Letter], None]
WORKER = Machine("putright worker")

# More are not handed out while so many wait for a worker: a run that waits in the queue for longer
# than `timing.HAND_OUT_AGAIN` would be handed out twice, and again, and bury the worker.
MOST_WAITING = 2_000
_FAILED_JOBS_KEPT_HOURS = 7 * 24
_PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=2, retry_exceptions=[Busy, Unavailable])


@dataclass(frozen=True)
class Pace:
    """How often the worker looks; tests are in a greater hurry.

    On an idle machine a timer is late by `sweep_seconds`, `poll_seconds` and half a second at
    most.  Jobs of a worker that has not been heard of for `stalled_seconds` are done again by the
    others, who look every `stalled_sweep_seconds` (at most 30, like `sweep_seconds`).
    """

    sweep_seconds: int = 5
    poll_seconds: float = 1.0
    heartbeat_seconds: int = 10
    stalled_seconds: int = 30
    stalled_sweep_seconds: int = 30
    # a connection not had for so long: the database is away, and the worker starts again
    give_up_seconds: float = 5.0
    restart_seconds: float = 2.0


LIFE = Pace()


def jobs_app(
    handling: Handling,
    database_url: str,
    pace: Pace = LIFE,
    posts: Mapping[Way, Post] | None = None,
    places: Sequence[Place] = (),
) -> App:
    """Return the job engine with every body registered; `database_url` is libpq's form.

    `posts` send a letter, each its way; without them nothing goes out.  `places` are where signed
    heads leave to.
    """
    app = App(
        connector=PsycopgConnector(
            conninfo=database_url,
            min_size=1,
            max_size=6,
            timeout=pace.give_up_seconds,
            pool_factory=_Pool,
        )
    )

    _when_told(app, handling)
    _when_asked_for(app, handling)
    keep_anchored(app, handling, partial(plain_handling, database_url, handling.store.key), places)

    # The queueing locks: a machine that slept for a night would else find a job for each sweep
    # that it missed.  No business transaction defers these, so that none can break on the lock.
    @app.periodic(cron=f"* * * * * */{pace.sweep_seconds}")
    @app.task(name="putright.sweep", queueing_lock="putright.sweep")
    def sweep(timestamp: int) -> None:
        del timestamp
        with handling.store.read() as conn:
            room = MOST_WAITING - waiting_advances(conn)
        if room > 0:
            hand_out_due(handling, defer_advances, most=room)

    @app.periodic(cron="* * * * *")
    @app.task(name="putright.looks", queueing_lock="putright.looks")
    def looks(timestamp: int) -> None:
        del timestamp
        offer_missed(handling)

    @app.periodic(cron="* * * * *")
    @app.task(name="putright.absences", queueing_lock="putright.absences")
    def absences(timestamp: int) -> None:
        del timestamp
        notice_absences(handling)

    @app.periodic(cron=f"* * * * * */{pace.stalled_sweep_seconds}")
    @app.task(name="putright.retry_stalled", queueing_lock="putright.retry_stalled")
    async def retry_stalled(timestamp: int) -> None:
        del timestamp
        await _retry_stalled(app, pace.stalled_seconds)

    @app.periodic(cron="*/5 * * * *")
    @app.task(name="putright.refusals", queueing_lock="putright.refusals")
    def refusals(timestamp: int) -> None:
        del timestamp
        tell_left_out(handling.store)

    @app.periodic(cron="17 * * * *")
    @app.task(name="putright.forget", queueing_lock="putright.forget")
    async def forget(timestamp: int) -> None:
        del timestamp
        await asyncio.to_thread(forget_old_keys, handling)
        await asyncio.to_thread(forget_files, handling.store)
        await app.job_manager.delete_old_jobs(nb_hours=_FAILED_JOBS_KEPT_HOURS, include_failed=True)

    for way, post in (posts or {}).items():
        _send_letters(app, handling, pace, way, post)
    return app


def _when_told(app: App, handling: Handling) -> None:
    """Register what a transaction has done after it has committed."""

    def noted() -> AbstractContextManager[None]:
        return refusals_noted(handling.store, "worker", WORKER)

    @app.task(name=ADVANCE, retry=_PATIENCE)
    def advance(run_id: str) -> None:
        with noted():
            advance_run(handling, UUID(run_id))

    @app.task(name=TELL_RECOVERED, retry=_PATIENCE)
    def tell(signal_id: str) -> None:
        with noted():
            tell_recovered(handling, UUID(signal_id))

    @app.task(name=STEP_IN, retry=_PATIENCE)
    def ask_next(person_id: str) -> None:
        with noted():
            step_in(handling, UUID(person_id))

    @app.task(name=MOVE, retry=_PATIENCE)
    def move(move_id: str) -> None:
        with noted():
            move_all(handling, UUID(move_id), stands_apart)

    @app.task(name=DELIVERED, retry=_PATIENCE)
    def note_delivered(item_id: str, at: str) -> None:
        delivered(handling, UUID(item_id), datetime.fromisoformat(at))

    @app.task(name=UNDELIVERED, retry=_PATIENCE)
    def note_undelivered(item_id: str, person_id: str) -> None:
        undelivered(handling, UUID(item_id), UUID(person_id))


def _when_asked_for(app: App, handling: Handling) -> None:
    """Register what somebody asks for at a desk, and what may take long."""

    @app.task(name=MAKE_FILE, retry=_PATIENCE)
    def make_result(file_id: str) -> None:
        make_file(handling.store, UUID(file_id), partial(write_result, handling))

    @app.task(name=CHECK_CLOSURES, retry=_PATIENCE)
    def check_closures(check_id: str) -> None:
        check_all(handling.store, UUID(check_id))

    @app.task(name=ERASE, retry=_PATIENCE)
    def erase(erasure_id: str) -> None:
        erase_all(handling.store, UUID(erasure_id))


def _send_letters(app: App, handling: Handling, pace: Pace, way: Way, post: Post) -> None:
    # one at a time, and none in vain: the lock waits, the queueing lock keeps one waiting
    name = f"putright.post_by_{way}"

    @app.periodic(cron=f"* * * * * */{pace.sweep_seconds}")
    @app.task(name=name, queueing_lock=name, lock=name)
    def letters(timestamp: int) -> None:
        del timestamp
        post_due(handling, post, way=way)


class _Pool(AsyncConnectionPool):
    """Gives up opening as soon as on waiting for a connection.

    The pool by itself tries for half a minute, at ever longer intervals, and so would notice a
    database that is back a quarter of a minute late.
    """

    async def open(self, wait: bool = False, timeout: float | None = None) -> None:
        """Open the pool; raises PoolTimeout, closed again, if no connection was had in time."""
        await super().open(wait, timeout or self.timeout)


async def _retry_stalled(app: App, stalled_seconds: int) -> None:
    """Have the jobs of killed workers done again; periodic ones come again by themselves."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_seconds):
        # a worker that was only slow may have finished its job meanwhile
        with suppress(ConnectorException):
            if job.queueing_lock is None:
                await app.job_manager.retry_job(job)
            else:
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


class WorkerThread:
    """A worker on a thread of its own, with its own event loop and connections."""

    def __init__(
        self,
        handling: Handling,
        database_url: str,
        *,
        concurrency: int = 2,
        pace: Pace = LIFE,
        posts: Mapping[Way, Post] | None = None,
        places: Sequence[Place] = (),
    ) -> None:
        self._posts = posts
        self._places = places
        self._handling = handling
        self._database_url = database_url
        self._concurrency = concurrency
        self._pace = pace
        self._thread = threading.Thread(target=self._run, name="putright-worker")
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told_to_stop = asyncio.Event()
        self._worker: Worker | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs; it ends only when asked to, or by a fault of ours."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to do jobs."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30) -> None:
        """Finish the job in hand and end; returns when the thread has ended, or at the time-out."""
        self._stopping.set()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended by itself meanwhile
                self._loop.call_soon_threadsafe(self._tell)
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)

    def join(self) -> None:
        """Wait until the worker has been stopped."""
        while self._thread.is_alive():
            self._thread.join(1)

    def _tell(self) -> None:
        # Never by cancelling: until Python 3.12 a cancellation is lost if what is waited for
        # comes in the same moment (bpo-37658), and the worker would go on for ever.
        self._told_to_stop.set()
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]  # Worker is half typed

    def _run(self) -> None:
        asyncio.run(self._keep_working())

    async def _keep_working(self) -> None:
        self._loop = asyncio.get_running_loop()
        # the loop's own executor has as many threads as it thinks fit for the machine
        self._loop.set_default_executor(ThreadPoolExecutor(self._concurrency, "putright-job"))
        told = asyncio.create_task(self._told_to_stop.wait())
        # `stop` sets this before it looks for the loop, so that one of us two sees the other
        while not self._stopping.is_set():
            try:
                await self._work(told)
            except (ConnectorException, psycopg.Error, OSError) as error:
                log.warning("The worker lost its database and starts again: %s", error)
            if not self._stopping.is_set():
                await asyncio.wait({told}, timeout=self._pace.restart_seconds)
        told.cancel()

    async def _work(self, told: asyncio.Task[Literal[True]]) -> None:
        app = jobs_app(self._handling, self._database_url, self._pace, self._posts, self._places)
        opening = asyncio.create_task(app.connector.open_async())
        try:
            await asyncio.wait({opening, told}, return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                opening.cancel()
                await asyncio.wait({opening})
                return
            await opening
            self._worker = Worker(
                app,
                concurrency=self._concurrency,
                install_signal_handlers=False,
                # Listening would save a second, and a cancelled listener leaves a connection half
                # made, which PostgreSQL waits a minute for.
                listen_notify=False,
                fetch_job_polling_interval=self._pace.poll_seconds,
                delete_jobs="successful",
                shutdown_graceful_timeout=20,
                update_heartbeat_interval=self._pace.heartbeat_seconds,
                stalled_worker_timeout=self._pace.stalled_seconds,
            )
            await self._worker.run()  # type: ignore[no-untyped-call]  # Worker is half typed
        finally:
            self._worker = None
            await app.close_async()
