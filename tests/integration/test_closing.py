"""The two ways into closed, and the ways that lead back to work."""

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
