"""How often each step was taken, how long it waited and for whom, on real runs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.domain.party import Party
from engine.queries.where_it_hurts import Hurts, where_it_hurts
from engine.store import schema as t
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
STEPS = ["agree_what_right_means", "verify_outcome", "confirm_outcome", "do_it_action"]
HOUR = timedelta(hours=1)


def hurts(
    world: World,
    diagram: str = "incident",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Hurts:
    with world.handling.store.read() as conn:
        release: UUID = conn.execute(select(t.release.c.id)).scalar_one()
        calls = {"obtain_confirmation": "confirmation"}
        return where_it_hurts(conn, release, diagram, STEPS, calls=calls, since=since, until=until)


@pytest.fixture
def handled(world: World) -> World:
    """Two incidents: agreed after 2 and 4 hours, one of them asked of the customer since."""
    for hours in (2, 4):
        incident = world.report()
        world.lead(incident)
        world.clock.forward(hours=hours)
        world.agree(incident, world.for_team("databases"))
    world.clock.forward(hours=3)
    world.act(incident, "ada")
    world.clock.forward(hours=5)
    world.verify(incident, "hugo")
    return world


def test_times_and_waits_are_told_of_each_step(handled: World) -> None:
    found = hurts(handled)

    agreed = found.elements["agree_what_right_means"]
    assert (agreed.times, agreed.cancelled, agreed.waiting) == (2, 0, 0)
    assert agreed.median == 3 * HOUR
    assert agreed.ninetieth == timedelta(hours=3.8)
    waited = [(one.party, one.times, one.median) for one in agreed.by_party]
    assert waited == [(Party.IT, 2, 3 * HOUR)]
    assert found.elements["verify_outcome"].median == 5 * HOUR
    assert found.flows["plan"] == 2
    assert found.flows["checked"] == 1
    assert found.runs == 4


def test_what_waits_now_is_counted_apart(handled: World) -> None:
    found = hurts(handled)

    assert found.elements["every_action_is_settled"].waiting == 1
    assert found.elements["every_action_is_settled"].times == 1
    assert found.elements["obtain_confirmation"].waiting == 1, "it waits in what it calls"
    asked = hurts(handled, "confirmation").elements["confirm_outcome"]
    assert (asked.times, asked.waiting) == (0, 1)


def test_a_period_has_what_was_left_within_it(handled: World) -> None:
    begun = handled.clock.now - timedelta(hours=14)
    first = hurts(handled, until=begun + 3 * HOUR)
    later = hurts(handled, since=begun + 3 * HOUR)

    assert first.elements["agree_what_right_means"].median == 2 * HOUR
    assert later.elements["agree_what_right_means"].median == 4 * HOUR
    assert "verify_outcome" not in first.elements
    assert hurts(handled, since=handled.clock.now + HOUR).elements.keys() == {
        "every_action_is_settled", "obtain_confirmation", "proposed_while_confirming",
    }  # fmt: skip


def test_an_action_s_own_diagram_is_told_apart(handled: World) -> None:
    found = hurts(handled, "action").elements["do_it_action"]
    assert (found.times, found.waiting, found.median) == (1, 1, 3 * HOUR)


def test_the_page_says_it_in_a_table_and_on_the_drawing(handled: World, visit: Visit) -> None:
    dora = visit("dora")
    page = dora.get("/studio/releases/1/hurts/incident")
    assert "Agree what right means 2 3 h 3 h 48 min" in words_of(page)
    assert '"is-hot"' not in page
    assert '"agree_what_right_means": "2 \\u00b7 3\\u00a0h"' in page

    day = handled.clock.now.date()
    nothing = dora.get(f"/studio/releases/1/hurts/incident?since={day + timedelta(days=9)}")
    assert "Agree what right means" not in words_of(nothing).partition("Steps, the longest")[2]
    dora.get("/studio/releases/1/hurts/incident?since=soon", 422)
    dora.get("/studio/releases/1/hurts/nothing", 404)
    dora.get("/studio/releases/9/hurts/incident", 404)
    visit("egon").get("/studio/releases/1/hurts/action")
    visit("hugo").get("/studio/releases/1/hurts/incident", 403)
