"""Whatever only the owner may do goes on where the owner was taken off, or has left.

Kim is the owner's deputy and Max the authority's, Lou is above the owner and Pia above the
authority, Gita; Dora owns the process and is the suspect.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from engine.domain.action import TargetOutcome
from engine.domain.incident import Level
from engine.domain.party import Party
from engine.domain.permissions import Verb
from engine.errors import NotFound
from engine.queries.asked_beside import What, asked_beside
from engine.queries.incident import incident_page
from engine.queries.incidents import incidents
from engine.queries.ledger import incident_ledger
from engine.queries.permitted import towards
from engine.store import schema as t
from engine.usecases.covering import accept_uncovered, count_harmed
from engine.usecases.delegating import name_delegate
from engine.usecases.disputing import decide_dispute, dispute
from engine.usecases.lead import take_lead
from engine.usecases.looking import offer_missed
from engine.usecases.making_good import miss_criterion, propose_make_good, sign_make_good
from engine.usecases.naming import name_person, take_off
from engine.usecases.recurring import accept_until, report_recurrence
from engine.usecases.targets import accept_targets, tick_targets
from tests.staffing import hire, leave
from tests.world import CRITERION, World

GRAVE = {"impact": Level.HIGH, "urgency": Level.HIGH}
LIGHT = {"impact": Level.LOW, "urgency": Level.LOW}
OFFICES: dict[str, Callable[[World], None]] = {
    "kim": lambda world: hire(world, "kim", deputy_of="owner"),
    "lou": lambda world: above(world, "lou", "dora"),
    "max": lambda world: hire(world, "max", deputy_of="authority"),
    "pia": lambda world: above(world, "pia", "gita"),
}


def above(world: World, login: str, whom: str) -> None:
    hire(world, login)
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE person SET superior_id = :up WHERE login = :whom"),
            {"up": world.people[login], "whom": whom},
        )


def off(world: World, incident: UUID, *logins: str, by: str = "hugo") -> None:
    for login in logins:
        person = world.people[login]
        take_off(world.handling, incident, person, reason="Is in it", actor=world.actor(by))


def may(world: World, incident: UUID, verb: Verb) -> set[str]:
    """Return who may do this now."""
    return {login for login in world.people if verb in verbs(world, incident, login)}


def verbs(world: World, incident: UUID, login: str) -> frozenset[Verb]:
    with world.handling.store.read() as conn:
        row = conn.execute(select(t.incident).where(t.incident.c.id == incident)).one()
        return towards(conn, row, world.actor(login), world.clock.now)[1]  # type: ignore[arg-type]


def asked_beside_of(world: World, login: str) -> set[What]:
    with world.handling.store.read() as conn:
        return {one.what for one in asked_beside(conn, world.actor(login))}


def suspected(world: World, **changes: object) -> UUID:
    """Return one for named people that Hugo leads and Dora, its owner, was taken off."""
    incident = world.report(is_restricted=True, **changes)
    world.lead(incident)
    off(world, incident, "dora")
    return incident


@pytest.mark.parametrize(
    ("known", "is_off", "answers"),
    [
        (["kim", "lou", "max", "pia"], [], "kim"),
        (["kim", "lou"], ["kim"], "lou"),
        (["lou"], [], "lou"),
        ([], [], "gita"),
        (["max", "pia"], ["gita"], "max"),
        (["pia"], ["gita"], "pia"),
        ([], ["gita"], "hugo"),
    ],
)
def test_where_the_owner_was_taken_off_the_line_goes_on(
    world: World, known: list[str], is_off: list[str], answers: str
) -> None:
    for login in known:
        OFFICES[login](world)
    incident = suspected(world)

    off(world, incident, *is_off)

    assert may(world, incident, Verb.ACCEPT_UNCOVERED) == {answers}
    with world.handling.store.read() as conn:
        (line,) = incidents(conn, world.actor(answers)).lines
        page = incident_page(conn, incident, world.actor(answers), world.clock.now)
    assert (line.may_open, page.owner) == (True, world.actor(answers).name)


def test_a_deputy_who_is_named_comes_first(world: World) -> None:
    hire(world, "abel", deputy_of="owner")
    hire(world, "kim", deputy_of="owner")
    incident = suspected(world)
    assert may(world, incident, Verb.ACCEPT_UNCOVERED) == {"abel"}

    name_person(world.handling, incident, world.people["kim"], actor=world.actor("hugo"))

    assert may(world, incident, Verb.ACCEPT_UNCOVERED) == {"kim"}


def test_nobody_who_has_left_audits_or_works_elsewhere_comes_next(world: World) -> None:
    OFFICES["lou"](world)
    leave(world, "lou")
    del world.people["lou"]
    for login in ("egon", "sami"):
        with world.handling.store.begin() as work:
            work.conn.execute(
                text("INSERT INTO deputy (process_id, person_id, of) VALUES (:p, :who, 'owner')"),
                {"p": world.process_id, "who": world.people[login]},
            )

    incident = suspected(world)

    assert may(world, incident, Verb.ACCEPT_UNCOVERED) == {"gita"}


def test_it_is_the_owner_s_again_once_named_again(world: World) -> None:
    OFFICES["lou"](world)
    incident = suspected(world)

    name_person(world.handling, incident, world.people["dora"], actor=world.actor("gita"))

    assert may(world, incident, Verb.ACCEPT_UNCOVERED) == {"dora"}
    with pytest.raises(NotFound), world.handling.store.read() as conn:
        incident_page(conn, incident, world.actor("lou"), world.clock.now)


def test_the_authority_s_line_goes_on_and_never_to_the_owner(world: World) -> None:
    incident = world.report(is_restricted=True, **GRAVE)
    world.lead(incident)
    off(world, incident, "gita")
    assert may(world, incident, Verb.AGREE_TO_LIFT) == {"hugo", "dora", "carla"}
    OFFICES["lou"](world)

    assert may(world, incident, Verb.AGREE_TO_LIFT) == {"hugo", "dora", "carla", "lou"}


def test_whoever_answers_as_the_owner_accepts_who_is_left_out_and_targets_not_done(
    world: World,
) -> None:
    OFFICES["lou"](world)
    incident = suspected(world)
    lou, hugo = world.actor("lou"), world.actor("hugo")
    count_harmed(world.handling, incident, 9, reason="The list", actor=hugo)
    assert asked_beside_of(world, "lou") == {What.UNCOVERED}
    assert asked_beside_of(world, "dora") == set()

    accept_uncovered(world.handling, incident, 8, reason="Ours", actor=lou)
    action = world.propose(
        incident, "hugo", team_id=None, person_id=hugo.id, targets=("Somebody",), party=Party.IT
    )
    world.agree(incident)
    (item,) = world.items(incident)
    target = UUID(world.targets(incident)["Somebody"])
    tick_targets(world.handling, item.id, {target: TargetOutcome.UNREACHABLE}, actor=hugo)
    world.act(incident, "hugo")
    accept_targets(world.handling, action, [target], reason="Moved", actor=lou)

    assert world.item(incident, "verify_outcome").people == [lou.id]


def test_whoever_answers_as_the_owner_checks_what_is_grave(world: World) -> None:
    incident = suspected(world, **GRAVE)
    world.agree(incident, {"title": "Look", "party": "it", "person": str(world.people["ada"])})
    world.act(incident, "ada")

    assert world.item(incident, "verify_outcome").people == [world.people["gita"]]
    world.verify(incident, "gita")
    assert "confirm_outcome" in world.steps(incident)


def test_a_step_for_the_owner_that_is_open_goes_to_whoever_answers_as_the_owner_then(
    world: World,
) -> None:
    OFFICES["lou"](world)
    incident = world.report(is_restricted=True)
    world.lead(incident)
    with world.handling.store.begin() as work:
        # as a diagram of one's own has it
        work.conn.execute(
            text("UPDATE work_item SET lane = 'business_owner', mark = NULL, people = :people"),
            {"people": [world.people["dora"]]},
        )

    off(world, incident, "dora")

    (item,) = world.items(incident)
    assert item.people == [world.people["lou"]]


def test_whoever_answers_as_the_owner_agrees_to_a_make_good_and_to_a_lower_priority(
    world: World,
) -> None:
    OFFICES["lou"](world)
    incident = suspected(world)
    world.agree(incident)
    (missed,) = world.criteria(incident)
    hugo = world.actor("hugo")
    miss_criterion(world.handling, incident, missed, why="Too late", actor=hugo)
    good = propose_make_good(world.handling, incident, missed, CRITERION, actor=hugo)
    assert asked_beside_of(world, "lou") == {What.MAKE_GOOD}

    sign_make_good(world.handling, incident, good, actor=world.actor("lou"))
    sign_make_good(world.handling, incident, good, actor=world.actor("carla"))

    assert world.criteria(incident) == [good]


def silence(world: World, incident: UUID) -> None:
    for _ in range(4):
        world.clock.forward(days=10)
        world.fire(incident)


@pytest.mark.parametrize(("weight", "is_off"), [(LIGHT, "dora"), (GRAVE, "gita")])
def test_whoever_answers_in_the_office_decides_without_the_customer_s_answer(
    world: World, weight: dict[str, Level], is_off: str
) -> None:
    above(world, "lou", is_off)
    incident = world.report(is_restricted=True, **weight)
    world.lead(incident)
    off(world, incident, is_off)
    world.agree(incident, {"title": "Look", "party": "it", "person": str(world.people["ada"])})
    world.act(incident, "ada")
    world.verify(incident, "hugo" if weight is LIGHT else "dora")
    world.tried(incident)

    silence(world, incident)

    lou = world.people["lou"]
    assert world.item(incident, "decide_without_answer").people[0] == lou
    world.do(incident, "lou", "decide_without_answer", decided="close", reason="Has moved away")
    assert world.row(incident).closed_by == "escalated"


def test_who_is_to_decide_is_taken_off_though_nobody_else_may_and_it_goes_up(world: World) -> None:
    incident = world.report(is_restricted=True, **LIGHT)
    world.lead(incident)
    world.agree(incident, {"title": "Look", "party": "it", "person": str(world.people["gita"])})
    world.act(incident, "gita")
    world.verify(incident, "hugo")
    silence(world, incident)
    assert world.item(incident, "decide_without_answer").people[0] == world.people["dora"]

    off(world, incident, "dora")

    # Gita, who answers as the owner now, has worked on it; whoever finds somebody is the last left
    assert world.people["dora"] not in world.item(incident, "decide_without_answer").people
    silence(world, incident)
    assert "decision:nobody_left" in world.verbs(incident)
    assert world.row(incident).state == "open"


def test_whoever_answers_as_the_owner_names_who_decides_and_is_offered_the_lead(
    world: World,
) -> None:
    OFFICES["lou"](world)
    incident = suspected(world, **LIGHT)

    name_delegate(world.handling, incident, world.people["bruno"], actor=world.actor("lou"))
    world.clock.forward(days=20)
    offer_missed(world.handling)

    assert world.row(incident).lead_offered_to == [world.people["lou"]]
    take_lead(world.handling, incident, actor=world.actor("lou"))
    assert world.row(incident).lead_id == world.people["lou"]


def test_whoever_answers_as_the_owner_is_asked_for_a_lasting_remedy(world: World) -> None:
    OFFICES["lou"](world)
    incident = suspected(world)
    for _ in range(3):
        world.agree(incident, {"title": "Look", "party": "it", "person": str(world.people["ada"])})
        world.act(incident, "ada")
        world.verify(incident, "hugo")
        world.confirm(incident)
        incident = report_recurrence(world.handling, incident, actor=world.actor("carla"))
        world.lead(incident)
    with world.handling.store.read() as conn:
        remedy = conn.execute(
            select(t.action.c.id, t.action.c.person_id).where(
                t.action.c.is_remedy, t.action.c.incident_id == incident
            )
        ).one()

    assert remedy.person_id == world.people["lou"]
    until = world.clock.now + timedelta(days=30)
    accept_until(
        world.handling, remedy.id, until=until, reason="Next year", actor=world.actor("lou")
    )
    assert "incident:accepted_until" in world.verbs(incident)


def test_whoever_answers_as_the_owner_decides_whose_time_it_was(world: World) -> None:
    OFFICES["lou"](world)
    incident = suspected(world)
    world.clock.forward(hours=1)
    with world.handling.store.read() as conn:
        line = incident_ledger(conn, incident, world.clock.now).lines[0]
    raised = dispute(
        world.handling, incident, since=line.since, until=line.until,
        should_be=Party.EXTERNAL, why="They were late", actor=world.actor("hugo"),
    )  # fmt: skip

    decide_dispute(world.handling, raised, moves=False, why="Ours", actor=world.actor("lou"))

    assert world.verbs(incident)[-1] == "dispute:decided"


def test_what_comes_back_when_everybody_who_answers_was_taken_off_is_its_lead_s(
    world: World,
) -> None:
    incident = world.report(is_restricted=True)
    name_person(world.handling, incident, world.people["bruno"], actor=world.actor("dora"))
    take_lead(world.handling, incident, actor=world.actor("bruno"))
    off(world, incident, "hugo", "dora", "gita", by="bruno")
    world.do(
        incident, "bruno", "agree_what_right_means",
        criteria=[CRITERION], confirmers=[str(world.people["carla"])],
        actions=[{"title": "Look", "party": "it", "person": str(world.people["ada"])}],
    )  # fmt: skip
    world.act(incident, "ada")
    world.verify(incident, "bruno")
    world.confirm(incident)

    again = report_recurrence(world.handling, incident, actor=world.actor("carla"))

    assert world.row(again).lead_id == world.people["bruno"]


def test_where_the_owner_has_left_and_has_no_deputy_the_line_goes_on_too(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    count_harmed(world.handling, incident, 9, reason="The list", actor=world.actor("hugo"))
    assert Verb.ACCEPT_UNCOVERED not in verbs(world, incident, "gita")

    leave(world, "dora")

    assert asked_beside_of(world, "gita") == {What.UNCOVERED}
    accept_uncovered(world.handling, incident, 8, reason="Ours", actor=world.actor("gita"))
