"""Signed heads are made daily, leave the house once, and show that an older database came back."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from api.anchors import FilePlace, MailPlace, WebhookPlace, heads_at
from api.worker import WorkerThread
from engine.domain.anchor import AnchorWay
from engine.domain.audited import Question
from engine.domain.merkle import is_beginning, is_included, leaf_hash
from engine.domain.signed_head import as_line, leaf, read_line
from engine.errors import Conflict, InvalidAnswers, Unavailable
from engine.queries.signed_heads import Log, head_lines, outside
from engine.store.embedded import DatabaseUrls
from engine.store.receipts import SIGNING
from engine.usecases.anchoring import anchor_newest
from engine.usecases.signing_heads import say_restored, sign_heads, sign_if_due
from tests.post import Server
from tests.tampering import audited, signing, told
from tests.unguarded import unguarded
from tests.until import until
from tests.world import World

MINE = "Putright <putright@example.org>"


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted to it, and answers as it is told."""

    answer = 200
    taken: list[bytes]

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[tuple[str, type[Hook]]]:
    kind = type("OneHook", (Hook,), {"taken": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hush", kind
    server.shutdown()
    thread.join()
    server.server_close()


def receipts(world: World) -> list[tuple[int, str, str]]:
    with world.handling.store.read() as conn:
        return [
            (line.head.number, one.way, one.place)
            for line in head_lines(conn)
            for one in line.receipts
        ]


def test_a_signed_head_survives_the_way_out(world: World) -> None:
    head = sign_heads(signing(world))

    assert read_line(as_line(head)) == head
    assert read_line(as_line(head)).is_genuine
    for spoilt in ("", "[]", "{}", as_line(head).replace('"size":1', '"size":"1"')):
        with pytest.raises(ValueError, match="no signed head"):
            read_line(spoilt)


def test_heads_leave_by_every_way_once(
    world: World, mail: Server, hook: tuple[str, type[Hook]], tmp_path: Path
) -> None:
    url, kind = hook
    server = f"smtp://127.0.0.1:{mail.controller.port}"
    places = [
        FilePlace(tmp_path),
        FilePlace(tmp_path / "heads.jsonl"),
        MailPlace("revision@example.org", server, MINE),
        WebhookPlace(url),
    ]
    head = sign_heads(signing(world))

    for _ in range(2):
        assert anchor_newest(signing(world), places) == []

    assert heads_at(tmp_path) == heads_at(tmp_path / "heads.jsonl") == [head]
    (letter,) = mail.taken
    assert letter["To"] == "revision@example.org"
    (attached,) = letter.iter_attachments()
    assert read_line(attached.get_content().decode()) == head
    assert [read_line(one.decode()) for one in kind.taken] == [head]
    # what may be secret in the address stays out of the receipts
    host = url.removesuffix("/hush").rpartition(":")[0]
    assert sorted(receipts(world)) == sorted(
        [
            (1, AnchorWay.FILE, str(tmp_path)),
            (1, AnchorWay.FILE, str(tmp_path / "heads.jsonl")),
            (1, AnchorWay.MAIL, "revision@example.org"),
            (1, AnchorWay.WEBHOOK, host),
        ]
    )


def test_what_a_place_does_not_take_is_told_and_tried_again(
    world: World, hook: tuple[str, type[Hook]]
) -> None:
    url, kind = hook
    place = WebhookPlace(url)
    sign_heads(signing(world))
    kind.answer = 500

    assert anchor_newest(signing(world), [place]) == [place.name]
    with world.handling.store.read() as conn:
        assert outside(conn).failing == {place.name: "It answers: 500"}
    kind.answer = 200
    assert anchor_newest(signing(world), [place]) == []

    with world.handling.store.read() as conn:
        assert outside(conn).failing == {}
    assert len(receipts(world)) == 1


def test_a_place_with_another_head_of_that_number_is_left_as_it_is(
    world: World, tmp_path: Path
) -> None:
    place, file = FilePlace(tmp_path), tmp_path / "putright-head-00000001.json"
    sign_heads(signing(world))
    with world.handling.store.read() as conn:
        (line,) = head_lines(conn)
    told_of = json.loads(as_line(line.head)) | {"entries": 7}
    file.write_text(json.dumps(told_of))

    assert anchor_newest(signing(world), [place]) == [str(tmp_path)]
    assert json.loads(file.read_text())["entries"] == 7


def test_a_head_is_signed_once_a_day(world: World) -> None:
    assert sign_if_due(signing(world)) is not None
    world.clock.forward(hours=22)
    assert sign_if_due(signing(world)) is None
    world.clock.forward(hours=2)
    second = sign_if_due(signing(world))

    assert second is not None
    assert second.number == 2


def test_without_a_key_nothing_is_signed(world: World) -> None:
    with pytest.raises(Unavailable, match="PUTRIGHT_SIGNING_KEY"):
        sign_heads(world.handling)


def test_only_chains_that_grew_get_a_leaf(world: World) -> None:
    quiet, busy = world.report(), world.report()
    first = sign_heads(signing(world))
    world.lead(busy)
    second = sign_heads(signing(world))

    assert (first.chains, first.size, second.chains, second.size) == (3, 3, 3, 4)
    assert second.entries == sum(world.row(one).head_seq for one in (quiet, busy)) + 1


def test_each_chain_can_be_proved_to_be_in_each_later_head(world: World) -> None:
    incidents = [world.report() for _ in range(6)]
    first = sign_heads(signing(world))
    world.lead(incidents[2])
    second = sign_heads(signing(world))

    with world.handling.store.read() as conn:
        for head in (first, second):
            log = Log(conn, head)
            for incident in incidents:
                proof = log.proof(incident)
                assert proof is not None
                hashed = leaf_hash(leaf(incident, proof.seq, proof.hash))
                assert is_included(hashed, proof.position, head.size, proof.path, head.root)
        path = log.consistency(first)
    assert is_beginning(first.size, first.root, second.size, second.root, path)


# --- backups -----------------------------------------------------------------------------------


def put_back(database: DatabaseUrls, newest: int) -> None:
    """Make the database one that knows no signed head behind this number."""
    with unguarded(database) as conn:
        for table in ("head_receipt", "signed_leaf", "signed_head"):
            sql = f"DELETE FROM {table} WHERE number > :newest"  # noqa: S608
            conn.execute(text(sql), {"newest": newest})


def test_an_older_database_is_noticed_without_being_told(
    world: World, database: DatabaseUrls
) -> None:
    sign_heads(signing(world))
    world.report()
    left = sign_heads(signing(world))
    put_back(database, 1)

    with pytest.raises(Conflict, match="was an older database put back"):
        sign_heads(signing(world, left=left.number))
    assert sign_if_due(signing(world, left=left.number)) is None

    with world.handling.store.read() as conn:
        assert "Signed head 2 has left" in outside(conn).failing[SIGNING]
    found = told(audited(world.handling.store, [left]))
    assert found == {Question.COMPLETENESS: [("Signed head 2 from outside", 2, "truncated")]}


def test_a_backup_that_was_put_back_is_an_entry_and_explains_what_is_missing(
    world: World, database: DatabaseUrls
) -> None:
    kept = sign_heads(signing(world))
    world.report()
    lost = sign_heads(signing(world))
    put_back(database, 1)

    numbers = say_restored(signing(world), why="The disk broke", by="otto", left=[kept, lost])
    following = sign_heads(signing(world, left=lost.number))

    assert (list(numbers), following.number) == ([2], 3)
    found = audited(world.handling.store, [kept, lost, following])
    assert found.is_sound
    assert [str(note) for note in found.notes] == [
        "An older database was put back on 2026-03-02: The disk broke"
    ]
    with world.handling.store.read() as conn:
        entry = conn.execute(
            text("SELECT verb, kind, content FROM register_entry ORDER BY seq DESC LIMIT 1")
        ).one()
    assert (entry.verb, entry.kind) == ("database:restored", "database")
    assert entry.content == {
        "why": "The disk broke", "by": "otto", "newest_here": 1, "lost": [2, 2],
    }  # fmt: skip


def test_a_backup_is_put_back_for_a_reason(world: World) -> None:
    with pytest.raises(InvalidAnswers):
        say_restored(signing(world), why="  ", by="otto")


# --- the worker --------------------------------------------------------------------------------


def test_the_worker_sends_what_was_signed(
    world: World, database: DatabaseUrls, tmp_path: Path
) -> None:
    handling = signing(world)
    worker = WorkerThread(handling, database.app_url, places=[FilePlace(tmp_path)])
    head = sign_heads(handling)
    worker.start()
    try:
        until(lambda: receipts(world))
    finally:
        worker.stop()

    assert heads_at(tmp_path) == [head]
