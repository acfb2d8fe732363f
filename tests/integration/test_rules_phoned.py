"""Answers that somebody wrote down (rules, Answers): by whom, for what, and with a receipt."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.domain.incident import Level
from engine.domain.message import MessageKind
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.usecases.complete import complete
from engine.usecases.phoning import Heard, did_not_say, record_answer
from tests.machine import Machine
from tests.post import Server, body, send
from tests.staffing import hire
from tests.visitor import Visitor, todo_path, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def world(world: World) -> World:
    """Doris is at the service desk, and has no hand in anything."""
    hire(world, "doris", team="desk")
    return world


def asking(world: World, incident: UUID) -> UUID:
    return world.item(incident, "confirm_outcome", "carla").id


def said(world: World, incident: UUID, answer: str = "yes") -> dict[str, Any]:
    words = {} if answer == "yes" else {"words": "Two are wrong"}
    rows = [{"criterion": str(one), "answer": answer, **words} for one in world.criteria(incident)]
    return {"criteria": rows}


def heard(world: World, **more: Any) -> Heard:
    return replace(Heard(world.people["carla"], "+49 30 1", "“It is fine now”"), **more)


def write_down(
    world: World, incident: UUID, answer: str = "yes", login: str = "doris", **more: Any
) -> UUID:
    item = asking(world, incident)
    answers = said(world, incident, answer)
    record_answer(world.handling, item, answers, heard(world, **more), actor=world.actor(login))
    return item


def test_an_answer_by_phone_closes_and_is_on_record_as_such(world: World) -> None:
    incident = world.asked()
    write_down(world, incident)

    assert world.row(incident).closed_by == "confirmed"
    with world.handling.store.read() as conn:
        row = conn.execute(text("SELECT person_id, grade, recorded_by FROM confirmation")).one()
        entry = conn.scalar(text("SELECT content FROM entry WHERE verb = 'confirmation:recorded'"))
    assert row == (world.people["carla"], "phone", world.people["doris"])
    assert (entry["whom"], entry["place"]) == ("Carla Costa", "+49 30 1")
    assert entry["words_used"] == "“It is fine now”"


def test_who_led_or_worked_on_it_writes_no_answer_down(world: World) -> None:
    incident = world.asked()
    item = asking(world, incident)
    for login in ("hugo", "ada", "carla", "bruno"):
        with pytest.raises((NotAllowed, NotFound)):
            record_answer(
                world.handling, item, said(world, incident), heard(world), actor=world.actor(login)
            )
    assert world.row(incident).state == "open"


@pytest.mark.parametrize(
    "what", [{"impact": Level.HIGH, "urgency": Level.HIGH}, {"money": 10, "currency": "EUR"}]
)
def test_a_yes_by_phone_is_not_enough_where_much_is_at_stake(
    world: World, what: dict[str, Any]
) -> None:
    incident = world.report(**what)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident)
    with pytest.raises(InvalidAnswers):
        write_down(world, incident)
    write_down(world, incident, "no")
    assert world.row(incident).state == "open"
    assert "confirmation:recorded" in world.verbs(incident)


def test_what_is_missing_is_named(world: World) -> None:
    incident = world.asked()
    item, doris = asking(world, incident), world.actor("doris")
    wrong: dict[str, dict[str, Any]] = {
        "place": {"place": " "},
        "words_used": {"words": ""},
        "whom": {"whom_id": world.people["bruno"]},
        "heard_at": {"at": world.clock.now.replace(year=2020)},
    }
    for field, more in wrong.items():
        with pytest.raises(InvalidAnswers) as refusal:
            record_answer(
                world.handling, item, said(world, incident), heard(world, **more), actor=doris
            )
        assert set(refusal.value.fields) == {field}
    with pytest.raises(InvalidAnswers):
        record_answer(world.handling, item, {}, heard(world), actor=doris)
    write_down(world, incident)
    with pytest.raises(Conflict):
        record_answer(world.handling, item, said(world, incident), heard(world), actor=doris)


def test_who_is_said_to_have_answered_gets_a_receipt(world: World, mail: Server) -> None:
    incident = world.asked()
    write_down(world, incident)
    send(world, mail)

    receipts = [one for one in mail.to("Carla Costa") if "Did you say that?" in body(one)]
    assert len(receipts) == 1
    assert "https://right.example.org/l/" in body(receipts[0])


def test_i_did_not_say_that_contradicts_what_was_closed(world: World) -> None:
    incident = world.asked()
    item = write_down(world, incident)
    carla = world.actor("carla")
    did_not_say(world.handling, item, words="I said it is still wrong", actor=carla)

    assert world.row(incident).state == "closed", "closed is final"
    assert "confirmation:late" in world.verbs(incident)
    beside = world.numbered(2)
    assert "Not right" in world.row(beside).title
    with pytest.raises(NotFound):
        did_not_say(world.handling, item, words="Again", actor=carla)


def test_i_did_not_say_that_takes_an_open_one_back_to_work(world: World) -> None:
    hire(world, "cosimo", colleague_of="carla")
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "cosimo"))
    world.act(incident, "ada")
    world.verify(incident)
    item = write_down(world, incident)
    assert world.row(incident).state == "open", "Cosimo has not answered"
    did_not_say(world.handling, item, words="", actor=world.actor("carla"))

    assert "confirmation:denied" in world.verbs(incident)
    assert world.row(incident).right_since is None
    with pytest.raises((Conflict, NotFound)):
        did_not_say(world.handling, item, words="", actor=world.actor("carla"))


def test_nobody_denies_what_was_not_written_down_in_their_name(world: World) -> None:
    incident = world.asked()
    item = asking(world, incident)
    complete(world.handling, item, said(world, incident), actor=world.actor("carla"))
    for login in ("carla", "hugo", "doris"):
        with pytest.raises(NotFound):
            did_not_say(world.handling, item, words="", actor=world.actor(login))


def test_the_pages_write_it_down_and_take_it_back(world: World, visit: Visit) -> None:
    incident = world.asked()
    path = f"{todo_path(asking(world, incident))}/phoned"
    doris = visit("doris")
    assert "Carla Costa answered by phone" in words_of(doris.get("/incidents/1"))
    assert "answered by phone" not in words_of(visit("hugo").get("/incidents/1"))
    sent = {"whom": str(world.people["carla"]), "criteria.0.answer": "yes"}
    page = words_of(doris.send(path, sent, 422))
    assert "Please say at which number, or where." in page
    assert "Please write down the words they used." in page
    doris.send(path, sent | {"place": "at the counter", "words_used": "It is fine"})
    assert world.row(incident).state == "closed"

    carla = visit("carla")
    assert "Did you say that?" in words_of(carla.get("/inbox"))
    ended = path.removesuffix("/phoned")
    assert "Somebody wrote this down as your answer." in words_of(carla.get(ended))
    assert "Somebody wrote this down" not in words_of(visit("hugo").get(ended))
    carla.send(f"{ended}/not-said", {"words": "I did not"}, at=ended)
    assert "confirmation:late" in world.verbs(incident)


def test_a_customer_without_an_account_denies_it_by_the_link_in_the_receipt(
    world: World, mail: Server, visit: Visit
) -> None:
    incident = world.asked()
    write_down(world, incident)
    send(world, mail)
    [receipt] = [one for one in mail.to("Carla Costa") if "Did you say that?" in body(one)]
    link = body(receipt).split("https://right.example.org", 1)[1].split()[0]
    visit(None).send(f"{link}/not-said", {"words": ""}, at=link)

    with world.handling.store.read() as conn:
        last = conn.execute(
            text("SELECT answer, grade FROM confirmation ORDER BY entry_seq DESC LIMIT 1")
        ).one()
    assert last == ("no", "link")


def test_the_api_writes_it_down_once(
    world: World, machine: Callable[[str | None], Machine]
) -> None:
    incident = world.asked()
    path = f"/items/{asking(world, incident)}"
    sent = {
        "answers": said(world, incident),
        "whom": str(world.people["carla"]),
        "place": "+49 30 1",
        "words_used": "Fine",
    }
    machine("hugo").post(f"{path}/phoned", sent, 403)
    for _ in range(2):
        machine("doris").post(f"{path}/phoned", sent, 204, key="once")
    assert world.verbs(incident).count("confirmation:recorded") == 1
    machine("carla").post(f"{path}/not-said", {"words": "No"}, 204)
    assert MessageKind.RECORDED == "recorded"
