"""Programs see what a move would do, have it done, and are told how far it is."""

from collections.abc import Callable
from uuid import UUID, uuid4

from engine.usecases.moving import move_all
from tests.integration.test_moving import GONE, RENAMED, at_work, release
from tests.machine import Machine
from tests.world import World

Start = Callable[[str | None], Machine]
BOTH = {"before": 1, "after": 2}
TO_WORK = [{"diagram": "action", "before": "do_it_action", "after": "do_it_work"}]


def test_a_dry_run_tells_groups_runs_and_what_can_be_mapped(world: World, machine: Start) -> None:
    at_work(world)
    release(world, GONE)
    dora = machine("dora")

    plan = dora.post("/moves/dry-run", BOTH)

    counted = (plan["total"], plan["looked_at"], plan["move"], plan["stay"])
    assert counted == (2, 2, 1, 1)
    assert [(one["stays"], one["count"]) for one in plan["groups"]] == [(True, 1), (False, 1)]
    action, own = plan["runs"]
    assert (action["incident"], action["action"], action["stays"]) == (1, 1, True)
    assert action["says"][0].startswith("It stands at “Do the action (IT)”")
    assert (own["action"], own["stays"], own["stands_at"]) == (
        None, False, ["Every action is settled"],
    )  # fmt: skip
    place = next(one for one in plan["mappable"] if one["element"] == "do_it_action")
    assert (place["diagram"], place["count"], place["chosen"]) == ("action", 1, None)
    assert "do_it_work" in {one["id"] for one in place["choices"]}
    part = dora.post("/moves/dry-run", BOTH | {"group": plan["groups"][1]["key"]})
    assert [one["run"] for one in part["runs"]] == [own["run"]]
    assert dora.post("/moves/dry-run", BOTH | {"skip": 1, "most": 1})["runs"] == [own]
    mapped = dora.post("/moves/dry-run", BOTH | {"mapping": TO_WORK})
    assert (mapped["move"], mapped["stay"]) == (2, 0)


def test_a_move_is_begun_and_its_progress_is_told(world: World, machine: Start) -> None:
    at_work(world)
    release(world, GONE)
    dora = machine("dora")
    made = dora.post("/moves", BOTH | {"reason": "Newer", "mapping": TO_WORK}, 201)["id"]
    before = dora.get(f"/moves/{made}")
    assert (before["waits"], before["moved"], before["ended_at"]) == (2, 0, None)
    assert before["mapping"] == {"action": {"do_it_action": "do_it_work"}}

    move_all(world.handling, UUID(made))

    after = machine("egon").get(f"/moves/{made}")
    assert (after["waits"], after["moved"], after["stays"]) == (0, 2, 0)
    assert after["ended_at"] is not None
    lines = dora.get(f"/moves/{made}/runs")
    assert [(one["incident"], one["action"], one["state"]) for one in lines] == [
        (1, None, "moved"), (1, 1, "moved"),
    ]  # fmt: skip
    assert dora.get(f"/moves/{made}/runs?skip=1&most=1") == lines[1:]
    assert [one["id"] for one in dora.get("/moves")] == [made]
    dora.post(f"/moves/{made}/go-on", status=204)


def test_single_runs_are_moved(world: World, machine: Start) -> None:
    at_work(world)
    release(world, RENAMED)
    dora = machine("dora")
    run = dora.post("/moves/dry-run", BOTH)["runs"][0]["run"]
    made = dora.post("/moves", BOTH | {"reason": "Newer", "runs": [run]}, 201)["id"]
    shown = dora.get(f"/moves/{made}")
    assert (shown["waits"], shown["is_chosen"]) == (1, True)
    nobody = {"reason": "Newer", "runs": [str(uuid4())]}
    dora.post("/moves", BOTH | nobody, 409)


def test_what_cannot_be_asked_for_is_refused(world: World, machine: Start) -> None:
    at_work(world)
    release(world, RENAMED)
    dora = machine("dora")
    asked = BOTH | {"reason": "Newer"}
    dora.post("/moves", BOTH, 422)
    dora.post("/moves", BOTH | {"reason": " "}, 422)
    dora.post("/moves", asked | {"after": 1}, 422)
    dora.post("/moves", asked | {"after": 9}, 404)
    dora.post("/moves", asked | {"mapping": TO_WORK}, 422)
    dora.post("/moves", asked | {"process": str(uuid4())}, 404)
    dora.get(f"/moves/{uuid4()}", 404)
    dora.get(f"/moves/{uuid4()}/runs", 404)
    dora.post(f"/moves/{uuid4()}/go-on", status=404)
    for login in ("ada", "carla"):
        machine(login).get("/moves", 403)
    for login in ("ada", "egon", "carla"):
        machine(login).post("/moves", asked, 403)
        machine(login).post("/moves/dry-run", BOTH, 403)
    machine(None).get("/moves", 401)
