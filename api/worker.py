"""The bodies of jobs, and the worker that does them beside the web or by itself.

Nothing is deferred into the future: every few seconds the runs that are due are handed out, and
each job only nudges one run.  A newcomer would let the worker die with its database connection:
here it starts again after any error of the connector, for as long as nobody asked it to stop.
"""

import asyncio
import logging
import threading
from contextlib import suppress
from uuid import UUID

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException

from engine.errors import Busy, Unavailable
from engine.store.jobs import ADVANCE, defer_advances
from engine.usecases.handling import Handling
from engine.usecases.timing import advance_run, forget_old_keys, hand_out_due

log = logging.getLogger(__name__)

# How often timers are looked for; a timer is late by this much at most on an idle machine.
SWEEP_SECONDS = 5
_RESTART_SECONDS = 2.0
# A worker that has not been heard of for this long is taken for dead, and its jobs are done again.
STALLED_SECONDS = 30.0


def jobs_app(handling: Handling, database_url: str) -> App:
    """Return the job engine with every body registered; `database_url` is libpq's form."""
    app = App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=6))

    @app.task(
        name=ADVANCE,
        retry=RetryStrategy(
            max_attempts=8, exponential_wait=2, retry_exceptions=[Busy, Unavailable]
        ),
    )
    def advance(run_id: str) -> None:
        advance_run(handling, UUID(run_id))

    @app.periodic(cron=f"* * * * * */{SWEEP_SECONDS}")
    @app.task(name="putright.sweep")
    def sweep(timestamp: int) -> None:
        del timestamp
        while hand_out_due(handling, defer_advances):
            pass

    @app.periodic(cron="* * * * *")
    @app.task(name="putright.retry_stalled")
    async def retry_stalled(timestamp: int) -> None:
        del timestamp
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            await app.job_manager.retry_job(job)

    @app.periodic(cron="17 * * * *")
    @app.task(name="putright.forget_keys")
    async def forget(timestamp: int) -> None:
        del timestamp
        await asyncio.to_thread(forget_old_keys, handling)
        await app.job_manager.delete_old_jobs(nb_hours=24, include_failed=False)

    return app


class WorkerThread:
    """A worker on a thread of its own, with its own event loop and connections."""

    def __init__(self, handling: Handling, database_url: str, *, concurrency: int = 2) -> None:
        self._handling = handling
        self._database_url = database_url
        self._concurrency = concurrency
        self._thread = threading.Thread(target=self._run, name="putright-worker")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to do jobs."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30) -> None:
        """Finish the job in hand and end; returns when the thread has ended, or at the time-out."""
        self._stopping.set()
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with suppress(RuntimeError):  # the loop has ended by itself meanwhile
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join(timeout_seconds)

    def join(self) -> None:
        """Wait until the worker has been stopped."""
        while self._thread.is_alive():
            self._thread.join(1)

    def _run(self) -> None:
        asyncio.run(self._keep_working())

    async def _keep_working(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            self._task = asyncio.create_task(self._work())
            try:
                await self._task
            except asyncio.CancelledError:
                return
            except (ConnectorException, OSError) as error:
                log.warning("The worker lost its database and starts again: %s", error)
            if not self._stopping.is_set():
                await asyncio.sleep(_RESTART_SECONDS)

    async def _work(self) -> None:
        app = jobs_app(self._handling, self._database_url)
        async with app.open_async():
            await app.run_worker_async(
                concurrency=self._concurrency,
                install_signal_handlers=False,
                listen_notify=True,
                fetch_job_polling_interval=2.0,
                delete_jobs="successful",
                shutdown_graceful_timeout=20,
                stalled_worker_timeout=STALLED_SECONDS,
            )
