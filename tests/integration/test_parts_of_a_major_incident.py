"""Incidents that are parts of a major one: found together, closed each by itself."""

from uuid import UUID

import pytest
from flask import Flask

from engine.domain.incident import IncidentState
from engine.errors import Conflict, IncidentClosed, InvalidAnswers, NotAllowed, NotFound
from engine.queries.incident import incident_page
from engine.usecases.relating import make_part_of
from engine.usecases.restricting import restrict
from tests.visitor import Visitor, words_of
from tests.world import World


@pytest.fixture
def two(world: World) -> tuple[UUID, UUID]:
    """A part to be, and a major one."""
    found = world.report(title="Part"), world.report(title="Major")
    for one in found:
        world.lead(one)
    return found


def linked(world: World, incident: UUID, login: str = "hugo") -> list[tuple[int, str, bool]]:
    with world.handling.store.read() as conn:
        page = incident_page(conn, incident, world.actor(login), world.clock.now)
    return [(one.number, one.how, one.is_later) for one in page.linked]


def relate(world: World, part: UUID, major: UUID | None, login: str = "hugo") -> None:
    make_part_of(world.handling, part, major, actor=world.actor(login))


def test_both_show_each_other_and_it_is_on_both_records(
    world: World, two: tuple[UUID, UUID]
) -> None:
    part, major = two
    relate(world, part, major)
    relate(world, part, major)

    assert linked(world, major) == [(1, "part_of", True)]
    assert linked(world, part) == [(2, "part_of", False)]
    assert world.verbs(part).count("incident:part_of") == 1
    assert world.verbs(major).count("incident:part_added") == 1
    relate(world, part, None)
    assert linked(world, major) == []
    assert "incident:part_no_more" in world.verbs(part)


def test_closing_the_major_one_closes_nobody_elses(world: World) -> None:
    part, major = world.report(title="Part"), world.asked(title="Major")
    world.lead(part)
    relate(world, part, major)
    world.confirm(major)

    assert world.row(major).state == IncidentState.CLOSED
    assert world.row(part).state == IncidentState.OPEN
    relate(world, part, None)


def test_a_part_closes_while_the_major_one_goes_on(world: World) -> None:
    part, major = world.asked(title="Part"), world.report(title="Major")
    relate(world, part, major)
    world.confirm(part)

    assert world.row(part).state == IncidentState.CLOSED
    assert world.row(major).state == IncidentState.OPEN
    with pytest.raises(IncidentClosed):
        relate(world, part, None)


def test_there_is_one_level_only(world: World, two: tuple[UUID, UUID]) -> None:
    part, major = two
    other = world.report(title="Other")
    world.lead(other)
    relate(world, part, major)

    with pytest.raises(Conflict):
        relate(world, other, part)
    with pytest.raises(Conflict):
        relate(world, major, other)
    with pytest.raises(InvalidAnswers):
        relate(world, major, major)


def test_what_is_closed_or_for_named_people_stays_apart(
    world: World, two: tuple[UUID, UUID]
) -> None:
    part, major = two
    closed = world.confirmed()
    with pytest.raises(Conflict):
        relate(world, part, closed)
    restrict(world.handling, major, reason="So", actor=world.actor("hugo"), people=[])
    with pytest.raises(Conflict):
        relate(world, part, major)
    with pytest.raises(Conflict):
        relate(world, major, part)


@pytest.mark.parametrize(
    ("login", "refusal"), [("carla", NotAllowed), ("bruno", NotAllowed), ("fay", NotFound)]
)
def test_only_who_handles_it_says_so(
    world: World, two: tuple[UUID, UUID], login: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        relate(world, *two, login=login)
    assert linked(world, two[1]) == []


def test_the_page_and_the_resource_do_it(world: World, web: Flask, two: tuple[UUID, UUID]) -> None:
    del two
    hugo = Visitor(world, web, "hugo")
    assert "Make this a part of a major incident" in hugo.get("/incidents/1")
    deed = "/incidents/1/deeds/part-of"
    assert "There is no #77" in hugo.send(deed, {"major": "77"}, 422)
    hugo.send(deed, {"major": "#2"})
    assert "#1 : a part of this" in words_of(hugo.get("/incidents/2"))
    assert "#2 : this is a part of it" in words_of(hugo.get("/incidents/1"))
    hugo.send(deed, {"major": ""})
    assert "Belongs to this" not in hugo.get("/incidents/2")
