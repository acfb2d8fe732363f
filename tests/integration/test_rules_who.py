"""The rules of handling, Who: each on the real engine and the real database."""

from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from engine.domain.action import TargetOutcome
from engine.domain.incident import Level
from engine.domain.party import Party
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.store import schema as t
from engine.usecases.lead import take_lead
from engine.usecases.targets import tick_targets
from tests.world import CRITERION, World


def decision_open(world: World, **changes: object) -> UUID:
    """Return an incident that Ada worked on and Dora may have verified; the ladder has waited."""
    incident = world.asked(**changes)
    world.tried(incident)
    world.clock.forward(days=30)
    world.fire(incident)
    return incident


def decide(world: World, incident: UUID, login: str, decided: str = "close") -> None:
    world.do(incident, login, "decide_without_answer", decided=decided, reason="Nobody answers")


def let_decide(world: World, login: str) -> None:
    """Make somebody both the owner and the authority of the business process."""
    with world.handling.store.begin() as work:
        work.conn.execute(
            update(t.business_process).values(
                owner_id=world.people[login], authority_id=world.people[login]
            )
        )


# --- the lead ----------------------------------------------------------------------------------


def test_until_somebody_takes_the_lead_the_duty_lead_of_the_process_answers(world: World) -> None:
    incident = world.report()

    row = world.row(incident)
    assert (row.lead_id, row.taken_up_at) == (world.people["hugo"], None)


def test_taking_the_lead_names_one_person_and_is_a_milestone(world: World) -> None:
    incident = world.report()
    world.clock.forward(minutes=20)

    world.lead(incident, "ada")

    row = world.row(incident)
    assert (row.lead_id, row.taken_up_at) == (world.people["ada"], world.clock.now)
    assert world.verbs(incident)[-1] == "incident:lead_taken"


def test_a_lead_who_has_it_loses_it_only_to_those_who_answer_for_the_process(
    world: World,
) -> None:
    incident = world.report()
    world.lead(incident, "ada")

    with pytest.raises(NotAllowed):
        world.lead(incident, "bruno")
    world.lead(incident, "dora")

    assert world.row(incident).lead_id == world.people["dora"]


def test_whoever_takes_the_lead_of_a_grave_one_does_not_check_it_instead_of_its_owner(
    world: World,
) -> None:
    incident = world.report(impact=Level.HIGH)
    world.lead(incident, "dora")
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")

    world.lead(incident, "hugo")

    with pytest.raises(NotAllowed):
        world.verify(incident, "hugo")
    world.verify(incident, "dora")
    assert world.steps(incident) == ["confirm_outcome"]


def test_whoever_takes_the_lead_of_a_light_one_checks_it_beside_its_owner(world: World) -> None:
    incident = world.report()
    world.lead(incident, "ada")
    world.agree(incident, world.for_team("accounting"))
    world.act(incident, "bruno", "do_business_action")

    world.lead(incident, "hugo")

    asked = world.item(incident, "verify_outcome").people
    assert asked == [world.people["hugo"], world.people["dora"]]


def test_a_customer_never_leads(world: World) -> None:
    incident = world.report()

    with pytest.raises(NotAllowed):
        world.lead(incident, "carla")


def test_who_has_no_part_in_it_is_told_that_there_is_none(world: World) -> None:
    incident = world.report()

    with pytest.raises(NotFound):
        take_lead(world.handling, incident, actor=world.actor("fay"))


# --- confirmers have no hand in it -------------------------------------------------------------


def test_a_confirmer_cannot_take_the_lead(world: World) -> None:
    incident = world.report("bruno")

    with pytest.raises(NotAllowed, match="confirm"):
        world.lead(incident, "bruno")


def test_who_leads_it_is_not_named_as_a_confirmer(world: World) -> None:
    incident = world.report()
    world.lead(incident)

    with pytest.raises(InvalidAnswers) as refused:
        world.agree(incident, confirmers=("hugo",))

    assert list(refused.value.fields) == ["confirmers"]
    assert world.steps(incident) == ["agree_what_right_means"]


def test_who_worked_on_it_is_not_named_as_a_confirmer(world: World) -> None:
    incident = world.asked()
    world.confirm(incident, answer="partly")

    with pytest.raises(InvalidAnswers):
        world.agree(incident, confirmers=("ada",))


def test_who_verified_it_is_not_named_as_a_confirmer(world: World) -> None:
    incident = world.asked()
    world.confirm(incident, answer="no")

    with pytest.raises(InvalidAnswers):
        world.agree(incident, confirmers=("carla", "dora"))


