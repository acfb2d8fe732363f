"""Programs and the studio's editors change drafts over the JSON API."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.usecases.drafting import LARGEST
from tests.machine import Machine
from tests.world import World, shipped_files

Start = Callable[[str | None], Machine]
NAME = "action.bpmn"
TEXT = shipped_files()[NAME].decode()


@pytest.fixture
def dora(machine: Start) -> Machine:
    return machine("dora")


@pytest.fixture
def draft(dora: Machine) -> str:
    made: str = dora.post("/drafts", {"title": "Ask the bank first"}, status=201)["id"]
    return f"/drafts/{made}"


def put(machine: Machine, draft: str, content: str | None, revision: int, status: int = 200) -> Any:
    sent = {"content": content, "revision": revision}
    return machine.ask("PUT", f"{draft}/files/{NAME}", sent, status=status)


def test_a_draft_is_begun_changed_and_read(dora: Machine, draft: str) -> None:
    changed = TEXT.replace('name="Requested"', 'name="Asked for"')

    assert put(dora, draft, changed, 0) == {"revision": 1}

    found = dora.get(f"{draft}/files/{NAME}")
    assert (found["content"], found["revision"], found["changed_by"]) == (changed, 1, "Dora Diaz")
    (change,) = dora.get(draft)["changes"]
    assert (change["name"], change["change"], change["by"]) == (NAME, "changed", "Dora Diaz")
    assert [one["title"] for one in dora.get("/drafts")] == ["Ask the bank first"]


def test_a_stale_save_is_a_conflict_that_names_the_newer_one(dora: Machine, draft: str) -> None:
    put(dora, draft, TEXT + " ", 0)

    refused = put(dora, draft, TEXT + "  ", 0, status=409)

    assert refused["code"] == "stale_file"
    assert refused["context"] == {"revision": 1}
    assert dora.get(f"{draft}/files/{NAME}")["content"] == TEXT + " "


def test_a_draft_is_proved_with_what_is_not_saved_yet(dora: Machine, draft: str) -> None:
    incident = shipped_files()["incident.bpmn"].decode()
    bypass = incident.replace('gate == "confirmed"', "impact == impact")

    proved = dora.post(f"{draft}/proof", {"files": {"incident.bpmn": bypass}})["files"]

    findings = [
        one
        for file in proved
        for process in file["processes"]
        for one in process["findings"]
        if one["rule"] == "closes_stale"
    ]
    assert {one["element"] for one in findings} == {"closed_confirmed"}
    assert len(findings[0]["path"]) == len(findings[0]["answers"]) > 3
    assert dora.get(draft)["changes"] == []


def test_a_file_is_taken_out(dora: Machine, draft: str) -> None:
    put(dora, draft, None, 0)
    assert dora.get(f"{draft}/files/{NAME}")["content"] is None


@pytest.mark.parametrize("login", ["ada", "carla", "egon", "fay"])
def test_nobody_else_saves(machine: Start, draft: str, login: str) -> None:
    put(machine(login), draft, "<x/>", 0, status=403)


@pytest.mark.parametrize("login", ["ada", "carla", "fay"])
def test_nobody_else_reads(machine: Start, draft: str, login: str) -> None:
    for path in ("/drafts", draft, f"{draft}/files/{NAME}"):
        machine(login).get(path, status=403)
    machine(login).post(f"{draft}/proof", {"files": {}}, status=403)


def test_auditors_read(machine: Start, draft: str) -> None:
    assert machine("egon").get(f"{draft}/files/{NAME}")["content"] == TEXT


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"content": "x"},
        {"content": "x", "revision": -1},
        {"content": 1, "revision": 0},
        {"content": "x" * (LARGEST + 1), "revision": 0},
        {"content": "x", "revision": 0, "more": 1},
    ],
)
def test_what_is_no_file_is_refused(dora: Machine, draft: str, sent: dict[str, Any]) -> None:
    dora.ask("PUT", f"{draft}/files/{NAME}", sent, status=422)
    assert dora.get(draft)["changes"] == []


def test_there_is_no_draft_without_one(world: World, dora: Machine) -> None:
    nowhere = f"/drafts/{world.process_id}"
    for path in (nowhere, f"{nowhere}/files/{NAME}"):
        dora.get(path, status=404)
    put(dora, nowhere, "<x/>", 0, status=404)
    dora.post("/drafts", {"title": "Back", "back_to": 99}, status=404)
