"""Ways out told over the JSON API by the people they are about."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.machine import Machine
from tests.world import World

Start = Callable[[str | None], Machine]
PART = {"title": "Wrong address", "expected": "The new street", "actual": "The old street"}


def test_a_request_is_set_aside_and_its_reporter_brings_it_back(
    world: World, machine: Start
) -> None:
    world.report()
    hugo, carla = machine("hugo"), machine("carla")

    hugo.post("/incidents/1/set-aside", {"reason": "This is a request"}, 204)

    shown = carla.get("/incidents/1")
    assert (shown["state"], shown["missing"]) == ("set_aside", [])
    assert (shown["way_out"]["by"], shown["way_out"]["reason"]) == (
        "Hugo Hahn",
        "This is a request",
    )
    assert "bring_back" in shown["verbs"]
    assert carla.get("/incidents")["counts"]["set_aside"] == 1
    assert hugo.post("/incidents/1/bring-back", {}, 409)["code"] == "incident_closed"
    carla.post("/incidents/1/bring-back", {}, 204)
    assert carla.get("/incidents/1")["state"] == "open"


def test_two_reports_are_joined_and_separated_again(world: World, machine: Start) -> None:
    world.report()
    world.clock.forward(minutes=1)
    world.report("olga")
    hugo, olga = machine("hugo"), machine("olga")

    wrong = hugo.post("/incidents/1/merge", {"into": "2", "reason": "The same"}, 409)
    assert wrong["context"]["earliest"] == 1
    hugo.post("/incidents/2/merge", {"into": "1", "reason": "The same"}, 204)

    assert olga.get("/incidents/2")["way_out"]["into"] == 1
    told = olga.get("/incidents/1")
    assert [one["name"] for one in told["confirmers"]] == ["Carla Costa", "Olga Orlov"]
    assert told["linked"] == [{"number": 2, "how": "merged", "state": "merged", "is_later": True}]
    olga.post("/incidents/2/undo-merge", {"words": "Mine is another"}, 204)
    olga.get("/incidents/1", 404)
    assert olga.get("/incidents/2")["state"] == "open"


def test_a_reporter_withdraws_and_nobody_else(world: World, machine: Start) -> None:
    world.report()

    machine("hugo").post("/incidents/1/withdraw", {"words": "x"}, 403)
    machine("carla").post("/incidents/1/withdraw", {"words": "I had misread it"}, 204)

    assert machine("carla").get("/incidents/1")["closed_by"] == "confirmed"


def test_two_are_made_of_one_report_once_for_each_key(world: World, machine: Start) -> None:
    world.report()
    hugo = machine("hugo")

    made = hugo.post("/incidents/1/split", PART, 201, key="once")

    assert hugo.post("/incidents/1/split", PART, 201, key="once") == made
    assert hugo.get("/incidents/2")["linked"] == [
        {"number": 1, "how": "split", "state": "open", "is_later": False}
    ]
    refused = hugo.post("/incidents/1/split", PART | {"title": ""}, 422)
    assert "title" in refused["context"]["fields"]


def test_what_is_back_is_a_new_incident(world: World, machine: Start) -> None:
    world.confirmed()
    carla = machine("carla")

    made = carla.post("/incidents/1/recurrences", {"words": "Wrong again"}, 201, key="once")

    assert carla.get(f"/incidents/{made['id']}")["actual"] == "Wrong again"
    assert [line["times"] for line in carla.get("/incidents")["lines"]] == [2]
    assert carla.post("/incidents/1/recurrences", {}, 409)["context"]["incident"] == 2


def test_an_answer_after_closing_is_kept(world: World, machine: Start) -> None:
    world.decided()
    carla = machine("carla")

    right = carla.post("/incidents/1/late-answers", {"answer": "yes"})
    assert (right, carla.get("/incidents/1")["late"]) == ({"linked": None}, "confirmed_late")
    carla.post("/incidents/1/late-answers", {"answer": "no"}, 422)
    wrong = carla.post("/incidents/1/late-answers", {"answer": "no", "words": "Two are wrong"})

    assert carla.get(f"/incidents/{wrong['linked']}")["actual"] == "Two are wrong"
    assert carla.get("/incidents/1")["late"] == "contradicted"


def test_somebody_who_was_not_asked_says_that_it_is_not_right(world: World, machine: Start) -> None:
    world.asked()
    bruno = machine("bruno")

    made = bruno.post("/incidents/1/objections", {"words": "Mine is wrong"}, 201)

    assert bruno.get(f"/incidents/{made['id']}")["reporter"] == "Bruno Bauer"
    machine("carla").post("/incidents/1/objections", {"words": "Mine too"}, 403)


DEEDS = [
    ("set-aside", {"reason": "x"}),
    ("bring-back", {}),
    ("withdraw", {}),
    ("merge", {"into": "1", "reason": "x"}),
    ("undo-merge", {}),
    ("split", PART),
    ("recurrences", {}),
    ("late-answers", {"answer": "yes"}),
    ("objections", {"words": "x"}),
]


@pytest.mark.parametrize(("deed", "said"), DEEDS, ids=[deed for deed, _ in DEEDS])
def test_a_way_out_is_for_those_who_may_see_it_and_takes_no_field_that_it_does_not_know(
    world: World, machine: Start, deed: str, said: dict[str, str]
) -> None:
    world.report()

    machine("olga").post(f"/incidents/1/{deed}", said, 404)
    machine("carla").post(f"/incidents/{uuid4()}/{deed}", said, 404)
    machine("carla").post(f"/incidents/x/{deed}", said, 404)
    machine("egon").post(f"/incidents/1/{deed}", said, 403 if deed != "merge" else 422)
    refused = machine("hugo").post(f"/incidents/1/{deed}", said | {"state": "closed"}, 422)
    assert "state" in refused["context"]["fields"]
    assert world.row(world.numbered(1)).state == "open"
