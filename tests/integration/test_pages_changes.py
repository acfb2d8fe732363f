"""Changes to an incident, told through pages and the JSON API by the people they are about."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from engine.usecases.directory import enter_representatives
from engine.usecases.looking import offer_missed
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.world import CRITERION, World

Visit = Callable[[str | None], Visitor]
Start = Callable[[str | None], Machine]
AT = "/incidents/1"


def does(
    machine: Start, login: str, name: str, /, *, about: UUID | str | None = None, **said: Any
) -> Any:
    """Change incident 1 over the API, which must work."""
    sent = {"answers": said} | ({"about": str(about)} if about else {})
    return machine(login).post(f"{AT}/changes/{name}", sent)


def refused(machine: Start, login: str, name: str, status: int, /, **said: Any) -> Any:
    return machine(login).post(f"{AT}/changes/{name}", {"answers": said}, status)


def checked(world: World, **changes: Any) -> UUID:
    incident = world.report(**changes)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    return incident


def test_a_payroll_deadline_is_missed_and_made_good(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = checked(world)
    missed = world.criteria(incident)[0]
    hugo, dora, carla = visit("hugo"), visit("dora"), visit("carla")

    hugo.send(f"{AT}/changes/miss-criterion/{missed}", {"why": "The day has passed"})
    good = {"measure": "Interest paid", "threshold": "5 a day", "evidence": "Bank's list"}
    hugo.send(f"{AT}/changes/make-good/{missed}", good)
    assert [one["what"] for one in machine("dora").get("/asked")] == ["make_good"]
    assert "Do you agree to what makes it good?" in words_of(dora.get("/"))
    (pending,) = [one for one in machine("hugo").get(AT)["criteria"] if one["is_pending"]]
    dora.send(f"{AT}/changes/sign-make-good/{pending['id']}", {}, at=AT)
    carla.send(f"{AT}/changes/sign-make-good/{pending['id']}", {}, at=AT)
    world.verify(incident)
    world.confirm(incident)

    page = words_of(carla.get(AT))
    assert "missed : The day has passed" in page
    assert "makes good “Balance”, agreed: Dora Diaz, Carla Costa" in page
    assert machine("hugo").get(AT)["closed_by"] == "confirmed"


def test_the_wording_changes_while_the_customer_is_asked(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = world.asked()
    hugo = visit("hugo")
    assert "0 differences" in hugo.get(f"{AT}/changes/change-criteria")

    does(
        machine,
        "hugo",
        "change-criteria",
        criteria=[{**CRITERION, "threshold": "Old accounts too", "must_hold": 1}],
        reason="They are wrong too",
    )
    world.verify(incident)

    item = world.item(incident, "confirm_outcome", "carla").id
    page = words_of(visit("carla").get(f"/todos/{item}"))
    assert "It was Balance: 0 differences It is now Balance: Old accounts too" in page


def test_the_lead_did_not_look_and_the_owner_takes_it(
    world: World, visit: Visit, machine: Start
) -> None:
    world.report()
    world.clock.forward(days=2)
    offer_missed(world.handling)
    dora = visit("dora")

    assert "Will you take the lead?" in words_of(dora.get("/"))
    assert "The lead is offered to Dora Diaz" in words_of(dora.get(AT))
    dora.send(f"{AT}/lead", {}, at=AT)

    assert "Will you take the lead?" not in words_of(dora.get("/"))
    dora.send(f"{AT}/changes/look", {}, at=AT)
    refused(machine, "hugo", "look", 403)


def test_some_are_left_out_until_the_owner_accepts_it(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = checked(world, harmed_count=10)
    carla = world.people["carla"]
    does(machine, "hugo", "stand-for", about=carla, whom="Her shops", count=5)

    page = words_of(visit("hugo").get(AT))
    assert "Left out 4" in page
    assert "Dora Diaz accepts that by name before anybody is asked" in page
    refused(machine, "hugo", "accept-uncovered", 403, number=4, reason="So")
    refused(machine, "dora", "accept-uncovered", 409, number=3, reason="So")
    visit("dora").send(f"{AT}/changes/accept-uncovered", {"number": "4", "reason": "Moved away"})

    assert "4, accepted by the owner" in words_of(visit("hugo").get(AT))
    world.verify(incident)
    assert world.steps(incident) == ["confirm_outcome"]


def test_a_priority_is_lowered_by_two(world: World, visit: Visit, machine: Start) -> None:
    world.report()
    hugo, dora = visit("hugo"), visit("dora")

    hugo.send(f"{AT}/changes/set-priority", {"priority": "P4", "reason": "Two of them only"})
    assert "Hugo Hahn says that P4 is enough" in words_of(dora.get(AT))
    refused(machine, "hugo", "decide-lowering", 403, decided="approve")
    dora.send(f"{AT}/changes/decide-lowering", {"decided": "approve"})

    shown = machine("hugo").get(AT)
    assert (shown["priority"], shown["highest_priority"]) == ("P4", "P3")


def test_somebody_without_an_account_follows_it_on_a_secret_page(
    world: World, visit: Visit, machine: Start
) -> None:
    with world.handling.store.begin() as work:
        people = [(world.people[who], "All customers") for who in ("olga", "bruno", "gita")]
        enter_representatives(work, world.process_id, people)
    said = {
        "product": str(world.process_id),
        "title": "A confidential word of ours",
        "actual": "Wrong",
        "expected": "Right",
        "impact": "medium",
        "urgency": "low",
        "caller": "Mrs Miller",
    }
    visit("hugo").send("/report", said)
    assert "for Mrs Miller" in words_of(visit("hugo").get(AT))

    address = does(machine, "hugo", "caller-page", name="Mrs Miller")["page"]
    page = visit(None).get(address)

    assert "number 1" in page
    assert "confidential" not in page
    assert "Hugo" not in page
    visit(None).get("/follow/of-somebody-else", 404)
    machine("carla").post("/incidents", said, 422)
    assert "caller" not in visit("carla").get("/report")


def test_a_due_date_is_moved_and_a_deadline_is_not(
    world: World, visit: Visit, machine: Start
) -> None:
    world.report()
    world.lead(world.numbered(1))
    sent = {
        "title": "Print them",
        "party": "external",
        "team": str(world.teams["post"]),
        "deadline_at": "2026-03-12T12:00:00Z",
        "deadline_because": "§ 4 of the contract",
        "reference": "PP-12",
    }
    machine("hugo").post(f"{AT}/actions", sent, 201)
    action = machine("hugo").get(AT)["actions"][0]["id"]
    move = f"{AT}/changes/move-due/{action}"
    hugo = visit("hugo")

    late = {"due_at": "2026-03-13T12:00", "reason": "She is ill"}
    assert "cannot be moved" in hugo.send(move, late, 422)
    hugo.send(move, late | {"due_at": "2026-03-11T12:00"})

    page = words_of(hugo.get(f"{AT}/actions/1"))
    assert "Deadline that cannot be moved Thu 12 Mar, 12:00" in page
    assert "§ 4 of the contract" in page
    assert "Move the day" not in words_of(visit("dora").get(f"{AT}/actions/1"))


def test_what_is_to_be_right_by_when_and_from_when_it_does_harm_is_shown(
    world: World, visit: Visit, machine: Start
) -> None:
    said = {
        "product": str(world.process_id),
        "title": "Payroll",
        "actual": "Late",
        "expected": "In time",
        "impact": "high",
        "urgency": "high",
        "harm_begins_at": "2026-03-02T15:00:00Z",
    }
    machine("carla").post("/incidents", said, 201)
    assert "to be right again in 4 hours" in words_of(visit("hugo").get(AT))

    world.clock.forward(hours=5)

    page = words_of(visit("hugo").get(AT))
    assert "was to be right again 1 hour ago" in page
    assert "Does harm from Mon 2 Mar, 15:00" in page
    assert machine("hugo").get(AT)["is_overdue"]


@pytest.mark.parametrize("name", ["change-criteria", "set-priority", "caller-page", "count-harmed"])
def test_a_change_that_is_for_others_is_not_asked(world: World, visit: Visit, name: str) -> None:
    world.report()

    page = words_of(visit("carla").get(f"{AT}/changes/{name}"))

    assert "This is for somebody else to do." in page


def test_a_change_is_described_and_refuses_what_does_not_fit(
    world: World, visit: Visit, machine: Start
) -> None:
    world.report()

    assert machine("hugo").get(f"{AT}/changes/set-priority/form")["required"] == [
        "priority",
        "reason",
    ]
    machine("hugo").get(f"{AT}/changes/look/form", 404)
    machine("hugo").get(f"{AT}/changes/erase/form", 404)
    machine("olga").get(f"{AT}/changes/set-priority/form", 404)
    refused(machine, "hugo", "set-priority", 422, priority="P0", reason="So")
    refused(machine, "hugo", "miss-criterion", 404, why="Nothing was named")
    refused(machine, "olga", "set-priority", 404, priority="P1", reason="So")
    visit("hugo").get(f"{AT}/changes/look", 404)
    visit("hugo").get(f"{AT}/changes/miss-criterion/{uuid4()}", 404)
    assert "Please say why." in visit("hugo").send(f"{AT}/changes/set-priority", {}, 422)
