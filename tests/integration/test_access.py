"""Who looked and who was refused is an entry: of a chain of their own, and told once."""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from engine.domain.access import COUNTED_FOR, MOST_REFUSED, NOBODY
from engine.errors import Unavailable
from engine.queries.access import Access, AccessFilter, AccessKind, access
from engine.queries.paging import FIRST, Page
from engine.usecases import noting
from engine.usecases.noting import tell_left_out
from engine.usecases.restricting import restrict
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
Start = Callable[[str | None], Machine]


def rows(world: World, like: str = "%") -> Sequence[Any]:
    with world.handling.store.read() as conn:
        asked = text(
            "SELECT chain_id, seq, verb, actor, person_id, incident_id, content FROM access_entry"
            " WHERE verb LIKE :like ORDER BY at, chain_id, seq"
        )
        return conn.execute(asked, {"like": like}).all()


def listed(world: World, page: Page = FIRST, **wanted: Any) -> Access:
    with world.handling.store.read() as conn:
        return access(conn, AccessFilter(**wanted), page)


def refused_once(world: World, verb: str) -> Any:
    (row,) = rows(world, "refused:%")
    assert row.verb == f"refused:{verb}"
    return row


# --- refusals -------------------------------------------------------------------------------------


def test_a_claim_by_the_wrong_team_is_an_entry_with_who_what_and_why(
    world: World, machine: Start
) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    item = world.item(incident, "do_it_action", "ada").id

    refusal = machine("gita").post(f"/items/{item}/claim", status=403)

    row = refused_once(world, "claim")
    assert (row.chain_id, row.person_id) == (world.people["gita"],) * 2
    assert row.incident_id == incident
    assert row.content["code"] == "not_allowed"
    assert row.content["sentence"] == refusal["sentence"]
    assert row.content["item_id"] == str(item)
    assert row.content["where"] == f"POST /api/v1/items/{item}/claim"


def test_a_refusal_that_a_page_tells_itself_is_an_entry_too(world: World, visit: Visit) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome", "carla").id

    visit("hugo").send(f"/todos/{item}", {"words": "Secret words"}, 403, at="/")

    row = refused_once(world, "answer")
    assert (row.incident_id, row.content["code"]) == (incident, "not_allowed")
    assert "Secret words" not in str(row)


def test_what_another_site_may_have_sent_is_an_entry(world: World, visit: Visit) -> None:
    visit("ada").send_as_it_is("/you/time-zone", {"time_zone": "UTC"}, 400)

    row = refused_once(world, "time_zone")
    assert (row.person_id, row.content["code"]) == (world.people["ada"], "forged")


def test_what_is_not_there_for_somebody_is_an_entry_and_what_is_not_there_is_none(
    world: World, visit: Visit
) -> None:
    incident = world.report("carla")

    visit("olga").get(f"/incidents/{world.row(incident).number}", 404)
    visit("olga").get("/incidents/4711", 404)

    row = refused_once(world, "page")
    assert (row.incident_id, row.content["code"]) == (incident, "hidden")


def test_the_words_of_what_is_for_named_people_only_stay_out_of_it(
    world: World, machine: Start
) -> None:
    incident = world.report(title="The Zephyr papers")
    world.lead(incident)
    restrict(world.handling, incident, reason="Zephyr", actor=world.actor("hugo"), people=[])

    machine("egon").post(f"/incidents/{incident}/lead", status=403)

    row = refused_once(world, "lead")
    assert row.incident_id == incident
    assert "sentence" not in row.content


def test_a_sign_in_that_failed_says_for_whom_and_neither_password_nor_name(
    world: World, visit: Visit
) -> None:
    for login in ("ada", "my secret password"):
        visit(None).send("/sign-in", {"login": login, "password": "not this one"}, 422)

    known, unknown = sorted(rows(world, "refused:%"), key=lambda one: one.chain_id == NOBODY)
    assert (known.chain_id, known.person_id) == (world.people["ada"], None)
    assert unknown.chain_id == NOBODY
    assert known.verb == unknown.verb == "refused:sign_in"
    assert "not this one" not in str(rows(world))
    assert "my secret password" not in str(rows(world))


