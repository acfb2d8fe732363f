"""Spreads the cases of a log over processes, as Python computes in one thread at a time.

Each process has its own connection and takes whole cases, so that the rows of one case stay in
order.  Cases are handed out a few at a time, so that memory stays flat.  A process ends by itself
when the one that started it is gone, killed or not: nothing is left running.
"""

import gc
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from engine.errors import PutrightError, Unavailable
from engine.usecases.handling import Handling
from engine.usecases.replay.people import Source
from engine.usecases.replay.reading import Row
from engine.usecases.replay.replaying import Replayer
from engine.usecases.replay.summary import Tally

# A process has so many cases at hand, so that it never waits for the next.
_AT_HAND = 3
_LEAVE_SECONDS = 20.0
_GC_EVERY = 20_000

# Opens the database in a process of its own; it travels there, so it holds plain values only.
OpenHandling = Callable[[], Handling]


@dataclass(frozen=True)
class Job:
    """What every process is told first."""

    open_handling: OpenHandling
    source: Source
    last_at: datetime


@dataclass(frozen=True)
class _Failed:
    """A process gives up: what to tell people, or where a fault of the program lies."""

    sentence: str


@dataclass
class _Hand:
    """A process at work, and how many cases it has at hand."""

    process: SpawnProcess
    conn: Connection
    cases: int = 0


def spread(job: Job, cases: Iterable[Sequence[Row]], *, workers: int) -> Iterator[Tally]:
    """Replay the cases in so many processes; give what was done of each as it is done.

    Closing the iterator early lets every process finish the case it is at.  Raises Unavailable
    if the database is away or a process was killed: what was done stands, and another run goes on.
    """
    coming = iter(cases)
    with _hands(job, workers) as hands:
        for _ in range(_AT_HAND):
            for hand in hands:
                _give(hand, coming)
        while any(hand.cases for hand in hands):
            by_conn = {hand.conn: hand for hand in hands if hand.cases}
            for ready in wait(list(by_conn)):
                hand = by_conn[ready]  # type: ignore[index]
                tally = _taken(hand)
                _give(hand, coming)
                yield tally


def _give(hand: _Hand, coming: Iterator[Sequence[Row]]) -> None:
    rows = next(coming, None)
    if rows is None:
        return
    try:
        hand.conn.send(list(rows))
    except OSError as error:
        # what it said before it ended says why
        _taken(hand)
        raise Unavailable("A process of the replay has ended; please run it again.") from error
    hand.cases += 1


def _taken(hand: _Hand) -> Tally:
    try:
        said = hand.conn.recv()
    except (EOFError, OSError) as error:
        raise Unavailable(
            "A process of the replay was killed; run it again, and it goes on."
        ) from error
    if isinstance(said, _Failed):
        raise Unavailable(said.sentence)
    hand.cases -= 1
    if not isinstance(said, Tally):
        raise TypeError("a process of the replay answers with what it has done")
    return said


@contextmanager
def _hands(job: Job, workers: int) -> Iterator[list[_Hand]]:
    context = get_context("spawn")
    hands: list[_Hand] = []
    try:
        for number in range(workers):
            mine, its = context.Pipe()
            process = context.Process(
                target=_work, args=(job, its), name=f"replay-{number + 1}", daemon=True
            )
            process.start()
            its.close()
            hands.append(_Hand(process, mine))
        yield hands
    finally:
        for hand in hands:
            hand.conn.close()
        for hand in hands:
            hand.process.join(_LEAVE_SECONDS)
            if hand.process.is_alive():
                hand.process.kill()
                hand.process.join()


def _work(job: Job, conn: Connection) -> None:
    """The body of a process: a case in, a tally out, until nobody asks any more."""
    # Ctrl-C goes to all; whoever started this one decides what becomes of it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # nobody at the other end any more: the case at hand is done, and that is all
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            handling = job.open_handling()
            replayer = Replayer(handling, job.source, job.last_at)
            # The program itself is never garbage: not looking through it again and again spares a
            # tenth of the time.
            gc.freeze()
            gc.set_threshold(_GC_EVERY)
            while True:
                conn.send(replayer.replay(conn.recv()))
        except PutrightError as error:
            conn.send(_Failed(error.sentence))
