"""What is not proved is not published; what is published keeps its proof."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from api.cli import main
from engine.errors import DiagramRefused
from engine.store.embedded import DatabaseUrls
from engine.store.migrate import owner_engine
from engine.usecases.publish import publish
from tests.world import World, shipped_files

Files = dict[str, bytes]


def changed(name: str, old: bytes, new: bytes) -> Files:
    """Return the shipped files with one of them changed."""
    files = shipped_files()
    assert old in files[name]
    return files | {name: files[name].replace(old, new)}


def stale() -> Files:
    """A gate that closes on our own check, which no customer has answered."""
    condition = b'gate == "confirmed"'
    return changed("incident.bpmn", condition, b'verify_outcome.verdict == "right"')


def releases(world: World) -> int:
    with world.handling.store.read() as conn:
        return int(conn.scalar(text("SELECT count(*) FROM release")) or 0)


def test_a_diagram_that_could_close_wrongly_is_refused_with_the_way_it_would(world: World) -> None:
    with pytest.raises(DiagramRefused) as refused:
        publish(world.handling.store, stale(), by="Dora", reason="quicker")

    said = "\n".join(str(finding) for finding in refused.value.findings)
    assert "incident.bpmn, closed_confirmed: " in said
    assert "It goes like this: Reported → " in said
    assert releases(world) == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (lambda: {k: v for k, v in shipped_files().items() if k != "confirmation.bpmn"}, "calls"),
        (lambda: changed("action.bpmn", b'"settled"', b'"End"'), "skips an element"),
        (lambda: shipped_files() | {"verify_outcome.json": b"{"}, "not JSON"),
        (lambda: shipped_files() | {"notes.txt": b""}, "Nobody reads"),
        (lambda: shipped_files() | {"more.bpmn": b"<!DOCTYPE a><a/>"}, "DOCTYPE"),
    ],
    ids=["a missing process", "a reserved id", "a broken form", "an unknown file", "a DOCTYPE"],
)
def test_what_cannot_be_run_or_is_not_known_is_refused(
    world: World, files: Callable[[], Files], said: str
) -> None:
    with pytest.raises(DiagramRefused, match=said):
        publish(world.handling.store, files(), by="Dora", reason="try")

    assert releases(world) == 1


def test_a_sound_change_becomes_a_release_with_its_own_proof(world: World) -> None:
    files = changed("incident.bpmn", b'name="Reported"', b'name="Told"')

    release, number = publish(world.handling.store, files, by="Dora", reason="plainer")

    assert number == 2
    with world.handling.store.read() as conn:
        proof = conn.execute(
            text("SELECT proved_with, files FROM release_proof WHERE release_id = :id"),
            {"id": release},
        ).one()
    verdicts = {one["id"]: one["verdict"] for file in proof.files for one in file["processes"]}
    assert verdicts == {"action": "sound", "confirmation": "sound", "incident": "sound"}
    assert proof.proved_with


def test_publishing_what_is_in_force_adds_the_proof_that_it_lacks(
    world: World, database: DatabaseUrls
) -> None:
    with owner_engine(database.owner_url).begin() as conn:
        conn.execute(text("DELETE FROM release_proof"))

    for _ in range(2):
        _, number = publish(world.handling.store, shipped_files(), by="Dora", reason="proof")

    assert number == 1
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM release_proof")) == 1


@pytest.fixture
def settings(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the commands that need the database."""
    for name, value in {
        "DATABASE_URL": database.app_url,
        "PUTRIGHT_OWNER_URL": database.owner_url,
        "PUTRIGHT_SECRET_KEY": "s" * 40,
        "PUTRIGHT_AUDIT_KEY": "a" * 40,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("settings")
def test_the_command_names_every_reason_on_a_line_of_its_own(tmp_path: Path) -> None:
    for name, content in stale().items():
        (tmp_path / name).write_bytes(content)

    refused = CliRunner().invoke(main, ["publish", str(tmp_path)])

    assert refused.exit_code == 1
    assert "- incident.bpmn, closed_confirmed: " in refused.stderr
    assert "These files cannot be published." in refused.stderr
    assert CliRunner().invoke(main, ["publish"]).stdout == "Release 1 is in force: 16 files.\n"


@pytest.mark.usefixtures("settings")
def test_check_says_that_the_release_in_force_is_not_proved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "in order" in CliRunner().invoke(main, ["check"]).stdout

    # as an older version would have let it through
    monkeypatch.setattr("engine.usecases.publish.unproven", lambda _: ())
    publish(world.handling.store, stale(), by="Dora", reason="quicker")

    said = CliRunner().invoke(main, ["check"]).stdout
    assert "- the release in force is not proved: incident.bpmn, closed_confirmed: " in said
