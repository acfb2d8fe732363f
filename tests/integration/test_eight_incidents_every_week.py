"""An incident that comes back every week: closed each time, and a chain that somebody has to sign.

Every Monday the statements show wrong balances again.  Each time it is put right and Carla says so;
what keeps it from coming back is a question to the owner of the process, and hers to answer.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.store import schema as t
from tests.story import DONE, Teller
from tests.visitor import words_of
from tests.world import World

ASKED = "Find a lasting remedy, or accept that it comes back"


def closed(teller: Teller, incident: UUID) -> None:
    """Put it right, and have Carla say that it is."""
    world = teller.world
    teller.agrees(incident, world.for_team("databases", "Correct the rows"))
    world.clock.forward(hours=6)
    teller.put_right(incident)
    teller.answers("carla", incident, "yes")
    assert world.row(incident).closed_by == "confirmed"


def back(teller: Teller, incident: UUID) -> UUID:
    """Let Carla find it wrong again a week later, on her page, and put it right again."""
    world = teller.world
    world.clock.forward(days=7)
    page = f"/incidents/{world.row(incident).number}"
    carla = teller.visits("carla")
    assert "It is back" in carla.get(page)
    carla.send(f"{page}/deeds/is-back", {"words": "Wrong again this Monday"})
    with world.handling.store.read() as conn:
        again = conn.execute(select(t.incident.c.id).where(t.incident.c.origin_id == incident))
        made: UUID = again.scalar_one()
    teller.does("hugo", f"/incidents/{made}/lead")
    closed(teller, made)
    return made


@pytest.fixture
def first(teller: Teller) -> UUID:
    """The first Monday."""
    incident = teller.reports("carla", "Wrong balances")
    closed(teller, incident)
    return incident


def asked_for_a_remedy(teller: Teller) -> list[int]:
    """Return the incidents whose owner is asked for a lasting remedy, as her to-dos say it."""
    lines = teller.ask("dora", "/items")["lines"]
    return [line["incident_number"] for line in lines if line["action_title"] == ASKED]


def test_each_week_is_put_right_and_the_third_time_back_asks_the_owner(
    teller: Teller, world: World, first: UUID
) -> None:
    third = back(teller, back(teller, first))
    assert asked_for_a_remedy(teller) == []

    fourth = back(teller, third)

    assert asked_for_a_remedy(teller) == [4]
    assert world.row(fourth).state == "closed", "what prevents it blocks nobody's answer"
    (line,) = teller.ask("carla", "/incidents")["lines"]
    assert (line["number"], line["times"]) == (4, 4), "the chain is one line"
    assert "for the 4th time" in words_of(teller.visits("carla").get("/incidents?show=closed"))
    assert teller.ask("hugo", "/incidents")["counts"]["confirmed"] == 1
    for incident in (first, third, fourth):
        teller.adds_up(incident)
    assert teller.proven() == 4


def test_the_owner_signs_until_when_she_accepts_it_and_is_asked_again_after_that(
    teller: Teller, world: World, first: UUID
) -> None:
    last = first
    for _ in range(3):
        last = back(teller, last)
    until = world.clock.now + timedelta(days=20)
    said = {"until": until.isoformat(), "reason": "The new ledger comes in April"}
    action = world.item(last, "do_business_action").action_id
    for login in ("hugo", "carla", "gita"):
        refused = teller.send(login, f"/actions/{action}/accepted-until", said)
        assert refused.status_code == 409, "only the owner can"
    teller.does("dora", f"/actions/{action}/accepted-until", said)

    # while it is accepted it comes back, is put right and is confirmed like any other
    for _ in range(2):
        last = back(teller, last)
        assert asked_for_a_remedy(teller) == []
    last = back(teller, last)

    assert world.clock.now > until
    assert asked_for_a_remedy(teller) == [world.row(last).number]
    assert teller.proven() == 7


def test_a_lasting_remedy_ends_the_question(teller: Teller, world: World, first: UUID) -> None:
    last = first
    for _ in range(3):
        last = back(teller, last)

    world.clock.forward(days=3)
    teller.completes("dora", last, "do_business_action", **DONE)

    assert asked_for_a_remedy(teller) == []
    assert world.row(last).state == "closed"
    assert teller.proven() == 4
