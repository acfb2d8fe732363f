"""The rules of handling, Actions: each on the real engine and the real database."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from engine.domain.action import ActionKind, TargetOutcome
from engine.domain.party import Party
from engine.errors import Conflict, IncidentClosed, InvalidAnswers, NotAllowed, NotFound
from engine.queries.closures import closures_without_evidence
from engine.queries.item import item_page
from engine.queries.ledger import incident_ledger
from engine.store import schema as t
from engine.usecases.directory import enter_contacts
from engine.usecases.due_dates import move_due
from engine.usecases.holding import hand_over
from engine.usecases.proposing import accept_proposal, refuse_proposal
from engine.usecases.targets import accept_targets, tick_targets
from tests.world import KEY, World


def led(world: World, *actions: dict[str, Any], confirmers: tuple[str, ...] = ("carla",)) -> UUID:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, *actions, confirmers=confirmers)
    return incident


def actions(world: World, incident: UUID) -> list[Row[Any]]:
    with world.handling.store.read() as conn:
        chosen = select(t.action).where(t.action.c.incident_id == incident)
        return list(conn.execute(chosen.order_by(t.action.c.number)))


def states(world: World, incident: UUID) -> list[str]:
    return [action.state for action in actions(world, incident)]


def targets(world: World, action: UUID) -> dict[str, UUID]:
    with world.handling.store.read() as conn:
        rows = conn.execute(select(t.target).where(t.target.c.action_id == action)).all()
    return {row.label: row.id for row in rows}


def decline(world: World, incident: UUID, login: str = "ada") -> None:
    world.do(incident, login, "do_it_action", outcome="declined", reason="Not our table")


# --- order -------------------------------------------------------------------------------------


def test_an_action_that_comes_after_another_waits_and_is_offered_to_nobody(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    first = actions(world, incident)[0].id

    world.propose(incident, "hugo", team="accounting", after=(first,))

    assert states(world, incident) == ["open", "waiting"]
    assert world.steps(incident) == ["do_it_action"]


def test_what_waited_is_asked_for_when_all_before_it_is_done(world: World) -> None:
    incident = led(world, world.for_team("databases"), world.for_team("post"))
    before = tuple(action.id for action in actions(world, incident))
    world.propose(incident, "hugo", team="accounting", after=before)

    world.act(incident, "ada")
    assert states(world, incident) == ["done", "open", "waiting"]
    world.act(incident, "sami", "do_supplier_action")

    assert states(world, incident) == ["done", "done", "open"]
    assert world.steps(incident) == ["do_business_action"]


def test_an_incident_is_not_checked_while_an_action_waits_its_turn(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    first = actions(world, incident)[0].id
    world.propose(incident, "hugo", team="accounting", after=(first,))

    world.act(incident, "ada")
    assert world.steps(incident) == ["do_business_action"]
    world.act(incident, "bruno", "do_business_action")

    assert world.steps(incident) == ["verify_outcome"]


def test_an_action_comes_after_actions_of_its_own_incident_only_and_never_in_a_circle(
    world: World,
) -> None:
    incident, other = led(world, world.for_team("databases")), led(world)
    foreign = world.propose(other, "hugo")

    for after in (foreign, uuid4()):
        with pytest.raises(InvalidAnswers) as refused:
            world.propose(incident, "hugo", after=(after,))
        assert list(refused.value.fields) == ["after"]

    assert states(world, incident) == ["open"]


def test_if_one_before_it_is_declined_the_lead_decides(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    first = actions(world, incident)[0].id
    world.propose(incident, "hugo", team="accounting", after=(first,))

    decline(world, incident)

    assert world.steps(incident) == ["decide_declined_action"]
    assert world.row(incident).lead_id in world.item(incident, "decide_declined_action").people
    world.do(incident, "hugo", "decide_declined_action", decided="drop", reason="Not needed")
    assert states(world, incident) == ["dropped", "open"]


# --- declined ----------------------------------------------------------------------------------


def test_a_declined_action_goes_to_the_service_desk_and_still_blocks(world: World) -> None:
    incident = led(world, world.for_team("databases"))

    decline(world, incident)

    item = world.item(incident, "decide_declined_action")
    assert (item.lane, item.team_id) == ("service_desk", world.teams["desk"])
    assert states(world, incident) == ["open"]


def test_an_action_is_declined_with_a_reason_only(world: World) -> None:
    incident = led(world, world.for_team("databases"))

    for reason in ({}, {"reason": " "}):
        with pytest.raises(InvalidAnswers):
            world.do(incident, "ada", "do_it_action", outcome="declined", **reason)


def test_a_declined_action_can_be_asked_of_another_party(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    decline(world, incident)

    world.do(
        incident,
        "hugo",
        "decide_declined_action",
        decided="ask_again",
        party="business",
        team=str(world.teams["accounting"]),
        reason="It is theirs",
    )

    item = world.item(incident, "do_business_action")
    assert (item.party, item.team_id) == ("business", world.teams["accounting"])
    world.act(incident, "bruno", "do_business_action")
    assert states(world, incident) == ["done"]


def test_a_declined_action_can_be_asked_again_of_the_same_party(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    decline(world, incident)

    again = {"decided": "ask_again", "party": "it", "team": str(world.teams["databases"])}
    world.do(incident, "hugo", "decide_declined_action", reason="It is yours", **again)
    world.act(incident, "ada")

    assert states(world, incident) == ["done"]
    assert actions(world, incident)[0].declined_because is None


def test_a_declined_action_can_be_dropped_and_then_blocks_no_more(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    decline(world, incident)

    world.do(incident, "hugo", "decide_declined_action", decided="drop", reason="Not needed")

    assert states(world, incident) == ["dropped"]
    assert world.steps(incident) == ["verify_outcome"]


def test_an_action_is_not_asked_of_another_partys_team(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    decline(world, incident)
    wrong = {"decided": "ask_again", "party": "business", "team": str(world.teams["databases"])}

    with pytest.raises(InvalidAnswers):
        world.do(incident, "hugo", "decide_declined_action", reason="Try", **wrong)

    unknown = {"decided": "ask_again", "party": "it", "team": str(uuid4())}
    with pytest.raises(InvalidAnswers):
        world.do(incident, "hugo", "decide_declined_action", reason="Try", **unknown)


@pytest.mark.parametrize(
    ("party", "login"),
    [
        ("it", "carla"),
        ("business", "sami"),
        ("external", "ada"),
        ("customer", "ada"),
        ("customer", "dora"),
    ],
)
def test_an_action_is_not_asked_of_another_partys_person(
    world: World, party: str, login: str
) -> None:
    incident = led(world)
    asked = {"party": Party(party), "team_id": None, "person_id": world.people[login]}

    with pytest.raises(InvalidAnswers) as refused:
        world.propose(incident, "hugo", **asked)

    assert refused.value.fields == {"person": "This person belongs to another party."}


def test_an_action_is_not_asked_of_somebody_who_has_left(world: World) -> None:
    incident = led(world)
    with world.handling.store.begin() as work:
        work.conn.execute(update(t.person).where(t.person.c.login == "ada").values(is_active=False))

    with pytest.raises(InvalidAnswers):
        world.propose(incident, "hugo", team_id=None, person_id=world.people["ada"])


def test_what_is_asked_of_the_customer_as_right_is_agreed_is_asked_of_those_named_just_then(
    world: World,
) -> None:
    incident = led(world, {"title": "Correct your books", "party": "customer"}, confirmers=("fay",))

    assert world.item(incident, "do_customer_action").people == [world.people["fay"]]


def test_a_customer_hands_an_action_to_no_other_customer(world: World) -> None:
    incident = led(world, {"title": "Correct your books", "party": "customer"})
    item = world.item(incident, "do_customer_action")

    for stranger in ("olga", "sami", "ada"):
        with pytest.raises(InvalidAnswers):
            hand_over(
                world.handling,
                item.id,
                actor=world.actor("carla"),
                note="You know better",
                person_id=world.people[stranger],
            )

    with pytest.raises(NotFound):
        world.propose(incident, "olga")


def test_staff_who_receive_the_product_act_as_its_customer_in_the_business_s_time(
    world: World,
) -> None:
    own = {"title": "Correct your books", "party": "customer", "person": str(world.people["bruno"])}
    incident = led(world, own, confirmers=("bruno",))
    item = world.item(incident, "do_customer_action")
    assert item.party == Party.BUSINESS

    for colleague in ("ada", "dora"):
        with pytest.raises(InvalidAnswers):
            hand_over(
                world.handling,
                item.id,
                actor=world.actor("bruno"),
                note="You do it",
                person_id=world.people[colleague],
            )
    world.act(incident, "bruno", "do_customer_action")
    world.verify(incident)
    world.confirm(incident, "bruno")

    assert world.row(incident).closed_by == "confirmed"


def test_the_cause_is_fixed_when_the_last_action_that_ends_it_is_done(world: World) -> None:
    ends = {"ends_cause": True}
    incident = led(world, world.for_team("databases", **ends), world.for_team("accounting", **ends))
    world.act(incident, "ada")
    assert world.row(incident).repaired_at is None

    world.clock.forward(hours=1)
    world.act(incident, "bruno", "do_business_action")
    fixed_at = world.clock.now
    assert world.row(incident).repaired_at == fixed_at

    world.clock.forward(hours=1)
    world.propose(incident, "hugo", ends_cause=True)
    assert world.row(incident).repaired_at is None


def test_an_action_is_done_once(world: World) -> None:
    incident = led(world, world.for_team("databases"), world.for_team("accounting"))
    item = world.item(incident, "do_it_action")
    world.act(incident, "ada")

    with pytest.raises(Conflict, match="has been done"):
        world.finish(item.id, "ada", outcome="done", what_was_done="Again")


# --- targets -----------------------------------------------------------------------------------


def reaching(world: World, *labels: str) -> tuple[UUID, UUID, dict[str, UUID]]:
    incident = led(world)
    action = world.propose(incident, "hugo", team="accounting", targets=labels)
    return incident, action, targets(world, action)


def done(world: World, incident: UUID, outcomes: dict[UUID, str]) -> None:
    rows = [{"target": str(one), "outcome": its} for one, its in outcomes.items()]
    world.do(
        incident,
        "bruno",
        "do_business_action",
        outcome="done",
        what_was_done="Called",
        targets=rows,
    )


def test_an_action_is_done_when_each_of_its_targets_has_an_outcome(world: World) -> None:
    incident, _, reached = reaching(world, "Miller", "Smith")

    with pytest.raises(InvalidAnswers):
        done(world, incident, {reached["Miller"]: "done", reached["Smith"]: ""})
    assert states(world, incident) == ["open"]

    done(world, incident, {reached["Miller"]: "done", reached["Smith"]: "done"})
    assert states(world, incident) == ["done"]


def test_targets_are_ticked_off_while_the_action_goes_on(world: World) -> None:
    incident, _, reached = reaching(world, "Miller", "Smith", "Weber")
    item = world.item(incident, "do_business_action").id
    bruno = world.actor("bruno")

    left = tick_targets(world.handling, item, {reached["Miller"]: TargetOutcome.DONE}, actor=bruno)

    assert left == 2
    assert states(world, incident) == ["open"]


def test_a_target_of_another_action_is_not_ticked_off(world: World) -> None:
    incident, _, _ = reaching(world, "Miller")
    _, _, foreign = reaching(world, "Smith")
    item = world.item(incident, "do_business_action").id

    with pytest.raises(InvalidAnswers):
        tick_targets(
            world.handling,
            item,
            {foreign["Smith"]: TargetOutcome.DONE},
            actor=world.actor("bruno"),
        )


def test_what_is_not_done_keeps_an_incident_from_closing_until_the_owner_accepts_it(
    world: World,
) -> None:
    incident, action, reached = reaching(world, "Miller", "Smith")
    done(world, incident, {reached["Miller"]: "done", reached["Smith"]: "unreachable"})
    world.verify(incident, "hugo")
    world.confirm(incident)
    assert world.row(incident).state == "open"
    assert world.verbs(incident)[-1] == "closure:refused"

    with pytest.raises(NotAllowed):
        accept_targets(
            world.handling, action, [reached["Smith"]], reason="So", actor=world.actor("hugo")
        )
    accept_targets(
        world.handling, action, [reached["Smith"]], reason="Left", actor=world.actor("dora")
    )
    world.agree(incident)
    world.verify(incident, "hugo")

    # Carla's yes is newer than the last work, so that it stands
    assert world.row(incident).closed_by == "confirmed"


def test_what_is_accepted_needs_a_reason_and_an_outcome(world: World) -> None:
    incident, action, reached = reaching(world, "Miller", "Smith")
    dora = world.actor("dora")

    with pytest.raises(InvalidAnswers):
        accept_targets(world.handling, action, [reached["Smith"]], reason="Left", actor=dora)
    done(world, incident, {reached["Miller"]: "done", reached["Smith"]: "declined"})
    with pytest.raises(InvalidAnswers):
        accept_targets(world.handling, action, [reached["Smith"]], reason=" ", actor=dora)
    with pytest.raises(InvalidAnswers):
        accept_targets(world.handling, action, [reached["Miller"]], reason="Left", actor=dora)


# --- puts right or prevents --------------------------------------------------------------------


def test_an_action_that_prevents_blocks_nothing(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    world.propose(incident, "hugo", team="accounting", kind=ActionKind.PREVENTS)

    world.act(incident, "ada")

    assert world.steps(incident) == ["do_business_action", "verify_outcome"]


def test_an_action_that_prevents_lives_on_after_closing(world: World) -> None:
    incident = world.asked()
    world.propose(incident, "hugo", team="accounting", kind=ActionKind.PREVENTS)
    world.confirm(incident)
    assert world.row(incident).state == "closed"

    world.act(incident, "bruno", "do_business_action")

    assert states(world, incident)[-1] == "done"
    assert world.row(incident).state == "closed"


def test_who_closed_it_may_do_what_prevents_it_afterwards(world: World) -> None:
    incident = world.asked()
    person = {"team_id": None, "person_id": world.people["dora"], "kind": ActionKind.PREVENTS}
    world.propose(incident, "hugo", team="accounting", **person)
    world.clock.forward(days=30)
    world.fire(incident)
    world.do(incident, "dora", "decide_without_answer", decided="close", reason="Moved away")
    world.clock.forward(minutes=1)

    world.act(incident, "dora", "do_business_action")

    assert states(world, incident)[-1] == "done"
    with world.handling.store.read() as conn:
        assert closures_without_evidence(conn, {KEY.id: KEY.secret}) == (1, [])


def test_an_action_that_prevents_can_be_declined_and_dropped_after_closing(world: World) -> None:
    incident = world.asked()
    world.propose(incident, "hugo", kind=ActionKind.PREVENTS)
    world.confirm(incident)
    world.clock.forward(minutes=1)

    decline(world, incident)
    world.do(incident, "hugo", "decide_declined_action", decided="drop", reason="Not needed")

    assert states(world, incident)[-1] == "dropped"


def test_an_action_that_prevents_climbs_and_holds_no_time_of_the_closed_incident(
    world: World,
) -> None:
    incident = world.asked()
    world.propose(incident, "hugo", team="accounting", kind=ActionKind.PREVENTS)
    world.confirm(incident)
    ended_at = world.row(incident).ended_at
    world.clock.forward(days=60)

    world.fire(incident)

    assert "action:overdue" in world.verbs(incident)
    with world.handling.store.read() as conn:
        assert incident_ledger(conn, incident, now=world.clock.now).until == ended_at


# --- proposals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["carla", "ada", "hugo", "dora", "gita"])
def test_anybody_involved_may_propose_an_action_until_it_is_closed(
    world: World, login: str
) -> None:
    incident = led(world, world.for_team("databases"))

    world.propose(incident, login)

    assert states(world, incident) == ["open", "open"]


@pytest.mark.parametrize("login", ["olga", "sami", "fay"])
def test_who_is_not_involved_proposes_nothing(world: World, login: str) -> None:
    incident = led(world, world.for_team("databases"))

    with pytest.raises(NotFound):
        world.propose(incident, login)


def test_nothing_is_proposed_once_it_is_closed(world: World) -> None:
    incident = world.confirmed()

    with pytest.raises(IncidentClosed):
        world.propose(incident, "hugo")


@pytest.mark.parametrize("step", ["verify_outcome", "confirm_outcome"])
def test_while_it_is_checked_or_confirmed_a_proposal_waits_for_the_leads_word(
    world: World, step: str
) -> None:
    incident = led(world, world.for_team("databases"))
    world.act(incident, "ada")
    if step == "confirm_outcome":
        world.verify(incident)

    world.propose(incident, "ada")
    world.propose(incident, "ada", kind=ActionKind.PREVENTS)

    assert states(world, incident) == ["done", "proposed", "proposed"]
    assert world.steps(incident) == [step]


def test_a_proposal_accepted_as_putting_right_takes_the_incident_back(world: World) -> None:
    incident = world.asked()
    proposed = world.propose(incident, "ada")

    accept_proposal(world.handling, proposed, kind=ActionKind.PUTS_RIGHT, actor=world.actor("hugo"))

    assert states(world, incident) == ["done", "open"]
    assert world.steps(incident) == ["do_it_action"]


def test_a_proposal_accepted_as_preventing_takes_nothing_back(world: World) -> None:
    incident = world.asked()
    proposed = world.propose(incident, "ada")

    accept_proposal(world.handling, proposed, kind=ActionKind.PREVENTS, actor=world.actor("hugo"))

    assert world.steps(incident) == ["confirm_outcome", "do_it_action"]
    world.confirm(incident)
    assert world.row(incident).state == "closed"


def test_a_proposal_refused_says_why_and_takes_nothing_back(world: World) -> None:
    incident = world.asked()
    proposed = world.propose(incident, "ada")
    hugo = world.actor("hugo")

    with pytest.raises(InvalidAnswers):
        refuse_proposal(world.handling, proposed, reason=" ", actor=hugo)
    refuse_proposal(world.handling, proposed, reason="Done before", actor=hugo)

    assert states(world, incident) == ["done", "refused"]
    assert world.steps(incident) == ["confirm_outcome"]


def test_only_the_lead_decides_on_a_proposal_and_once(world: World) -> None:
    incident = world.asked()
    proposed = world.propose(incident, "ada")

    for login in ("ada", "dora", "carla"):
        with pytest.raises(NotAllowed):
            refuse_proposal(world.handling, proposed, reason="No", actor=world.actor(login))
    refuse_proposal(world.handling, proposed, reason="No", actor=world.actor("hugo"))
    with pytest.raises(Conflict):
        accept_proposal(
            world.handling, proposed, kind=ActionKind.PUTS_RIGHT, actor=world.actor("hugo")
        )

    assert world.row(incident).state == "open"


def test_a_confirmers_own_objection_needs_no_acceptance(world: World) -> None:
    incident = world.asked()

    world.propose(incident, "carla")

    assert states(world, incident) == ["done", "open"]
    assert world.steps(incident) == ["do_it_action"]


def test_a_proposal_that_nobody_took_up_ends_with_the_incident(world: World) -> None:
    incident = world.asked()
    proposed = world.propose(incident, "ada")

    world.confirm(incident)

    assert states(world, incident) == ["done", "refused"]
    with pytest.raises((Conflict, NotAllowed)):
        accept_proposal(
            world.handling, proposed, kind=ActionKind.PUTS_RIGHT, actor=world.actor("hugo")
        )
    assert world.row(incident).state == "closed"


def test_whoever_had_said_yes_is_asked_again_after_new_work(world: World) -> None:
    incident = led(world, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident, "carla")

    world.propose(incident, "olga")
    world.act(incident, "ada")
    world.verify(incident)

    assert world.steps(incident) == ["confirm_outcome", "confirm_outcome"]
    world.confirm(incident, "olga")
    assert world.row(incident).state == "open"
    world.confirm(incident, "carla")
    assert world.row(incident).closed_by == "confirmed"


# --- overdue -----------------------------------------------------------------------------------


def test_an_overdue_action_climbs_the_line_of_the_party_asked(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    world.clock.forward(days=3, hours=1)

    world.fire(incident)
    world.clock.forward(days=1)
    world.fire(incident)

    assert actions(world, incident)[0].climbed == 2
    assert world.verbs(incident).count("action:overdue") == 2
    assert world.people["dora"] in world.item(incident, "do_it_action").people


@pytest.mark.parametrize("party", [Party.CUSTOMER, Party.EXTERNAL])
def test_an_overdue_action_outside_is_our_owners_to_press(world: World, party: Party) -> None:
    incident = led(world, {"title": "Look", "party": party.value})
    world.clock.forward(days=4)

    world.fire(incident)

    assert world.people["dora"] in world.items(incident)[0].people


def test_who_is_asked_because_it_is_overdue_can_do_it(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    world.clock.forward(days=5)
    world.fire(incident)

    world.act(incident, "dora")

    assert states(world, incident) == ["done"]


def test_an_action_stays_with_its_party_however_late_it_is(world: World) -> None:
    incident = led(world, world.for_team("databases"))

    for _ in range(10):
        world.clock.forward(days=30)
        world.fire(incident)

    assert states(world, incident) == ["open"]
    assert world.item(incident, "do_it_action").party == "it"


def head(world: World, team: str, *, led_by: str, headed_by: str) -> None:
    """Give a team a lead, who is a member, and a head."""
    with world.handling.store.begin() as work:
        work.conn.execute(
            upsert(t.membership)
            .values(team_id=world.teams[team], person_id=world.people[led_by], is_lead=True)
            .on_conflict_do_update(index_elements=["team_id", "person_id"], set_={"is_lead": True})
        )
        work.conn.execute(
            update(t.team)
            .where(t.team.c.id == world.teams[team])
            .values(head_id=world.people[headed_by])
        )


def climbs(world: World, incident: UUID, step: str) -> list[str]:
    """Return who is asked beside the others, rung by rung, from the day it is overdue."""
    logins = {person: login for login, person in world.people.items()}
    asked = [set(world.item(incident, step).people)]
    world.clock.forward(days=3, minutes=1)
    for _ in range(3):
        world.fire(incident)
        asked.append(set(world.item(incident, step).people))
        world.clock.forward(days=1)
    new = [after - before for before, after in pairwise(asked)]
    return ["".join(sorted(logins[one] for one in some)) for some in new]


def test_ours_climb_from_the_person_to_the_teams_lead_to_the_head_of_department(
    world: World,
) -> None:
    head(world, "databases", led_by="bruno", headed_by="gita")
    incident = led(world, {"title": "Do", "party": "it", "person": str(world.people["ada"])})

    assert climbs(world, incident, "do_it_action") == ["bruno", "gita", "dora"]


def organisation(world: World, login: str) -> UUID:
    found = world.actor(login).organisation_id
    assert found is not None
    return found


def test_a_suppliers_climb_from_contact_to_account_manager_to_our_contract_owner(
    world: World,
) -> None:
    with world.handling.store.begin() as work:
        enter_contacts(
            work,
            organisation(world, "sami"),
            contact_id=world.people["fay"],
            second_contact_id=world.people["olga"],
            our_owner_id=world.people["gita"],
        )
    incident = led(world, {"title": "Do", "party": "external", "person": str(world.people["sami"])})

    assert climbs(world, incident, "do_supplier_action") == ["fay", "olga", "gita"]


def test_a_customers_climb_from_contact_to_deputy_to_our_owner(world: World) -> None:
    with world.handling.store.begin() as work:
        enter_contacts(
            work,
            organisation(world, "carla"),
            contact_id=world.people["fay"],
            second_contact_id=world.people["olga"],
        )
    incident = led(world, {"title": "Look", "party": "customer"})

    assert climbs(world, incident, "do_customer_action") == ["fay", "olga", "dora"]


# --- due dates and deadlines -------------------------------------------------------------------


def move(world: World, action: UUID, login: str = "hugo", **by: float) -> datetime:
    due = world.clock.now + timedelta(**by)
    move_due(world.handling, action, due, reason="She is ill", actor=world.actor(login))
    return due


def bound(world: World, **more: Any) -> UUID:
    """Return a supplier's action that a contract gives ten days."""
    return world.propose(
        led(world),
        "hugo",
        team="post",
        deadline_at=world.clock.now + timedelta(days=10),
        deadline_because="§ 4 of the contract",
        **more,
    )


