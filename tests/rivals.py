"""Several people at once: held up at one place until all of them are there, then let go.

PostgreSQL gives a lock to those who wait for it in the order in which they came, so that who is
first here is first there.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import LiteralString
from uuid import UUID

import psycopg

from tests.until import until

Deed = Callable[[], object]

AN_INCIDENT: LiteralString = "SELECT 1 FROM incident WHERE id = %s FOR UPDATE"
# nobody can write an entry, which is the last but one of all that a use case writes
EVERY_ENTRY: LiteralString = "LOCK TABLE entry IN SHARE MODE"


@contextmanager
def held(owner_url: str, sql: LiteralString, *given: object) -> Iterator[Callable[[], int]]:
    """Hold a lock of the owner's; yields what counts those of this database who wait for any."""
    with psycopg.connect(owner_url) as holder, psycopg.connect(owner_url, autocommit=True) as by:
        holder.execute(sql, given)
        yield lambda: len(
            by.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchall()
        )


def outcomes(
    owner_url: str, deeds: Sequence[Deed], sql: LiteralString, *given: object
) -> list[object]:
    """Do these at once, in their order: each begins when the one before it waits for the lock.

    Returns what each of them returned or raised.
    """
    begun: list[Future[object]] = []
    with ThreadPoolExecutor(len(deeds)) as pool, held(owner_url, sql, *given) as waiting:
        for deed in deeds:
            begun.append(pool.submit(deed))
            until(lambda: waiting() == len(begun) or wait(begun, 0).done)
        assert not wait(begun, 0).done, "somebody did not have to wait"
    return [one.exception() or one.result() for one in begun]


def at_once(owner_url: str, incident: UUID, *deeds: Deed) -> list[object]:
    """Do these at once on one incident, in their order; see `outcomes`."""
    return outcomes(owner_url, deeds, AN_INCIDENT, incident)
