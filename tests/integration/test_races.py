"""Several people at one incident at the same moment, on the real database."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from engine.domain.action import ActionKind
from engine.domain.party import Party
from engine.errors import AlreadyClaimed, IncidentClosed, ItemEnded
from engine.store import connect
from engine.store import schema as t
from engine.store.connect import application_engine
from engine.store.embedded import DatabaseUrls
from engine.usecases.complete import complete
from engine.usecases.directory import NewPerson, enter_person
from engine.usecases.holding import claim
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.report import Report, report_incident
from tests.evidence import faults_of_record
from tests.machine import Machine
from tests.rivals import AN_INCIDENT, EVERY_ENTRY, Deed, at_once, held, outcomes
from tests.visitor import Visitor, todo_path, web_of, words_of
from tests.world import World

DONE = {"outcome": "done", "what_was_done": "Done as asked"}
Bringing = Callable[[World, UUID], Deed]


@pytest.fixture
def url(database: DatabaseUrls) -> str:
    return database.owner_url


@pytest.fixture(autouse=True)
def record_holds(world: World) -> Iterator[None]:
    """Whatever happened at once, the record is as if it had happened one after the other."""
    yield
    with world.handling.store.read() as conn:
        assert faults_of_record(conn) == []


def join_the_databases(world: World, login: str) -> None:
    """Have one more person in Ada's team."""
    with world.handling.store.begin() as work:
        made = enter_person(work, NewPerson(login.title(), login, f"{login}@example.org"))
        membership = {"team_id": world.teams["databases"], "person_id": made}
        work.conn.execute(insert(t.membership), membership)
    world.people[login] = made


def completing(world: World, login: str, item: UUID, key: str | None = None) -> Deed:
    actor = world.actor(login)
    return partial(complete, world.handling, item, DONE, actor=actor, key=key)


def confirming(world: World, incident: UUID) -> Deed:
    item, actor = world.item(incident, "confirm_outcome").id, world.actor("carla")
    rows = [{"criterion": str(one), "answer": "yes"} for one in world.criteria(incident)]
    return partial(complete, world.handling, item, {"criteria": rows}, actor=actor)


def deciding(world: World, incident: UUID) -> Deed:
    item, actor = world.item(incident, "decide_without_answer").id, world.actor("dora")
    answers = {"decided": "close", "reason": "Has moved away"}
    return partial(complete, world.handling, item, answers, actor=actor)


def proposing(world: World, incident: UUID, login: str, key: str | None = None) -> Deed:
    proposal = Proposal("Print them again", Party.IT, team_id=world.teams["databases"])
    actor = world.actor(login)
    return partial(propose_action, world.handling, incident, proposal, actor=actor, key=key)


def worked_on(world: World) -> tuple[UUID, UUID]:
    """Return an incident that is being agreed on, and a to-do of the databases' team."""
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo")
    return incident, world.item(incident, "do_it_action").id


def unsettled(world: World, incident: UUID) -> int:
    """Return how many actions that put right are neither done nor refused."""
    with world.handling.store.read() as conn:
        return conn.scalar(
            select(func.count())
            .select_from(t.action)
            .where(
                t.action.c.incident_id == incident,
                t.action.c.kind == ActionKind.PUTS_RIGHT,
                t.action.c.settled_at.is_(None),
            )
        )


@pytest.mark.parametrize("people", [2, 16])
def test_all_who_finish_their_own_work_at_once_succeed_and_the_incident_moves_once(
    world: World, url: str, people: int
) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, *[world.for_team("databases") for _ in range(people)])
    logins = [f"colleague{number}" for number in range(people)]
    for login in logins:
        join_the_databases(world, login)
    deeds = [
        completing(world, login, item.id)
        for login, item in zip(logins, world.items(incident), strict=True)
    ]

    assert at_once(url, incident, *deeds) == [None] * people

    assert world.verbs(incident).count("action:done") == people
    assert world.steps(incident) == ["verify_outcome"]
    with world.handling.store.read() as conn:
        moved = select(func.count()).where(t.visit.c.element == "every_action_is_settled")
        assert conn.scalar(moved) == 1


def test_a_proposal_that_comes_before_the_last_yes_keeps_it_open(world: World, url: str) -> None:
    incident = world.asked()

    made, refused = at_once(
        url, incident, proposing(world, incident, "hugo"), confirming(world, incident)
    )

    assert isinstance(made, UUID)
    assert isinstance(refused, ItemEnded)
    assert refused.sentence == "“Confirm the outcome” is no longer needed meanwhile."
    assert world.row(incident).state == "open"
    assert world.steps(incident) == ["do_it_action"]


