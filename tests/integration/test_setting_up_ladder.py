"""The ladder is set by priority: on the page, by the API and by a file, and holds at once."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT
from engine.domain.ladder_numbers import answers_of
from engine.domain.register import RecordKind
from engine.errors import InvalidAnswers, Unavailable
from engine.queries.register import register_trail
from engine.usecases.ladder_in_force import LadderInForce, at_this_moment
from engine.usecases.setting_up.saving import save
from tests.machine import Machine
from tests.visitor import Visitor, web_of, words_of
from tests.world import World

P3 = {"priority": "P3", **answers_of(DEFAULT.of(Priority.P3))}


@pytest.fixture
def following(world: World) -> World:
    """A world in which Fay sets up Putright, and the ladder follows what is set."""
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    ladder = LadderInForce(store=world.handling.store, every_seconds=0)
    world.handling = replace(world.handling, ladder=ladder)
    return world


@pytest.fixture
def web(following: World) -> Flask:
    return web_of(following)


def test_a_priority_s_numbers_are_set_on_its_page_and_hold_at_once(
    following: World, web: Flask
) -> None:
    fay = Visitor(following, web, "fay")
    assert "/setup/ladder/new?priority=P3" in fay.get("/setup/rules")
    assert 'value="10"' in fay.get("/setup/ladder/new?priority=P3")

    fay.send("/setup/ladder/new", P3 | {"decision": "2", "reminders": "1\n2"})

    page = words_of(fay.get("/setup/rules"))
    assert "2 wd" in page
    assert following.handling.ladder.of(Priority.P3).decision == 2
    assert following.handling.ladder.of(Priority.P3).reminders == (1, 2)
    assert following.handling.ladder.of(Priority.P2) == DEFAULT.of(Priority.P2)
    incident = following.asked()
    following.clock.forward(days=3)
    following.fire(incident)
    assert "decide_without_answer" in following.steps(incident)


def test_what_is_changed_is_an_entry_with_before_and_after(following: World) -> None:
    store, fay = following.handling.store, following.actor("fay")
    made = save(store, RecordKind.LADDER, P3, actor=fay)

    save(store, RecordKind.LADDER, P3 | {"debt": "4"}, actor=fay, record_id=made)

    with store.read() as conn:
        changed, entered, *_ = register_trail(conn)
    assert (entered.verb, changed.verb) == ("ladder:entered", "ladder:changed")
    assert changed.content is not None
    assert changed.content["changed"] == {"debt": ["10", "4"]}
    assert changed.content["name"] == "P3"


def test_what_cannot_be_read_is_named_and_nothing_changes(following: World, web: Flask) -> None:
    fay = Visitor(following, web, "fay")

    page = fay.send("/setup/ladder/new", P3 | {"decision": "soon", "next_look": "1"}, 422)

    assert "Please write working days, like 3, or a length of time, like 4 h." in words_of(page)
    assert "Please write a length of time from 5 min on" in words_of(page)
    assert following.handling.ladder.of(Priority.P3) == DEFAULT.of(Priority.P3)


def test_the_numbers_of_one_priority_do_not_become_another_s(following: World) -> None:
    store, fay = following.handling.store, following.actor("fay")
    made = save(store, RecordKind.LADDER, P3, actor=fay)

    with pytest.raises(InvalidAnswers) as refusal:
        save(store, RecordKind.LADDER, P3 | {"priority": "P4"}, actor=fay, record_id=made)

    assert refusal.value.fields == {"priority": "These are the numbers of another priority."}


def test_a_file_sets_them_and_goes_out_as_it_came_in(following: World, web: Flask) -> None:
    fay = Machine(following, web, "fay")
    fay.post("/setup/ladder", {"answers": P3 | {"decision": "6"}}, 201)
    sent = Visitor(following, web, "fay").get("/setup/ladder.csv")
    assert "P3" in sent

    tried = fay.post(
        "/setup/ladder/file", {"content": sent.replace("P3", "P4"), "dry_run": False}, 200
    )
    again = fay.post("/setup/ladder/file", {"content": sent, "dry_run": False}, 200)

    assert [line["what"] for line in tried["lines"]] == ["new"]
    assert [line["what"] for line in again["lines"]] == ["same"]
    assert following.handling.ladder.of(Priority.P4).decision == 6


def test_what_was_read_last_holds_while_the_database_is_away(
    following: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(
        following.handling.store,
        RecordKind.LADDER,
        P3 | {"debt": "4"},
        actor=following.actor("fay"),
    )
    ladder = following.handling.ladder
    assert ladder.of(Priority.P3).debt == 4

    monkeypatch.setattr(type(following.handling.store), "read", _away)

    assert ladder.of(Priority.P3).debt == 4
    assert at_this_moment(ladder).of(Priority.P3).debt == 4


def _away(_store: object) -> None:
    raise Unavailable("away")


def test_only_who_sets_up_sets_the_ladder(following: World, web: Flask) -> None:
    Machine(following, web, "dora").post("/setup/ladder", {"answers": P3}, 403)
    Visitor(following, web, "hugo").get("/setup/ladder/new", 403)
