"""A confidential security incident whose suspect sits in the IT team, told by those it is about.

Somebody reads salaries with an administrator's password.  Carla's bakery gets its payroll from us
and reports it; Ada of the databases is asked first, and is the one whose password it was.
"""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.domain.incident import Level
from engine.store import schema as t
from tests.evidence import faults_of_record
from tests.machine import Machine
from tests.visitor import Visitor, todo_path, words_of
from tests.world import CRITERION, World

Visit = Callable[[str | None], Visitor]
Start = Callable[[str | None], Machine]
TITLE = "Salaries are read at night"


def reported(world: World, visit: Visit) -> UUID:
    carla = visit("carla")
    carla.send(
        "/report",
        {
            "product": str(world.process_id),
            "title": TITLE,
            "actual": "Our payroll was opened at two in the night",
            "expected": "Nobody but our accountant opens it",
            "harmed": "Nine people of the bakery",
            "impact": Level.HIGH,
            "urgency": Level.HIGH,
        },
    )
    return world.numbered(1)


def limited(visit: Visit, *people: UUID) -> None:
    hugo = visit("hugo")
    hugo.send("/incidents/1/lead", {}, at="/incidents/1")
    hugo.send(
        "/incidents/1/named-people",
        {"reason": "It may be one of us", "people": [str(one) for one in people]},
    )


def agreed(world: World, machine: Start, incident: UUID) -> None:
    """Hugo asks Fay by name, in the place of the team."""
    looking = {"title": "Look in the logs", "party": "it", "person": str(world.people["fay"])}
    item = world.item(incident, "agree_what_right_means")
    answers = {
        "criteria": [CRITERION],
        "confirmers": [str(world.people["carla"])],
        "actions": [looking],
    }
    machine("hugo").post(f"/items/{item.id}/complete", {"answers": answers}, 204)


