"""A to-do's page: doing it, holding it, and losing nothing that was typed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select, update

from engine.domain.party import Party
from engine.store import schema as t
from tests.visitor import Visitor, hidden_in, todo_path, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
ATTACK = "<script>alert(1)</script>"
DONE = {"outcome": "done", "what_was_done": "Corrected the rows"}


@pytest.fixture
def working(world: World) -> UUID:
    """An incident on which Ada's team has something to do."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases", "Correct the rows"))
    return incident


def _path(world: World, incident: UUID, step: str = "do_it_action") -> str:
    return todo_path(world.item(incident, step).id)


def _links(page: str, words: str) -> list[str]:
    """Return where the links with just these words lead."""
    return [a.get("href", "") for a in html.fromstring(page).iter("a") if a.text == words]


def _row(world: World, item_id: UUID) -> Any:
    with world.handling.store.read() as conn:
        return conn.execute(select(t.work_item).where(t.work_item.c.id == item_id)).one()


def test_home_shows_mine_and_my_teams(world: World, working: UUID, visit: Visit) -> None:
    ada = visit("ada")
    assert "Your teams have 1" in words_of(ada.get("/"))
    assert "Correct the rows" in ada.get("/?scope=teams")
    assert "Nothing waits for you" in visit("fay").get("/")
    del world, working


def test_a_link_narrows_the_list_and_leads_back(working: UUID, visit: Visit) -> None:
    ada = visit("ada")
    (chosen,) = _links(ada.get("/?scope=teams"), "Nobody yet")
    assert chosen == "/?scope=teams&unclaimed=yes"
    narrowed = ada.get(chosen)
    assert "Correct the rows" in narrowed
    assert _links(narrowed, "Nobody yet") == ["/?scope=teams"]

    (both,) = _links(narrowed, "Overdue")
    assert both == "/?scope=teams&unclaimed=yes&overdue=yes"
    nothing = ada.get(both)
    assert "Correct the rows" not in nothing
    assert "Nothing fits" in words_of(nothing)
    assert _links(nothing, "Show all of them") == ["/?scope=teams"]
    del working


@pytest.mark.parametrize(
    "words", ["priority=P9", "party=nobody", "overdue=maybe", "process=%00", "unclaimed="]
)
def test_a_filter_that_there_is_not_narrows_nothing(
    working: UUID, visit: Visit, words: str
) -> None:
    assert "Correct the rows" in visit("ada").get(f"/?scope=teams&{words}")
    del working


def test_a_to_do_is_done(world: World, working: UUID, visit: Visit) -> None:
    path = _path(world, working)
    page = words_of(visit("ada").get(path))
    assert "214 statements show wrong balances" in page
    assert "I take this" in page

    visit("ada").send(path, DONE)

    assert world.steps(working) == ["verify_outcome"]


def test_sent_twice_with_one_key_it_does_one_thing(
    world: World, working: UUID, visit: Visit
) -> None:
    ada, path = visit("ada"), _path(world, working)
    sent = hidden_in(ada.get(path)) | DONE

    ada.send_as_it_is(path, sent, 303)
    ada.send_as_it_is(path, sent, 303)

    assert world.verbs(working).count("action:done") == 1


def test_a_stale_form_shows_what_happened_and_keeps_every_word(
    world: World, working: UUID, visit: Visit
) -> None:
    path = _path(world, working)
    ada = visit("ada")
    sent = hidden_in(ada.get(path))
    world.act(working, "ada")

    page = words_of(ada.send_as_it_is(path, sent | DONE | {"what_was_done": "My long story"}, 409))

    assert "This is done. Ada Adler finished it" in page
    assert "My long story" in page
    assert "Done as asked" in page


def test_what_somebody_has_taken_meanwhile_keeps_every_word_too(world: World, visit: Visit) -> None:
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo", team_id=None, party=Party.BUSINESS)
    path = _path(world, incident, "do_business_action")
    dora = visit("dora")
    sent = hidden_in(dora.get(path))
    with world.handling.store.begin() as work:
        work.conn.execute(update(t.work_item).values(claimed_by=world.people["hugo"]))

    page = words_of(dora.send_as_it_is(path, sent | DONE | {"what_was_done": "My story"}, 403))

    assert "Somebody else has taken" in page
    assert "My story" in page


def test_what_is_wrong_stands_at_its_field_and_in_the_summary(
    world: World, working: UUID, visit: Visit
) -> None:
    page = visit("ada").send(
        _path(world, working), {"outcome": "done", "evidence": "Ledger, page 3"}, 422
    )

    assert 'role="alert"' in page
    assert 'href="#f-what_was_done"' in page
    assert 'id="f-what_was_done-error"' in page
    assert "Ledger, page 3" in page


def test_a_draft_is_kept_and_nothing_is_sent(world: World, working: UUID, visit: Visit) -> None:
    path = _path(world, working)

    visit("ada").send(path, {"what_was_done": "half a sen", "_draft": "1"})

    page = words_of(visit("ada").get(path))
    assert "half a sen" in page
    assert "Nothing has been sent yet" in page
    assert world.steps(working) == ["do_it_action"]


def test_what_people_wrote_is_shown_and_never_obeyed(
    world: World, working: UUID, visit: Visit
) -> None:
    hostile = world.report(title=ATTACK, actual=ATTACK, expected=ATTACK, harmed=ATTACK)
    world.lead(hostile)
    world.agree(hostile, world.for_team("databases", ATTACK))
    path = _path(world, hostile)
    ada = visit("ada")

    pages = [
        ada.get(path),
        ada.send(path, {"outcome": ATTACK, "evidence": ATTACK}, 422),
        ada.get("/?scope=teams"),
        ada.get("/incidents"),
        *(ada.get(f"/incidents/2{tab}") for tab in ("", "/time", "/record", "/history")),
        ada.get("/incidents/2/actions/1"),
        ada.get(f"/incidents?words={ATTACK}"),
    ]
    world.act(hostile, "ada")
    pages.append(ada.get(path))

    assert not [page for page in pages if ATTACK in page]
    assert all("&lt;script&gt;" in page for page in pages)
    del working


