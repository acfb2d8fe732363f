"""The spine of the rules of handling, one test for each, named after it."""

from datetime import timedelta

import pytest

from engine.domain.action import ActionKind
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.usecases.complete import complete
from engine.usecases.proposing import accept_proposal
from engine.usecases.refusing import try_to_close
from tests.world import World


def test_no_timer_ever_closes_an_incident(world: World) -> None:
    incident = world.asked()

    for _ in range(60):
        world.clock.forward(days=7)
        world.fire(incident)

    assert world.row(incident).state == "open"
    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


def test_who_led_it_cannot_confirm_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)

    with pytest.raises(InvalidAnswers):
        world.agree(incident, confirmers=("hugo",))


def test_who_worked_on_it_cannot_decide_to_close_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(
        incident,
        {"title": "Do it", "party": "business", "person": str(world.people["dora"])},
    )
    world.act(incident, "dora", "do_business_action")
    world.verify(incident, "hugo")
    world.clock.forward(days=20)
    world.fire(incident)
    item = world.item(incident, "decide_without_answer")

    with pytest.raises((NotAllowed, NotFound)):
        complete(
            world.handling,
            item.id,
            {"decided": "close", "reason": "I know that it is right"},
            actor=world.actor("dora"),
        )


def test_keep_asking_asks_again_when_it_said(world: World) -> None:
    incident = world.asked()
    world.clock.forward(days=15)
    world.fire(incident)
    until = (world.clock.now + timedelta(days=3)).date().isoformat()

    world.do(
        incident,
        "dora",
        "decide_without_answer",
        decided="keep_asking",
        reason="She is on holiday",
        until=until,
    )

    assert world.steps(incident) == ["confirm_outcome"]
    world.clock.forward(days=4)
    world.fire(incident)
    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


def test_back_to_work_ends_the_wait(world: World) -> None:
    incident = world.asked()
    world.clock.forward(days=15)
    world.fire(incident)

    world.do(
        incident, "dora", "decide_without_answer", decided="back_to_work", reason="Two are wrong"
    )

    assert world.steps(incident) == ["agree_what_right_means"]


def test_somebody_else_can_be_asked_instead(world: World) -> None:
    incident = world.asked()
    world.clock.forward(days=15)
    world.fire(incident)

    world.do(
        incident,
        "dora",
        "decide_without_answer",
        decided="ask_somebody_else",
        reason="Her brother keeps the books",
        ask=str(world.people["olga"]),
    )
    world.confirm(incident, "olga")

    assert world.row(incident).closed_by == "confirmed"


def test_every_confirmer_has_to_say_yes(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)

    world.confirm(incident, "carla")
    assert world.row(incident).state == "open"
    world.confirm(incident, "olga")

    assert world.row(incident).state == "closed"


def test_an_action_waits_its_turn_and_is_offered_to_nobody(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident)
    first = world.propose(incident, "hugo")
    world.propose(incident, "hugo", "accounting", after=(first,))
    assert "do_business_action" not in world.steps(incident)

    world.act(incident, "ada")

    assert world.steps(incident) == ["do_business_action"]


def test_what_prevents_does_not_block_and_lives_on(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.propose(incident, "hugo", "accounting", kind=ActionKind.PREVENTS)
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)
    assert world.row(incident).state == "closed"

    world.act(incident, "bruno", "do_business_action")

    assert world.row(incident).state == "closed"


def test_a_proposal_while_confirming_waits_for_the_leads_word(world: World) -> None:
    incident = world.asked()
    proposed = world.propose(incident, "dora")
    assert world.steps(incident) == ["confirm_outcome"]

    accept_proposal(world.handling, proposed, kind=ActionKind.PUTS_RIGHT, actor=world.actor("hugo"))

    assert world.steps(incident) == ["do_it_action"]


def test_saying_that_it_is_over_closes_nothing_and_is_an_entry(world: World) -> None:
    incident = world.asked()

    missing = try_to_close(world.handling, incident, by=world.actor("hugo"))

    assert missing == ("Carla Costa has not answered",)
    assert world.row(incident).state == "open"
    assert "closure:refused" in world.verbs(incident)


def test_a_declined_action_goes_to_the_service_desk(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))

    world.do(incident, "ada", "do_it_action", outcome="declined", reason="Not ours")

    assert world.steps(incident) == ["decide_declined_action"]


def test_an_overdue_action_climbs_to_the_next_in_line(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))

    world.clock.forward(days=30)
    world.fire(incident)

    assert world.people["dora"] in world.item(incident, "do_it_action").people
    assert "action:overdue" in world.verbs(incident)


def test_posted_variables_are_refused_and_set_nothing(world: World) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome")

    with pytest.raises(InvalidAnswers):
        complete(
            world.handling,
            item.id,
            {"gate": "confirmed", "confirm_outcome": {"answer": "yes"}},
            actor=world.actor("carla"),
        )

    assert world.row(incident).state == "open"
