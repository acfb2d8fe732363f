"""`putright audit sign`, `verify` and `restored`, as who runs the installation types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from api.anchors import heads_at
from api.cli import main
from engine.store.chain_checks import last_check
from engine.store.embedded import DatabaseUrls
from engine.store.jobs import CHECK_CHAINS
from tests.tampering import SIGNING, rewrite
from tests.unguarded import unguarded
from tests.world import KEY, World

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database: DatabaseUrls, tmp_path: Path) -> Run:
    for name, value in {
        "DATABASE_URL": database.app_url,
        "PUTRIGHT_OWNER_URL": database.owner_url,
        "PUTRIGHT_SECRET_KEY": "x" * 40,
        "PUTRIGHT_AUDIT_KEY": KEY.secret.decode(),
        "PUTRIGHT_AUDIT_KEY_ID": KEY.id,
        "PUTRIGHT_SIGNING_KEY": SIGNING.key.secret.hex(),
        "PUTRIGHT_ANCHOR_FILE": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    return lambda *more: CliRunner().invoke(main, ["audit", *more])


def test_signing_sends_the_head_out_and_tells_the_public_key(
    world: World, run: Run, tmp_path: Path
) -> None:
    world.report()

    said = run("sign")

    assert said.exit_code == 0, said.output
    assert said.output.splitlines() == [
        "Signed head 1: 2 records in 2 chains.",
        f"Signed by first={SIGNING.key.public_key.hex()}",
        f"- sent to {tmp_path}",
    ]
    assert [head.number for head in heads_at(tmp_path)] == [1]


def test_a_sound_record_is_said_to_be_with_every_core(world: World, run: Run) -> None:
    world.confirmed()
    run("sign")

    said = run("verify", "--json", "--workers", "2")

    told = json.loads(said.output)
    assert (said.exit_code, told["sound"], told["from_outside"]) == (0, True, 1)
    for question in ("integrity", "completeness", "authenticity"):
        assert told[question] == {"wrong": 0, "findings": []}
    assert told["signed_by"] == [
        {"key_id": "first", "public_key": SIGNING.key.public_key.hex(), "signed_heads": 1}
    ]
    with world.handling.store.read() as conn:
        kept = last_check(conn)
    assert kept is not None
    assert (kept.entries, kept.is_sound) == (told["entries"], True)


def test_what_is_wrong_is_said_and_the_exit_status_is_one(
    world: World, run: Run, database: DatabaseUrls
) -> None:
    incident = world.confirmed()
    run("sign")
    with unguarded(database) as conn:
        rewrite(conn, incident, 3, verb="action:done")
        conn.execute(text("UPDATE entry SET actor = 'Forger' WHERE seq = 2"))

    said = run("verify", "--workers", "2")
    told = json.loads(run("verify", "--json").output)

    assert said.exit_code == 1
    assert "Integrity: is everything as it was written? No: 2 findings" in said.output
    number, last = world.row(incident).number, world.row(incident).head_seq
    assert f"- Incident {number}: Record 2 is not what was written." in said.output
    assert f"- Incident {number}: Record {last} is not the one that signed head 1" in said.output
    assert "Completeness: is nothing cut off or left out? Yes." in said.output
    assert [one["seq"] for one in told["integrity"]["findings"]] == [2, last]


def test_what_an_earlier_audit_key_made_holds_as_long_as_the_settings_have_it(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = world.confirmed()
    monkeypatch.setenv("PUTRIGHT_AUDIT_KEY", "7" * 40)
    monkeypatch.setenv("PUTRIGHT_AUDIT_KEY_ID", "second")

    unknown = run("verify")
    monkeypatch.setenv("PUTRIGHT_AUDIT_KEYS_BEFORE", f"{KEY.id}={KEY.secret.decode()}")
    closures = json.loads(run("closures", "--json").output)
    # an entry with the new key, in a chain that was begun with the old one
    restored = run("restored", "--why", "The disk was full")
    known = run("verify", "--workers", "2")

    number = world.row(incident).number
    assert unknown.exit_code == 1
    assert f"- Incident {number}: Record 1 cannot be checked" in unknown.output
    assert (closures["closed"], closures["without_evidence"]) == (1, [])
    assert restored.exit_code == 0, restored.output
    assert known.exit_code == 0, known.output


def test_heads_of_another_key_are_ours_only_if_the_settings_say_so(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.report()
    run("sign")
    monkeypatch.setenv("PUTRIGHT_SIGNING_KEY", "7" * 64)
    monkeypatch.setenv("PUTRIGHT_SIGNING_KEY_ID", "second")

    unknown = run("verify")
    monkeypatch.setenv("PUTRIGHT_SIGNED_BEFORE", f"first={SIGNING.key.public_key.hex()}")

    assert unknown.exit_code == 1
    assert "It is signed by “first”, and that key is not ours." in unknown.output
    assert run("sign").exit_code == 0
    assert run("verify").exit_code == 0


def test_a_head_that_was_kept_by_hand_is_read_too(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.report()
    run("sign")
    monkeypatch.delenv("PUTRIGHT_ANCHOR_FILE")
    nonsense = tmp_path / "nonsense.txt"
    nonsense.write_text("hello")

    assert json.loads(run("verify", "--json").output)["from_outside"] == 0
    given = run("verify", "--json", "--head", str(tmp_path))
    assert json.loads(given.output)["from_outside"] == 1
    assert "no signed head of Putright" in run("verify", "--head", str(nonsense)).output


def test_a_worker_can_be_asked_to_look(world: World, run: Run) -> None:
    assert "the result is at the desk" in run("verify", "--later").output
    with world.handling.store.read() as conn:
        count = conn.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task"),
            {"task": CHECK_CHAINS},
        )
    assert count == 1


def test_a_backup_is_said_to_be_back_for_a_reason(world: World, run: Run) -> None:
    world.report()
    run("sign")

    assert run("restored").exit_code == 2
    assert "written down" in run("restored", "--why", "The disk broke").output
    assert "An older database was put back" in run("verify").output
