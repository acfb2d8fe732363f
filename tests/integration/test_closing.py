"""The two ways into closed, and the ways that lead back to work."""

from uuid import UUID

from sqlalchemy import func, select

from api.bench.counting import counted
from engine.store import schema as t
from tests.evidence import faults_of_record
from tests.world import World


def test_an_incident_closes_when_the_customer_confirms(world: World) -> None:
    incident = world.confirmed()

    row = world.row(incident)
    assert (row.state, row.closed_by) == ("closed", "confirmed")
    assert row.confirmation_id is not None
    assert world.verbs(incident)[-2:] == ["confirmation:given", "incident:closed"]


def test_an_incident_closes_when_a_named_person_decides_and_says_why(world: World) -> None:
    incident = world.decided()

    row = world.row(incident)
    assert (row.state, row.closed_by) == ("closed", "escalated")
    assert row.decision_id is not None


def test_partly_never_closes_but_leads_back_to_work(world: World) -> None:
    incident = world.asked()

    world.confirm(incident, answer="partly")

    assert world.row(incident).state == "open"
    assert world.steps(incident) == ["agree_what_right_means"]


def test_accepted_work_takes_an_incident_back_from_confirmation(world: World) -> None:
    incident = world.asked()

    world.propose(incident, "hugo")

    assert world.steps(incident) == ["do_it_action"]


def test_it_can_be_rejected_again_and_again_and_still_be_closed(world: World) -> None:
    incident = world.asked()
    spent, sizes = [], []
    for _ in range(25):
        with counted(world.handling.store.engine) as sent:
            world.confirm(incident, answer="no")
        spent.append(len(sent.statements))
        assert world.steps(incident) == ["agree_what_right_means"]
        world.agree(incident, world.for_team("databases"))
        world.act(incident, "ada")
        world.verify(incident)
        sizes.append(snapshot_size(world, incident))
    assert world.row(incident).state == "open"

    world.confirm(incident)

    assert world.row(incident).closed_by == "confirmed"
    # no round is dearer than another
    assert len(set(spent)) == 1
    assert len(set(sizes)) == 1
    with world.handling.store.read() as conn:
        assert faults_of_record(conn) == []


def snapshot_size(world: World, incident: UUID) -> int:
    with world.handling.store.read() as conn:
        return conn.scalar(
            select(func.length(t.run.c.snapshot)).where(
                t.run.c.incident_id == incident, t.run.c.action_id.is_(None)
            )
        )
