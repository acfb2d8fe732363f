"""Files as evidence: kept whole, named safely, seen by whom they are for, never run."""

from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.addresses import token_of
from engine.errors import InvalidAnswers, NotFound, Unavailable
from engine.queries.files import FileLine, file_content, files
from engine.store.connect import translated
from engine.usecases.filing import KINDS, LARGEST, NewFile, add_file
from engine.usecases.links import keep_link
from engine.usecases.restricting import restrict
from tests.visitor import SECRET, Visitor, hidden_in, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
PNG = b"\x89PNG\r\n\x1a\n and so on"


def add(
    world: World,
    incident: UUID,
    login: str = "hugo",
    name: str = "seen.png",
    content: bytes = PNG,
    *,
    is_internal: bool = False,
) -> UUID:
    file = NewFile(name, content)
    actor = world.actor(login)
    return add_file(world.handling, incident, file, actor=actor, is_internal=is_internal)


def listed(world: World, incident: UUID, login: str) -> tuple[FileLine, ...]:
    with world.handling.store.read() as conn:
        return files(conn, incident, world.actor(login))


def test_a_file_is_kept_whole_and_its_digest_is_on_record(world: World) -> None:
    incident = world.report("carla")
    made = add(world, incident, content=bytes(range(256)) * 5000)
    with world.handling.store.read() as conn:
        name, content = file_content(conn, incident, made, world.actor("carla"))
        entry = conn.scalar(text("SELECT content FROM entry WHERE verb = 'file:added'"))
    assert (name, content) == ("seen.png", bytes(range(256)) * 5000)
    assert entry["bytes"] == 1_280_000
    assert len(entry["sha256"]) == 64