def test_a_token_that_nobody_knows_is_an_entry_without_the_token(
    world: World, machine: Start
) -> None:
    stranger = machine(None)
    stranger.ask("GET", "/items", status=401)
    assert rows(world) == []

    stranger.ask("GET", "/items", status=401, headers={"Authorization": "Bearer putright_guess"})

    row = refused_once(world, "list_items")
    assert (row.chain_id, row.content["code"]) == (NOBODY, "unknown_token")
    assert "guess" not in str(row)


def test_a_flood_of_refusals_is_counted_and_told_in_one_entry(world: World, machine: Start) -> None:
    incident = world.report()
    before = world.row(incident).head_seq
    gita, hugo = machine("egon"), machine("fay")
    for _ in range(MOST_REFUSED + 5):
        gita.post(f"/incidents/{incident}/lead", status=403)
    hugo.get("/setup/person", 403)

    assert len(rows(world, "refused:lead")) == MOST_REFUSED
    assert len(rows(world, "refused:%")) == MOST_REFUSED + 1, "of somebody else it is told"
    assert world.row(incident).head_seq == before, "the incident's own record has none of it"
    assert tell_left_out(world.handling.store) == 0, "it goes on"

    world.clock.forward(seconds=COUNTED_FOR.total_seconds())
    assert tell_left_out(world.handling.store) == 1
    assert tell_left_out(world.handling.store) == 0

    (row,) = rows(world, "refused:too_often")
    assert row.chain_id == world.people["egon"]
    assert (row.person_id, row.content["number"]) == (None, 5)
    assert row.content["each"] == {"lead": 5}


