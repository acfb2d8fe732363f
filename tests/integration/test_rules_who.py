"""The rules of handling, Who: each on the real engine and the real database."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from engine.domain.action import TargetOutcome
from engine.domain.coverage import Coverage
from engine.domain.incident import Level, Priority
from engine.domain.party import Party
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.queries.asked_beside import What, asked_beside
from engine.queries.callers import Stage, caller_page
from engine.queries.closures import closures_without_evidence
from engine.queries.incident import incident_page
from engine.store import schema as t
from engine.usecases.callers import give_caller_page
from engine.usecases.checking import name_checker
from engine.usecases.covering import accept_uncovered, count_harmed, stand_for
from engine.usecases.directory import enter_representatives
from engine.usecases.lead import take_lead
from engine.usecases.looking import look, offer_missed
from engine.usecases.priority import decide_lowering, set_priority
from engine.usecases.setting_aside import bring_back, set_aside
from engine.usecases.targets import tick_targets
from engine.usecases.tokens import digest_of
from tests.world import CRITERION, KEY, World


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


def test_a_light_one_is_verified_by_the_delegate_whom_the_lead_names(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    with pytest.raises(NotAllowed):
        world.verify(incident, "bruno")

    name_checker(world.handling, incident, world.people["bruno"], actor=world.actor("hugo"))
    world.verify(incident, "bruno")

    assert world.steps(incident) == ["confirm_outcome"]


def test_a_delegate_who_alone_did_the_work_does_not_verify_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    name_checker(world.handling, incident, world.people["ada"], actor=world.actor("hugo"))
    world.act(incident, "ada")

    with pytest.raises(NotAllowed):
        world.verify(incident, "ada")


def test_a_grave_one_is_not_verified_by_a_delegate(world: World) -> None:
    incident = world.report(impact=Level.HIGH)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    name_checker(world.handling, incident, world.people["bruno"], actor=world.actor("hugo"))
    world.act(incident, "ada")

    with pytest.raises(NotAllowed):
        world.verify(incident, "bruno")


def test_only_the_lead_names_a_delegate_of_ours_who_does_not_confirm(world: World) -> None:
    incident = world.report("bruno")
    world.lead(incident)

    with pytest.raises(NotAllowed):
        name_checker(world.handling, incident, world.people["ada"], actor=world.actor("dora"))
    for login in ("olga", "bruno"):
        with pytest.raises(InvalidAnswers):
            name_checker(world.handling, incident, world.people[login], actor=world.actor("hugo"))


# --- the priority ------------------------------------------------------------------------------


def set_to(world: World, incident: UUID, priority: Priority, login: str = "hugo") -> None:
    set_priority(
        world.handling, incident, priority, reason="As we know now", actor=world.actor(login)
    )


def approve(world: World, incident: UUID, login: str, *, approves: bool = True) -> None:
    decide_lowering(
        world.handling, incident, approves=approves, words="So", actor=world.actor(login)
    )


def test_a_priority_is_raised_at_once_with_a_reason(world: World) -> None:
    incident = world.report()

    set_to(world, incident, Priority.P2)

    row = world.row(incident)
    assert (row.priority, row.highest_priority) == ("P2", "P2")
    with pytest.raises(InvalidAnswers):
        set_priority(world.handling, incident, Priority.P1, reason=" ", actor=world.actor("hugo"))


def test_lowering_a_priority_takes_a_second_person(world: World) -> None:
    incident = world.report()
    set_to(world, incident, Priority.P4)
    assert world.row(incident).priority == "P3"

    with pytest.raises(NotAllowed):
        approve(world, incident, "hugo")
    approve(world, incident, "dora")

    row = world.row(incident)
    assert (row.priority, row.highest_priority) == ("P4", "P3")


def test_a_lowering_that_is_refused_says_why_and_changes_nothing(world: World) -> None:
    incident = world.report()
    set_to(world, incident, Priority.P4)

    approve(world, incident, "dora", approves=False)

    assert world.row(incident).priority == "P3"
    assert world.verbs(incident)[-1] == "priority:lowering_refused"
    with pytest.raises(Conflict):
        approve(world, incident, "dora")


def test_raising_a_priority_ends_a_proposal_to_lower_it(world: World) -> None:
    incident = world.report()
    set_to(world, incident, Priority.P4)
    set_to(world, incident, Priority.P2, "dora")

    with pytest.raises(Conflict):
        approve(world, incident, "dora")


@pytest.mark.parametrize("login", ["carla", "ada", "gita"])
def test_only_who_handles_it_sets_the_priority(world: World, login: str) -> None:
    incident = world.report()

    with pytest.raises(NotAllowed):
        set_to(world, incident, Priority.P1, login)


def test_a_check_that_is_open_goes_to_the_owner_when_it_turns_out_grave(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")

    set_to(world, incident, Priority.P2)

    with pytest.raises(NotAllowed):
        world.verify(incident, "hugo")
    world.verify(incident, "dora")


def test_an_open_decision_goes_to_the_authority_when_it_turns_out_grave(world: World) -> None:
    incident = decision_open(world)

    set_to(world, incident, Priority.P1)

    with pytest.raises(NotAllowed):
        decide(world, incident, "dora")
    decide(world, incident, "gita")


# --- the next look -----------------------------------------------------------------------------


def deputise(world: World, office: str, login: str) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            insert(t.deputy),
            {"process_id": world.process_id, "person_id": world.people[login], "of": office},
        )


def offered(world: World, incident: UUID) -> set[UUID]:
    return set(world.row(incident).lead_offered_to)


@pytest.mark.parametrize(
    ("impact", "urgency", "within"),
    [
        (Level.HIGH, Level.HIGH, timedelta(minutes=30)),
        (Level.HIGH, Level.MEDIUM, timedelta(hours=4)),
        (Level.MEDIUM, Level.MEDIUM, timedelta(days=1)),
        (Level.LOW, Level.LOW, timedelta(days=7)),
    ],
)
def test_the_next_look_comes_from_the_priority(
    world: World, impact: Level, urgency: Level, within: timedelta
) -> None:
    incident = world.report(impact=impact, urgency=urgency)

    assert world.row(incident).look_by == world.clock.now + within


def test_any_deed_of_the_lead_is_a_look_and_nobody_elses(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    first = world.row(incident).look_by
    world.clock.forward(hours=2)

    world.propose(incident, "dora")
    assert world.row(incident).look_by == first
    world.propose(incident, "hugo")

    assert world.row(incident).look_by == first + timedelta(hours=2)


def test_a_lead_may_say_that_they_looked_and_nobody_else_may(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.clock.forward(hours=2)

    with pytest.raises(NotAllowed):
        look(world.handling, incident, actor=world.actor("dora"))
    look(world.handling, incident, actor=world.actor("hugo"))

    assert world.row(incident).look_by == world.clock.now + timedelta(days=1)


def test_a_missed_look_offers_the_lead_to_the_deputy_and_then_to_the_owner(world: World) -> None:
    deputise(world, "duty_lead", "bruno")
    incident = world.report()
    world.lead(incident)
    assert offer_missed(world.handling) == 0

    world.clock.forward(days=1)
    assert offer_missed(world.handling) == 1
    assert offered(world, incident) == {world.people["bruno"]}
    assert offer_missed(world.handling) == 0
    world.clock.forward(days=1)
    offer_missed(world.handling)
    assert offered(world, incident) == {world.people["bruno"], world.people["dora"]}

    world.clock.forward(days=30)
    assert offer_missed(world.handling) == 0
    assert world.row(incident).lead_id == world.people["hugo"]
    assert world.verbs(incident).count("lead:look_missed") == 2


def test_without_a_deputy_the_lead_is_offered_to_the_owner(world: World) -> None:
    incident = world.report()
    world.clock.forward(days=1)

    offer_missed(world.handling)

    assert offered(world, incident) == {world.people["dora"]}


def test_an_offer_ends_when_the_lead_looks_or_somebody_takes_it(world: World) -> None:
    looked_at, taken = world.report(), world.report()
    world.clock.forward(days=1)
    assert offer_missed(world.handling) == 2

    look(world.handling, looked_at, actor=world.actor("hugo"))
    world.lead(taken, "dora")

    assert offered(world, looked_at) == offered(world, taken) == set()
    assert world.row(taken).look_by == world.clock.now + timedelta(days=1)


def test_nobody_looks_at_what_is_closed(world: World) -> None:
    world.confirmed()
    world.clock.forward(days=60)

    assert offer_missed(world.handling) == 0


def test_a_lead_has_the_whole_time_again_when_it_is_brought_back(world: World) -> None:
    incident = world.report()
    set_aside(world.handling, incident, reason="A wish", actor=world.actor("hugo"))
    world.clock.forward(days=60)
    assert offer_missed(world.handling) == 0

    bring_back(world.handling, incident, actor=world.actor("carla"))

    assert offer_missed(world.handling) == 0
    assert world.row(incident).look_by == world.clock.now + timedelta(days=1)


def test_who_is_offered_the_lead_finds_it_among_their_to_dos(world: World) -> None:
    incident = world.report()
    world.clock.forward(days=1)
    offer_missed(world.handling)

    with world.handling.store.read() as conn:
        found = asked_beside(conn, world.actor("dora"))
        others = asked_beside(conn, world.actor("ada"))

    assert [(one.incident_id, one.what) for one in found] == [(incident, What.LEAD)]
    assert others == ()


# --- coverage ----------------------------------------------------------------------------------


def to_check(world: World, **changes: object) -> UUID:
    incident = world.report(**changes)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    return incident


def covered(world: World, incident: UUID) -> Coverage:
    with world.handling.store.read() as conn:
        return incident_page(conn, incident, world.actor("hugo"), world.clock.now).coverage


def test_everybody_harmed_is_a_confirmer_a_target_that_answers_or_represented(
    world: World,
) -> None:
    incident = to_check(world, harmed_count=10)
    assert covered(world, incident) == Coverage(10, confirmers=1)
    stand_for(
        world.handling,
        incident,
        world.people["carla"],
        whom="Her shops",
        count=5,
        actor=world.actor("hugo"),
    )
    world.propose(incident, "hugo", targets=("Miller", "Smith"), targets_answer=True)
    rows = world.targets(incident)
    world.do(
        incident,
        "ada",
        "do_it_action",
        outcome="done",
        what_was_done="Asked both",
        targets=[
            {"target": rows["Miller"], "outcome": "done"},
            {"target": rows["Smith"], "outcome": "unreachable"},
        ],
    )

    found = covered(world, incident)

    assert found == Coverage(10, confirmers=1, targets=1, represented=5)
    assert found.uncovered == 3


def test_nobody_is_asked_before_the_owner_accepts_by_name_who_is_not_covered(
    world: World,
) -> None:
    incident = to_check(world, harmed_count=3)
    with pytest.raises(InvalidAnswers) as refused:
        world.verify(incident)
    assert refused.value.fields["verdict"].startswith("2 of those harmed are covered by nobody")

    with pytest.raises(NotAllowed):
        accept(world, incident, 2, "hugo")
    with pytest.raises(Conflict):
        accept(world, incident, 1, "dora")
    accept(world, incident, 2, "dora")
    world.verify(incident)

    world.confirm(incident)
    assert world.row(incident).closed_by == "confirmed"
    with world.handling.store.read() as conn:
        assert closures_without_evidence(conn, {KEY.id: KEY.secret}) == (1, [])


def accept(world: World, incident: UUID, number: int, login: str) -> None:
    accept_uncovered(
        world.handling, incident, number, reason="They moved away", actor=world.actor(login)
    )


def test_what_was_accepted_does_not_cover_more_of_them(world: World) -> None:
    incident = to_check(world, harmed_count=3)
    accept(world, incident, 2, "dora")

    count_harmed(world.handling, incident, 4, reason="One more called", actor=world.actor("hugo"))

    with pytest.raises(InvalidAnswers):
        world.verify(incident)


def test_the_owner_finds_who_is_not_covered_among_their_to_dos(world: World) -> None:
    incident = to_check(world, harmed_count=3)

    def found() -> list[What]:
        with world.handling.store.read() as conn:
            return [one.what for one in asked_beside(conn, world.actor("dora"))]

    assert found() == [What.UNCOVERED]
    accept(world, incident, 2, "dora")
    assert found() == []


def test_who_can_approve_a_lower_priority_finds_it_among_their_to_dos(world: World) -> None:
    incident = world.report()
    set_to(world, incident, Priority.P4)

    def found(login: str) -> list[What]:
        with world.handling.store.read() as conn:
            return [one.what for one in asked_beside(conn, world.actor(login))]

    assert (found("dora"), found("hugo"), found("ada")) == ([What.LOWERING], [], [])


# --- standing representatives, unknown reporters -----------------------------------------------


def represent(world: World, *logins: str) -> None:
    with world.handling.store.begin() as work:
        enter_representatives(
            work, world.process_id, [(world.people[login], "All customers") for login in logins]
        )


def confirmers(world: World, incident: UUID) -> dict[UUID, int]:
    with world.handling.store.read() as conn:
        rows = conn.execute(select(t.confirmer).where(t.confirmer.c.incident_id == incident))
        return {row.person_id: row.stands_for_count for row in rows}


def test_many_are_confirmed_for_by_the_standing_representatives(world: World) -> None:
    represent(world, "olga", "bruno", "gita")

    many = confirmers(world, world.report(harmed_count=3_000))
    few = confirmers(world, world.report(harmed_count=5))

    assert sum(many.values()) + len(many) == 3_000
    assert set(many) == {world.people[who] for who in ("carla", "olga", "bruno", "gita")}
    assert set(few) == {world.people["carla"]}


def test_a_representative_who_leads_it_does_not_confirm_it(world: World) -> None:
    represent(world, "olga", "hugo", "gita")

    named = confirmers(world, world.report(harmed_count=100))

    assert world.people["hugo"] not in named


@pytest.mark.parametrize(
    "logins",
    [("olga", "bruno"), ("ada", "bruno", "dora", "gita", "hugo", "olga", "sami", "carla")],
)
def test_standing_representatives_are_three_to_seven(world: World, logins: tuple[str, ...]) -> None:
    with pytest.raises(InvalidAnswers):
        represent(world, *logins)


def test_for_an_unknown_reporter_the_standing_representatives_confirm(world: World) -> None:
    represent(world, "olga", "bruno", "gita")

    incident = world.report("hugo", caller="Mrs Miller", caller_contact="0160 1")

    assert set(confirmers(world, incident)) == {
        world.people[who] for who in ("olga", "bruno", "gita")
    }


def test_an_unknown_reporter_follows_it_on_a_secret_page_without_our_words(world: World) -> None:
    incident = world.report("hugo", caller="Mrs Miller")

    def give(login: str) -> str:
        return give_caller_page(
            world.handling, incident, name="Mrs Miller", contact=None, actor=world.actor(login)
        )

    with pytest.raises(NotAllowed):
        give("ada")
    first, token = give("hugo"), give("hugo")

    with world.handling.store.read() as conn:
        page = caller_page(conn, digest_of(token))
        assert (page.number, page.stage) == (world.row(incident).number, Stage.WORKING)
        for other in (first, "", token + "x"):
            with pytest.raises(NotFound):
                caller_page(conn, digest_of(other))
