"""Ways out, 4: withdrawn by a reporter who is the only one harmed: that is a confirmation."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text

from engine.errors import IncidentClosed, ItemEnded, NotAllowed, NotFound, PutrightError
from engine.queries.closures import closures_without_evidence
from engine.queries.run import run_page
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls
from engine.usecases.withdrawing import withdraw
from tests.unguarded import unguarded
from tests.world import KEY, World


def take_back(world: World, incident: UUID, login: str = "carla") -> None:
    withdraw(world.handling, incident, words="I had misread it", actor=world.actor(login))


def unproven(world: World) -> list[str]:
    with world.handling.store.read() as conn:
        _, found = closures_without_evidence(conn, {KEY.id: KEY.secret})
    return [one.why for one in found]


def test_a_reporter_who_alone_is_harmed_withdraws_and_that_closes_it(world: World) -> None:
    incident = world.report()

    take_back(world, incident)

    row = world.row(incident)
    assert (row.state, row.closed_by) == ("closed", "confirmed")
    assert world.steps(incident) == []
    assert unproven(world) == []
    with world.handling.store.read() as conn:
        page = run_page(conn, incident_id=incident)
        said = conn.execute(select(t.confirmation)).one()
        end = conn.execute(select(t.run.c.end_element)).scalar_one()
    assert (said.answer, said.words, said.is_withdrawal) == ("yes", "I had misread it", True)
    assert end == "withdrawn"
    assert page.ended_at == world.clock.now


def test_what_was_asked_of_others_to_put_it_right_is_dropped(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(
        incident,
        world.for_team("databases"),
        world.for_team("accounting", "Look why", kind="prevents"),
    )
    item = world.item(incident, "do_it_action")

    take_back(world, incident)

    with pytest.raises(ItemEnded):
        world.finish(item.id, "ada", outcome="done", what_was_done="Done")
    assert world.steps(incident) == ["do_business_action"], "what prevents lives on"
    world.clock.forward(days=1)
    world.act(incident, "bruno", "do_business_action")
    assert unproven(world) == []
    with world.handling.store.read() as conn:
        states = conn.execute(select(t.action.c.state).order_by(t.action.c.number)).scalars()
        assert list(states) == ["dropped", "done"]


def test_it_is_withdrawn_at_any_stage_even_after_work_was_done(world: World) -> None:
    incident = world.asked()

    take_back(world, incident)

    assert world.row(incident).closed_by == "confirmed"
    assert unproven(world) == []


def test_where_others_are_harmed_too_nobody_withdraws(world: World) -> None:
    many = world.report(size=Decimal(214))
    two = world.report()
    world.lead(two)
    world.agree(two, confirmers=("carla", "olga"))
    targeted = world.report()
    world.propose(targeted, "hugo", targets=("Miller", "Smith"))
    other = world.report()
    world.lead(other)
    world.agree(other, confirmers=("olga",))

    for incident in (many, two, targeted, other):
        with pytest.raises(NotAllowed):
            take_back(world, incident)


@pytest.mark.parametrize(
    ("login", "refusal"), [("hugo", NotAllowed), ("dora", NotAllowed), ("olga", NotFound)]
)
def test_only_its_reporter_withdraws_it(
    world: World, login: str, refusal: type[PutrightError]
) -> None:
    incident = world.report()

    with pytest.raises(refusal):
        take_back(world, incident, login)


def test_a_reporter_who_worked_on_it_does_not_withdraw_it(world: World) -> None:
    incident = world.report("ada")
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("ada",))
    world.act(incident, "ada")

    with pytest.raises(NotAllowed):
        take_back(world, incident, "ada")


def test_it_is_withdrawn_once(world: World) -> None:
    incident = world.report()
    take_back(world, incident)

    with pytest.raises(IncidentClosed):
        take_back(world, incident)


FORGED = [
    ("UPDATE incident SET reporter_id = :fay", "has not been checked"),
    ("UPDATE incident SET size = 214", "has not been checked"),
    ("UPDATE confirmation SET is_withdrawal = false", "has not been checked"),
    ("UPDATE entry SET person_id = :fay WHERE verb = 'incident:withdrawn'", "no record holds"),
    ("INSERT INTO confirmer SELECT id, :fay, NULL, now() FROM incident", "has not been checked"),
]


@pytest.mark.parametrize(("sql", "why"), FORGED)
def test_a_withdrawal_that_is_none_is_named_by_the_audit(
    world: World, database: DatabaseUrls, sql: str, why: str
) -> None:
    take_back(world, world.report())
    asked = {"fay": world.people["fay"]} if ":fay" in sql else {}
    with unguarded(database) as conn:
        conn.execute(text(sql), asked)

    (found,) = unproven(world)

    assert why in found
