"""`kill -9` of the worker in the middle of an erasure: afterwards each chain tells of it once."""

from engine.domain.erasing import OF_INCIDENT
from engine.queries.erasures import ErasureLine, erased_so_far, erasure
from engine.store.embedded import DatabaseUrls
from engine.store.jobs import ERASE
from tests.integration.test_erasing import agree, ask, gone, named, told_of_carla, two
from tests.integration.test_moving_killed import victim
from tests.integration.test_worker import jobs, locked, working
from tests.tampering import audited, told
from tests.until import until
from tests.world import World

__all__ = ["two"]


def test_each_chain_tells_of_it_once_whenever_the_worker_is_killed(
    two: World, database: DatabaseUrls
) -> None:
    # they are erased in the order of their ids
    incidents = sorted(told_of_carla(two) for _ in range(4))
    gone(two)
    erasure_id = ask(two)
    agree(two, erasure_id)

    def so_far() -> int:
        with two.handling.store.read() as conn:
            return erased_so_far(conn, erasure_id)

    def shown() -> ErasureLine:
        with two.handling.store.read() as conn:
            return erasure(conn, erasure_id)

    with locked(database.app_url, incidents[2]), victim(two, database):
        until(lambda: so_far() == 2)
    assert "doing" in jobs(two, ERASE)
    assert (shown().done_at, named(two)) == (None, "Carla Costa")

    with working(two, database.app_url):
        until(lambda: shown().done_at is not None)
        until(lambda: not jobs(two, ERASE))

    assert [two.verbs(one).count(OF_INCIDENT) for one in incidents] == [1, 1, 1, 1]
    assert shown().incidents == 4
    assert named(two).startswith("Erased person")
    assert told(audited(two.handling.store)) == {}
