"""Use cases in processes that die on their way: before, or during, a trip to the database.

This one stays alive: for each use case that it reads it forks a process, which finds everything
warm, and answers with how that one ended.  Its argument is the address of a database, and the
instant that it is.
"""

import os
import pickle
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import psycopg

from engine.domain.ladder import DEFAULT
from engine.store.connect import application_engine
from engine.store.work import Store
from engine.usecases.handling import Handling
from tests.world import KEY, ROOT

Deed = Callable[[Handling], object]


@dataclass(frozen=True)
class Death:
    """At which trip to the database a process dies: before it sets out, or once it has."""

    trip: int
    is_sent: bool


class Doer:
    """A process whose children do use cases on a database, for better or worse."""

    def __init__(self, url: str, now: datetime) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, url, now.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def survives(self, deed: Deed, *, chance: str, death: Death | None = None) -> bool:
        """Do it once; return whether it came to its end.

        `chance` seeds what is drawn at random, so that the same is made twice.
        """
        assert self._process.stdin
        assert self._process.stdout
        pickle.dump((deed, chance, death), self._process.stdin)
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline())
        assert ended in (0, -signal.SIGKILL)
        return ended == 0

    def leave(self) -> None:
        """End."""
        self._process.communicate()


def die_at(death: Death) -> None:
    """Have this process killed at that trip; each wait of psycopg for an answer is one."""
    trips = count(1)
    whole = psycopg.Connection.wait

    def wait(self: psycopg.Connection[Any], trip: Any, *args: Any, **named: Any) -> Any:
        if next(trips) == death.trip:
            if death.is_sent:
                next(trip, None)  # comes back when there is nothing to do but wait
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(self, trip, *args, **named)

    psycopg.Connection.wait = wait  # type: ignore[method-assign]


def draw_from(chance: str) -> None:
    """Have ids and salts drawn from a seed."""
    # `random` has a name of its own for it, which `secrets` draws from
    os.urandom = random._urandom = random.Random(chance).randbytes  # type: ignore[attr-defined]


def attempt(handling: Handling, deed: Deed, chance: str, death: Death | None) -> int:
    """Do it in a child and return how that ended: 0, or the signal that it died of, negative."""
    child = os.fork()
    if child == 0:
        draw_from(chance)
        if death is not None:
            die_at(death)
        deed(handling)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(url: str, now: datetime) -> None:
    """Warm up, and do what comes in until there is no more."""
    handling = Handling(Store(application_engine(url), KEY, lambda: now), DEFAULT)
    with handling.store.read() as conn:
        handling.releases.in_force(conn)
    handling.store.engine.dispose()
    while sys.stdin.buffer.peek():
        asked = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
        sys.stdout.write(f"{attempt(handling, *asked)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], datetime.fromisoformat(sys.argv[2]))