def test_the_lead_moves_a_due_date_with_a_reason(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    action = actions(world, incident)[0].id

    due = move(world, action, days=9)

    assert actions(world, incident)[0].due_at == world.item(incident, "do_it_action").due_at == due
    assert world.verbs(incident)[-1] == "action:due_moved"
    for login in ("ada", "dora", "carla"):
        with pytest.raises(NotAllowed):
            move(world, action, login, days=12)
    with pytest.raises(InvalidAnswers):
        move_due(world.handling, action, due, reason=" ", actor=world.actor("hugo"))
    with pytest.raises(InvalidAnswers):
        move(world, action, days=-1)


def test_an_action_whose_date_was_moved_climbs_from_the_new_date_on(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    world.clock.forward(days=4)
    world.fire(incident)
    assert actions(world, incident)[0].climbed == 1

    move(world, actions(world, incident)[0].id, days=9)
    world.clock.forward(days=8)
    world.fire(incident)
    assert actions(world, incident)[0].climbed == 0
    for _ in range(5):
        world.clock.forward(days=1, minutes=1)
        world.fire(incident)

    assert actions(world, incident)[0].climbed == 3


def test_what_is_finished_is_not_moved(world: World) -> None:
    incident = led(world, world.for_team("databases"))
    world.act(incident, "ada")

    with pytest.raises(Conflict):
        move(world, actions(world, incident)[0].id, days=9)


def test_a_deadline_from_outside_cannot_be_moved(world: World) -> None:
    action = bound(world)

    assert move(world, action, days=10)
    with pytest.raises(InvalidAnswers):
        move(world, action, days=10, minutes=1)
    with (
        pytest.raises(IntegrityError, match="not moved"),
        world.handling.store.begin() as work,
    ):
        work.conn.execute(
            update(t.action)
            .where(t.action.c.id == action)
            .values(deadline_at=world.clock.now + timedelta(days=99))
        )


def test_nothing_is_due_after_its_deadline_from_outside(world: World) -> None:
    incident = led(world)
    soon = {
        "deadline_at": world.clock.now + timedelta(hours=5),
        "deadline_because": "The law on payments",
    }

    world.propose(incident, "hugo", team="post", **soon)
    with pytest.raises(InvalidAnswers) as refused:
        world.propose(
            incident, "hugo", team="post", due_at=world.clock.now + timedelta(hours=6), **soon
        )

    assert list(refused.value.fields) == ["due_at"]
    assert actions(world, incident)[0].due_at == soon["deadline_at"]


def test_only_suppliers_and_customers_have_a_deadline_and_it_says_which_law_or_contract(
    world: World,
) -> None:
    incident = led(world)
    ahead = world.clock.now + timedelta(days=5)

    with pytest.raises(InvalidAnswers) as ours:
        world.propose(incident, "hugo", deadline_at=ahead, deadline_because="The law")
    with pytest.raises(InvalidAnswers) as unsaid:
        world.propose(incident, "hugo", team="post", deadline_at=ahead)

    assert (list(ours.value.fields), list(unsaid.value.fields)) == (
        ["deadline_at"],
        ["deadline_because"],
    )


def test_suppliers_and_customers_have_their_own_number_and_contact(world: World) -> None:
    incident = led(world)

    world.propose(incident, "hugo", team="post", reference="PP-12", contact="Ms Lee, 0160 2")

    row = actions(world, incident)[0]
    assert (row.reference, row.contact) == ("PP-12", "Ms Lee, 0160 2")


# --- targets, and is it still right? -----------------------------------------------------------


def test_targets_that_are_not_done_are_accepted_singly_or_as_a_listed_group(world: World) -> None:
    incident, action, reached = reaching(world, "Miller", "Smith", "Weber")
    done(world, incident, dict.fromkeys(reached.values(), "unreachable"))
    dora = world.actor("dora")

    accept_targets(world.handling, action, [reached["Miller"]], reason="Has left", actor=dora)
    group = [reached["Smith"], reached["Weber"]]
    accept_targets(world.handling, action, group, reason="The firm is gone", actor=dora)

    with world.handling.store.read() as conn:
        rows = conn.execute(select(t.target).where(t.target.c.action_id == action)).all()
    assert {row.label: row.accepted_because for row in rows} == {
        "Miller": "Has left",
        "Smith": "The firm is gone",
        "Weber": "The firm is gone",
    }
    assert world.verbs(incident).count("target:accepted") == 2


def test_whoever_had_said_yes_is_asked_is_it_still_right_with_the_answer_filled_in(
    world: World,
) -> None:
    incident = led(world, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident, "carla")
    proposed = world.propose(incident, "ada")
    accept_proposal(world.handling, proposed, kind=ActionKind.PUTS_RIGHT, actor=world.actor("hugo"))
    world.act(incident, "ada")
    world.verify(incident)

    item = world.item(incident, "confirm_outcome", "carla").id
    with world.handling.store.read() as conn:
        page = item_page(conn, item, world.actor("carla"), world.clock.now)

    assert page.is_asked_again
    assert page.values is not None
    assert [row["answer"] for row in page.values["criteria"]] == ["yes"]
