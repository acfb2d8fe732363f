"""Files made for auditors: packs and logs for process mining, by a worker, for who asked alone."""

import json
import sqlite3
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import text

from api.mining import Format
from api.results import KINDS, write_result
from engine.errors import InvalidAnswers
from engine.usecases.result_files import content_of, file_of, files_of, make_file
from tests.machine import Machine
from tests.tampering import signing
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str], Visitor]
Start = Callable[[str | None], Machine]


@pytest.fixture
def start(world: World, web: Flask) -> Start:
    return lambda login: Machine(world, web, login)


def work(world: World) -> UUID:
    """Make what was asked for last, as a worker does."""
    with world.handling.store.read() as conn:
        (newest, *_) = files_of(conn, world.actor("egon"))
    handling = signing(world)
    make_file(handling.store, newest.id, partial(write_result, handling))
    return newest.id


def content(world: World, made: UUID) -> bytes:
    store = world.handling.store
    with store.read() as conn:
        file = file_of(conn, made, actor=world.actor("egon"))
    assert file.failed is None
    return b"".join(content_of(store, file))


def noted(world: World, where: str) -> list[dict[str, Any]]:
    with world.handling.store.read() as conn:
        rows = conn.execute(
            text("SELECT content FROM access_entry WHERE content->>'where' = :where ORDER BY seq"),
            {"where": where},
        ).scalars()
        return list(rows)


def test_a_pack_is_made_by_a_worker_and_what_it_is_for_is_an_entry(
    world: World, visit: Visit
) -> None:
    world.confirmed()
    egon = visit("egon")
    egon.send("/desk/packs", {"number": "1", "why": "The yearly inspection"})

    made = work(world)

    page = egon.get(f"/desk/files/{made}")
    assert "✓ It is there: 1 incident" in words_of(page)
    assert "The yearly inspection" in words_of(page)
    answer = egon.client.get(f"/desk/files/{made}/content")
    assert answer.headers["Content-Type"] == "application/zip"
    with ZipFile(BytesIO(answer.get_data())) as pack:
        assert "Carla Costa" in pack.read("report.html").decode()
        assert b"verify" in pack.read("verify.py")
    (entry,) = noted(world, "pack")
    assert (entry["about"], entry["purpose"]) == ("Incident 1", "The yearly inspection")


def test_what_a_pack_is_about_and_for_has_to_be_said(visit: Visit) -> None:
    egon = visit("egon")
    for sent, said in (
        ({"number": "1", "why": "x"}, "Please say why in 10 to 2000 characters."),
        (
            {"why": "A test of packs"},
            "Please give the number of an incident, or a first and a last day.",
        ),
        ({"why": "A test of packs", "number": "one"}, "Please give the number of an incident."),
        (
            {"why": "A test of packs", "since": "2026-03-02", "until": "2026-03-01"},
            "The last day is before the first one.",
        ),
    ):
        assert said in words_of(egon.send("/desk/packs", sent, 422))
    visit("dora").get("/desk/packs", 403)


def test_a_pack_of_what_there_is_not_says_why(world: World, visit: Visit) -> None:
    egon = visit("egon")
    egon.send("/desk/packs", {"number": "7", "why": "A test of packs"})

    made = work(world)

    assert "There is no incident 7." in words_of(egon.get(f"/desk/files/{made}"))
    egon.get(f"/desk/files/{made}/content", 404)


@pytest.mark.parametrize("kind", Format)
def test_a_log_for_process_mining_is_made_with_pseudonyms(
    world: World, visit: Visit, tmp_path: Path, kind: Format
) -> None:
    world.confirmed()
    visit("egon").send("/desk/mining", {"format": kind.value})

    found = content(world, work(world))

    assert b"Ada Adler" not in found
    if kind is Format.OCEL_JSON:
        assert len(json.loads(found)["events"]) > 20
    elif kind is Format.OCEL_SQLITE:
        file = tmp_path / "log.sqlite"
        file.write_bytes(found)
        with sqlite3.connect(file) as log:
            assert log.execute("SELECT count(*) FROM event").fetchone()[0] > 20
    else:
        assert found.startswith(b"<?xml")
    assert noted(world, "mining") == []


def test_names_need_a_purpose_which_is_an_entry(world: World, visit: Visit) -> None:
    world.confirmed()
    egon = visit("egon")
    page = egon.send("/desk/mining", {"format": "xes", "with_names": "yes"}, 422)
    assert "Please say why in 10 to 2000 characters." in words_of(page)

    egon.send("/desk/mining", {"format": "xes", "with_names": "yes", "purpose": "A complaint"})

    assert b"Ada Adler" in content(world, work(world))
    (entry,) = noted(world, "mining")
    assert entry["purpose"] == "A complaint"


def test_what_makes_no_sense_together_is_refused(visit: Visit) -> None:
    egon = visit("egon")
    for sent in (
        {},
        {"format": "doc"},
        {"format": "xes", "since": "soon"},
        {"format": "xes", "until": "0001-01-01"},
        {"format": "ocel-json", "by_run": "yes"},
    ):
        egon.send("/desk/mining", sent, 422)


