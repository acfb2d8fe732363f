"""Ways out at the pages, without a script: small forms, and one click back."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from api.pages.deeds import DEEDS
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


def deed(name: str, number: int = 1) -> str:
    return f"/incidents/{number}/deeds/{name}"


def test_a_reporter_sees_that_it_was_set_aside_and_brings_it_back_with_one_click(
    world: World, visit: Visit
) -> None:
    world.report()
    hugo, carla = visit("hugo"), visit("carla")
    assert deed("set-aside") in hugo.get("/incidents/1")
    assert deed("set-aside") not in carla.get("/incidents/1")

    again = hugo.send(deed("set-aside"), {"reason": " "}, 422)
    assert "Please say why." in again
    hugo.send(deed("set-aside"), {"reason": "This is a request"})

    assert "This is a request" in words_of(carla.get("/"))
    page = carla.get("/incidents/1")
    assert "Hugo Hahn set this aside" in words_of(page)
    assert "Bring it back" in page
    assert "Bring it back" not in hugo.get("/incidents/1")
    assert "Set aside" in words_of(hugo.get("/incidents?show=out"))
    carla.send(deed("bring-back"), {}, at="/incidents/1")
    assert "goes on where it was" in words_of(carla.get("/incidents/1"))
    assert "This is a request" not in words_of(carla.get("/"))


def test_a_reporter_sees_what_it_was_joined_with_and_separates_it(
    world: World, visit: Visit
) -> None:
    world.report(title="Wrong balances")
    world.clock.forward(minutes=1)
    world.report("olga", title="My statement")
    hugo, olga = visit("hugo"), visit("olga")

    for into, why in (("", "the number of"), ("99", "no #99"), ("2", "another incident")):
        refused = hugo.send(deed("join", 2), {"into": into, "reason": "The same"}, 422)
        assert why in words_of(refused)
        assert "The same" in refused, "what was typed stays"
    hugo.send(deed("join", 2), {"into": "#1", "reason": "The same"})

    assert "Hugo Hahn joined this with #1" in words_of(olga.get("/incidents/2"))
    assert "joined with an earlier report by Hugo Hahn" in words_of(olga.get("/"))
    assert "#2" in words_of(hugo.get("/incidents/1"))
    hugo.send(deed("set-aside"), {"reason": "Nothing was wrong"})
    assert "which was told first (set aside)" in words_of(olga.get("/incidents/2"))
    olga.send(deed("separate", 2), {}, at="/incidents/2")
    assert world.row(world.numbered(2)).state == "open"


def test_the_wrong_way_round_is_told_and_keeps_what_was_typed(world: World, visit: Visit) -> None:
    world.report()
    world.clock.forward(minutes=1)
    world.report("olga")

    page = visit("hugo").send(deed("join"), {"into": "2", "reason": "The same"}, 409)

    assert "#1 was told first: please join #2 with it instead." in words_of(page)
    assert "The same" in page


def test_a_reporter_takes_it_back(world: World, visit: Visit) -> None:
    world.report()

    visit("carla").send(deed("take-back"), {"words": "I had misread it"})

    assert world.row(world.numbered(1)).closed_by == "confirmed"
    assert deed("take-back") not in visit("carla").get("/incidents/1")


def test_two_are_made_of_one(world: World, visit: Visit) -> None:
    world.report()
    hugo = visit("hugo")

    missing = words_of(hugo.send(deed("make-two"), {"title": "Wrong address"}, 422))
    assert "Please say what is wrong." in missing
    texts = {"title": "Wrong address", "actual": "The old street", "expected": "The new street"}
    hugo.send(deed("make-two"), texts)

    page = words_of(hugo.get("/incidents/2"))
    assert "This is the second of the two." in page
    assert "this came of it: it was one report with this" in page


def test_what_is_back_is_one_line_that_says_how_often(world: World, visit: Visit) -> None:
    world.confirmed()
    carla = visit("carla")
    assert "It is back" in carla.get("/incidents/1")

    carla.send(deed("is-back"), {"words": "Wrong again"})

    assert "for the 2nd time" in words_of(carla.get("/incidents"))
    known = words_of(carla.send(deed("is-back"), {}, 409))
    assert "It is known to be back: please see #2." in known


def test_an_answer_after_closing_is_asked_and_kept(world: World, visit: Visit) -> None:
    world.decided()
    carla = visit("carla")

    carla.send(deed("answer"), {"answer": "perhaps"}, 422)
    carla.send(deed("answer"), {"answer": "no", "words": "Two are wrong"})

    assert "Two are wrong" in words_of(carla.get("/incidents/2"))
    page = words_of(carla.get("/incidents/1"))
    assert "The customer answered otherwise after it was closed".lower() in page.lower()


def test_whoever_was_not_asked_is_heard(world: World, visit: Visit) -> None:
    world.asked()
    bruno = visit("bruno")

    bruno.send(deed("not-right"), {"words": "Mine is wrong"})

    assert "Mine is wrong" in words_of(bruno.get("/incidents/2"))
    told = words_of(bruno.send(deed("not-right"), {"words": "And this"}, 409))
    assert "You have told us: please see #2." in told


def test_the_owner_signs_until_when_it_may_come_back(world: World, visit: Visit) -> None:
    incident = world.confirmed()
    carla, dora = visit("carla"), visit("dora")
    for number in (1, 2, 3):
        carla.send(deed("is-back", number), {})
        incident = world.numbered(number + 1)
        world.lead(incident)
        world.agree(incident, world.for_team("databases"))
        world.act(incident, "ada")
        world.verify(incident)
        world.confirm(incident)
    page = "/incidents/4/actions/1"
    assert "No lasting remedy for now?" in dora.get(page)
    assert "No lasting remedy for now?" not in visit("hugo").get(page)
    sign = f"{page}/accepted-until"

    dora.send(sign, {"until": "soon", "reason": "A new system comes"}, 422, at=page)
    dora.send(sign, {"until": "2020-01-01", "reason": "A new system comes"}, 422, at=page)
    until = (world.clock.now + timedelta(days=60)).date().isoformat()
    dora.send(sign, {"until": until, "reason": "A new system comes"}, at=page)

    assert f"Accepted until {until}: A new system comes" in words_of(dora.get(page))


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_that_cannot_be_done_now_says_so(world: World, visit: Visit, name: str) -> None:
    world.report()

    assert "This cannot be done here now." in visit("egon").get(deed(name))
    visit("olga").get(deed(name), 404)


def test_there_is_no_page_for_what_nobody_can_do(world: World, visit: Visit) -> None:
    world.report()

    visit("hugo").get(deed("delete"), 404)
