"""The quick path: reported, done and answered in one call, and closed by somebody else's check."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from engine.domain.rules import DEFAULT_RULES
from engine.errors import InvalidAnswers, NotAllowed
from engine.queries.closures import closures_without_evidence
from engine.store import schema as t
from engine.usecases.phoning import did_not_say
from engine.usecases.quick import Handled, Quick, handle_at_once
from tests.machine import Machine
from tests.post import Server, send
from tests.visitor import Visitor, words_of
from tests.world import KEY, World

Visit = Callable[[str | None], Visitor]
USUAL = [{"measure": "Balance", "threshold": "as in the ledger", "evidence": "the account's page"}]


@pytest.fixture(autouse=True)
def usual(world: World) -> None:
    """The process has its usual criteria, and nobody is called back unless a test says so."""
    with world.handling.store.begin() as work:
        work.conn.execute(t.product.update().values(default_criteria=USUAL))
    called_back(world, 0)


def called_back(world: World, percent: int) -> None:
    world.handling = replace(
        world.handling, rules=replace(DEFAULT_RULES, quick_called_back_percent=percent)
    )


def at_once(world: World, login: str = "hugo", key: str | None = None, **other: Any) -> Handled:
    said = {
        "product_id": world.process_id,
        "caller_id": world.people["carla"],
        "title": "A payment is missing",
        "done": "Booked it",
        "words": "Now I see it",
        "place": "0160 123",
    }
    return handle_at_once(world.handling, Quick(**said | other), actor=world.actor(login), key=key)


def answers(world: World, incident: UUID) -> list[Any]:
    with world.handling.store.read() as conn:
        return list(
            conn.execute(select(t.confirmation).where(t.confirmation.c.incident_id == incident))
        )


def test_it_waits_for_somebody_else_s_check_and_that_closes_it(world: World) -> None:
    made = at_once(world).incident_id

    assert world.steps(made) == ["verify_outcome"]
    assert world.row(made).state == "open"
    assert world.people["hugo"] not in world.item(made, "verify_outcome").people

    world.verify(made, "dora")

    assert world.row(made).state == "closed"
    assert world.row(made).closed_by == "confirmed"
    (answer,) = answers(world, made)
    assert (answer.grade, answer.answer) == ("phone", "yes")
    assert answer.recorded_by == world.people["hugo"]
    assert answer.person_id == world.people["carla"]
    with world.handling.store.read() as conn:
        count, wrong = closures_without_evidence(conn, {KEY.id: KEY.secret})
    assert (count, wrong) == (1, [])


def test_who_did_it_does_not_check_it(world: World) -> None:
    made = at_once(world).incident_id

    with pytest.raises(NotAllowed):
        world.verify(made, "hugo")
    assert world.row(made).state == "open"


def test_what_is_found_not_right_goes_back_to_work_and_is_asked_again(world: World) -> None:
    made = at_once(world).incident_id

    rows = [{"criterion": str(one), "measured": "5"} for one in world.criteria(made)]
    world.do(made, "dora", "verify_outcome", verdict="not_right", measured=rows, words="Still 5")

    assert world.row(made).state == "open"
    assert "agree_what_right_means" in world.steps(made)


def test_the_caller_gets_a_receipt_and_can_say_that_it_was_not_so(
    world: World, mail: Server
) -> None:
    made = at_once(world).incident_id
    send(world, mail)
    assert "Did you say that?" in mail.to("Carla")[-1].as_string()
    item = next(one for one in world.items(made, is_open=False) if one.mark == "confirmation")

    did_not_say(world.handling, item.id, words="Nobody called me", actor=world.actor("carla"))

    assert world.row(made).state == "open"
    assert [one.answer for one in answers(world, made)] == ["yes", "no"]


def test_those_that_are_drawn_are_called_back_and_asked_as_always(world: World) -> None:
    called_back(world, 100)
    found = at_once(world)
    assert found.is_called_back
    assert answers(world, found.incident_id) == []

    world.verify(found.incident_id, "dora")

    assert world.steps(found.incident_id) == ["confirm_outcome"]
    assert "confirmation:called_back" in world.verbs(found.incident_id)


def test_sent_twice_it_is_done_once(world: World) -> None:
    first = at_once(world, key="k")

    assert at_once(world, key="k") == first
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM incident")) == 1


@pytest.mark.parametrize("login", ["ada", "bruno", "dora", "carla", "egon", "fay", "sami"])
def test_only_the_desk_handles_something_at_once(world: World, login: str) -> None:
    with pytest.raises(NotAllowed):
        at_once(world, login)


def test_nobody_answers_for_themselves(world: World) -> None:
    with pytest.raises(InvalidAnswers) as refusal:
        at_once(world, caller_id=world.people["hugo"])
    assert list(refusal.value.fields) == ["caller"]


def test_without_usual_criteria_it_is_reported(world: World) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(t.product.update().values(default_criteria=[]))

    with pytest.raises(InvalidAnswers) as refusal:
        at_once(world)

    assert list(refusal.value.fields) == ["product"]
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM incident")) == 0


def test_a_program_at_the_desk_does_it_too(
    world: World, machine: Callable[[str | None], Machine]
) -> None:
    sent = {
        "product": str(world.process_id),
        "caller": str(world.people["carla"]),
        "title": "A payment is missing",
        "done": "Booked it",
        "words": "Now I see it",
        "place": "0160 123",
    }

    made = machine("hugo").post("/incidents/at-once", sent, 201)
    machine("bruno").post("/incidents/at-once", sent, 403)
    machine("hugo").post("/incidents/at-once", sent | {"words": ""}, 422)

    assert made["is_called_back"] is False
    assert world.steps(UUID(made["id"])) == ["verify_outcome"]


def test_one_page_is_enough(world: World, visit: Visit) -> None:
    hugo = visit("hugo")
    assert "/quick" in hugo.get("/report")
    sent = {
        "product": str(world.process_id),
        "caller": str(world.people["carla"]),
        "title": "A payment is missing",
        "impact": "low",
        "done": "Booked it",
        "words": "Now I see it",
        "place": "0160 123",
    }

    missing = words_of(hugo.send("/quick", sent | {"words": "", "caller": ""}, 422))
    hugo.send("/quick", sent)

    assert "Please choose who told you." in missing
    assert "Please write down the words they used." in missing
    page = words_of(hugo.get("/incidents/1"))
    assert "It is closed when somebody else has found it right." in page
    visit("carla").get("/quick", 403)
