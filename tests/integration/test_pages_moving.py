"""A process owner sees what a move would do, has it done by the worker, and sees what stays."""

import json
import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

from sqlalchemy import text

from engine.proof.standing import Stands
from engine.queries.library import release_id_of
from engine.store import jobs
from engine.usecases.move_plans import plan_moves
from engine.usecases.moving import move_all
from tests.integration.test_moving import GONE, RENAMED, SHIPPED, asked, at_work, release
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
    assert "1 It stays. It stands at “Do the action (IT)”" in page, "in groups, too"
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
    assert "Dora Diaz moved it to another release of the diagrams" in record
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


def test_only_what_was_ticked_is_moved(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, RENAMED)
    at = "/studio/moves/new?from=1&to=2"
    runs = re.findall(r'name="run" value="([0-9a-f-]{36})"', dora.get(at))
    assert len(runs) == 2
    sent = {"reason": "Newer", "which": "ticked", "run": runs[1]}

    dora.send("/studio/moves/new", sent, at=at)

    page = dora.get("/studio/moves")
    made = re.search(r"/studio/moves/([0-9a-f-]{36})", page)
    assert made is not None
    shown = words_of(dora.get(f"/studio/moves/{made[1]}"))
    assert "Only those that were picked." in shown
    assert "1 to come." in shown
    nothing = {"reason": "Newer", "which": "ticked"}
    assert "Nothing of that runs" in dora.send("/studio/moves/new", nothing, 409, at=at)


def test_only_one_business_process_is_moved(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, RENAMED)
    with world.handling.store.read() as conn:
        own = conn.scalar(text("SELECT process_id FROM incident"))
    page = words_of(dora.get(f"/studio/moves/new?from=1&to=2&process={own}"))
    assert "2 would move, 0 would stay." in page
    other = dora.get(f"/studio/moves/new?from=1&to=2&process={world.people['dora']}")
    assert "Nothing of that runs on that release any more." in other


def test_a_group_can_be_seen_by_itself(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, GONE)
    page = dora.get("/studio/moves/new?from=1&to=2")
    groups = re.findall(r"group=([0-9a-f]{12})", page)
    assert len(set(groups)) == 2

    part = words_of(dora.get(f"/studio/moves/new?from=1&to=2&group={groups[0]}"))

    assert "Only a part is shown." in part
    assert "#1, action 1" in part
    assert "#1 Every action is settled" not in part


def test_what_has_another_name_is_mapped_by_hand(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, GONE)
    at = "/studio/moves/new?from=1&to=2"
    page = dora.get(at)
    assert "What stands for what" in page
    assert 'value="action/do_it_action/do_it_work"' in page
    assert 'value="action/do_it_action/every_action_is_settled"' not in page

    mapped = f"{at}&map=action/do_it_action/do_it_work"
    assert "2 would move, 0 would stay." in words_of(dora.get(mapped))
    dora.send("/studio/moves/new", {"reason": "Newer"}, at=mapped)
    made = re.search(r"/studio/moves/([0-9a-f-]{36})", dora.get("/studio/moves"))
    assert made is not None
    move_all(world.handling, UUID(made[1]))

    shown = words_of(dora.get(f"/studio/moves/{made[1]}"))
    assert "2 moved, 0 stay" in shown
    assert "“do_it_action” is “do_it_work” now." in shown
    for wrong in (
        "action/do_it_action/nothing",
        "action/gone/do_it_work",
        "a/b",
        "action/requested/do_it_work",
    ):
        dora.get(f"{at}&map={wrong}")


def test_a_second_look_is_not_proved_again(world: World, dora: Visitor) -> None:
    at_work(world)
    release(world, RENAMED)
    dora.get("/studio/moves/new?from=1&to=2")
    with world.handling.store.read() as conn:
        kept = conn.execute(
            text("SELECT key, diagram FROM release_standing ORDER BY diagram")
        ).all()
    assert [row.diagram for row in kept] == ["action", "incident"]

    def never(files: object, diagram: str) -> Stands:
        raise AssertionError(f"{diagram} was proved again: {len(str(files))}")

    with world.handling.store.read() as conn:
        both = [release_id_of(conn, number) for number in (1, 2)]
    plan = plan_moves(world.handling, *both, actor=world.actor("dora"), prover=never)
    assert plan.stay == 0


def test_what_was_passed_before_a_move_is_shown_on_the_release_it_was_on(
    world: World, visit: Visit, dora: Visitor
) -> None:
    """Also where the new release lacks a diagram that was passed."""
    incident = asked(world)
    world.confirm(incident, answer="no")
    files = {
        name: re.sub(
            rb'((?:process id|calledElement|bpmnElement)=)"confirmation"', rb'\1"checking"', content
        )
        for name, content in SHIPPED.items()
        if name in ("incident.bpmn", "confirmation.bpmn")
    }
    release(world, files)
    move_all(world.handling, begun(world, dora))
    egon = visit("egon")

    page = egon.get("/incidents/1/history")

    addresses = [unescape(one) for one in re.findall(r'data-(?:xml|state)-url="([^"]+)"', page)]
    assert any("/incidents/1/states/confirmation.json?release=1" in one for one in addresses)
    for address in addresses:
        egon.get(address)
    before = json.loads(egon.get("/incidents/1/states/incident.json?release=1"))
    assert {"verify_outcome", "obtain_confirmation"} <= set(before["done"])
    assert before["waiting"] == []
    now = json.loads(egon.get("/incidents/1/states/incident.json"))
    assert now["waiting"] == ["agree_what_right_means"]
    egon.get("/incidents/1/states/incident.json?release=3", 404)
