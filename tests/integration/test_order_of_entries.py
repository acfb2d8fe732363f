"""An entry is never dated before the one in front of it, whoever began first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID, uuid4

from sqlalchemy import text

from engine.domain.permissions import Machine
from engine.domain.register import RecordKind
from engine.store.embedded import DatabaseUrls
from engine.store.registering import register
from engine.store.signed_heads import signed_heads
from engine.store.work import Work
from engine.usecases.signing_heads import sign_heads
from tests.rivals import held
from tests.tampering import audited, signing
from tests.until import until
from tests.world import World

ONE, OTHER = Machine("one worker"), Machine("another worker")


def note(work: Work, incident: UUID, by: Machine) -> None:
    work.incident(incident).record("incident:noted", {}, by)


def written(world: World, table: str = "entry") -> list[tuple[str, float]]:
    """Return who wrote the last two entries, and how many seconds ago."""
    with world.handling.store.read() as conn:
        rows = conn.execute(text(f"SELECT actor, at FROM {table} ORDER BY seq DESC LIMIT 2"))  # noqa: S608
        return [(row.actor, (world.clock.now - row.at).total_seconds()) for row in rows][::-1]


def test_who_began_first_and_came_later_is_not_dated_back(world: World) -> None:
    incident = world.report()
    store = world.handling.store

    with store.begin() as early:
        world.clock.forward(seconds=5)
        with store.begin() as late:
            note(late, incident, OTHER)
        note(early, incident, ONE)
        assert early.now > world.clock.now

    assert written(world) == [("another worker", 0), ("one worker", -1e-6)]
    assert audited(store).is_sound


def test_who_waited_for_the_incident_is_not_dated_back(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.report()
    store = world.handling.store
    has_begun, may_go_on = Event(), Event()

    def waits() -> None:
        with store.begin() as early:
            has_begun.set()
            may_go_on.wait(30)
            note(early, incident, ONE)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(waits)
        has_begun.wait(30)
        world.clock.forward(seconds=5)
        with held(database.owner_url, "SELECT 1") as who_wait, store.begin() as late:
            note(late, incident, OTHER)
            may_go_on.set()
            until(lambda: who_wait() == 1)
        waiting.result(30)

    assert written(world) == [("another worker", 0), ("one worker", -1e-6)]
    assert audited(store).is_sound


def test_a_machine_whose_clock_is_behind_writes_no_earlier_than_the_others(world: World) -> None:
    incident = world.report()
    with world.handling.store.begin() as work:
        note(work, incident, OTHER)
    world.clock.forward(seconds=-3)

    with world.handling.store.begin() as work:
        note(work, incident, ONE)

    assert written(world) == [("another worker", -3), ("one worker", -3.000001)]
    assert audited(world.handling.store).is_sound


def test_the_register_is_not_dated_back_either(world: World) -> None:
    store = world.handling.store

    with store.begin() as early:
        world.clock.forward(seconds=5)
        for work, by in ((None, OTHER), (early, ONE)):
            with store.begin() if work is None else store.within(work).begin() as now:
                register(now, "person:changed", RecordKind.PERSON, uuid4(), {}, by)

    assert written(world, "register_entry") == [("another worker", 0), ("one worker", 0)]
    assert audited(store).is_sound


def test_a_signed_head_is_not_dated_back_either(world: World) -> None:
    handling = signing(world)
    world.report()

    with handling.store.begin() as early:
        world.clock.forward(seconds=5)
        sign_heads(handling)
        sign_heads(handling.within(early))

    with handling.store.read() as conn:
        assert [head.at for head in signed_heads(conn)] == [world.clock.now, world.clock.now]
    assert audited(handling.store).is_sound
