"""Me too: others who are harmed are counted on the report that there is, and told how it ends."""

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from engine.domain.message import MessageKind
from engine.errors import IncidentClosed, NotAllowed, NotFound
from engine.queries.closures import closures_without_evidence
from engine.queries.messages import unmailed
from engine.store import schema as t
from engine.usecases.covering import count_harmed
from engine.usecases.me_too import say_me_too
from tests.machine import Machine
from tests.post import Server, body, send
from tests.staffing import hire
from tests.visitor import Visitor, words_of
from tests.world import KEY, World

Visit = Callable[[str | None], Visitor]


def say(world: World, incident: UUID, login: str) -> None:
    say_me_too(world.handling, incident, actor=world.actor(login))


def also(world: World, incident: UUID) -> set[UUID]:
    with world.handling.store.read() as conn:
        found = select(t.also_harmed.c.person_id).where(t.also_harmed.c.incident_id == incident)
        return set(conn.scalars(found))


def put_right(world: World) -> UUID:
    """Return an incident that harms Bruno, too, and waits to be checked."""
    incident = world.report()
    say(world, incident, "bruno")
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    return incident


def test_who_is_harmed_too_is_counted_once_and_it_is_an_entry(world: World, visit: Visit) -> None:
    incident = world.report()
    page = visit("bruno")
    assert "It is the same for me" in page.get("/incidents/1")

    page.send("/incidents/1/deeds/me-too", {}, at="/incidents/1/deeds/me-too")
    say(world, incident, "bruno")

    assert also(world, incident) == {world.people["bruno"]}
    assert world.verbs(incident).count("incident:me_too") == 1
    assert "It is the same for me" not in page.get("/incidents/1")
    assert "1 said: me too" in words_of(visit("hugo").get("/incidents/1"))


def test_they_are_told_how_it_ends_and_can_say_that_it_is_not_right_for_them(
    world: World, mail: Server, visit: Visit
) -> None:
    incident = put_right(world)
    world.verify(incident)
    world.confirm(incident)

    send(world, mail)

    assert any("This is closed." in one.as_string() for one in mail.to("Bruno"))
    assert "Not right for you? Tell us" in words_of(visit("bruno").get("/incidents/1"))


def test_when_it_is_found_right_they_are_told_and_who_confirms_is_asked(
    world: World, mail: Server, visit: Visit
) -> None:
    incident = put_right(world)
    send(world, mail)
    told = "This was found right again. Not right for you? Tell us"
    assert not any(told in body(one) for one in mail.to("Bruno"))

    world.verify(incident)
    send(world, mail)

    letters = [one for one in mail.to("Bruno") if told in body(one)]
    assert len(letters) == 1
    assert not any(told in body(one) for one in mail.to("Carla"))
    page = visit("bruno")
    assert told in words_of(page.get("/inbox"))
    assert "Not right for you? Tell us" in words_of(page.get("/incidents/1"))


def test_who_wants_no_such_mail_ends_it_by_its_link_and_is_told_in_the_inbox(
    world: World, mail: Server, visit: Visit
) -> None:
    incident = put_right(world)
    world.verify(incident)
    send(world, mail)
    leave = urlsplit(str(mail.to("Bruno")[-1]["List-Unsubscribe"]).strip("<>")).path

    anybody = visit(None)
    assert "that something was found right which harms you, too" in words_of(anybody.get(leave))
    anybody.send_as_it_is(leave, {}, 200)

    with world.handling.store.read() as conn:
        assert unmailed(conn, world.people["bruno"]) == {MessageKind.FOUND_RIGHT}


def test_more_than_were_thought_to_be_harmed_are_so_many_from_then_on(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    count_harmed(world.handling, incident, 2, reason="Counted", actor=world.actor("hugo"))

    say(world, incident, "bruno")
    assert world.row(incident).harmed_count == 2
    say(world, incident, "ada")

    assert world.row(incident).harmed_count == 3
    with world.handling.store.read() as conn:
        assert closures_without_evidence(conn, {KEY.id: KEY.secret}) == (0, [])


def test_nobody_counts_who_was_never_counted(world: World) -> None:
    incident = world.report()

    say(world, incident, "bruno")

    assert world.row(incident).harmed_count is None


def test_another_of_the_same_customer_says_so_and_none_of_another(world: World) -> None:
    incident = world.report()
    hire(world, "marco", colleague_of="carla")

    say(world, incident, "marco")

    for login in ("olga", "sami", "fay"):
        with pytest.raises(NotFound):
            say(world, incident, login)


@pytest.mark.parametrize("login", ["carla", "hugo", "egon"])
def test_who_answers_reported_it_handles_it_or_audits_does_not(world: World, login: str) -> None:
    incident = world.report()
    world.lead(incident)

    with pytest.raises(NotAllowed):
        say(world, incident, login)


def test_what_is_over_or_for_named_people_only_takes_nobody(world: World) -> None:
    closed = world.confirmed()
    limited = world.report(is_restricted=True)

    with pytest.raises(IncidentClosed):
        say(world, closed, "bruno")
    with pytest.raises(NotFound):
        say(world, limited, "bruno")


def test_it_is_taken_back_by_nobody(world: World) -> None:
    incident = world.report()
    say(world, incident, "bruno")

    with pytest.raises(DBAPIError), world.handling.store.begin() as work:
        work.conn.execute(t.also_harmed.delete())
    assert also(world, incident) == {world.people["bruno"]}


def test_a_program_says_so_too(world: World, machine: Callable[[str | None], Machine]) -> None:
    incident = world.report()

    machine("bruno").post("/incidents/1/me-too", {}, 204)
    machine("carla").post("/incidents/1/me-too", {}, 403)

    assert also(world, incident) == {world.people["bruno"]}
