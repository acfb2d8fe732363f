"""Ways out, 3: set aside by a named person with a reason, and back with one click."""

from datetime import timedelta
from uuid import UUID

import pytest

from engine.domain.action import ActionKind
from engine.domain.ledger import Reason
from engine.domain.party import Party
from engine.errors import (
    IncidentClosed,
    InvalidAnswers,
    ItemEnded,
    NotAllowed,
    NotFound,
    PutrightError,
)
from engine.queries.ledger import incident_ledger
from engine.usecases.holding import claim, release
from engine.usecases.setting_aside import bring_back, set_aside
from tests.at_once import at_once
from tests.world import World


def aside(
    world: World, incident: UUID, login: str = "hugo", reason: str = "It is a request"
) -> None:
    set_aside(world.handling, incident, reason=reason, actor=world.actor(login))


def back(world: World, incident: UUID, login: str = "carla") -> None:
    bring_back(world.handling, incident, actor=world.actor(login))


def planned(world: World) -> UUID:
    """Return an incident whose action nobody has begun."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    return incident


def test_a_mistake_is_set_aside_by_name_and_with_a_reason(world: World) -> None:
    incident = world.report()

    with pytest.raises(InvalidAnswers):
        aside(world, incident, reason=" ")
    aside(world, incident)

    assert world.row(incident).state == "set_aside"
    assert world.row(incident).ended_at == world.clock.now
    assert world.steps(incident) == []
    assert world.verbs(incident)[-1] == "incident:set_aside"


@pytest.mark.parametrize(
    ("login", "refusal"),
    [("carla", NotAllowed), ("dora", NotAllowed), ("ada", NotAllowed), ("egon", NotAllowed),
     ("fay", NotFound)],
)  # fmt: skip
def test_only_who_handles_it_sets_it_aside(
    world: World, login: str, refusal: type[PutrightError]
) -> None:
    incident = world.report()

    with pytest.raises(refusal):
        aside(world, incident, login)

    assert world.row(incident).state == "open"


def test_it_is_set_aside_only_while_no_action_has_begun(world: World) -> None:
    incident = planned(world)
    item = world.item(incident, "do_it_action")
    claim(world.handling, item.id, actor=world.actor("ada"))

    with pytest.raises(NotAllowed):
        aside(world, incident)
    release(world.handling, item.id, actor=world.actor("ada"))
    aside(world, incident)

    assert world.row(incident).state == "set_aside"


def test_it_is_not_set_aside_once_an_action_is_done(world: World) -> None:
    incident = world.asked()

    with pytest.raises(NotAllowed):
        aside(world, incident)


def test_what_is_set_aside_is_asked_of_nobody_and_no_timer_of_it_comes_due(world: World) -> None:
    incident = planned(world)
    item = world.item(incident, "do_it_action")
    aside(world, incident)

    world.clock.forward(days=40)
    world.fire(incident)

    assert world.steps(incident) == []
    with pytest.raises(ItemEnded):
        world.finish(item.id, "ada", outcome="done", what_was_done="Done all the same")
    with pytest.raises(IncidentClosed):
        world.propose(incident, "hugo")
    with pytest.raises(IncidentClosed):
        aside(world, incident)


def test_an_action_that_prevents_lives_on(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases", kind="prevents"))
    aside(world, incident)

    assert world.steps(incident) == ["do_it_action"]
    world.clock.forward(days=1)
    world.act(incident, "ada")

    assert world.row(incident).state == "set_aside"


def test_what_had_its_turn_meanwhile_is_asked_for_when_it_is_back(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    first = world.propose(incident, "hugo", kind=ActionKind.PREVENTS)
    world.propose(incident, "hugo", team="accounting", after=(first,))
    aside(world, incident)
    world.clock.forward(days=1)

    world.act(incident, "ada")
    assert world.steps(incident) == []
    back(world, incident)

    assert world.steps(incident) == ["agree_what_right_means", "do_business_action"]


def test_declining_what_prevents_stirs_nothing_that_is_out(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases", kind="prevents"))
    assert world.steps(incident) == ["do_it_action", "verify_outcome"]
    aside(world, incident)
    world.clock.forward(days=1)

    world.do(incident, "ada", "do_it_action", outcome="declined", reason="Not ours")

    assert world.steps(incident) == ["decide_declined_action"]
    assert world.row(incident).state == "set_aside"
    back(world, incident)
    assert world.steps(incident) == ["decide_declined_action", "verify_outcome"]


def test_nobody_takes_the_lead_of_what_is_set_aside(world: World) -> None:
    incident = world.report()
    aside(world, incident)

    with pytest.raises(IncidentClosed, match="who reported it can bring it back"):
        world.lead(incident)


def test_its_reporter_brings_it_back_with_one_click_at_any_time(world: World) -> None:
    incident = planned(world)
    before = world.steps(incident)
    aside(world, incident)
    world.clock.forward(days=400)

    with pytest.raises(IncidentClosed):
        back(world, incident, "hugo")
    back(world, incident)
    back(world, incident)

    row = world.row(incident)
    assert (row.state, row.ended_at, row.way_out_id) == ("open", None, None)
    assert world.steps(incident) == before
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)
    assert world.row(incident).closed_by == "confirmed"


def test_it_can_be_set_aside_and_brought_back_again_and_again(world: World) -> None:
    incident = world.report()

    for _ in range(3):
        aside(world, incident)
        back(world, incident)

    assert world.steps(incident) == ["agree_what_right_means"]


def test_what_came_due_meanwhile_comes_at_once_and_once(world: World) -> None:
    incident = planned(world)
    aside(world, incident)
    world.clock.forward(days=60)
    back(world, incident)

    world.fire(incident)
    world.fire(incident)

    assert world.verbs(incident).count("action:overdue") == 1


def test_the_time_out_of_handling_is_the_leads_partys_by_name(world: World) -> None:
    incident = planned(world)
    world.clock.forward(hours=5)
    aside(world, incident)
    world.clock.forward(hours=7)
    back(world, incident)
    world.clock.forward(hours=2)

    with world.handling.store.read() as conn:
        ledger = incident_ledger(conn, incident, world.clock.now)

    (out,) = [line for line in ledger.lines if line.reason is Reason.SET_ASIDE]
    assert (out.party, out.length) == (Party.IT, timedelta(hours=7))
    assert ledger.whole == timedelta(hours=14)
    assert sum(ledger.totals.values(), timedelta(0)) == ledger.whole
    assert not [line for line in ledger.lines if line.reason is Reason.NOBODY]


def test_of_setting_aside_and_taking_at_once_one_is_refused(world: World) -> None:
    for _ in range(5):
        incident = planned(world)
        item = world.item(incident, "do_it_action").id

        refused = at_once(
            lambda incident=incident: aside(world, incident),
            lambda item=item: claim(world.handling, item, actor=world.actor("ada")),
        )

        assert refused in ([None, ItemEnded], [NotAllowed, None])
        is_out = world.row(incident).state == "set_aside"
        assert is_out == (refused[0] is None)
