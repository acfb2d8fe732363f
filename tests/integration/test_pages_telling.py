"""The public page: those without an account tell us, machines do not."""

import re

import pytest
from flask import Flask
from sqlalchemy import text

from engine.queries.incidents import incidents
from tests.visitor import Visitor, hidden_in, words_of
from tests.world import World

PAGE = "/tell-us"


@pytest.fixture
def stranger(world: World, web: Flask) -> Visitor:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE business_process SET is_public = true"))
    return Visitor(world, web)


def told(world: World, **changes: str) -> dict[str, str]:
    return {
        "product": str(world.process_id),
        "title": "My statement is wrong",
        "actual": "It shows a payment twice",
        "name": "Nora Nobody",
        "contact": "nora@nowhere.example",
    } | changes


def opened(world: World) -> int:
    with world.handling.store.read() as conn:
        return len(incidents(conn, world.actor("hugo")).lines)


def fill_in(world: World, stranger: Visitor) -> dict[str, str]:
    """Open the page and take the time that a person takes."""
    page = hidden_in(stranger.get(PAGE))
    world.clock.forward(seconds=20)
    return page


def test_a_stranger_tells_us_and_follows_it_on_a_page_of_their_own(
    world: World, web: Flask, stranger: Visitor
) -> None:
    answer = stranger.client.post(PAGE, data=fill_in(world, stranger) | told(world))
    assert answer.status_code == 303

    own = Visitor(world, web)
    page = words_of(own.get(answer.location))
    assert "number 1" in page
    assert "We are working on it" in page
    hugo = words_of(Visitor(world, web, "hugo").get("/incidents/1"))
    assert "My statement is wrong" in hugo
    assert "Nora Nobody" in hugo
    record = words_of(Visitor(world, web, "hugo").get("/incidents/1/record"))
    assert "the public page" in record.lower()


def test_the_same_sending_twice_is_one_incident(world: World, stranger: Visitor) -> None:
    sent = fill_in(world, stranger) | told(world)
    first, second = (stranger.client.post(PAGE, data=sent) for _ in range(2))

    assert first.location == second.location
    assert opened(world) == 1


@pytest.mark.parametrize(
    ("changes", "seconds", "says"),
    [
        ({"website": "https://x.example"}, 20, "people do not see"),
        ({}, 1, "That was quick"),
        ({"_key": "forged"}, 20, "open for very long"),
        ({}, 90_000, "open for very long"),
        ({"title": " "}, 20, "in one line"),
        ({"product": "00000000-0000-0000-0000-000000000001"}, 20, "choose"),
    ],
)
def test_what_is_not_taken_is_asked_again_with_all_that_was_typed(
    world: World, stranger: Visitor, changes: dict[str, str], seconds: int, says: str
) -> None:
    page = hidden_in(stranger.get(PAGE))
    world.clock.forward(seconds=seconds)
    answer = stranger.client.post(PAGE, data=page | told(world, **changes))
    again = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert says in again
    assert "It shows a payment twice" in again
    assert opened(world) == 0


def test_who_was_too_quick_sends_it_once_more(world: World, stranger: Visitor) -> None:
    page = hidden_in(stranger.get(PAGE))
    again = stranger.client.post(PAGE, data=page | told(world)).get_data(as_text=True)
    world.clock.forward(seconds=4)

    assert stranger.client.post(PAGE, data=hidden_in(again) | told(world)).status_code == 303


def test_one_address_tells_us_so_much_and_no_more(world: World, stranger: Visitor) -> None:
    for number in range(9):
        sent = fill_in(world, stranger) | told(world, title=f"Number {number}")
        answer = stranger.client.post(PAGE, data=sent)
    assert answer.status_code == 429
    assert "Number 8" in answer.get_data(as_text=True)
    assert opened(world) == 8
    world.clock.forward(minutes=20)
    sent = fill_in(world, stranger) | told(world)
    assert stranger.client.post(PAGE, data=sent).status_code == 303


def test_there_is_no_such_page_where_no_process_is_public(world: World, web: Flask) -> None:
    visitor = Visitor(world, web)
    visitor.get(PAGE, 404)
    assert PAGE not in visitor.get("/sign-in")


def test_only_what_is_public_can_be_told_of(world: World, stranger: Visitor) -> None:
    sent = fill_in(world, stranger) | told(world)
    with world.handling.store.begin() as work:
        work.conn.execute(
            text(
                "WITH made AS (INSERT INTO business_process (id, name, owner_id, duty_lead_id,"
                " authority_id, desk_id, is_public) SELECT gen_random_uuid(), 'Portal',"
                " owner_id, duty_lead_id, authority_id, desk_id, true FROM business_process"
                " RETURNING id) INSERT INTO product (id, process_id, name)"
                " SELECT id, id, 'Pages' FROM made"
            )
        )
        work.conn.execute(
            text("UPDATE business_process SET is_public = false WHERE name <> 'Portal'")
        )
    page = stranger.get(PAGE)
    assert "Customer statements" not in page
    assert stranger.client.post(PAGE, data=sent).status_code == 422
    assert opened(world) == 0


def test_the_page_says_nothing_of_what_others_told(world: World, stranger: Visitor) -> None:
    world.report(title="Ferrets everywhere")

    assert "Ferrets" not in stranger.get(PAGE)
    assert 'id="similar"' not in stranger.get(PAGE)
    stranger.get("/report/similar?title=Ferrets", 302)


def test_a_strangers_words_cannot_break_out(world: World, web: Flask, stranger: Visitor) -> None:
    bad = "<img src=x onerror=alert(1)>"
    sent = fill_in(world, stranger) | told(world, title=bad, actual=bad, name=bad, contact=bad)
    answer = stranger.client.post(PAGE, data=sent)
    assert bad not in Visitor(world, web).get(answer.location)
    assert bad not in Visitor(world, web, "hugo").get("/incidents/1")
    assert re.search(r'href="/tell-us"', Visitor(world, web).get("/sign-in"))
