"""To-dos over the JSON API: seen, taken, handed over, drafted, ticked off and completed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator

from tests.machine import Machine
from tests.world import World

Start = Callable[[str | None], Machine]
DONE = {"answers": {"outcome": "done", "what_was_done": "Corrected 214 rows"}}


def opened(world: World, **more: Any) -> tuple[UUID, UUID]:
    """Return an incident with one action for IT, and its to-do."""
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo", **more)
    return incident, world.item(incident, "do_it_action").id


def test_a_team_finds_its_to_do_takes_it_and_completes_it(world: World, machine: Start) -> None:
    incident, item = opened(world)
    ada = machine("ada")
    (line,) = ada.get("/items?scope=teams")["lines"]
    assert (line["id"], line["incident_title"]) == (str(item), "Wrong balances")

    ada.post(f"/items/{item}/claim", status=204)
    ada.post(f"/items/{item}/claim", status=204)
    ada.post(f"/items/{item}/complete", DONE, 204)

    shown = ada.get(f"/items/{item}")
    assert shown["ended"]["by"] == "Ada Adler"
    assert shown["verbs"] == ["see"]
    assert "do_it_action" not in world.steps(incident)


def test_the_form_says_what_the_answers_may_be(world: World, machine: Start) -> None:
    _, item = opened(world)

    schema = machine("ada").get(f"/items/{item}/form")

    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(DONE["answers"])
    assert not Draft202012Validator(schema).is_valid({"outcome": "perhaps"})
    assert not any(name.startswith("x-") for name in schema)


def test_the_second_claim_is_told_who_holds_it(world: World, machine: Start) -> None:
    incident, _ = opened(world)
    item = world.item(incident, "agree_what_right_means").id
    machine("hugo").post(f"/items/{item}/claim", status=204)
    with world.handling.store.begin() as work:
        case = work.incident(incident)
        case.record("incident:lead_taken", {}, world.actor("bruno"))
        case.change(lead_id=world.people["bruno"])

    refused = machine("bruno").post(f"/items/{item}/claim", status=409)

    assert refused["code"] == "already_claimed"
    assert "Hugo Hahn" in refused["sentence"]
    machine("hugo").post(f"/items/{item}/release", status=204)
    assert world.item(incident, "agree_what_right_means").claimed_by is None


@pytest.mark.parametrize("deed", ["claim", "complete", "draft", "hand-over", "targets"])
def test_somebody_elses_to_do_is_refused_and_a_strangers_is_not_there(
    world: World, machine: Start, deed: str
) -> None:
    _, item = opened(world, targets=("A",))
    bodies: dict[str, object] = {
        "complete": DONE,
        "draft": {"answers": {}},
        "hand-over": {"person": str(world.people["ada"])},
        "targets": {"outcomes": [{"target": str(uuid4()), "outcome": "done"}]},
    }
    method = "PUT" if deed == "draft" else "POST"
    body = bodies.get(deed)

    wrong_lane = machine("bruno").ask(method, f"/items/{item}/{deed}", body, status=403)
    other = machine("olga").ask(method, f"/items/{item}/{deed}", body, status=404)
    missing = machine("ada").ask(method, f"/items/{uuid4()}/{deed}", body, status=404)
    machine("ada").ask(method, f"/items/nonsense/{deed}", body, status=404)
    machine(None).ask(method, f"/items/{item}/{deed}", body, status=401)

    assert (wrong_lane["code"], other["code"]) == ("not_allowed", "not_found")
    assert other["sentence"] == missing["sentence"]


def test_answers_that_do_not_fit_are_named_and_nothing_is_done(
    world: World, machine: Start
) -> None:
    incident, item = opened(world)
    ada = machine("ada")

    refused = ada.post(f"/items/{item}/complete", {"answers": {"outcome": "perhaps"}}, 422)
    unknown = ada.post(
        f"/items/{item}/complete", {"answers": DONE["answers"] | {"gate": "confirmed"}}, 422
    )
    beside = ada.post(f"/items/{item}/complete", DONE | {"gate": "confirmed"}, 422)
    ada.post(f"/items/{item}/complete", {}, 422)
    ada.post(f"/items/{item}/complete", {"answers": []}, 422)

    assert list(refused["context"]["fields"]) == ["outcome"]
    assert list(unknown["context"]["fields"]) == ["gate"]
    assert list(beside["context"]["fields"]) == ["gate"]
    assert "do_it_action" in world.steps(incident)


def test_completing_twice_does_one_thing_and_says_so_without_the_key(
    world: World, machine: Start
) -> None:
    incident, item = opened(world)
    ada = machine("ada")

    ada.post(f"/items/{item}/complete", DONE, 204, key="once")
    verbs = world.verbs(incident)
    ada.post(f"/items/{item}/complete", DONE, 204, key="once")
    refused = ada.post(f"/items/{item}/complete", DONE, 409)

    assert refused["code"] == "item_ended"
    assert refused["context"]["how"] == "completed"
    assert world.verbs(incident) == verbs


def test_a_draft_is_kept_and_is_nobodys_word(world: World, machine: Start) -> None:
    incident, item = opened(world)
    ada = machine("ada")
    before = world.verbs(incident)

    ada.ask("PUT", f"/items/{item}/draft", {"answers": {"what_was_done": "Half"}}, status=204)

    shown = ada.get(f"/items/{item}")
    assert (shown["is_draft"], shown["values"]) == (True, {"what_was_done": "Half"})
    assert world.verbs(incident) == before


def test_a_to_do_is_handed_over_within_its_party(world: World, machine: Start) -> None:
    _, item = opened(world)
    ada = machine("ada")

    ada.post(f"/items/{item}/hand-over", {"team": str(world.teams["accounting"])}, 422)
    ada.post(f"/items/{item}/hand-over", {}, 422)
    made = ada.post(f"/items/{item}/hand-over", {"team": str(world.teams["desk"])}, 201)["id"]

    assert machine("hugo").get(f"/items/{made}")["team"] == "Service desk"
    assert ada.post(f"/items/{item}/claim", status=409)["code"] == "item_ended"


def test_targets_are_ticked_off_while_the_action_goes_on(world: World, machine: Start) -> None:
    incident, item = opened(world, targets=("A", "B"))
    ada = machine("ada")
    first = ada.get(f"/items/{item}")["action"]["targets"][0]["id"]

    left = ada.post(f"/items/{item}/targets", {"outcomes": [{"target": first, "outcome": "done"}]})
    ada.post(
        f"/items/{item}/targets", {"outcomes": [{"target": str(uuid4()), "outcome": "done"}]}, 422
    )
    ada.post(f"/items/{item}/targets", {"outcomes": [{"target": first, "outcome": "?"}]}, 422)
    ada.post(f"/items/{item}/targets", {"outcomes": []}, 422)

    assert left == {"left": 1}
    assert "do_it_action" in world.steps(incident)


def test_the_whole_way_to_closed_by_api(world: World, machine: Start) -> None:
    incident, item = opened(world)
    criteria = [{"measure": "Balance", "threshold": "0 differences", "evidence": "report"}]
    agreed = {"criteria": criteria, "confirmers": [str(world.people["carla"])]}

    def finish(login: str, step: str, **answers: Any) -> None:
        made = world.item(incident, step, login).id
        machine(login).post(f"/items/{made}/complete", {"answers": answers}, 204)

    machine("ada").post(f"/items/{item}/complete", DONE, 204)
    finish("hugo", "agree_what_right_means", **agreed)
    (criterion,) = world.criteria(incident)
    measured = [{"criterion": str(criterion), "measured": "0"}]
    since = world.clock.now.isoformat()
    finish("dora", "verify_outcome", verdict="right", measured=measured, right_since=since)
    finish("carla", "confirm_outcome", criteria=[{"criterion": str(criterion), "answer": "yes"}])

    assert machine("carla").get(f"/incidents/{incident}")["closed_by"] == "confirmed"
    assert machine("egon").get("/closures") == {
        "closed": 1,
        "set_aside": 0,
        "merged": 0,
        "unproven": [],
    }
