"""Files for process mining: written by a worker, fetched by who asked and by nobody else."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from api.mining import Format
from api.mining.shelf import Export, ExportState, Shelf, Wanted
from api.worker import jobs_app
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.store.embedded import DatabaseUrls
from engine.store.jobs import MINE
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str], Visitor]
Start = Callable[[str | None], Machine]


@pytest.fixture
def shelf(web: Flask, tmp_path: Path) -> Iterator[Shelf]:
    """The folder of the pages, empty."""
    before = web.config["EXPORTS"]
    web.config["EXPORTS"] = tmp_path / "exports"
    yield Shelf(tmp_path / "exports")
    web.config["EXPORTS"] = before


def ask(world: World, shelf: Shelf, login: str = "egon", **wanted: Any) -> Export:
    asked = Wanted(**{"format": Format.OCEL_JSON, **wanted})
    return shelf.ask(world.handling.store, asked, actor=world.actor(login))


def work(world: World, database: DatabaseUrls, shelf: Shelf) -> list[str]:
    """Do what waits to be done, as a worker does; return the ids it was done for."""
    app = jobs_app(world.handling, database.app_url, shelf=shelf)
    with world.handling.store.begin() as begun:
        jobs = begun.conn.execute(
            text("DELETE FROM procrastinate_jobs WHERE task_name = :name RETURNING args"),
            {"name": MINE},
        ).scalars()
        waiting = [str(one["export_id"]) for one in jobs]
    for one in waiting:
        app.tasks[MINE].func(one)
    return waiting


def test_a_file_is_written_by_a_worker_and_fetched_by_who_asked(
    world: World, database: DatabaseUrls, shelf: Shelf, visit: Visit
) -> None:
    world.confirmed()
    egon = visit("egon")
    egon.send("/desk/mining", {"format": "ocel-json"})
    assert "waits" in words_of(egon.get("/desk/mining"))

    (made,) = work(world, database, shelf)

    assert "1 incident," in words_of(egon.get("/desk/mining"))
    answer = egon.client.get(f"/desk/mining/{made}/file")
    assert len(json.loads(answer.get_data())["events"]) > 20
    assert "attachment" in answer.headers["Content-Disposition"]
    answer.close()


def test_nobody_else_finds_it(
    world: World, database: DatabaseUrls, shelf: Shelf, visit: Visit
) -> None:
    made = ask(world, shelf)
    work(world, database, shelf)
    with world.handling.store.begin() as begun:
        begun.conn.execute(text("UPDATE person SET roles = '{auditor}' WHERE login = 'fay'"))

    assert shelf.of(world.people["fay"]) == []
    visit("fay").get(f"/desk/mining/{made.id}/file", 404)
    visit("hugo").get(f"/desk/mining/{made.id}/file", 403)
    with pytest.raises(NotFound):
        shelf.one(made.id, world.people["fay"])
    with pytest.raises(NotAllowed):
        ask(world, shelf, "dora")


def test_names_need_a_purpose_which_stands_beside_the_file(
    world: World, database: DatabaseUrls, shelf: Shelf, visit: Visit
) -> None:
    world.confirmed()
    with pytest.raises(InvalidAnswers) as refused:
        ask(world, shelf, with_names=True, purpose=" ")
    assert list(refused.value.fields) == ["purpose"]
    page = visit("egon").send("/desk/mining", {"format": "xes", "names": "yes"}, 422)
    assert "Please say what the names are needed for." in words_of(page)

    named = ask(world, shelf, with_names=True, purpose="A complaint")
    plain = ask(world, shelf)
    work(world, database, shelf)

    assert b"Ada Adler" in shelf.file(shelf.one(named.id, named.person_id)).read_bytes()
    assert b"Ada Adler" not in shelf.file(shelf.one(plain.id, plain.person_id)).read_bytes()
    assert "A complaint" in words_of(visit("egon").get("/desk/mining"))


def test_what_is_asked_for_together_is_refused_where_it_makes_no_sense(
    world: World, shelf: Shelf, visit: Visit
) -> None:
    with pytest.raises(InvalidAnswers):
        ask(world, shelf, by_run=True)
    for sent in ({}, {"format": "doc"}, {"format": "xes", "from": "soon"},
                 {"format": "xes", "to": "0001-01-01"}):  # fmt: skip
        visit("egon").send("/desk/mining", sent, 422)
    for _ in range(5):
        ask(world, shelf)
    with pytest.raises(InvalidAnswers):
        ask(world, shelf)


def test_a_file_that_cannot_be_written_says_so(
    world: World,
    database: DatabaseUrls,
    shelf: Shelf,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = ask(world, shelf)

    def breaks(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("api.mining.shelf.write_mined", breaks)
    with pytest.raises(OSError, match="No space"):
        work(world, database, shelf)

    assert shelf.one(made.id, made.person_id).state is ExportState.FAILED
    assert "It could not be written." in words_of(visit("egon").get("/desk/mining"))
    visit("egon").get(f"/desk/mining/{made.id}/file", 404)


def test_one_done_again_after_its_worker_was_lost_is_whole(
    world: World, database: DatabaseUrls, shelf: Shelf
) -> None:
    world.confirmed()
    made = ask(world, shelf)
    # what a killed worker leaves
    (shelf.folder / f".{made.id}.log.jsonocel.json.unfinished").write_text("{")

    work(world, database, shelf)
    shelf.write(world.handling.store, made.id)

    found = shelf.one(made.id, made.person_id)
    assert (found.state, found.done, found.total) == (ExportState.DONE, 1, 1)
    assert json.loads(shelf.file(found).read_bytes())["events"]
    assert len(list(shelf.folder.iterdir())) == 2


def test_files_are_taken_away_after_a_week_or_when_asked_to(
    world: World, database: DatabaseUrls, shelf: Shelf, visit: Visit
) -> None:
    old = ask(world, shelf)
    work(world, database, shelf)
    world.clock.forward(days=6)
    new, gone = ask(world, shelf), ask(world, shelf)
    visit("egon").send(f"/desk/mining/{gone.id}/gone", {}, at="/desk/mining")
    world.clock.forward(days=1)

    shelf.forget(world.clock.now)

    assert [one.id for one in shelf.of(old.person_id)] == [new.id]
    assert [path.name for path in shelf.folder.iterdir()] == [f"{new.id}.json"]
    assert shelf.folder.stat().st_mode & 0o077 == 0
    # what was taken away meanwhile is no fault of the worker's
    assert set(work(world, database, shelf)) == {str(new.id), str(gone.id)}


def test_programs_ask_watch_fetch_and_drop(
    world: World, database: DatabaseUrls, shelf: Shelf, machine: Start
) -> None:
    world.confirmed()
    egon = machine("egon")
    made = egon.send("POST", "/mining", {"format": "xes", "since": "2026-01-01T00:00:00Z"})
    assert made.status_code == 202
    address = f"/mining/{made.get_json()['id']}"
    assert egon.get(address)["state"] == "waits"
    egon.get(f"{address}/file", 404)

    work(world, database, shelf)

    assert (egon.get(address)["done"], egon.get("/mining")[0]["state"]) == (1, "done")
    fetched = egon.send("GET", f"{address}/file")
    assert fetched.get_data().startswith(b"<?xml")
    fetched.close()
    machine("dora").get("/mining", 403)
    machine("dora").ask("POST", "/mining", {"format": "xes"}, status=403)
    egon.ask("POST", "/mining", {"format": "doc"}, status=422)
    egon.ask("DELETE", address, status=204)
    egon.get(address, 404)
    assert UUID(made.get_json()["id"]) not in {one.id for one in shelf.of(world.people["egon"])}