def test_a_confirmer_who_worked_on_it_after_being_named_cannot_answer(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    own = {"title": "Do it", "party": "it", "person": str(world.people["bruno"])}
    world.agree(incident, own, confirmers=("bruno",))
    world.act(incident, "bruno")
    world.verify(incident)

    with pytest.raises(NotAllowed):
        world.confirm(incident, "bruno")

    assert world.row(incident).state == "open"


def test_a_confirmer_who_verified_it_cannot_answer(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("dora",))
    world.act(incident, "ada")
    world.verify(incident, "dora")

    with pytest.raises(NotAllowed):
        world.confirm(incident, "dora")

    assert world.row(incident).state == "open"


def test_a_customer_who_put_their_own_books_right_can_confirm(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, {"title": "Correct your books", "party": "customer"})
    world.act(incident, "carla", "do_customer_action")
    world.verify(incident)

    world.confirm(incident)

    assert world.row(incident).closed_by == "confirmed"


def test_who_has_left_is_not_named_as_a_confirmer(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    with world.handling.store.begin() as work:
        work.conn.execute(
            update(t.person).where(t.person.c.login == "olga").values(is_active=False)
        )

    with pytest.raises(InvalidAnswers):
        world.agree(incident, confirmers=("carla", "olga"))


@pytest.mark.parametrize("answer", ["no", "partly"])
def test_who_says_that_it_is_not_right_is_not_replaced_by_somebody_milder(
    world: World, answer: str
) -> None:
    incident = world.asked()
    world.confirm(incident, answer=answer)

    with pytest.raises(InvalidAnswers) as refused:
        world.agree(incident, confirmers=("olga",))
    assert "Carla Costa has said" in refused.value.fields["confirmers"]
    world.agree(incident, confirmers=("carla", "olga"))

    assert world.steps(incident) == ["verify_outcome"]


def test_who_objected_and_has_left_is_replaced(world: World) -> None:
    incident = world.asked()
    world.confirm(incident, answer="no")
    with world.handling.store.begin() as work:
        work.conn.execute(
            update(t.person).where(t.person.c.login == "carla").values(is_active=False)
        )

    world.agree(incident, confirmers=("olga",))

    assert world.steps(incident) == ["verify_outcome"]


def test_nobody_answers_for_a_confirmer(world: World) -> None:
    incident = world.asked()

    for login in ("hugo", "dora", "ada", "gita"):
        with pytest.raises(NotAllowed):
            world.confirm(incident, login)
    for login in ("olga", "fay", "sami"):
        with pytest.raises(NotFound):
            world.confirm(incident, login)

    assert world.row(incident).state == "open"


# --- nobody closes their own work --------------------------------------------------------------


def test_who_worked_on_it_does_not_decide_to_close_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    own = {"title": "Tell them", "party": "business", "person": str(world.people["dora"])}
    world.agree(incident, own)
    world.act(incident, "dora", "do_business_action")
    world.verify(incident, "hugo")
    world.clock.forward(days=30)
    world.fire(incident)

    with pytest.raises(NotAllowed):
        decide(world, incident, "dora")

    assert world.row(incident).state == "open"


def test_who_noted_whom_an_action_reached_does_not_decide_to_close_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    with world.handling.store.begin() as work:
        joining = {"team_id": world.teams["accounting"], "person_id": world.people["dora"]}
        work.conn.execute(insert(t.membership), joining)
    world.agree(incident)
    action = world.propose(incident, "hugo", "accounting", targets=("Miller",))
    with world.handling.store.read() as conn:
        (one,) = conn.execute(select(t.target.c.id).where(t.target.c.action_id == action)).scalars()
    item = world.item(incident, "do_business_action")
    tick_targets(world.handling, item.id, {one: TargetOutcome.DONE}, actor=world.actor("dora"))
    rows = [{"target": str(one), "outcome": "done"}]
    done = {"outcome": "done", "what_was_done": "Called", "targets": rows}
    world.do(incident, "bruno", "do_business_action", **done)
    world.verify(incident, "hugo")
    world.clock.forward(days=30)
    world.fire(incident)

    with pytest.raises(NotAllowed):
        decide(world, incident, "dora")


def test_who_decides_does_not_name_themselves_as_the_one_to_ask(world: World) -> None:
    incident = decision_open(world)

    with pytest.raises(InvalidAnswers) as refused:
        world.do(
            incident,
            "dora",
            "decide_without_answer",
            decided="ask_somebody_else",
            reason="I know best",
            ask=str(world.people["dora"]),
        )

    assert list(refused.value.fields) == ["ask"]


def test_who_led_it_once_does_not_decide_to_close_it(world: World) -> None:
    incident = world.report()
    world.lead(incident, "dora")
    world.lead(incident, "hugo")
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident, "hugo")
    world.clock.forward(days=30)
    world.fire(incident)

    with pytest.raises(NotAllowed):
        decide(world, incident, "dora")


def test_who_verified_a_grave_one_does_not_decide_to_close_it(world: World) -> None:
    let_decide(world, "dora")
    incident = decision_open(world, impact=Level.HIGH)
    assert world.row(incident).highest_priority == "P2"

    with pytest.raises(NotAllowed):
        decide(world, incident, "dora")


def test_who_verified_a_light_one_may_decide_to_close_it(world: World) -> None:
    incident = decision_open(world)
    assert world.row(incident).highest_priority == "P3"

    decide(world, incident, "dora")

    assert world.row(incident).closed_by == "escalated"


def test_only_the_authority_decides_on_the_gravest_and_never_the_owner(world: World) -> None:
    incident = decision_open(world, impact=Level.HIGH, urgency=Level.HIGH)

    for login in ("dora", "hugo", "bruno"):
        with pytest.raises(NotAllowed):
            decide(world, incident, login)
    decide(world, incident, "gita")

    assert world.row(incident).closed_by == "escalated"


def test_an_authority_who_is_the_owner_too_does_not_decide_on_the_gravest(world: World) -> None:
    let_decide(world, "gita")
    incident = world.report(impact=Level.HIGH, urgency=Level.HIGH)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident, "gita")
    world.tried(incident)
    world.clock.forward(days=30)
    world.fire(incident)

    with pytest.raises(NotAllowed):
        decide(world, incident, "gita")