def test_what_is_found_is_masked_in_a_file_until_a_purpose_is_stated(
    world: World, visit: Visit
) -> None:
    world.report()
    egon = visit("egon")
    query = {"query": "column=number&column=reporter", "format": "csv"}
    egon.send("/desk/files", query, at="/desk/incidents")
    assert b"Carla Costa" not in content(world, work(world))
    world.clock.forward(minutes=1)

    egon.send(
        "/desk/purpose",
        {"why": "Because a customer complains", "of": "everything", "hours": "1"},
    )
    egon.send("/desk/files", query, at="/desk/incidents")

    assert b"Carla Costa" in content(world, work(world))


def test_a_program_has_a_file_made_and_fetches_it(world: World, start: Start) -> None:
    world.confirmed()
    egon = start("egon")
    asked = egon.post(
        "/desk/files", {"format": "pack", "query": "number=1&why=A+test+of+packs"}, 202
    )
    assert asked["ended_at"] is None

    work(world)

    (listed,) = egon.get("/desk/files")
    assert (listed["id"], listed["lines"]) == (asked["id"], 1)
    assert egon.get(f"/desk/files/{asked['id']}")["failed"] is None
    egon.post("/desk/files", {"format": "doc"}, 422)
    start("dora").post("/desk/files", {"format": "csv"}, 403)


def test_a_purpose_alone_gives_no_names(world: World, start: Start) -> None:
    world.confirmed()
    wanted = {"format": "xes", "query": "purpose=Because+of+a+complaint"}
    start("egon").post("/desk/files", wanted, 202)

    assert b"Ada Adler" not in content(world, work(world))
    assert noted(world, "mining") == []


def test_every_kind_refuses_what_it_cannot_read() -> None:
    for kind in KINDS.values():
        with pytest.raises(InvalidAnswers):
            kind.again("since=soon&why=x&state=never")


def fetched(visitor: Visitor, made: UUID) -> int:
    return visitor.client.get(f"/desk/files/{made}/content").status_code


def state(visitor: Visitor, **said: str) -> None:
    about = {"why": "Because a customer complains", "of": "everything", "hours": "1"} | said
    visitor.send("/desk/purpose", about)


def test_what_names_people_is_fetched_only_while_a_purpose_holds(
    world: World, visit: Visit, start: Start
) -> None:
    world.report()
    egon, program = visit("egon"), start("egon")
    state(egon)
    query = {"query": "column=number&column=reporter", "format": "csv"}
    egon.send("/desk/files", query, at="/desk/incidents")
    made = work(world)
    assert "Fetch it" in words_of(egon.get(f"/desk/files/{made}"))
    assert fetched(egon, made) == 200

    world.clock.forward(hours=2)

    page = words_of(egon.get(f"/desk/files/{made}"))
    assert "It names people, and the purpose it was made for is over." in page
    assert "Fetch it" not in page
    assert fetched(egon, made) == 403
    program.get(f"/desk/files/{made}/content", 403)
    said = {"Purpose": "Because a customer complains"}
    program.ask("GET", f"/desk/files/{made}/content", headers=said)
    # of another incident only, which is not all that is in it
    state(egon, of="these", incidents="1")
    assert fetched(egon, made) == 403
    state(egon)
    assert fetched(egon, made) == 200


def test_what_was_masked_when_it_was_made_needs_no_purpose(world: World, visit: Visit) -> None:
    world.report()
    egon = visit("egon")
    state(egon)
    world.clock.forward(hours=2)
    query = {"query": "column=number&column=reporter", "format": "csv"}
    egon.send("/desk/files", query, at="/desk/incidents")
    made = work(world)
    world.clock.forward(minutes=1)
    state(egon)

    world.clock.forward(hours=2)

    assert fetched(egon, made) == 200


def test_what_a_pack_is_for_holds_for_a_working_day(world: World, visit: Visit) -> None:
    world.confirmed()
    egon = visit("egon")
    egon.send("/desk/packs", {"number": "1", "why": "The yearly inspection"})
    pack = work(world)
    world.clock.forward(hours=9)
    assert fetched(egon, pack) == 200

    world.clock.forward(hours=2)

    assert fetched(egon, pack) == 403
    state(egon, of="these", incidents="1")
    assert fetched(egon, pack) == 200


def test_a_log_with_pseudonyms_is_fetched_as_long_as_it_is_kept(world: World, visit: Visit) -> None:
    world.confirmed()
    egon = visit("egon")
    egon.send("/desk/mining", {"format": "xes"})
    log = work(world)
    world.clock.forward(minutes=1)
    egon.send("/desk/mining", {"format": "xes", "with_names": "yes", "purpose": "A complaint"})
    named = work(world)

    world.clock.forward(hours=11)

    assert (fetched(egon, log), fetched(egon, named)) == (200, 403)