def test_a_refusal_stays_one_when_it_cannot_be_written_down_and_the_log_says_so(
    world: World, machine: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("The database cannot be reached just now; please try again.")

    incident = world.report()
    egon = machine("egon")
    monkeypatch.setattr("api.access.note_refused", away)
    caplog.set_level(logging.ERROR)

    egon.post(f"/incidents/{incident}/lead", status=403)

    assert "a refused attempt was not written down: Unavailable" in caplog.text


def test_nobody_waits_for_an_incident_to_be_refused_something_about_it(
    world: World, machine: Start
) -> None:
    incident = world.report()
    fay = machine("olga")
    with world.handling.store.begin() as work:
        work.incident(incident)
        work.conn.execute(text("SET LOCAL lock_timeout = 0"))
        fay.get(f"/incidents/{incident}", 404)

    assert refused_once(world, "show").incident_id == incident


# --- readings -------------------------------------------------------------------------------------


def test_what_an_auditor_looks_at_is_an_entry_and_what_others_look_at_is_none(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = world.report()
    number = world.row(incident).number
    visit("hugo").get(f"/incidents/{number}")
    assert rows(world) == []

    visit("egon").get(f"/incidents/{number}")
    visit("egon").get("/incidents?words=balances")
    machine("egon").get(f"/incidents/{number}")
    visit("egon").get("/inbox/count")

    page, search, resource = rows(world)
    assert {one.verb for one in (page, search, resource)} == {"access:read"}
    assert (page.incident_id, page.content["where"]) == (incident, f"/incidents/{number}")
    assert search.content["query"] == "words=balances"
    assert resource.content["what"] == "api_incidents.show"
    assert [one.seq for one in (page, search, resource)] == [1, 2, 3]


def test_a_reading_that_the_incident_tells_of_already_is_not_told_twice(
    world: World, visit: Visit
) -> None:
    incident = world.report(is_restricted=True)
    visit("egon").get(f"/incidents/{world.row(incident).number}")

    assert rows(world) == []
    (line,) = listed(world, incident=world.row(incident).number).lines
    assert (line.kind, line.person_id) == (AccessKind.READ, world.people["egon"])


def test_nothing_is_shown_to_an_auditor_that_cannot_be_written_down(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database cannot be reached just now; please try again.")

    incident = world.report()
    monkeypatch.setattr("api.access.note_read", away)

    shown = visit("egon").get(f"/incidents/{world.row(incident).number}", 503)

    assert "Wrong balances" not in shown


@pytest.mark.parametrize("keeps", [False, True])
def test_the_address_and_the_browser_are_kept_if_the_setting_says_so(
    world: World, web: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch, *, keeps: bool
) -> None:
    monkeypatch.setitem(web.config, "KEEPS_ADDRESS", keeps)

    visit("egon").client.get("/desk", headers={"User-Agent": "Netscape"})

    (row,) = rows(world)
    kept = (row.content.get("address"), row.content.get("client"))
    assert kept == (("127.0.0.1", "Netscape") if keeps else (None, None))


# --- what auditors see of it ----------------------------------------------------------------------


def test_it_is_found_by_person_incident_kind_and_period_page_by_page(
    world: World, visit: Visit, machine: Start
) -> None:
    first, second = world.report(), world.report()
    for incident in (first, second, first):
        machine("egon").post(f"/incidents/{incident}/lead", status=403)
        world.clock.forward(days=1)
    visit("egon").get(f"/incidents/{world.row(first).number}")

    assert len(listed(world, incident=world.row(first).number).lines) == 3
    assert len(listed(world, kind=AccessKind.REFUSED).lines) == 3
    assert len(listed(world, kind=AccessKind.READ).lines) == 1
    assert len(listed(world, person=world.people["egon"]).lines) == 4
    assert listed(world, person=world.people["hugo"]).lines == ()
    since = world.clock.now.replace(hour=0)
    assert len(listed(world, since=since).lines) == 1
    assert len(listed(world, until=since).lines) == 3

    found: list[tuple[UUID, int]] = []
    page = Page(size=3)
    while True:
        one = listed(world, page)
        found += [(line.chain, line.seq) for line in one.lines]
        if one.next is None:
            break
        page = Page(size=3, after=one.next)
    assert [seq for _, seq in found] == [4, 3, 2, 1]


def test_the_desk_shows_it_and_so_does_the_incidents_record(
    world: World, visit: Visit, machine: Start
) -> None:
    incident = world.report()
    number = world.row(incident).number
    machine("fay").post(f"/incidents/{incident}/lead", status=404)

    desk = words_of(visit("egon").get("/desk/access?kind=refused"))
    record = words_of(visit("egon").get(f"/incidents/{number}/record"))
    others = words_of(visit("hugo").get(f"/incidents/{number}/record"))

    assert "Fay Fox was refused this" in desk
    assert "Fay Fox was refused this" in record
    assert "refused" not in others
    visit("hugo").get("/desk/access", 403)
    told = machine("egon").get("/access?kind=refused&size=1")
    assert len(told["lines"]) == 1
    assert told["next"]
    machine("hugo").get("/access", 403)


def test_the_application_cannot_change_or_remove_an_entry(world: World, visit: Visit) -> None:
    visit("egon").get("/desk")
    for sql in ("UPDATE access_entry SET actor = 'x'", "DELETE FROM access_entry"):
        with pytest.raises(Exception, match="permission denied"), (
            world.handling.store.begin()
        ) as work:  # fmt: skip
            work.conn.execute(text(sql))
    assert rows(world)[0].verb == noting.READ


def test_a_look_with_all_that_belongs_to_it_is_one_line_beside_the_record(
    world: World, visit: Visit
) -> None:
    world.report()
    egon = visit("egon")
    for path in ("history", "replay.json", "time"):
        egon.get(f"/incidents/1/{path}")
        world.clock.forward(seconds=2)
    world.clock.forward(minutes=5)
    egon.get("/incidents/1")
    visit("fay").get("/incidents/1", 404)
    world.clock.forward(minutes=5)

    page = words_of(egon.get("/incidents/1/record"))

    beside = page[page.index("Who looked, who was refused") :]
    assert beside.count("looked at this") == 2
    assert "/incidents/1/history · and 2 more within a minute" in beside
    assert beside.count("was refused this") == 1
    # each of them stands where all are listed
    everything = words_of(egon.get("/desk/access?incident=1"))
    assert "/incidents/1/replay.json" in everything
    assert "more within a minute" not in everything
