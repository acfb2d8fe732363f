"""What stock SpiffWorkflow ran as a command comes in by the studio: nothing here runs it."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from tests.visitor import Visitor, words_of
from tests.workflows.conftest import HEAD
from tests.workflows.test_runtime_attacks import ATTACK, MARK, POSITIONS
from tests.world import shipped_files

Visit = Callable[[str | None], Visitor]
# in a cell of a table, where its input is read, and where it writes
TABLES = {
    f"table {place}": shipped_files()["priority.dmn"].replace(old, ATTACK.encode(), 1)
    for place, old in (("cell", b'"high"'), ("input", b"<text>impact<"), ("output", b'"P1"'))
}
TABLES["table input"] = shipped_files()["priority.dmn"].replace(
    b"<text>impact<", f"<text>{ATTACK}<".encode(), 1
)


def drawn(body: str) -> bytes:
    process = f'<bpmn:process id="attack" isExecutable="true">{body}</bpmn:process>'
    return f"{HEAD}{process}</bpmn:definitions>".encode()


@pytest.fixture
def draft(dora: Visitor) -> str:
    dora.send("/studio/drafts", {"title": "Harm"}, at="/studio")
    found = re.search(r"/studio/drafts/[0-9a-f-]{36}", dora.get("/studio"))
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("attack.bpmn", drawn(body)) for body in POSITIONS.values()),
        *(("priority.dmn", table) for table in TABLES.values()),
        ("verify_outcome.json", f'{{"title": "{ATTACK}"}}'.encode()),
        ("incident.scenarios.yaml", f"!!python/object/apply:{ATTACK} []".encode()),
    ],
    ids=[*POSITIONS, *TABLES, "form", "scenarios"],
)
def test_an_attack_is_shown_and_refused_and_never_run(
    dora: Visitor,
    draft: str,
    name: str,
    content: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    dora.send(f"{draft}/files", {"file": (BytesIO(content), name)}, at=draft)

    assert "It cannot be published yet" in words_of(dora.get(draft))
    dora.send(f"{draft}/publish", {"reason": "Harm"}, 422, at=draft)
    dora.get(f"{draft}/changes/{name}")
    dora.get(f"{draft}/try/incident")
    if name.endswith(".bpmn"):
        dora.get(f"{draft}/diagrams/{name}")
        dora.get(f"{draft}/try/attack")
    if name.endswith(".dmn"):
        dora.get(f"{draft}/tables/{name}")
    if name.endswith(".json"):
        dora.get(f"{draft}/forms/{name}")

    assert not (tmp_path / MARK).exists()
    assert "In force: release 1" in words_of(dora.get("/studio"))
