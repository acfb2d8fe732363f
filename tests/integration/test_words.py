"""Looking for words: in what incidents say and in their actions, and what is open and alike."""

from uuid import UUID

import pytest
from flask import Flask

from engine.queries.incidents import Filters, incidents, similar
from engine.queries.words import all_of, any_of, number_in
from engine.usecases.restricting import restrict
from tests.visitor import Visitor, words_of
from tests.world import World


def found(world: World, login: str, words: str) -> list[UUID]:
    with world.handling.store.read() as conn:
        return [one.id for one in incidents(conn, world.actor(login), Filters(words=words)).lines]


@pytest.mark.parametrize(
    "words", ["ferret", "Ferrets", "ferr", "in march", "MARCH ferr", "7", "kaput, ferret!"]
)
def test_words_are_found_wherever_an_incident_says_them(world: World, words: str) -> None:
    wanted = world.report(
        title="Ferrets on 7 statements", actual="Printed in March", expected="kaput"
    )
    world.report(title="Nothing of the kind", actual="No", expected="No", harmed="No")

    assert found(world, "hugo", words) == [wanted]


@pytest.mark.parametrize("words", ["zebra", "' OR 1=1", "& | !", ":*", "\\", "ferret zebra"])
def test_what_nobody_said_is_not_found_and_breaks_nothing(world: World, words: str) -> None:
    world.report(title="Ferrets")

    assert found(world, "hugo", words) == []


def test_our_own_people_find_an_incident_by_its_actions(world: World) -> None:
    wanted = world.report()
    world.lead(wanted)
    world.propose(wanted, "hugo", title="Rebuild the hedgehog")

    with world.handling.store.read() as conn:
        (line,) = incidents(conn, world.actor("hugo"), Filters(words="hedge")).lines
    assert (line.id, line.found_in) == (wanted, "Rebuild the hedgehog")
    assert found(world, "carla", "hedgehog") == []
    assert found(world, "carla", "balances") == [wanted]


def test_a_number_finds_its_incident(world: World) -> None:
    first, second = world.report(), world.report()

    assert found(world, "hugo", f"#{world.row(second).number}") == [second]
    assert found(world, "hugo", str(world.row(first).number)) == [first]


def test_words_of_what_is_for_named_people_only_are_found_by_nobody(world: World) -> None:
    hidden = world.report(title="Ferrets")
    world.lead(hidden)
    world.propose(hidden, "hugo", title="Hedgehogs")
    restrict(world.handling, hidden, reason="So", actor=world.actor("hugo"), people=[])

    for login in ("hugo", "dora", "ada", "carla"):
        assert found(world, login, "ferrets") == []
        assert found(world, login, "hedgehogs") == []
    with world.handling.store.read() as conn:
        assert similar(conn, world.actor("hugo"), "Ferrets") == ()


def test_what_is_open_and_alike_is_shown_the_same_process_first(world: World) -> None:
    alike = world.report(title="Statements show ferrets")
    more = world.report(title="Statements show ferrets and badgers")
    other = world.report(title="Badgers on the website")
    world.confirmed()
    with world.handling.store.read() as conn:
        shown = similar(conn, world.actor("hugo"), "badgers, ferrets", product_id=world.process_id)
    assert shown[0].number == world.row(more).number
    assert {one.number for one in shown} == {world.row(one).number for one in (alike, more, other)}


def test_reporters_see_those_of_their_own_house_only(world: World) -> None:
    mine = world.report("carla", title="Ferrets")
    world.report("olga", title="Ferrets")

    with world.handling.store.read() as conn:
        shown = similar(conn, world.actor("carla"), "ferrets everywhere")
    assert [one.number for one in shown] == [world.row(mine).number]


def test_the_page_shows_them_beside_the_report(world: World, web: Flask) -> None:
    world.report(title="<b>Ferrets</b>")
    carla = Visitor(world, web, "carla")

    part = carla.get("/report/similar?title=Ferrets&product=nonsense")
    assert "Is it one of these?" in words_of(part)
    assert "<b>" not in part
    assert carla.get("/report/similar?title=of+the").strip() == ""
    assert 'id="similar"' in carla.get("/report")


def test_words_become_a_query_without_signs_of_its_own() -> None:
    assert all_of("It's 5 o'clock & more") == "it:* & s:* & 5 & o:* & clock:* & more:*"
    assert all_of("' ! :*") is None
    assert any_of("of the ferrets, ferrets badgers") == "ferrets | badgers"
    assert any_of("of a") is None
    assert (number_in(" #12 "), number_in("12a"), number_in("٣")) == (12, None, None)
