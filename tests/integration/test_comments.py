"""What people write about an incident: who reads it, who is told, and that it moves nothing."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.errors import IncidentClosed, InvalidAnswers, NotFound
from engine.queries.comments import Comments, comments
from engine.usecases.commenting import comment, watch
from engine.usecases.restricting import restrict
from tests.machine import Machine
from tests.staffing import hire
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


def said(world: World, incident: UUID, login: str) -> Comments:
    with world.handling.store.read() as conn:
        return comments(conn, incident, world.actor(login))


def words(world: World, incident: UUID, login: str) -> list[str | None]:
    return [one.words for one in said(world, incident, login).lines]


def told(world: World, login: str) -> int:
    with world.handling.store.read() as conn:
        found: int = conn.scalar(
            text("SELECT count(*) FROM message WHERE person_id = :who AND kind = 'noted'"),
            {"who": world.people[login]},
        )
    return found


def say(world: World, incident: UUID, login: str, what: str, *, is_internal: bool = False) -> None:
    comment(world.handling, incident, what, actor=world.actor(login), is_internal=is_internal)


def test_what_is_for_us_only_is_never_read_outside(world: World) -> None:
    incident = world.report("carla")
    say(world, incident, "hugo", "They never pay", is_internal=True)
    say(world, incident, "hugo", "We look into it")
    say(world, incident, "carla", "Thank you")

    assert words(world, incident, "hugo") == ["They never pay", "We look into it", "Thank you"]
    assert words(world, incident, "carla") == ["We look into it", "Thank you"]


def test_the_lead_and_who_watches_are_told_and_who_writes_is_not(world: World) -> None:
    incident = world.report("carla")
    world.lead(incident, "hugo")
    watch(world.handling, incident, actor=world.actor("carla"), is_wanted=True)
    watch(world.handling, incident, actor=world.actor("carla"), is_wanted=True)
    say(world, incident, "carla", "Is there any news?")
    assert (told(world, "hugo"), told(world, "carla")) == (1, 0)
    say(world, incident, "hugo", "Soon")
    assert (told(world, "hugo"), told(world, "carla")) == (1, 1)
    say(world, incident, "hugo", "For us", is_internal=True)
    assert told(world, "carla") == 1
    watch(world.handling, incident, actor=world.actor("carla"), is_wanted=False)
    say(world, incident, "hugo", "It is done")
    assert told(world, "carla") == 1
    assert said(world, incident, "carla").is_watched is False


def test_who_is_named_is_told_as_far_as_they_may_read_it(world: World) -> None:
    incident = world.report("carla")
    say(world, incident, "hugo", "@Ada and @bruno, what do you think? @sami @nobody a@dora.example")

    assert (told(world, "ada"), told(world, "bruno")) == (1, 1)
    assert told(world, "sami") == 0, "a supplier has no part in it"
    assert told(world, "dora") == 0, "an address is no name"


def test_in_a_restricted_one_only_named_people_are_told(world: World) -> None:
    incident = world.report("carla")
    world.lead(incident, "hugo")
    restrict(world.handling, incident, reason="One of ours", actor=world.actor("hugo"))
    say(world, incident, "hugo", "@ada @carla please look")

    assert (told(world, "ada"), told(world, "carla")) == (0, 1)
    with pytest.raises(NotFound):
        say(world, incident, "ada", "I look")


def test_what_cannot_be_said_is_refused(world: World) -> None:
    incident = world.report("carla")
    for login, what, internal in (
        ("hugo", "  ", False),
        ("hugo", "x" * 4001, False),
        ("carla", "For you only", True),
    ):
        with pytest.raises(InvalidAnswers):
            say(world, incident, login, what, is_internal=internal)
    with pytest.raises(NotFound):
        say(world, incident, "sami", "I have no part in it")
    closed = world.confirmed()
    with pytest.raises(IncidentClosed):
        say(world, closed, "hugo", "Too late")


def test_it_moves_nothing_and_is_said_once_for_each_key(world: World) -> None:
    incident = world.asked()
    before = world.row(incident)
    for _ in range(2):
        comment(
            world.handling,
            incident,
            "It is still broken",
            actor=world.actor("carla"),
            key="once",
        )
    after = world.row(incident)
    assert world.verbs(incident).count("incident:noted") == 1
    assert (after.state, after.work_seq, after.asked_seq) == (
        before.state,
        before.work_seq,
        before.asked_seq,
    )
    world.confirm(incident)
    assert world.row(incident).state == "closed", "a comment is no answer"


def test_the_page_says_it_and_no_word_breaks_out(world: World, visit: Visit) -> None:
    hire(world, "doris", team="desk")
    world.report("carla")
    hugo, carla = visit("hugo"), visit("carla")
    path = "/incidents/1"
    hostile = "<img src=x onerror=alert(1)>\nsecond line"
    hugo.send(f"{path}/comments", {"words": hostile, "for": "all"}, at=path)
    hugo.send(f"{path}/comments", {"words": "Between us", "for": "us"}, at=path)
    page = carla.get(path)
    assert "<img src=x" not in page
    assert "second line" in page
    assert "Between us" not in page
    assert "For us only" not in page
    assert "for us only" in words_of(hugo.get(path))
    carla.send(f"{path}/comments", {"words": "Thank you", "for": "us"}, at=path)
    assert (
        "Thank you"
        not in words_of(carla.get(path))
        .partition("What was said")[2]
        .partition("Write about it")[0]
    ), "a customer says nothing behind anybody's back"
    carla.send(f"{path}/comments", {"words": "Thank you"}, at=path)
    assert "Thank you" in words_of(hugo.get(path))
    carla.send(f"{path}/watch", {}, at=path)
    assert "Do not tell me any more" in carla.get(path)


def test_the_api_says_it(world: World, machine: Callable[[str | None], Machine]) -> None:
    world.report("carla")
    hugo, carla = machine("hugo"), machine("carla")
    hugo.post("/incidents/1/comments", {"words": "Between us"}, 204)
    hugo.post("/incidents/1/comments", {"words": "We look", "is_internal": False}, 204)
    carla.post("/incidents/1/comments", {"words": "So"}, 422)
    carla.post("/incidents/1/comments", {"words": "So", "is_internal": False}, 204)
    assert [one["words"] for one in carla.get("/incidents/1/comments")["lines"]] == [
        "We look",
        "So",
    ]
    carla.ask("PUT", "/incidents/1/watch", {"is_wanted": True}, status=204)
    assert carla.get("/incidents/1/comments")["is_watched"] is True
