"""Answers after closing, and the many who were not asked: nothing that anybody says is lost."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.domain.incident import Answer
from engine.domain.rules import Rules
from engine.errors import Conflict, IncidentClosed, InvalidAnswers, NotAllowed
from engine.queries.closures import closures_without_evidence
from engine.queries.incident import IncidentPage, incident_page
from engine.usecases.objecting import answer_late, object_to
from engine.usecases.setting_aside import set_aside
from tests.world import KEY, World


def page(world: World, incident: UUID, login: str = "hugo") -> IncidentPage:
    with world.handling.store.read() as conn:
        return incident_page(conn, incident, world.actor(login), world.clock.now)


def late(world: World, incident: UUID, answer: Answer, words: str = "Two are wrong") -> UUID | None:
    return answer_late(world.handling, incident, answer, actor=world.actor("carla"), words=words)


def objects(world: World, incident: UUID, login: str, words: str = "Mine is wrong") -> UUID:
    return object_to(world.handling, incident, actor=world.actor(login), words=words)


def sound(world: World) -> bool:
    with world.handling.store.read() as conn:
        return closures_without_evidence(conn, {KEY.id: KEY.secret})[1] == []


def make_staff(world: World, login: str) -> str:
    """Give a role to somebody who has none, so that they may see it."""
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE person SET roles = '{staff}' WHERE login = :login"), {"login": login}
        )
    return login


# --- after closing -------------------------------------------------------------------------------


def test_a_yes_after_closing_is_kept_as_confirmed_late(world: World) -> None:
    incident = world.decided()
    closed = page(world, incident)
    assert closed.late is None

    assert late(world, incident, Answer.YES, words="") is None

    assert page(world, incident).late == "confirmed_late"
    assert page(world, incident).closed_by == "escalated"
    assert sound(world)


@pytest.mark.parametrize("answer", [Answer.PARTLY, Answer.NO])
def test_another_answer_after_closing_contradicts_it_and_opens_a_linked_incident(
    world: World, answer: Answer
) -> None:
    incident = world.decided()

    with pytest.raises(InvalidAnswers):
        late(world, incident, answer, words=" ")
    linked = late(world, incident, answer)

    assert linked is not None
    assert page(world, incident).late == "contradicted"
    assert world.row(incident).state == "closed"
    row = world.row(linked)
    assert (row.origin, row.origin_id, row.actual) == ("objected", incident, "Two are wrong")
    assert [(one.number, one.how) for one in page(world, incident).linked] == [
        (row.number, "objected")
    ]
    assert sound(world)


def test_who_says_so_again_is_led_to_what_is_open_and_may_still_say_yes(world: World) -> None:
    incident = world.decided()
    linked = late(world, incident, Answer.NO)

    assert late(world, incident, Answer.PARTLY) == linked
    late(world, incident, Answer.YES)

    assert page(world, incident).late == "confirmed_late", "their last word counts"


def test_only_who_was_to_answer_answers_late_and_only_what_is_closed(world: World) -> None:
    incident, open_one = world.decided(), world.asked()

    with pytest.raises(IncidentClosed):
        answer_late(world.handling, incident, Answer.YES, actor=world.actor("bruno"))
    with pytest.raises(NotAllowed):
        late(world, open_one, Answer.YES)


# --- many people ---------------------------------------------------------------------------------


def test_a_no_of_somebody_who_is_no_confirmer_opens_a_linked_incident(world: World) -> None:
    incident = world.asked()

    linked = objects(world, incident, "bruno")

    row = world.row(linked)
    assert (row.origin, row.origin_id, row.reporter_id) == (
        "objected", incident, world.people["bruno"],
    )  # fmt: skip
    assert len(world.criteria(linked)) == len(world.criteria(incident))
    assert world.steps(incident) == ["confirm_outcome"], "one of many stops nothing"
    with pytest.raises(Conflict, match=f"#{row.number}"):
        objects(world, incident, "bruno")


def test_how_many_others_object_is_no_affair_of_a_customers(world: World) -> None:
    incident = world.asked()
    objects(world, incident, "bruno")

    assert len(page(world, incident).linked) == 1
    assert page(world, incident, "carla").linked == ()


def test_three_of_those_harmed_take_it_back_to_work(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident, "carla")
    objects(world, incident, "bruno")
    objects(world, incident, "gita")
    assert world.steps(incident) == ["confirm_outcome"]

    objects(world, incident, make_staff(world, "fay"))

    assert world.steps(incident) == ["do_it_action"]
    assert world.item(incident, "do_it_action").people == [world.people["hugo"]]
    world.do(incident, "hugo", "do_it_action", outcome="done", what_was_done="Found the rest")
    world.verify(incident)
    assert world.steps(incident) == ["confirm_outcome", "confirm_outcome"], "an earlier yes is over"


def test_of_a_thousand_one_percent_take_it_back_to_work() -> None:
    rules = Rules()

    assert rules.objections_needed(None) == 3
    assert rules.objections_needed(Decimal(214)) == 3
    assert rules.objections_needed(Decimal(301)) == 4
    assert rules.objections_needed(Decimal(3000)) == 30


def test_an_objection_that_was_a_mistake_does_not_count(world: World) -> None:
    incident = world.asked()
    mistake = objects(world, incident, "bruno")
    set_aside(world.handling, mistake, reason="He looked at March", actor=world.actor("hugo"))
    objects(world, incident, "gita")
    objects(world, incident, make_staff(world, "fay"))

    assert world.steps(incident) == ["confirm_outcome"]


def test_objections_to_what_is_closed_open_incidents_and_change_nothing(world: World) -> None:
    incident = world.confirmed()
    for login in ("bruno", "gita", make_staff(world, "fay")):
        objects(world, incident, login)

    assert world.row(incident).state == "closed"
    assert len(page(world, incident).linked) == 3
    assert sound(world)


def test_who_confirms_or_has_had_a_hand_in_it_says_so_in_their_own_step(world: World) -> None:
    incident = world.asked()

    for login in ("carla", "hugo", "ada", "dora", "egon"):
        with pytest.raises(NotAllowed):
            objects(world, incident, login)
    with pytest.raises(InvalidAnswers):
        objects(world, incident, "bruno", words=" ")
