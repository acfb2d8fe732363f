"""A process owner sees what a move would do, has it done by the worker, and sees what stays."""

import re
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import text

from engine.store import jobs
from engine.usecases.moving import move_all
from tests.integration.test_moving import GONE, RENAMED, at_work, release
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


def begun(world: World, dora: Visitor, to: int = 2) -> UUID:
    sent = {"from": "1", "to": str(to), "reason": "Newer"}
    dora.send("/studio/moves/new", sent, at=f"/studio/moves/new?from=1&to={to}")
    found = re.search(r"/studio/moves/([0-9a-f-]{36})", dora.get("/studio/moves"))
    assert found is not None
    with world.handling.store.read() as conn:
        waiting = conn.execute(
            text("SELECT args->>'move_id' FROM procrastinate_jobs WHERE task_name = :task"),
            {"task": jobs.MOVE},
        ).scalars()
        assert [*waiting] == [found[1]], "the worker has it"
    return UUID(found[1])


def test_what_would_happen_is_seen_before_it_is_done(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, GONE)

    assert "/studio/moves" in dora.get("/studio/releases")
    page = words_of(dora.get("/studio/moves/new?from=1&to=2"))

    assert "1 would move, 1 would stay." in page
    assert "#1, action 1 Do the action (IT), Overdue It stays. It stands at" in page
    assert "#1 Every action is settled It goes on from there." in page


def test_how_far_it_is_and_what_stays_are_told(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, GONE)
    made = begun(world, dora)
    assert "0 moved, 0 stay, 0 were over before, 2 to come." in words_of(
        dora.get(f"/studio/moves/{made}")
    )
    assert "hx-trigger" in dora.get(f"/studio/moves/{made}")

    move_all(world.handling, made)

    page = dora.get(f"/studio/moves/{made}")
    assert "✓ Done. 1 moved, 1 stay, 0 were over before, 0 to come." in words_of(page)
    assert "hx-trigger" not in page.partition('id="progress"')[2].partition(">")[0]
    assert "From release 1 to 2" in words_of(dora.get("/studio/moves"))


def test_a_move_that_stopped_goes_on(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, RENAMED)
    made = begun(world, dora)
    dora.send(f"/studio/moves/{made}/on", {}, at=f"/studio/moves/{made}")
    move_all(world.handling, made)
    assert "2 moved" in words_of(dora.get(f"/studio/moves/{made}"))


def test_the_record_of_the_incident_says_that_it_was_moved(
    world: World, visit: Visit, dora: Visitor
) -> None:
    at_work(world)
    release(world, RENAMED)
    move_all(world.handling, begun(world, dora))
    record = words_of(visit("hugo").get("/incidents/1/record"))
    assert "Putright's move moved it to another release of the diagrams" in record
    visit("hugo").get("/incidents/1/history")


def test_what_cannot_be_asked_for_is_refused(world: World, dora: Visitor, visit: Visit) -> None:
    release(world, RENAMED)
    at = "/studio/moves/new?from=1&to=2"
    dora.send("/studio/moves/new", {"from": "1", "to": "2", "reason": "x"}, 409, at=at)
    dora.send("/studio/moves/new", {"from": "1", "to": "1", "reason": "x"}, 422, at=at)
    dora.send("/studio/moves/new", {"to": "2", "reason": "x"}, 422, at=at)
    assert "Please choose another release." in dora.get("/studio/moves/new?from=1&to=1")
    egon = visit("egon")
    assert "/studio/moves/new" not in egon.get("/studio/moves")
    egon.get("/studio/moves/new?from=1&to=2", 403)
    visit("ada").get("/studio/moves", 403)
    dora.get(f"/studio/moves/{world.process_id}", 404)