def test_who_may_not_see_it_is_told_that_there_is_none(
    world: World, working: UUID, visit: Visit
) -> None:
    path = _path(world, working)

    for stranger in ("fay", "olga", "sami"):
        assert "There is no such to-do" in visit(stranger).get(path, 404)
        visit(stranger).send(path, DONE, 404, at="/report")


def test_a_colleague_may_read_it_and_has_no_form(world: World, working: UUID, visit: Visit) -> None:
    path = _path(world, working)
    bruno = visit("bruno")

    page = bruno.get(path)
    assert "This is for Databases to do" in words_of(page)
    assert 'id="answers"' not in page

    bruno.send(path, DONE, 403, at="/report")
    assert world.steps(working) == ["do_it_action"]


def test_taking_giving_back_and_handing_over(world: World, working: UUID, visit: Visit) -> None:
    item = world.item(working, "do_it_action")
    path, ada = todo_path(item.id), visit("ada")

    ada.send(f"{path}/take", {}, at=path)
    assert _row(world, item.id).claimed_by == world.people["ada"]
    ada.send(f"{path}/give-back", {}, at=path)
    assert _row(world, item.id).claimed_by is None

    refused = ada.send(f"{path}/hand-over", {"to": f"team:{world.teams['accounting']}"}, 422, path)
    assert "This team belongs to another party" in refused
    assert "Please choose who does it" in ada.send(f"{path}/hand-over", {"to": "x"}, 422, path)
    ada.send(
        f"{path}/hand-over", {"to": f"person:{world.people['hugo']}", "note": "Yours"}, at=path
    )

    assert _row(world, item.id).how == "handed_on"
    assert "was handed over" in words_of(ada.get(path))


def test_taking_what_somebody_has_taken_names_them(
    world: World, working: UUID, visit: Visit
) -> None:
    item = world.item(working, "do_it_action")
    path = todo_path(item.id)
    visit("ada").send(f"{path}/take", {}, at=path)

    page = visit("ada").get(path)
    assert "Give it back" in page
    assert "Ada Adler has taken this" in words_of(visit("bruno").get(path))
    assert "Ada Adler has taken" in visit("bruno").send(f"{path}/take", {}, 409, at="/report")


def test_another_row_comes_without_losing_a_word(world: World, visit: Visit) -> None:
    incident = world.report()
    path = _path(world, incident, "agree_what_right_means")

    hugo = visit("hugo")

    page = hugo.send(path, {"criteria.0.measure": "Half a point", "_add": "criteria"}, 200)

    assert "Half a point" in page
    assert 'name="criteria.1.measure"' in page
    assert world.steps(incident) == ["agree_what_right_means"]
    sent = hidden_in(page) | {"criteria.0.measure": "Half a point", "_add": "criteria"}
    world.agree(incident)
    assert "Point 1: Half a point" in words_of(hugo.send_as_it_is(path, sent, 409))


def test_what_no_database_can_keep_is_left_out_of_notes(world: World, visit: Visit) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident)
    action = world.propose(incident, "hugo", targets=("Miller",))
    item = world.item(incident, "do_it_action")
    with world.handling.store.read() as conn:
        (target,) = conn.execute(select(t.target.c.id).where(t.target.c.action_id == action))
    ada, page = visit("ada"), todo_path(item.id)

    ticked = {"target": str(target.id), "outcome": "unreachable", "note": "No\x00body there"}
    ada.send(f"{page}/reached", ticked, at=page)
    to = {"to": f"team:{world.teams['databases']}", "note": "Over\x00 to you"}
    ada.send(f"{page}/hand-over", to, at=page)

    with world.handling.store.read() as conn:
        note = conn.scalar(select(t.target.c.note))
        entry = conn.scalar(select(t.entry.c.content).where(t.entry.c.verb == "item:handed_over"))
    assert note == "Nobody there"
    assert entry is not None
    assert entry["note"] == "Over to you"


def test_many_are_ticked_off_at_once(world: World, visit: Visit) -> None:
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo", targets=tuple(f"Customer {place}" for place in range(30)))
    item = world.item(incident, "do_it_action")
    path, ada = todo_path(item.id), visit("ada")
    with world.handling.store.read() as conn:
        targets = list(conn.scalars(select(t.target.c.id).order_by(t.target.c.position)))

    ada.send(f"{path}/reached", {"target": targets[:20], "outcome": "done"}, at=path)
    page = words_of(ada.get(path))
    assert "20 of 30 noted, 10 left" in page

    ada.send(f"{path}/reached", {"outcome": "done"}, at=path)
    assert "Please tick some lines first" in ada.get("/")


def test_the_confirmer_answers_and_the_incident_is_closed(world: World, visit: Visit) -> None:
    incident = world.asked()
    path = _path(world, incident, "confirm_outcome")
    carla = visit("carla")
    page = words_of(carla.get(path))
    assert "Is it right again?" in page
    assert "What we found 0" in page

    carla.send(path, {"criteria.0.answer": "yes"})

    assert world.row(incident).closed_by == "confirmed"
    assert "closed: the customer says it is right" in words_of(carla.get("/incidents/1")).lower()
