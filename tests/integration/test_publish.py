"""Publishing: a release is whole and proved, or refused with everything that is wrong."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from api.cli import main
from engine.domain.party import Party
from engine.errors import DiagramRefused
from engine.queries.proof import release_proof
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls
from engine.store.migrate import owner_engine
from engine.usecases.directory import NewCalendar, enter_calendar
from engine.usecases.publish import publish
from tests.world import World, shipped_files

Files = dict[str, bytes]


def published(world: World, files: Mapping[str, bytes]) -> int:
    return publish(world.handling.store, files, by="Dora", reason="a test")[1]


def releases(world: World) -> int:
    with world.handling.store.read() as conn:
        return conn.scalar(select(func.count()).select_from(t.release)) or 0


def test_timers_count_the_working_days_of_who_owns_the_business_process(world: World) -> None:
    files = shipped_files()
    cycle = b'timeCycle xsi:type="bpmn:tFormalExpression">"R3/" + due_at + "/" + climb_every'
    days = b'timeDuration xsi:type="bpmn:tFormalExpression">"5 working days"'
    action = files["action.bpmn"].replace(
        cycle + b"</bpmn:timeCycle", days + b"</bpmn:timeDuration"
    )
    published(world, files | {"action.bpmn": action})
    with world.handling.store.begin() as work:
        enter_calendar(work, NewCalendar("UTC", party=Party.BUSINESS, days=(0,)))

    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))

    with world.handling.store.read() as conn:
        due = conn.scalar(
            select(t.run.c.due_at).where(
                t.run.c.incident_id == incident, t.run.c.action_id.is_not(None)
            )
        )
    assert due == world.clock.now + timedelta(weeks=5)


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


# --- proofs ------------------------------------------------------------------------------------


def changed(name: str, old: bytes, new: bytes) -> Files:
    """Return the shipped files with one of them changed."""
    files = shipped_files()
    assert old in files[name]
    return files | {name: files[name].replace(old, new)}


def stale() -> Files:
    """A gate that closes on our own check, which no customer has answered."""
    condition = b'gate == "confirmed"'
    return changed("incident.bpmn", condition, b'verify_outcome.verdict == "right"')


def test_a_diagram_that_could_close_wrongly_is_refused_with_the_way_it_would(world: World) -> None:
    with pytest.raises(DiagramRefused) as refused:
        publish(world.handling.store, stale(), by="Dora", reason="quicker")

    said = "\n".join(str(finding) for finding in refused.value.findings)
    assert "incident.bpmn, closed_confirmed: " in said
    assert "It goes like this: Reported → " in said
    assert releases(world) == 1


def test_what_the_engine_gets_wrong_is_refused(world: World) -> None:
    with pytest.raises(DiagramRefused, match="skips an element"):
        published(world, changed("action.bpmn", b'"settled"', b'"End"'))


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


def test_a_story_that_is_not_told_any_more_refuses_the_release(world: World) -> None:
    files = changed("incident.scenarios.yaml", b"ends: closed_by_escalation", b"ends: settled")

    with pytest.raises(DiagramRefused, match="“Closed by a decision”: It ends at"):
        published(world, files)

    assert releases(world) == 1


def test_what_came_of_the_scenarios_stands_with_the_release(world: World) -> None:
    with world.handling.store.read() as conn:
        kept = release_proof(conn, 1).scenarios
    assert (kept["scenarios"], kept["failed"]) == (16, 0)
    assert kept["flow_coverage"] == {"action": 1.0, "confirmation": 1.0, "incident": 1.0}


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
    published = CliRunner().invoke(main, ["publish"])
    assert published.stdout == f"Release 1 is in force: {len(shipped_files())} files.\n"


@pytest.mark.usefixtures("settings")
def test_what_is_exported_is_published_again_byte_for_byte(tmp_path: Path) -> None:
    workflows, forms = tmp_path / "workflows", tmp_path / "forms"
    run = CliRunner().invoke
    run(main, ["publish"])
    shipped = shipped_files()
    workflows.mkdir()
    forms.mkdir()
    (workflows / "incident.bpmn").write_bytes(b"old")
    (workflows / "older.bpmn").write_bytes(b"older")
    (forms / "verify_outcome.json").write_bytes(b"old")

    said = run(main, ["export", str(workflows), str(forms)])

    assert said.exit_code == 0, said.output
    assert f"- not in the release: {workflows / 'older.bpmn'}" in said.stdout
    assert (workflows / "older.bpmn").read_bytes() == b"older"
    (workflows / "older.bpmn").unlink()
    written = {one.name: one.read_bytes() for one in (*workflows.iterdir(), *forms.iterdir())}
    assert written == shipped
    assert {one.suffix for one in forms.iterdir()} == {".json"}
    again = run(main, ["export", str(workflows), str(forms)]).stdout
    assert again == f"Release 1: {len(shipped)} files, 0 written anew.\n"
    published = run(main, ["publish", str(workflows), str(forms)]).stdout
    assert published == f"Release 1 is in force: {len(shipped)} files.\n"


@pytest.mark.usefixtures("settings")
def test_check_says_that_the_release_in_force_is_not_proved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "in order" in CliRunner().invoke(main, ["check"]).stdout

    # as an older version, which knew no scenarios either, would have let it through
    monkeypatch.setattr("engine.usecases.publish.unproven", lambda _: ())
    old = {name: content for name, content in stale().items() if not name.endswith(".yaml")}
    publish(world.handling.store, old, by="Dora", reason="quicker")

    said = CliRunner().invoke(main, ["check"]).stdout
    assert "- the release in force is not proved: incident.bpmn, closed_confirmed: " in said
