"""Feeds an incident log of another tool through the real use cases, on the log's own clock.

What the log does not hold is not invented: nobody in it has confirmed anything, so whatever it
calls closed meets the gate and stays open, with its confirmer asked and the ladder going on.
"""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from engine.usecases.replay.mapping import PRESETS, LogFormat, preset, read_mapping
from engine.usecases.replay.people import Source
from engine.usecases.replay.reading import Log, OnUnreadable, read_log
from engine.usecases.replay.replaying import Replayer
from engine.usecases.replay.spreading import Job, OpenHandling, spread
from engine.usecases.replay.summary import Summary, Tally

__all__ = [
    "PRESETS",
    "LogFormat",
    "OpenHandling",
    "Progress",
    "Summary",
    "Tally",
    "preset",
    "read_mapping",
    "replay_log",
]

# Told the number of rows the log has, then each time how many more are dealt with.
Progress = Callable[[int, int], None]


def replay_log(
    open_handling: OpenHandling,
    path: Path,
    log_format: LogFormat,
    *,
    limit: int | None,
    workers: int,
    on_unreadable: OnUnreadable,
    progress: Progress,
) -> Summary:
    """Replay the log at `path` in so many processes, and return what it came to.

    Cases that an earlier run has replayed to the end are passed over, one that was interrupted
    goes on where it stopped.  `progress` is told (rows in all, cases' rows done since).  Raises
    LogRefused before anything is written, NotFound if nothing is published, Unavailable.
    """
    began = monotonic()
    handling = open_handling()
    now = handling.store.clock()
    tally = Tally()
    with read_log(path, log_format, now=now, on_unreadable=on_unreadable, limit=limit) as log:
        if log.last_at is not None:
            source = Source(log_format.name)
            Replayer(handling, source, log.last_at).found()
            with handling.store.read() as conn:
                handling.releases.in_force(conn)
            handling.store.engine.dispose()
            job = Job(open_handling, source, log.last_at)
            _drive(job, log, workers, tally, progress)
    return Summary(tally, log.skipped, monotonic() - began)


def _drive(job: Job, log: Log, workers: int, tally: Tally, progress: Progress) -> None:
    progress(log.rows, 0)
    for done in spread(job, log.cases(), workers=workers):
        tally.add(done)
        progress(log.rows, done.rows)
