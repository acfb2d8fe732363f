"""Links in letters: people without an account do what is asked of them, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from api.addresses import link_of, token_of
from engine.domain.link import LinkRef
from engine.domain.message import Way
from engine.usecases.delivering import bounced
from engine.usecases.directory import enter_leaving
from engine.usecases.restricting import restrict
from tests.post import Server, body, send
from tests.visitor import SECRET, Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def world(world: World) -> World:
    """Everybody signs in but Carla, whom nothing but mail reaches."""
    world.handling = replace(world.handling, ways=frozenset({Way.MAIL}))
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET password_hash = 'set' WHERE login <> 'carla'"))
    return world


def links_in(letter: EmailMessage) -> list[str]:
    """Return the links of a letter, as paths: what is asked first, the incident last."""
    return re.findall(r"https://right\.example\.org(/l/\S+)", body(letter))


def asked_by_mail(world: World, mail: Server) -> tuple[UUID, str, str]:
    """Return an incident, the link to answer and the link to follow it."""
    incident = world.asked()
    send(world, mail)
    [letter] = mail.to("Carla Costa")
    answer, follow = links_in(letter)
    return incident, answer, follow


def yes(world: World, incident: UUID) -> dict[str, str]:
    return {f"criteria.{n}.answer": "yes" for n, _ in enumerate(world.criteria(incident))}


def test_a_customer_without_an_account_confirms_by_the_link_in_their_mail(
    world: World, mail: Server, visit: Visit
) -> None:
    incident, answer, _ = asked_by_mail(world, mail)
    nobody = visit(None)
    page = words_of(nobody.get(answer))
    assert "Is it right again?" in page
    assert "For Carla Costa" in page
    assert world.row(incident).state == "open", "opening it answers nothing"

    nobody.send(answer, yes(world, incident))
    assert world.row(incident).state == "closed"
    assert "This is done" in words_of(nobody.get(answer))
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT grade FROM confirmation")) == "link"
        said = conn.execute(
            text("SELECT actor, person_id FROM entry WHERE verb = 'confirmation:given'")
        ).one()
    assert said == ("the bearer of a link sent to Carla Costa", world.people["carla"])


def test_not_right_by_link_takes_it_back_to_work(world: World, mail: Server, visit: Visit) -> None:
    incident, answer, _ = asked_by_mail(world, mail)
    said = {"criteria.0.answer": "no", "criteria.0.words": "Two are still wrong"}
    visit(None).send(answer, said)

    assert world.row(incident).state == "open"
    assert "confirmation:given" in world.verbs(incident)


def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(
    world: World, mail: Server, visit: Visit
) -> None:
    _, answer, _ = asked_by_mail(world, mail)
    page = visit(None).send(answer, {"criteria.0.answer": "no", "words": "Look again"}, 422)

    assert "Please say what is still wrong." in words_of(page)
    assert "Look again" in page


def test_a_link_is_for_one_thing_and_no_way_into_the_house(
    world: World, mail: Server, visit: Visit
) -> None:
    _, answer, follow = asked_by_mail(world, mail)
    nobody = visit(None)
    for path in (answer, follow):
        page = nobody.get(path)
        assert 'aria-label="Main"' not in page
        assert "/incidents/" not in page
        assert "/todos/" not in page
        nobody.get("/incidents", 302)
        nobody.get("/incidents/1", 302)
    nobody.send(follow, {"criteria.0.answer": "yes"}, 404, at=answer)


def test_who_follows_sees_in_plain_words_how_it_stands(
    world: World, mail: Server, visit: Visit
) -> None:
    _, _, follow = asked_by_mail(world, mail)
    page = words_of(visit(None).get(follow))

    assert "Wrong balances" in page
    assert "How it stands" in page
    assert "What was done Put it right" in page


def test_a_forged_or_foreign_link_opens_nothing(world: World, mail: Server, visit: Visit) -> None:
    _, answer, _ = asked_by_mail(world, mail)
    nobody = visit(None)
    token = answer.removeprefix("/l/")
    nobody.get(f"/l/{token}x", 404)
    nobody.get("/l/nonsense", 404)
    nobody.get(f"/l/{token_of(LinkRef(uuid4(), 0), SECRET)}", 404)
    ref = link_of(token, SECRET)
    assert ref is not None
    nobody.get(f"/l/{token_of(ref, 'another key ' * 4)}", 404)
    nobody.get(f"/l/{token_of(LinkRef(ref.id, 1), SECRET)}", 404)


def test_a_link_runs_out_and_a_new_one_goes_to_its_person_only_once_a_day(
    world: World, mail: Server, visit: Visit
) -> None:
    incident, answer, _ = asked_by_mail(world, mail)
    lasts = world.handling.rules.link_lasts
    world.clock.forward(seconds=(lasts + timedelta(seconds=1)).total_seconds())
    nobody = visit(None)
    page = nobody.get(answer, 410)
    assert "This link has run out." in words_of(page)
    nobody.send(answer, yes(world, incident), 410)
    assert world.row(incident).state == "open"

    before = len(mail.to("Carla Costa"))
    for _ in range(2):
        nobody.send(f"{answer}/new", {}, 200, at=answer)
    send(world, mail)
    [letter] = mail.to("Carla Costa")[before:]
    nobody.send(links_in(letter)[0], yes(world, incident))
    assert world.row(incident).state == "closed"


def test_a_link_that_was_mailed_again_lasts_from_then_on(
    world: World, mail: Server, visit: Visit
) -> None:
    _, answer, _ = asked_by_mail(world, mail)
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE work_item SET delivered_at = opened_at,"
                               " waits_for_mail = false WHERE mark = 'confirmation'"))  # fmt: skip
    world.clock.forward(days=20)
    world.fire(world.numbered(1))
    send(world, mail)
    world.clock.forward(days=20)

    visit(None).get(answer)


@pytest.mark.parametrize("how", ["left", "bounced"])
def test_leaving_and_a_bounce_end_every_link_at_once(
    world: World, mail: Server, visit: Visit, how: str
) -> None:
    incident, answer, follow = asked_by_mail(world, mail)
    if how == "left":
        with world.handling.store.begin() as work:
            enter_leaving(work, "carla")
    else:
        bounced(world.handling, "carla@example.org", "No such mailbox")
    nobody = visit(None)
    for path in (answer, follow):
        assert "This link was ended." in words_of(nobody.get(path, 410))
    nobody.send(answer, yes(world, incident), 410, at="/sign-in")
    before = len(mail.taken)
    nobody.send(f"{answer}/new", {}, 200, at="/sign-in")
    send(world, mail)
    assert all("Carla" not in letter["To"] for letter in mail.taken[before:])
    assert world.row(incident).state == "open"


def test_a_restricted_incident_is_read_by_link_and_every_reading_is_an_entry(
    world: World, mail: Server, visit: Visit
) -> None:
    incident, answer, _ = asked_by_mail(world, mail)
    restrict(world.handling, incident, reason="One of ours", actor=world.actor("hugo"))
    visit(None).get(answer)

    assert world.verbs(incident)[-1] == "incident:read"


def test_an_action_of_theirs_is_done_or_declined_by_link(
    world: World, mail: Server, visit: Visit
) -> None:
    incident = world.report()
    world.lead(incident)
    theirs = {
        "title": "Send us the list",
        "party": "customer",
        "person": str(world.people["carla"]),
    }
    world.agree(incident, theirs, theirs | {"title": "Look at it"})
    send(world, mail)
    paths = [path for letter in mail.to("Carla Costa") for path in links_in(letter)]
    nobody = visit(None)
    pages = {path: words_of(nobody.get(path)) for path in paths}
    [send_it] = [path for path, page in pages.items() if page.startswith("Send us the list")]
    [look] = [path for path, page in pages.items() if page.startswith("Look at it")]
    nobody.send(send_it, {"outcome": "done", "what_was_done": "Sent"})
    nobody.send(look, {"outcome": "declined", "reason": "Not ours"})

    assert {"action:done", "action:declined"} <= set(world.verbs(incident))


def test_a_draft_is_kept_by_link(world: World, mail: Server, visit: Visit) -> None:
    incident, answer, _ = asked_by_mail(world, mail)
    visit(None).send(answer, {"words": "Half a sentence", "_draft": ""})

    assert "Half a sentence" in visit(None).get(answer)
    assert world.row(incident).state == "open"
