"""Programs are told what differs between two releases, and where runs waited."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.usecases.publish import publish
from tests.machine import Machine
from tests.world import World, shipped_files

Start = Callable[[str | None], Machine]
SHIPPED = shipped_files()
PERIOD = "since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z"


@pytest.fixture
def two(world: World) -> World:
    """Two releases, whose second calls a step something else."""
    other = SHIPPED["action.bpmn"].replace(b'name="Requested"', b'name="Asked for"')
    publish(world.handling.store, SHIPPED | {"action.bpmn": other}, by="Ada", reason="plainer")
    return world


@pytest.mark.usefixtures("two")
def test_what_differs_is_told_file_by_file(machine: Start) -> None:
    dora = machine("dora")

    assert dora.get("/releases/1/differences/2") == [
        {
            "name": "action.bpmn",
            "kind": "bpmn",
            "how": "changed",
            "unreadable": [],
            "differences": [
                {
                    "how": "changed",
                    "before": "requested",
                    "after": "requested",
                    "says": ["It is called “Asked for” instead of “Requested”."],
                }
            ],
            "lines": [],
        }
    ]
    assert dora.get("/releases/2/differences/2") == []
    for which in ("3", "99999999999", "x"):
        dora.get(f"/releases/1/differences/{which}", 404)


def test_where_runs_waited_is_told_in_seconds(world: World, machine: Start) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.clock.forward(hours=2)
    world.verify(incident)
    world.clock.forward(minutes=5)

    found = machine("egon").get(f"/releases/1/waits/incident?{PERIOD}")

    two_hours = int(timedelta(hours=2).total_seconds())
    waited = {"times": 1, "median_seconds": two_hours, "ninetieth_seconds": two_hours}
    assert found["elements"]["verify_outcome"] == {
        "element": "verify_outcome", "done": 1, "undone": 0, "waited": waited,
        "by_party": {"business": waited}, "now": None, "now_by_party": {},
    }  # fmt: skip
    assert found["flows"]["checked"] == 1


def test_a_period_and_a_diagram_are_needed(machine: Start) -> None:
    dora = machine("dora")

    for query in ("", "since=2026-03-01T00:00:00Z", "since=x&until=y"):
        assert dora.send("GET", f"/releases/1/waits/incident?{query}").status_code in (400, 422)
    dora.get(f"/releases/1/waits/nothing?{PERIOD}", 404)
    dora.get(f"/releases/9/waits/incident?{PERIOD}", 404)


def test_it_is_for_process_owners_and_auditors(machine: Start) -> None:
    for login in ("ada", "carla", "fay"):
        machine(login).get(f"/releases/1/waits/incident?{PERIOD}", 403)
        machine(login).get("/releases/1/differences/1", 403)
