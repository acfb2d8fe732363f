"""Publishing: a release is whole and readable, or refused with everything that is wrong."""

from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from engine.errors import DiagramRefused
from engine.store import schema as t
from engine.usecases.publish import publish
from tests.world import World, shipped_files

Files = dict[str, bytes]


def published(world: World, files: Mapping[str, bytes]) -> int:
    return publish(world.handling.store, files, by="Dora", reason="a test")[1]


def releases(world: World) -> int:
    with world.handling.store.read() as conn:
        return conn.scalar(select(func.count()).select_from(t.release)) or 0


def test_new_incidents_take_the_newest_release_and_running_ones_keep_theirs(world: World) -> None:
    before = world.report()
    files = shipped_files()
    renamed = files["action.bpmn"] + b"<!-- redrawn -->"

    number = published(world, files | {"action.bpmn": renamed})

    after = world.report()
    with world.handling.store.read() as conn:
        used = select(t.run.c.incident_id, t.release.c.number).join(
            t.release, t.release.c.id == t.run.c.release_id
        )
        found = {row.incident_id: row.number for row in conn.execute(used)}
    assert found == {before: number - 1, after: number}


def test_publishing_what_is_in_force_changes_nothing(world: World) -> None:
    assert published(world, shipped_files()) == releases(world) == 1


BROKEN = [
    ("incident.bpmn", b"<x", "incident.bpmn: It is not well-formed XML"),
    ("action.bpmn", b"\xff\xfe<\x00", "action.bpmn: It is not UTF-8"),
    ("action.bpmn", b"", "action.bpmn"),
    ("priority.dmn", b"<definitions/>", "priority.dmn"),
    ("verify_outcome.json", b"{", "verify_outcome.json: This is not JSON"),
    ("verify_outcome.json", b"[]", "verify_outcome.json"),
    ("report_incident.json", b'{"title": NaN}', "report_incident.json: This is not JSON"),
    ("propose_action.json", b"\xff", "propose_action.json: This is not JSON"),
    ("notes.txt", b"Hello", "notes.txt: Nobody reads such files"),
]


@pytest.mark.parametrize(("file", "content", "said"), BROKEN)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_published(
    world: World, file: str, content: bytes, said: str
) -> None:
    with pytest.raises(DiagramRefused) as refused:
        published(world, shipped_files() | {file: content})

    assert said in refused.value.sentence
    assert releases(world) == 1


@pytest.mark.parametrize(
    "missing",
    [
        "incident.bpmn",
        "action.bpmn",
        "confirmation.bpmn",
        "priority.dmn",
        "report_incident.json",
        "propose_action.json",
        "verify_outcome.json",
    ],
)
def test_a_release_that_is_not_whole_is_refused(world: World, missing: str) -> None:
    files = shipped_files()
    del files[missing]

    with pytest.raises(DiagramRefused, match=missing.split(".")[0]):
        published(world, files)


def test_diagrams_without_any_forms_are_no_release(world: World) -> None:
    diagrams = {name: file for name, file in shipped_files().items() if ".json" not in name}

    with pytest.raises(DiagramRefused, match=r"report_incident\.json is missing"):
        published(world, diagrams)


def test_everything_that_is_wrong_is_told_at_once(world: World) -> None:
    broken = {"incident.bpmn": b"<x", "verify_outcome.json": b"{", "confirm_outcome.json": b"[]"}

    with pytest.raises(DiagramRefused) as refused:
        published(world, shipped_files() | broken)

    for file in broken:
        assert file in refused.value.sentence