def test_the_suspect_in_the_it_team_sees_a_number_and_nothing_more(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = reported(world, visit)
    ada, hugo = visit("ada"), visit("hugo")
    # before anybody suspects one of ours, the team is asked, and Ada takes it
    world.propose(incident, "hugo", title="Look in the logs")
    asked = world.item(incident, "do_it_action")
    ada.send(f"{todo_path(asked.id)}/take", {}, at=todo_path(asked.id))
    assert TITLE in ada.get("/incidents/1")

    limited(visit)

    pages = [f"/incidents/1{page}" for page in ("", "/record", "/time", "/history")]
    for path in (*pages, "/incidents/1/named-people", todo_path(asked.id)):
        gone = ada.get(path, 404)
        assert "There is no such" in words_of(gone)
        assert TITLE not in gone
    for path in ("/", "/?scope=teams", "/?scope=all", "/incidents", "/incidents?words=salaries"):
        assert TITLE not in ada.get(path)
    assert "#1" in words_of(ada.get("/incidents")), "a number"
    assert "For named people only" in words_of(ada.get("/incidents"))
    machine("ada").get("/incidents/1", 404)
    machine("ada").post("/incidents/1/actions", {"title": "Let me", "party": "it"}, 404)
    sent = {"answers": {"outcome": "done", "what_was_done": "Nothing to be seen"}}
    machine("ada").post(f"/items/{asked.id}/complete", sent, 404)
    assert "Hugo Hahn" in words_of(hugo.get(todo_path(asked.id))), "it is the lead's by name now"


def test_it_is_put_right_by_named_people_and_closed_by_who_reported_it(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = reported(world, visit)
    limited(visit)
    world.clock.forward(hours=1)
    # nobody is asked by way of a team
    refused = machine("hugo").post(
        "/incidents/1/actions",
        {"title": "Look", "party": "it", "team": str(world.teams["databases"])},
        422,
    )
    assert "choose a person" in refused["context"]["fields"]["team"]
    agreed(world, machine, incident)
    fay = visit("fay")
    looking = world.item(incident, "do_it_action")
    assert "for named people only" in words_of(fay.get("/"))
    assert TITLE not in fay.get("/")
    page = fay.get(todo_path(looking.id))
    assert TITLE in page
    assert "<title>To-do · #1" in page

    # it was Ada's password, and Ada's team lead may not learn of it either
    fay.send(todo_path(looking.id), {"outcome": "done", "what_was_done": "It was Ada’s password"})
    assert "Look in the logs" not in fay.get("/")
    fay.get("/incidents/1", 404)
    dora = visit("dora")
    dora.send(
        "/incidents/1/named-people/name",
        {"person": str(world.people["fay"])},
        at="/incidents/1/named-people",
    )
    assert "It was Ada’s password" in fay.get("/incidents/1")
    dora.send(
        "/incidents/1/named-people/take-off",
        {"person": str(world.people["ada"]), "reason": "It is about her"},
        at="/incidents/1/named-people",
    )
    assert "Ada Adler" in words_of(dora.get("/incidents/1/named-people"))

    # the owner checks it, for it is grave; the customer says that it is right
    world.clock.forward(days=1)
    checking = world.item(incident, "verify_outcome")
    assert checking.people == [world.people["dora"]]
    rows = [{"criterion": str(one), "measured": "None"} for one in world.criteria(incident)]
    since = world.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    right = {"verdict": "right", "right_since": since, "measured": rows}
    machine("dora").post(f"/items/{checking.id}/complete", {"answers": right}, 204)
    said = [{"criterion": str(one), "answer": "yes"} for one in world.criteria(incident)]
    asked = world.item(incident, "confirm_outcome")
    machine("carla").post(f"/items/{asked.id}/complete", {"answers": {"criteria": said}}, 204)

    assert world.row(incident).closed_by == "confirmed"
    visit("ada").get("/incidents/1", 404)
    with world.handling.store.read() as conn:
        assert faults_of_record(conn) == []


def test_an_auditor_reads_who_has_read_it_and_is_one_of_them(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = reported(world, visit)
    limited(visit)
    visit("dora").get("/incidents/1")
    visit("carla").get("/incidents/1/time")
    visit("ada").get("/incidents/1", 404)

    why = {"Purpose": "Who has read it is asked"}
    machine("egon").get("/incidents/1/trail")
    listed = machine("egon").ask("GET", "/incidents/1/trail", headers=why)["lines"]

    read = [
        (one["sentence"], dict(one["summary"])["Which page"])
        for one in listed
        if one["verb"] == "incident:read"
    ]
    assert read[-3:] == [
        ("Dora Diaz read this", "/incidents/1"),
        ("Carla Costa read this", "/incidents/1/time"),
        ("Egon Eder read this", "/api/v1/incidents/1/trail"),
    ]
    assert not [sentence for sentence, _ in read if "Ada" in sentence]
    assert world.row(incident).state == "open"


@pytest.mark.parametrize("agreeing", ["dora", "carla"])
def test_two_of_them_let_everybody_read_it_when_it_turns_out_to_be_nothing(
    world: World, visit: Visit, agreeing: str
) -> None:
    reported(world, visit)
    limited(visit)
    hugo, ada, other = visit("hugo"), visit("ada"), visit(agreeing)
    page = "/incidents/1/named-people"

    hugo.send(f"{page}/lift", {"reason": "It was a backup that ran at two"}, at=page)
    hugo.send(f"{page}/lifted", {}, 403, at=page)
    ada.get("/incidents/1", 404)
    assert "It was a backup that ran at two" in words_of(other.get(page))
    other.send(f"{page}/lifted", {}, at=page)

    assert TITLE in ada.get("/incidents/1")
    assert TITLE in ada.get("/incidents?words=salaries")


def test_a_report_says_from_the_first_moment_that_only_named_people_may_read_it(
    world: World, visit: Visit, machine: Start
) -> None:
    told = {
        "product": str(world.process_id), "title": TITLE, "actual": "Read", "expected": "Not read",
        "impact": "high", "urgency": "high", "named_only": "true",
    }  # fmt: skip
    carla = visit("carla")
    assert "Only named people may read this" in carla.get("/report")
    carla.send("/report", told)
    machine("fay").post("/incidents", told | {"named_only": True}, 201)

    assert TITLE in carla.get("/incidents/1")
    for number in (1, 2):
        visit("ada").get(f"/incidents/{number}", 404)
    assert TITLE not in visit("ada").get("/incidents")
    with world.handling.store.read() as conn:
        assert set(conn.scalars(select(t.work_item.c.team_id))) == {None}