def test_what_is_for_us_only_is_not_seen_outside(world: World) -> None:
    incident = world.report("carla")
    made = add(world, incident, is_internal=True)

    assert listed(world, incident, "carla") == ()
    assert len(listed(world, incident, "hugo")) == 1
    with world.handling.store.read() as conn, pytest.raises(NotFound):
        file_content(conn, incident, made, world.actor("carla"))
    with pytest.raises(InvalidAnswers):
        add(world, incident, "carla", is_internal=True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\x\\seen.png", "seen.png"),
        ("a\r\nSet-Cookie: x\u202egnp.png", "aSet-Cookie xgnp.png"),
        ("<b>.png", "b.png"),
        ("x" * 500 + ".png", "x" * 146 + ".png"),
        ("Kontoauszug März.PDF", "Kontoauszug März.PDF"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert NewFile(given, b"x").clean_name == kept


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.exe", "x.js", "x", ".png.", "x.png.exe"])
def test_what_a_browser_or_a_shell_runs_is_not_kept(world: World, name: str) -> None:
    incident = world.report("carla")
    with pytest.raises(InvalidAnswers):
        add(world, incident, name=name)
    assert {"html", "htm", "svg", "xml", "js", "exe", "bat", "sh", "xhtml"}.isdisjoint(KINDS)


def test_empty_and_too_large_is_refused_and_the_limit_is_kept(world: World) -> None:
    incident = world.report("carla")
    for content in (b"", b"x" * (LARGEST + 1)):
        with pytest.raises(InvalidAnswers):
            add(world, incident, content=content)
    add(world, incident, content=b"x" * LARGEST)


def test_in_a_restricted_incident_only_named_people_get_it(world: World, visit: Visit) -> None:
    incident = world.report("carla")
    world.lead(incident, "hugo")
    made = add(world, incident)
    restrict(world.handling, incident, reason="One of ours", actor=world.actor("hugo"))
    path = f"/incidents/1/files/{made}"
    visit("ada").get(path, 404)
    visit("hugo").client.get(path)
    assert world.verbs(incident)[-1] == "incident:read", "getting it is reading"
    with pytest.raises(NotFound):
        add(world, incident, "ada")


def test_the_page_takes_it_and_gives_it_back_as_a_download(
    world: World, visit: Visit, web: Flask
) -> None:
    del web
    incident = world.report("carla")
    carla, path = visit("carla"), "/incidents/1"
    hostile = b"<html><script>alert(1)</script>"
    sent = {"file": (BytesIO(hostile), "seen.txt")}
    carla.send(f"{path}/files", sent, at=path)
    assert "seen.txt" in words_of(carla.get(path))
    [line] = listed(world, incident, "carla")
    answer = carla.client.get(f"{path}/files/{line.id}")
    assert answer.data == hostile
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''seen.txt"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Type"].startswith("text/plain")

    carla.send(f"{path}/files", {}, at=path)
    assert "Please choose a file." in words_of(carla.get(path))
    assert _claiming(carla, f"{path}/files", LARGEST + 200_000) == 413
    assert len(listed(world, incident, "carla")) == 1


def test_no_other_page_takes_so_much(visit: Visit, world: World) -> None:
    world.report("carla")
    carla = visit("carla")
    assert _claiming(carla, "/incidents/1/comments", 5_000_000) == 413


def _claiming(who: Visitor, path: str, length: int) -> int:
    """Post what says that it is so long, and return the status."""
    claim = {"CONTENT_LENGTH": str(length)}
    return who.client.post(path, data={"words": "x"}, environ_overrides=claim).status_code


def test_who_follows_by_link_gives_and_gets_files(world: World, visit: Visit) -> None:
    incident = world.report("carla")
    internal = add(world, incident, is_internal=True)
    with world.handling.store.begin() as work:
        ref = keep_link(
            work.conn,
            world.people["carla"],
            incident,
            None,
            now=work.now,
            lasts=world.handling.rules.link_lasts,
        )
    path, nobody = f"/l/{token_of(ref, SECRET)}", visit(None)
    nobody.send(f"{path}/files", {"file": (BytesIO(PNG), "mine.png")}, at=path)
    [line] = listed(world, incident, "carla")
    assert line.added_by == "the bearer of a link sent to Carla Costa"
    assert nobody.client.get(f"{path}/files/{line.id}").data == PNG
    nobody.get(f"{path}/files/{internal}", 404)


def test_the_same_content_is_kept_once(world: World) -> None:
    incident = world.report("carla")
    add(world, incident)
    add(world, world.report("carla"), name="again.png")
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM file_content")) == 1
        assert conn.scalar(text("SELECT count(*) FROM file")) == 2


def test_a_full_disk_is_told_as_such() -> None:
    told = translated(DBAPIError("INSERT", {}, psycopg.errors.DiskFull("could not extend file")))

    assert isinstance(told, Unavailable)
    assert "no space left" in told.sentence


def test_a_program_gives_files_and_gets_them_back(world: World, visit: Visit) -> None:
    incident = world.report()
    world.lead(incident)
    hugo, carla = visit("hugo"), visit("carla")
    token = hidden_in(hugo.get("/report"))["csrf_token"]
    headers = {"X-CSRFToken": token, "Content-Type": "image/png"}
    path = "/api/v1/incidents/1/files"

    made = hugo.client.post(f"{path}?name=seen.png", data=PNG, headers=headers)
    ours = hugo.client.post(
        f"{path}?name=ours.txt&is_internal=true", data=b"For us", headers=headers
    )
    wrong = hugo.client.post(f"{path}?name=bad.exe", data=b"MZ", headers=headers)
    empty = hugo.client.post(f"{path}?name=none.txt", data=b"", headers=headers)

    assert (made.status_code, ours.status_code) == (201, 201)
    assert (wrong.status_code, empty.status_code) == (422, 422)
    got = hugo.client.get(f"{path}/{made.json['id']}")
    assert got.data == PNG
    assert "attachment" in got.headers["Content-Disposition"]
    assert [one["name"] for one in hugo.client.get(path).json] == ["seen.png", "ours.txt"]
    assert [one["name"] for one in carla.client.get(path).json] == ["seen.png"]
    assert carla.client.get(f"{path}/{ours.json['id']}").status_code == 404
    assert visit("fay").client.get(path).status_code == 404
