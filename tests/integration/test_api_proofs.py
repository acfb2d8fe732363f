"""Diagrams are proved over the JSON API before anybody publishes them; releases keep theirs."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from api import proving
from api.proving import prove_apart
from engine.errors import DiagramRefused
from tests.machine import Machine
from tests.world import World, shipped_files

Start = Callable[[str | None], Machine]


def shipped() -> dict[str, str]:
    return {name: content.decode() for name, content in shipped_files().items()}


def test_a_process_owner_has_diagrams_proved(machine: Start) -> None:
    rule = {"end": "closed_confirmed", "step": "verify_outcome"}

    proved = machine("dora").post("/proofs", {"files": shipped(), "after": [rule]})["files"]

    assert [one["file"] for one in proved] == sorted(shipped())
    assert all(one["executable"] for one in proved)
    incident = next(one for one in proved if one["file"] == "incident.bpmn")["processes"][0]
    assert (incident["id"], incident["verdict"]) == ("incident", "sound")
    assert incident["properties"]["closure"] is True
    assert incident["properties"]["after"] is True


def test_what_is_wrong_is_named_with_its_element(machine: Start) -> None:
    files = shipped()
    files["incident.bpmn"] = files["incident.bpmn"].replace('"closed_confirmed"', '"End"')

    proved = machine("dora").post("/proofs", {"files": files})["files"]

    (incident,) = [one for one in proved if one["file"] == "incident.bpmn"]
    assert incident["executable"] is False
    assert ("reserved_id", "End", "refuted") in {
        (one["rule"], one["element"], one["severity"])
        for one in incident["processes"][0]["findings"]
    }


def test_a_file_from_anywhere_is_proved_by_itself(machine: Start) -> None:
    sent = {"files": {"incident.bpmn": shipped()["incident.bpmn"]}, "soundness_only": True}

    (proved,) = machine("dora").post("/proofs", sent)["files"]

    assert proved["processes"][0]["semantics"] == "interleaving"
    assert proved["processes"][0]["properties"]["closure"] is None


def test_proving_is_for_process_owners(machine: Start) -> None:
    for login in ("ada", "carla", "egon"):
        refused = machine(login).post("/proofs", {"files": shipped()}, 403)
        assert refused["code"] == "not_allowed"
    machine(None).post("/proofs", {"files": shipped()}, 401)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"files": {}},
        {"files": []},
        {"files": {"a.bpmn": None}},
        {"files": {"": "x"}},
        {"files": {"a.bpmn": "x"}, "more": 1},
        {"files": {"a.bpmn": "x"}, "after": [{"end": "closed"}]},
        {"files": {f"{number}.bpmn": "" for number in range(201)}},
        {"files": {"a.bpmn": "x"}, "after": [{"end": "nowhere", "step": "ask"}]},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(machine: Start, sent: object) -> None:
    assert machine("dora").post("/proofs", sent, 422)["code"] == "invalid_answers"


def test_files_that_cannot_be_read_are_named(machine: Start) -> None:
    files = {
        "bomb.bpmn": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "notes.txt": "x",
        "broken.json": "{",
    }

    proved = machine("dora").post("/proofs", {"files": files})["files"]

    assert {one["file"]: one["findings"][0]["rule"] for one in proved} == {
        "bomb.bpmn": "doctype",
        "notes.txt": "file_kind",
        "broken.json": "form",
    }
    assert not any(one["executable"] for one in proved)


def test_what_takes_too_long_is_given_up(machine: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DiagramRefused, match="longer than"):
        prove_apart(shipped(), [], seconds=0.001)

    def late(*_: object, **__: object) -> None:
        raise DiagramRefused(["Proving them takes longer than 30 seconds"])

    monkeypatch.setattr("api.resources.proofs.prove_apart", late)
    refused = machine("dora").post("/proofs", {"files": shipped()}, 422)
    assert refused["code"] == "diagram_refused"


def test_more_than_two_at_once_are_asked_to_come_again(
    machine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(proving, "_AT_ONCE", taken)

    refused = machine("dora").send("POST", "/proofs", {"files": shipped()})

    assert (refused.status_code, refused.get_json()["code"]) == (503, "try_again")
    assert refused.headers["Retry-After"]


def test_proving_again_says_the_same_and_keeps_nothing(world: World, machine: Start) -> None:
    dora = machine("dora")

    once, again = (dora.post("/proofs", {"files": shipped()})["files"] for _ in range(2))

    assert [one["processes"] for one in once] == [one["processes"] for one in again]
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM release")) == 1


def test_a_release_shows_the_proof_that_it_was_published_with(world: World, machine: Start) -> None:
    with world.handling.store.read() as conn:
        release = conn.scalar(text("SELECT id FROM release"))
    egon = machine("egon")

    by_number, by_id = egon.get("/releases/1/proof"), egon.get(f"/releases/{release}/proof")

    assert by_number == by_id
    assert (by_number["release"], by_number["release_id"]) == (1, str(release))
    assert {one["file"] for one in by_number["files"]} == set(shipped())
    assert machine("dora").get("/releases/1/proof") == by_number


def test_a_proof_is_for_auditors_and_process_owners_and_missing_ones_are_not_there(
    machine: Start,
) -> None:
    machine("ada").get("/releases/1/proof", 403)
    machine("carla").get("/releases/1/proof", 403)
    for which in ("2", str(uuid4()), "nonsense"):
        assert machine("egon").get(f"/releases/{which}/proof", 404)["code"] == "not_found"


@pytest.mark.parametrize(
    "change", ["UPDATE release_proof SET elapsed_ms = 0", "DELETE FROM release_proof"]
)
def test_nobody_changes_a_proof(world: World, change: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        world.handling.store.begin() as work,
    ):
        work.conn.execute(text(change))
