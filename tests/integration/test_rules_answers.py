"""Answers that are not one yet: put off, for somebody else, or a yes that is none (rules)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.domain.message import MessageKind
from engine.errors import AnswerQueried, Conflict, InvalidAnswers, ItemEnded, NotAllowed, NotFound
from engine.usecases.absences import name_deputy
from engine.usecases.complete import complete
from engine.usecases.not_answering import not_for_me, put_off
from engine.usecases.posting import post_due
from tests.machine import Machine
from tests.post import Server
from tests.staffing import hire
from tests.visitor import Visitor, todo_path, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


def asking(world: World, incident: UUID, login: str = "carla") -> UUID:
    return world.item(incident, "confirm_outcome", login).id


def yes(world: World, incident: UUID, **more: Any) -> dict[str, Any]:
    rows = [{"criterion": str(one), "answer": "yes"} for one in world.criteria(incident)]
    return {"criteria": rows} | more


def kinds(world: World, login: str) -> list[str]:
    with world.handling.store.read() as conn:
        return list(
            conn.scalars(
                text("SELECT kind FROM message WHERE person_id = :who ORDER BY id"),
                {"who": world.people[login]},
            )
        )


# --- ask me again on ---------------------------------------------------------------------------


def test_who_wants_to_be_asked_again_later_is_left_in_peace_until_then(
    world: World, mail: Server
) -> None:
    incident = world.asked()
    until = world.clock.now.replace(hour=8) + timedelta(days=21)
    put_off(world.handling, asking(world, incident), until, actor=world.actor("carla"))
    post_due(world.handling, mail.post)
    before = len(mail.to("Carla Costa"))
    for _ in range(20):
        world.clock.forward(days=1)
        world.fire(incident)
    said = set(world.verbs(incident))
    assert not {"confirmation:reminded", "confirmation:owner_told", "decision:opened"} & said

    world.clock.now = until
    post_due(world.handling, mail.post)
    assert len(mail.to("Carla Costa")) == before + 1, "asked again on that day"
    world.clock.forward(days=12)
    world.fire(incident)
    assert "decision:opened" not in world.verbs(incident)
    world.clock.forward(days=3)
    world.fire(incident)
    assert "decision:opened" in world.verbs(incident), "ten working days from that day on"


def test_an_answer_is_put_off_once_and_for_thirty_days_at_most(world: World) -> None:
    incident = world.asked()
    item, carla, now = asking(world, incident), world.actor("carla"), world.clock.now
    for until in (now, now - timedelta(days=1), now + timedelta(days=31)):
        with pytest.raises(InvalidAnswers):
            put_off(world.handling, item, until, actor=carla)
    put_off(world.handling, item, now + timedelta(days=30), actor=carla)
    with pytest.raises(Conflict):
        put_off(world.handling, item, now + timedelta(days=5), actor=carla)
    world.confirm(incident)
    assert world.row(incident).state == "closed", "they may answer before"
    with pytest.raises(ItemEnded):
        put_off(world.handling, item, now + timedelta(days=5), actor=carla)


def test_nobody_puts_off_or_hands_on_anothers_answer(world: World) -> None:
    incident = world.asked()
    item = asking(world, incident)
    for login, refusal in (("hugo", NotAllowed), ("fay", NotFound)):
        with pytest.raises(refusal):
            put_off(
                world.handling,
                item,
                world.clock.now + timedelta(days=1),
                actor=world.actor(login),
            )
        with pytest.raises(refusal):
            not_for_me(world.handling, item, actor=world.actor(login), words="Somebody")


# --- not for me --------------------------------------------------------------------------------


def test_not_for_me_asks_the_colleague_named_instead(world: World) -> None:
    hire(world, "cosimo", colleague_of="carla")
    incident = world.asked()
    item, carla = asking(world, incident), world.actor("carla")
    not_for_me(world.handling, item, actor=carla, person_id=world.people["cosimo"])

    assert kinds(world, "cosimo") == [MessageKind.ASKED]
    with pytest.raises(ItemEnded):
        complete(world.handling, item, yes(world, incident), actor=carla)
    world.confirm(incident, "cosimo")
    assert world.row(incident).state == "closed"


def test_not_for_me_names_nobody_of_another_house_and_nobody_with_a_hand_in_it(
    world: World,
) -> None:
    incident = world.asked()
    item, carla = asking(world, incident), world.actor("carla")
    for login in ("hugo", "ada", "fay", "carla"):
        with pytest.raises(InvalidAnswers):
            not_for_me(world.handling, item, actor=carla, person_id=world.people[login])
    with pytest.raises(InvalidAnswers):
        not_for_me(world.handling, item, actor=carla)
    assert asking(world, incident) == item


def test_not_for_me_in_words_is_told_to_the_lead_and_stays_asked(world: World) -> None:
    incident = world.asked()
    item = asking(world, incident)
    not_for_me(world.handling, item, actor=world.actor("carla"), words="Our accountant")

    assert kinds(world, "hugo")[-1] == MessageKind.TOLD
    assert world.verbs(incident)[-1] == "confirmation:not_for_me"
    assert asking(world, incident) == item


def test_a_deputy_who_was_asked_too_does_not_hand_it_on(world: World) -> None:
    hire(world, "cosimo", colleague_of="carla")
    name_deputy(world.handling.store, world.people["cosimo"], actor=world.actor("carla"))
    incident = world.asked()
    world.clock.forward(days=8)
    world.fire(incident)
    item = asking(world, incident, "cosimo")

    with pytest.raises(NotAllowed):
        not_for_me(world.handling, item, actor=world.actor("cosimo"), words="Somebody")


def test_both_are_on_the_page_of_the_answer(world: World, visit: Visit) -> None:
    hire(world, "cosimo", colleague_of="carla")
    incident = world.asked()
    path = todo_path(asking(world, incident))
    carla = visit("carla")
    assert "Please choose a day." in words_of(carla.send(f"{path}/later", {}, 422, at=path))
    late = {"until": "2026-12-24"}
    assert "within the next 30 days" in words_of(carla.send(f"{path}/later", late, 422, at=path))
    carla.send(f"{path}/later", {"until": "2026-03-20"}, at=path)
    assert "to be asked again" in words_of(visit("hugo").get("/incidents/1"))
    assert "Please say who" in words_of(carla.send(f"{path}/not-for-me", {}, 422, at=path))
    carla.send(f"{path}/not-for-me", {"person": str(world.people["cosimo"])}, at=path)
    assert asking(world, incident, "cosimo")


def test_both_are_in_the_api(world: World, machine: Callable[[str | None], Machine]) -> None:
    hire(world, "cosimo", colleague_of="carla")
    incident = world.asked()
    path = f"/items/{asking(world, incident)}"
    carla = machine("carla")
    carla.post(f"{path}/put-off", {"until": "2026-03-20T08:00:00+00:00"}, 204)
    carla.post(f"{path}/put-off", {"until": "2026-03-21T08:00:00+00:00"}, 409)
    carla.post(f"{path}/not-for-me", {"person": str(world.people["cosimo"])}, 204)
    assert asking(world, incident, "cosimo")


# --- a yes that is none ------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Fine, but two are wrong", "Gut, aber zwei fehlen noch"])
def test_a_yes_whose_words_say_otherwise_is_queried_and_not_taken(world: World, words: str) -> None:
    incident = world.asked()
    item, carla = asking(world, incident), world.actor("carla")
    answers = yes(world, incident, words=words)
    with pytest.raises(AnswerQueried) as refusal:
        complete(world.handling, item, answers, actor=carla)
    assert words in refusal.value.sentence
    assert world.row(incident).state == "open"
    assert "confirmation:given" not in world.verbs(incident)

    complete(world.handling, item, answers, actor=carla, insists=True)
    assert world.row(incident).state == "closed"


def test_a_yes_beside_an_open_action_of_theirs_is_queried(world: World) -> None:
    hire(world, "cosimo", colleague_of="carla")
    incident = world.asked("cosimo")
    world.propose(incident, "cosimo", "databases", title="Correct the name as well")
    item, carla = asking(world, incident), world.actor("carla")
    with pytest.raises(AnswerQueried, match="Correct the name as well"):
        complete(world.handling, item, yes(world, incident), actor=carla)


def test_a_no_with_the_same_words_is_taken_as_it_is(world: World) -> None:
    incident = world.asked()
    rows = [
        {"criterion": str(one), "answer": "no", "words": "Still wrong, but better"}
        for one in world.criteria(incident)
    ]
    complete(
        world.handling, asking(world, incident), {"criteria": rows}, actor=world.actor("carla")
    )
    assert "confirmation:given" in world.verbs(incident)


def test_the_page_asks_back_with_both_answers_as_buttons(world: World, visit: Visit) -> None:
    incident = world.asked()
    path, carla = todo_path(asking(world, incident)), visit("carla")
    said = {"criteria.0.answer": "yes", "words": "But two are wrong"}
    page = carla.send(path, said, 409)
    assert "Is it right?" in words_of(page)
    assert "Yes, it is right" in words_of(page)
    assert "No, I change my answer" in words_of(page)
    assert "But two are wrong</textarea>" in page

    carla.send(path, said | {"_insist": "yes"})
    assert world.row(incident).state == "closed"


def test_the_api_asks_back_and_takes_who_insists(
    world: World, machine: Callable[[str | None], Machine]
) -> None:
    incident = world.asked()
    path = f"/items/{asking(world, incident)}/complete"
    sent = {"answers": yes(world, incident, words="But two are wrong")}
    refused = machine("carla").post(path, sent, 409)
    assert refused["code"] == "answer_queried"
    machine("carla").post(path, sent | {"insists": True}, 204)
    assert world.row(incident).state == "closed"
