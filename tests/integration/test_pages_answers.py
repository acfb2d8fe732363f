"""All answers on one page: each sent by itself, none for all, what is grave on its own page."""

import re
from collections import Counter

import pytest
from flask import Flask

from engine.domain.incident import IncidentState, Level
from engine.usecases.restricting import restrict
from tests.visitor import Visitor, hidden_in, words_of
from tests.world import World


@pytest.fixture
def carla(world: World, web: Flask) -> Visitor:
    for number in range(2):
        world.asked(title=f"Number {number}")
    world.asked(title="Number 2", impact=Level.HIGH, urgency=Level.HIGH)
    return Visitor(world, web, "carla")


def test_each_is_asked_with_its_own_form_and_what_is_grave_is_not(carla: Visitor) -> None:
    page = carla.get("/answers")

    assert page.count('name="_all"') == 2
    assert "Number 2" in words_of(page).split("Number 0")[0]
    assert "yes to all" not in page.lower()
    twice = [one for one, times in Counter(re.findall(r' id="([^"]+)"', page)).items() if times > 1]
    assert twice == []
    assert "Answer 2 of them on one page" in carla.get("/")


def test_what_is_for_named_people_only_is_answered_on_its_own_page(
    world: World, carla: Visitor
) -> None:
    first = world.numbered(1)
    restrict(world.handling, first, reason="So", actor=world.actor("hugo"), people=[])
    page = carla.get("/answers")

    assert page.count('name="_all"') == 1
    assert "Number 0" not in page
    assert "For named people only" in page
    assert "on one page" not in carla.get("/")


def test_an_answer_is_one_answer_and_leads_back_to_the_others(world: World, carla: Visitor) -> None:
    item = world.item(world.numbered(1), "confirm_outcome")
    (criterion,) = world.criteria(world.numbered(1))
    sent = {"criteria.0.criterion": str(criterion), "criteria.0.answer": "yes", "_all": "yes"}
    page = hidden_in(carla.get("/answers"))
    answer = carla.client.post(f"/todos/{item.id}", data=page | sent)

    assert answer.location == "/answers"
    assert world.row(world.numbered(1)).state == IncidentState.CLOSED
    assert world.row(world.numbered(2)).state == IncidentState.OPEN
    left = carla.get("/answers")
    assert "Number 0" not in left
    assert "Number 1" in left


def test_what_is_missing_is_asked_on_its_own_page(world: World, carla: Visitor) -> None:
    item = world.item(world.numbered(1), "confirm_outcome")
    page = carla.send(f"/todos/{item.id}", {"_all": "yes"}, 422, at="/answers")

    assert "Number 0" in page
    assert "Number 1" not in page


def test_who_is_asked_for_nothing_is_told_so(world: World, web: Flask) -> None:
    assert "No answer of yours" in Visitor(world, web, "ada").get("/answers")
