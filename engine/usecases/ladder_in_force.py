"""The ladder as it is in force: what people have set on the page, in place of what was given.

It is read again every few seconds, in each process by itself.  A newcomer would read it in each
transaction: numbers change a few times a year, and every answer would pay for it.
"""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from engine.domain.incident import Priority
from engine.domain.ladder import Ladder, Rungs
from engine.domain.ladder_numbers import with_answers
from engine.errors import Unavailable
from engine.store.work import Store

_NUMBERS = text("SELECT priority, numbers FROM rungs")
_EVERY_SECONDS = 5.0


def read_ladder(conn: Connection, given: Ladder) -> Ladder:
    """Return the ladder with the numbers that were set, at this moment.  One statement."""
    found: Mapping[str, Rungs] = {
        row.priority.lower(): with_answers(given.of(Priority(row.priority)), row.numbers)
        for row in conn.execute(_NUMBERS)
    }
    return Ladder(**{p.lower(): found.get(p.lower(), given.of(p)) for p in Priority})


@dataclass
class _Reading:
    """What was read last, and when by the clock that only runs ahead."""

    ladder: Ladder | None = None
    at: float = -math.inf


@dataclass(frozen=True)
class LadderInForce(Ladder):
    """A ladder that follows what is set; what was read last holds while the database is away."""

    given: Ladder = field(default_factory=Ladder)
    store: Store | None = None
    every_seconds: float = _EVERY_SECONDS
    _last: _Reading = field(default_factory=_Reading, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def of(self, priority: Priority) -> Rungs:
        """Return the column of `priority`."""
        return self.now().of(priority)

    def now(self) -> Ladder:
        """Return the ladder as plain values, for another process too."""
        last = self._last
        is_due = time.monotonic() - last.at >= self.every_seconds
        # one thread reads, the others go on with what there is
        if is_due and self.store is not None and self._lock.acquire(blocking=False):
            try:
                with self.store.read() as conn:
                    last.ladder = read_ladder(conn, self.given)
            except (Unavailable, SQLAlchemyError):
                pass
            finally:
                last.at = time.monotonic()
                self._lock.release()
        return last.ladder or self.given


def at_this_moment(ladder: Ladder) -> Ladder:
    """Return a ladder that follows nothing any more: plain values, for a process of its own."""
    return ladder.now() if isinstance(ladder, LadderInForce) else ladder
