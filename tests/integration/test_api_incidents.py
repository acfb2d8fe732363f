"""Incidents and actions over the JSON API: who may, who may not, and what comes twice."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from api.bench.counting import counted
from tests.machine import Machine
from tests.world import World

Start = Callable[[str | None], Machine]
# an id that nothing has
NOBODYS = "00000000-0000-4000-8000-000000000000"


def report_of(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "product": str(world.process_id),
        "title": "Wrong balances",
        "expected": "What customers owe",
        "actual": "214 statements are wrong",
        "harmed": "214 customers",
        "impact": "medium",
        "urgency": "low",
        "money": 12.5,
        "currency": "EUR",
    } | changes


def test_a_report_opens_an_incident_that_its_reporter_can_follow(
    world: World, machine: Start
) -> None:
    carla = machine("carla")

    answer = carla.send("POST", "/incidents", report_of(world))

    assert answer.status_code == 201
    shown = carla.client.get(answer.headers["Location"], headers=carla.headers).get_json()
    assert shown["id"] == answer.get_json()["id"]
    assert (shown["reporter"], shown["state"], shown["money"]) == ("Carla Costa", "open", "12.50")
    assert "propose" in shown["verbs"]


def test_the_same_key_reports_once_and_another_report_with_it_is_refused(
    world: World, machine: Start
) -> None:
    carla = machine("carla")

    first = carla.post("/incidents", report_of(world), 201, key="once")
    again = carla.post("/incidents", report_of(world), 201, key="once")
    other = carla.post("/incidents", report_of(world, title="Other"), 409, key="once")

    assert first == again
    assert other["code"] == "key_reused"
    assert carla.get("/incidents")["counts"]["open"] == 1


def test_a_key_without_end_is_refused(world: World, machine: Start) -> None:
    refused = machine("carla").post("/incidents", report_of(world), 422, key="k" * 201)

    assert "Idempotency-Key" in refused["context"]["fields"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": None}, "title"),
        ({"product": "nonsense"}, "product"),
        ({"impact": "huge"}, "impact"),
        ({"money": -1}, "money"),
        ({"money": 1e30}, "money"),
        ({"currency": None}, "currency"),
        ({"state": "closed"}, "state"),
        ({"priority": "P1"}, "priority"),
        ({"reporter": "somebody"}, "reporter"),
    ],
)
def test_what_does_not_fit_a_report_is_named_field_by_field(
    world: World, machine: Start, change: dict[str, Any], field: str
) -> None:
    refused = machine("carla").post("/incidents", report_of(world, **change), 422)

    assert refused["code"] == "invalid_answers"
    assert list(refused["context"]["fields"]) == [field]


def test_an_unknown_business_process_is_a_wrong_answer(world: World, machine: Start) -> None:
    refused = machine("carla").post("/incidents", report_of(world, product=str(uuid4())), 422)

    assert "product" in refused["context"]["fields"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"title": NaN}',
        b'{"title": 1e999}',
        b'{"title": "a\\u0000b"}',
        b'{"title": "\\ud800"}',
        b"[" * 100_000,
    ],
    ids=["cut off", "not text", "NaN", "infinite", "U+0000", "half a character", "endless"],
)
def test_a_body_that_cannot_be_read_or_kept_is_malformed(machine: Start, body: bytes) -> None:
    answer = machine("carla").send("POST", "/incidents", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.get_json()["code"] == "malformed"


@pytest.mark.parametrize("body", [[], "text", 7, [{}]])
def test_a_body_of_another_shape_is_refused(machine: Start, body: object) -> None:
    assert machine("carla").post("/incidents", body, 422)["code"] == "invalid_answers"


def test_a_body_that_is_too_large_is_refused(machine: Start) -> None:
    answer = machine("carla").send(
        "POST", "/incidents", data=b" " * 5_000_000, content_type="application/json"
    )

    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")


def test_the_number_shows_what_the_id_shows(world: World, machine: Start) -> None:
    incident = world.asked()
    hugo = machine("hugo")

    shown = hugo.get(f"/incidents/{world.row(incident).number}")

    assert shown == hugo.get(f"/incidents/{incident}")
    assert shown["missing"] == ["Carla Costa has not answered"]
    assert shown["gate"] == "shut"
    assert shown["actions"][0]["state"] == "done"
    assert isinstance(shown["milestones"][1]["since_told_seconds"], int)


@pytest.mark.parametrize("path", ["", "/ledger", "/trail", "/run"])
@pytest.mark.parametrize("login", ["olga", "fay", "sami"])
def test_who_has_no_part_finds_nothing(world: World, machine: Start, login: str, path: str) -> None:
    incident = world.asked()

    refused = machine(login).get(f"/incidents/{incident}{path}", 404)

    assert refused["code"] == "not_found"
    assert "Wrong balances" not in str(refused)


@pytest.mark.parametrize("which", [NOBODYS, "0", "999999", "9" * 30, "nonsense", "%00", "٣"])
def test_an_incident_that_is_not_there_is_not_found(machine: Start, which: str) -> None:
    assert machine("hugo").get(f"/incidents/{which}", 404)["code"] == "not_found"


def test_the_list_is_filtered_and_paged(world: World, machine: Start) -> None:
    ids = [str(world.report(title=f"Case {n}")) for n in range(3)]
    hugo = machine("hugo")

    first = hugo.get("/incidents?size=2&state=open&priority=P3")
    second = hugo.get(f"/incidents?size=2&after={first['next']}")

    assert [line["id"] for line in first["lines"] + second["lines"]] == ids[::-1]
    assert second["next"] is None
    assert [line["id"] for line in hugo.get("/incidents?words=case 1")["lines"]] == [ids[1]]
    assert hugo.get("/incidents?reported_by_me=true")["lines"] == []


@pytest.mark.parametrize(
    "query",
    ["size=0", "size=201", "size=many", "state=shut", "after=!", "process=1", "nonsense=1"],
)
def test_a_list_asked_for_wrongly_says_what_is_wrong(machine: Start, query: str) -> None:
    refused = machine("hugo").get(f"/incidents?{query}", 422)

    assert list(refused["context"]["fields"]) == [query.partition("=")[0]]


def test_a_list_costs_the_same_for_one_incident_and_for_many(world: World, machine: Start) -> None:
    hugo = machine("hugo")
    world.asked()

    def cost(path: str) -> int:
        with counted(world.handling.store.engine) as sent:
            hugo.get(path)
        return len(sent.statements)

    paths = ("/incidents", "/items?scope=all")
    # two to find out who asks, two for the list
    assert [cost(path) for path in paths] == [4, 4]
    for _ in range(3):
        world.asked()
    assert [cost(path) for path in paths] == [4, 4]


# --- leading, proposing ---------------------------------------------------------------------------


def test_the_lead_is_taken_once_and_a_customer_cannot_take_it(world: World, machine: Start) -> None:
    incident = world.report()

    machine("hugo").post(f"/incidents/{incident}/lead", status=204)
    machine("hugo").post(f"/incidents/{incident}/lead", status=204)

    assert world.row(incident).lead_id == world.people["hugo"]
    assert machine("carla").post(f"/incidents/{incident}/lead", status=403)["code"] == (
        "not_allowed"
    )
    machine("olga").post(f"/incidents/{incident}/lead", status=404)


def proposal_of(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Correct the rows",
        "party": "it",
        "team": str(world.teams["databases"]),
        "targets": ["Costa Bakery", "Orlov Books"],
    } | changes


def test_an_action_is_proposed_once_however_often_it_is_sent(world: World, machine: Start) -> None:
    incident = world.report()
    hugo = machine("hugo")

    first = hugo.post(f"/incidents/{incident}/actions", proposal_of(world), 201, key="once")
    again = hugo.post(f"/incidents/{incident}/actions", proposal_of(world), 201, key="once")

    assert first == again
    (action,) = hugo.get(f"/incidents/{incident}")["actions"]
    assert (action["team"], action["targets"]) == ("Databases", 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"party": "us"}, "party"), ({"team": NOBODYS}, "team"), ({"state": "done"}, "state")],
)
def test_a_proposal_that_does_not_fit_is_refused(
    world: World, machine: Start, change: dict[str, Any], field: str
) -> None:
    incident = world.report()

    refused = machine("hugo").post(
        f"/incidents/{incident}/actions", proposal_of(world, **change), 422
    )

    assert list(refused["context"]["fields"]) == [field]


def test_who_has_no_part_proposes_nothing_and_a_closed_incident_stays_closed(
    world: World, machine: Start
) -> None:
    closed = world.confirmed()

    machine("olga").post(f"/incidents/{closed}/actions", proposal_of(world), 404)
    refused = machine("hugo").post(f"/incidents/{closed}/actions", proposal_of(world), 409)

    assert refused["code"] == "incident_closed"


def test_the_lead_alone_decides_on_proposals(world: World, machine: Start) -> None:
    incident = world.asked()
    proposed = machine("ada").post(f"/incidents/{incident}/actions", proposal_of(world), 201)["id"]

    assert machine("ada").post(f"/actions/{proposed}/accept", {}, 403)["code"] == "not_allowed"
    machine("olga").post(f"/actions/{proposed}/accept", {}, 404)
    machine("hugo").post(f"/actions/{proposed}/accept", {"kind": "prevents"}, 204)
    again = machine("hugo").post(f"/actions/{proposed}/accept", {}, 409)

    assert again["code"] == "conflict"
    assert world.steps(incident) == ["confirm_outcome", "do_it_action"]


def test_a_proposal_is_refused_with_a_reason(world: World, machine: Start) -> None:
    incident = world.asked()
    proposed = machine("ada").post(f"/incidents/{incident}/actions", proposal_of(world), 201)["id"]
    hugo = machine("hugo")

    hugo.post(f"/actions/{proposed}/refuse", {}, 422)
    hugo.post(f"/actions/{proposed}/refuse", {"reason": " "}, 422)
    hugo.post(f"/actions/{proposed}/refuse", {"reason": "Done already"}, 204)
    hugo.post(f"/actions/{uuid4()}/refuse", {"reason": "x"}, 404)
    hugo.post("/actions/nonsense/refuse", {"reason": "x"}, 404)

    states = [one["state"] for one in hugo.get(f"/incidents/{incident}")["actions"]]
    assert states == ["done", "refused"]


def test_the_owner_accepts_targets_that_are_not_done(world: World, machine: Start) -> None:
    incident = world.report()
    world.lead(incident)
    action = world.propose(incident, "hugo", targets=("A", "B"))
    item = world.item(incident, "do_it_action").id
    first, second = (one["id"] for one in machine("hugo").get(f"/actions/{action}/targets"))
    ticked = [{"target": first, "outcome": "done"}, {"target": second, "outcome": "unreachable"}]
    machine("ada").post(f"/items/{item}/targets", {"outcomes": ticked, "note": "by post"})
    accepted = {"targets": [second], "reason": "Moved away"}

    assert machine("hugo").post(f"/actions/{action}/targets/accept", accepted, 403)
    dora = machine("dora")
    dora.post(f"/actions/{action}/targets/accept", accepted | {"targets": [first]}, 422)
    dora.post(f"/actions/{action}/targets/accept", {"targets": [second]}, 422)
    dora.post(f"/actions/{action}/targets/accept", accepted, 204)

    assert dora.get(f"/actions/{action}/targets")[1]["accepted_by"] == "Dora Diaz"
    machine("olga").get(f"/actions/{action}/targets", 404)
    assert machine("carla").get(f"/actions/{action}/targets") == []


# --- reading --------------------------------------------------------------------------------------


def test_the_ledger_is_told_in_whole_seconds_that_add_up(world: World, machine: Start) -> None:
    incident = world.report()
    world.clock.forward(hours=1)
    world.lead(incident)
    world.clock.forward(hours=2)

    ledger = machine("hugo").get(f"/incidents/{incident}/ledger")

    assert ledger["whole_seconds"] == 3 * 3600
    assert sum(line["length_seconds"] for line in ledger["lines"]) == 3 * 3600
    assert sum(ledger["totals_seconds"].values()) == 3 * 3600
    assert ledger["is_running"]


def test_the_trail_is_paged_and_keeps_words_from_outside_readers(
    world: World, machine: Start
) -> None:
    incident = world.confirmed()

    first = machine("egon").get(f"/incidents/{incident}/trail?size=1")
    rest = machine("egon").get(f"/incidents/{incident}/trail?after={first['next']}")

    # an auditor who has stated no purpose is not told who it was
    assert re.fullmatch("Customer [0-9A-F]{6} reported this", first["lines"][0]["sentence"])
    assert len(first["lines"] + rest["lines"]) == first["total"]
    assert not any(
        line["summary"] for line in machine("carla").get(f"/incidents/{incident}/trail")["lines"]
    )
    machine("egon").get(f"/incidents/{incident}/trail?after=x", 422)


def test_histories_name_their_diagrams_which_can_be_fetched(world: World, machine: Start) -> None:
    incident = world.asked()
    hugo = machine("hugo")

    run = hugo.get(f"/incidents/{incident}/run")
    action = hugo.get(f"/incidents/{incident}")["actions"][0]["id"]
    own = hugo.get(f"/actions/{action}/run")
    drawn = hugo.send("GET", f"/releases/{run['release_id']}/diagrams/incident")

    assert [one["diagram"] for one in run["diagrams"]] == ["incident", "confirmation"]
    assert own["diagram"] == "action"
    assert drawn.mimetype == "application/xml"
    assert b"verify_outcome" in drawn.data
    hugo.get(f"/releases/{run['release_id']}/diagrams/nonsense", 404)
    hugo.get(f"/actions/{uuid4()}/run", 404)
    machine("olga").get(f"/actions/{action}/run", 404)


def test_auditors_alone_have_every_closure_recomputed(world: World, machine: Start) -> None:
    world.confirmed()
    world.decided()

    assert machine("egon").get("/closures") == {
        "closed": 2,
        "set_aside": 0,
        "merged": 0,
        "unproven": [],
    }
    assert machine("dora").get("/closures", 403)["code"] == "not_allowed"
    assert machine("carla").get("/closures", 403)["code"] == "not_allowed"