def test_a_proposal_that_comes_after_the_last_yes_is_told_that_it_is_closed(
    world: World, url: str
) -> None:
    incident = world.asked()

    _, refused = at_once(
        url, incident, confirming(world, incident), proposing(world, incident, "hugo")
    )

    assert isinstance(refused, IncidentClosed)
    assert refused.sentence == "This is closed; if it is back, please report it again."
    assert (world.row(incident).state, unsettled(world, incident)) == ("closed", 0)


def test_a_proposal_that_nobody_took_up_before_the_last_yes_ends_with_it(
    world: World, url: str
) -> None:
    incident = world.asked()

    made, _ = at_once(url, incident, proposing(world, incident, "ada"), confirming(world, incident))

    assert isinstance(made, UUID)
    assert (world.row(incident).state, unsettled(world, incident)) == ("closed", 0)
    assert world.verbs(incident)[-2:] == ["action:refused", "incident:closed"]


@pytest.mark.parametrize(
    ("first", "second", "closed_by"),
    [(confirming, deciding, "confirmed"), (deciding, confirming, "escalated")],
)
def test_of_a_yes_and_a_decision_at_once_the_first_closes_it_and_the_other_is_told(
    world: World, url: str, first: Bringing, second: Bringing, closed_by: str
) -> None:
    incident = world.undecided()

    _, refused = at_once(url, incident, first(world, incident), second(world, incident))

    assert isinstance(refused, ItemEnded)
    assert "is no longer needed" in refused.sentence
    assert world.row(incident).closed_by == closed_by
    assert world.verbs(incident).count("incident:closed") == 1


def test_the_second_who_takes_it_at_once_is_told_who_has_it(world: World, url: str) -> None:
    incident, item = worked_on(world)
    join_the_databases(world, "adam")
    deeds = [
        partial(claim, world.handling, item, actor=world.actor(login)) for login in ("ada", "adam")
    ]

    taken, refused = at_once(url, incident, *deeds)

    assert taken is None
    assert isinstance(refused, AlreadyClaimed)
    assert refused.sentence.startswith("Ada Adler has taken ")
    assert world.verbs(incident).count("item:claimed") == 1


def test_the_second_who_finishes_the_same_at_once_is_shown_what_happened(
    world: World, url: str, web: Flask
) -> None:
    incident, item = worked_on(world)
    join_the_databases(world, "adam")
    adam = Visitor(world, web, "adam")
    typed = {"outcome": "done", "what_was_done": "Adam's own words"}
    late = partial(adam.send, todo_path(item), typed, status=409)

    done, page = at_once(url, incident, completing(world, "ada", item), late)

    assert done is None
    said = words_of(str(page))
    assert "Ada Adler finished it" in said
    assert "Adam's own words" in said
    assert world.verbs(incident).count("action:done") == 1


def test_a_report_that_arrives_twice_at_once_is_one_incident(world: World, url: str) -> None:
    report = Report(world.process_id, "Wrong balances", "Right ones", "Wrong ones", "Everybody")
    deed = partial(
        report_incident, world.handling, report, actor=world.actor("carla"), key="a double click"
    )

    one, other = outcomes(url, [deed, deed], EVERY_ENTRY)

    assert isinstance(one, UUID)
    assert one == other
    with world.handling.store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.incident)) == 1


def test_a_proposal_that_arrives_twice_at_once_is_one_action(world: World, url: str) -> None:
    incident, _ = worked_on(world)
    deed = proposing(world, incident, "hugo", key="a double click")

    one, other = at_once(url, incident, deed, deed)

    assert isinstance(one, UUID)
    assert one == other
    assert world.verbs(incident).count("action:proposed") == 2


def test_what_is_finished_twice_at_once_with_one_key_is_done_once_and_refused_to_nobody(
    world: World, url: str
) -> None:
    incident, item = worked_on(world)
    deed = completing(world, "ada", item, key="a double click")

    assert at_once(url, incident, deed, deed) == [None, None]

    assert world.verbs(incident).count("action:done") == 1


def test_who_does_not_get_their_turn_in_time_is_asked_to_try_again(
    world: World, database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, item = worked_on(world)
    before = world.verbs(incident)
    monkeypatch.setattr(connect, "LOCK_TIMEOUT_MS", 20)
    store = replace(world.handling.store, engine=application_engine(database.app_url))
    hurried = replace(world, handling=replace(world.handling, store=store))
    web = web_of(hurried)
    ada, program = Visitor(hurried, web, "ada"), Machine(hurried, web, "ada")

    with held(database.owner_url, AN_INCIDENT, incident):
        answer = program.send("POST", f"/items/{item}/complete", {"answers": DONE})
        page = ada.send(todo_path(item), DONE, status=503)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.get_json()["code"] == "try_again"
    for said in (answer.get_json()["sentence"], words_of(page)):
        assert "Somebody else is working on this incident right now; please try again." in said
    assert "Done as asked" in page
    assert world.verbs(incident) == before
    program.post(f"/items/{item}/complete", {"answers": DONE}, 204)
    hurried.close()