def test_an_authority_in_it_does_not_decide_on_the_gravest_but_on_grave_ones(world: World) -> None:
    with world.handling.store.begin() as work:
        joining = {"team_id": world.teams["databases"], "person_id": world.people["gita"]}
        work.conn.execute(insert(t.membership), joining)
    gravest = decision_open(world, impact=Level.HIGH, urgency=Level.HIGH)
    grave = decision_open(world, impact=Level.HIGH)

    with pytest.raises(NotAllowed):
        decide(world, gravest, "gita")
    decide(world, grave, "gita")

    assert [world.row(one).state for one in (gravest, grave)] == ["open", "closed"]


# --- verification ------------------------------------------------------------------------------


def test_the_only_person_who_did_the_work_does_not_verify_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    own = {"title": "Tell them", "party": "business", "person": str(world.people["dora"])}
    world.agree(incident, own)
    world.act(incident, "dora", "do_business_action")

    with pytest.raises(NotAllowed):
        world.verify(incident, "dora")
    world.verify(incident, "hugo")

    assert world.steps(incident) == ["confirm_outcome"]


def test_a_grave_one_is_verified_by_the_owner_and_not_by_the_lead(world: World) -> None:
    incident = world.report(impact=Level.HIGH)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")

    with pytest.raises(NotAllowed):
        world.verify(incident, "hugo")
    world.verify(incident, "dora")

    assert world.steps(incident) == ["confirm_outcome"]


def test_a_light_one_is_verified_by_the_lead_too(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")

    world.verify(incident, "hugo")

    assert world.steps(incident) == ["confirm_outcome"]


def test_an_action_of_another_lane_is_not_done_by_who_merely_sees_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))

    with pytest.raises(NotAllowed):
        world.act(incident, "bruno")
    with pytest.raises(NotFound):
        world.act(incident, "carla")


def test_an_auditor_sees_everything_and_does_nothing(world: World) -> None:
    incident = world.asked()

    with pytest.raises(NotAllowed):
        world.confirm(incident, "egon")
    with pytest.raises(NotAllowed):
        world.propose(incident, "egon")
    with pytest.raises(NotAllowed):
        world.report("egon")


def test_a_team_gets_work_of_its_own_party_only(world: World) -> None:
    incident = world.report()
    world.lead(incident)

    with pytest.raises(InvalidAnswers):
        world.propose(incident, "hugo", team="accounting", party=Party.IT)


def test_right_has_to_be_agreed_with_a_criterion_and_a_confirmer(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    nobody: dict[str, list[object]] = {"criteria": [CRITERION], "confirmers": []}
    nothing = {"criteria": [], "confirmers": [str(world.people["carla"])]}

    for answers in (nobody, nothing):
        with pytest.raises(InvalidAnswers):
            world.do(incident, "hugo", "agree_what_right_means", **answers)

    assert world.steps(incident) == ["agree_what_right_means"]
