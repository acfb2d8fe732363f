"""Several to-dos at once, and lists that somebody finds again."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from engine.errors import InvalidAnswers
from engine.usecases.holding import claim
from engine.usecases.many import claim_many, comment_many, hand_over_many
from engine.usecases.views import MOST, save_view, views_of
from tests.visitor import Visitor, words_of
from tests.world import World


@pytest.fixture
def asked(world: World) -> list[UUID]:
    """Three to-dos of Ada's team, on two incidents."""
    found = []
    for number in range(2):
        incident = world.report(title=f"Number {number}")
        world.lead(incident)
        world.agree(incident, world.for_team("databases", f"Mend {number}"))
        found.append(incident)
    world.propose(found[0], "hugo", title="Mend it too")
    return [item.id for one in found for item in world.items(one) if item.action_id]


def test_what_cannot_be_handed_over_keeps_back_no_other(world: World, asked: list[UUID]) -> None:
    world.finish(asked[0], "ada", outcome="done", what_was_done="So")

    done = hand_over_many(
        world.handling,
        asked,
        actor=world.actor("ada"),
        note="I am away",
        person_id=world.people["ada"],
    )
    assert done.count == 2
    assert list(done.refused.values()) == [1]
    with world.handling.store.read() as conn:
        held = conn.execute(
            text("SELECT count(*) FROM work_item WHERE people = ARRAY[:ada] AND ended_at IS NULL"),
            {"ada": world.people["ada"]},
        ).scalar_one()
    assert held == 2


def test_what_is_not_for_somebody_is_taken_by_nobody(world: World, asked: list[UUID]) -> None:
    done = claim_many(world.handling, asked, actor=world.actor("bruno"))

    assert done.count == 0
    with world.handling.store.read() as conn:
        taken = text("SELECT count(*) FROM work_item WHERE claimed_by IS NOT NULL")
        assert conn.scalar(taken) == 0


def test_a_strangers_ids_say_nothing_of_what_is_there(world: World, asked: list[UUID]) -> None:
    done = claim_many(world.handling, asked, actor=world.actor("olga"))
    assert list(done.refused) == ["There is no such to-do."]


def test_a_comment_goes_to_each_incident_once(world: World, asked: list[UUID]) -> None:
    done = comment_many(
        world.handling, asked, "On Monday", actor=world.actor("hugo"), is_internal=True
    )

    assert done.count == 2
    with world.handling.store.read() as conn:
        noted = text("SELECT count(*) FROM entry WHERE verb = 'incident:noted'")
        assert conn.scalar(noted) == 2


@pytest.mark.parametrize("many", [0, 201])
def test_none_and_too_many_are_refused(world: World, many: int) -> None:
    with pytest.raises(InvalidAnswers):
        claim_many(world.handling, [UUID(int=n) for n in range(many)], actor=world.actor("ada"))


def test_the_page_says_what_came_of_it(world: World, web: Flask, asked: list[UUID]) -> None:
    ada = Visitor(world, web, "ada")
    page = ada.get("/?scope=teams&many=yes")
    assert page.count('form="many"') == 3
    assert 'form="many"' not in ada.get("/?scope=teams")
    claim(world.handling, asked[0], actor=world.actor("ada"))
    sent = {"item": [str(one) for one in asked], "deed": "take", "back": "/?scope=mine"}
    ada.send("/todos/many", sent, at="/?scope=teams&many=yes")
    assert "Taken: 3." in words_of(ada.get("/?scope=mine"))
    to = f"team:{world.teams['databases']}"
    sent |= {"deed": "hand_over", "to": to, "words": "All yours"}
    ada.send("/todos/many", sent, at="/?scope=teams&many=yes")
    assert "Handed over: 3." in words_of(ada.get("/"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "Please tick some to-dos"),
        ({"item": "x"}, "Please choose whom"),
        ({"deed": "hand_over", "to": ""}, "Please choose whom"),
        ({"deed": "eat"}, "what is to be done"),
        ({"deed": "comment", "words": " "}, "write something"),
    ],
)
def test_what_is_missing_is_said(
    world: World, web: Flask, asked: list[UUID], changes: dict[str, str], says: str
) -> None:
    ada = Visitor(world, web, "ada")
    sent = {"deed": "take", "back": "//evil.example"} | changes
    if "deed" in changes:
        sent["item"] = str(asked[0])
    ada.send("/todos/many", sent, at="/?scope=teams&many=yes")
    assert says in words_of(ada.get("/"))


@pytest.mark.usefixtures("asked")
def test_a_view_is_found_again_and_taken_away(world: World, web: Flask) -> None:
    ada = Visitor(world, web, "ada")
    sent = {"scope": "teams", "unclaimed": "yes", "priority": "P3", "view_name": "To <take>"}
    ada.send("/todos/views", sent, at="/?scope=teams&unclaimed=yes")
    page = ada.get("/?scope=teams")
    assert "To &lt;take&gt;" in page
    assert 'href="/?scope=teams&amp;unclaimed=yes&amp;priority=P3"' in page
    assert "To &lt;take&gt;" not in Visitor(world, web, "bruno").get("/")
    with world.handling.store.read() as conn:
        ((view, _, _),) = views_of(conn, world.people["ada"])
    Visitor(world, web, "hugo").send(f"/todos/views/{view}/drop", {}, at="/report")
    assert "To &lt;take&gt;" in ada.get("/?scope=teams")
    ada.send(f"/todos/views/{view}/drop", {}, at="/?scope=teams")
    assert "To &lt;take&gt;" not in ada.get("/?scope=teams")


def test_nobody_keeps_views_without_end_or_name(world: World) -> None:
    store, ada = world.handling.store, world.people["ada"]
    for number in range(MOST):
        save_view(store, ada, f"View {number}", "scope=mine")
    save_view(store, ada, "View 0", "scope=teams")
    for name in ("One more", "", "x" * 61):
        with pytest.raises(InvalidAnswers):
            save_view(store, ada, name, "scope=mine")
    with store.read() as conn:
        views = {name: query for _, name, query in views_of(conn, ada)}
    assert len(views) == MOST
    assert views["View 0"] == "scope=teams"
