"""An inspector's pack verifies without Putright, and whatever was done to it is named."""

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from api.pack import verifier
from api.pack.asking import PackAsked, Period, make_pack
from api.pack.writing import Asked, write_pack
from engine.domain.canonical import canonical
from engine.domain.merkle import Peaks
from engine.domain.signed_head import SigningKey, as_line, read_line
from engine.errors import NotAllowed
from engine.queries import pack as rows
from engine.store.embedded import DatabaseUrls
from engine.store.signed_heads import grow, signed_heads
from engine.usecases.restricting import restrict
from engine.usecases.signing_heads import sign_heads
from tests.tampering import SIGNING, rewrite, signing
from tests.unguarded import unguarded
from tests.world import World

THEIRS = SigningKey("first", b"the signing key of a forger 32 b")
VERIFIER = Path(verifier.__file__)
Files = dict[str, bytes]


@pytest.fixture
def pack(world: World, tmp_path: Path) -> Path:
    world.confirmed()
    world.decided()
    world.asked()
    return made(world, tmp_path / "pack.zip")


def made(world: World, to: Path, about: int | Period | None = None) -> Path:
    day = world.clock.now.date()
    period = Period(day - timedelta(days=400), day)
    asked = PackAsked(about or period, "The yearly inspection")
    make_pack(signing(world), asked, to, actor=world.actor("egon"), tell=lambda *_: None)
    return to


def verified(pack: Path, *more: str) -> tuple[int, dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(pack), "--json", *more],
        capture_output=True,
        text=True,
        check=False,
        cwd=pack.parent,
    )
    return ran.returncode, json.loads(ran.stdout) if ran.stdout else {"refused": ran.stderr}


def wrong(told: Mapping[str, Any]) -> dict[str, list[str]]:
    names = ("integrity", "completeness", "authenticity", "closures")
    return {name: told[name] for name in names if told[name]}


def files_of(pack: Path) -> Files:
    with ZipFile(pack) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(files: Files, to: Path) -> Path:
    with ZipFile(to, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return to


def relisted(files: Files, key: SigningKey = THEIRS) -> Files:
    """What who changes a pack with care would do: list it anew, and sign that."""
    manifest = json.loads(files["manifest.json"])
    beside = ("manifest.json", "manifest.signature.json")
    manifest["files"] = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name not in beside
    }
    listed = json.dumps(manifest).encode()
    message = canonical([verifier.FORMAT, hashlib.sha256(listed).hexdigest()])
    signature = {
        "key_id": key.id,
        "public_key": key.public_key.hex(),
        "signature": key.sign(message).hex(),
    }
    return files | {
        "manifest.json": listed,
        "manifest.signature.json": json.dumps(signature).encode(),
    }


def test_a_pack_verifies_without_putright(pack: Path) -> None:
    status, told = verified(pack)

    assert wrong(told) == {}
    assert status == 0
    assert (told["incidents"], told["signed_head"]) == (3, 1)
    assert told["fingerprint"] == hashlib.sha256(SIGNING.key.public_key).hexdigest()
    assert told["is_key_known"] is False


def test_the_verifier_needs_the_standard_library_and_cryptography_only() -> None:
    tree = ast.parse(VERIFIER.read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_a_pack_holds_what_stands_for_what_happened(world: World, pack: Path) -> None:
    files = files_of(pack)
    closed = world.numbered(1)

    assert files["verify.py"] == VERIFIER.read_bytes()
    assert files["report.pdf"].startswith(b"%PDF")
    page = files["report.html"].decode()
    assert "Carla Costa" in page
    assert "The yearly inspection" in page
    assert "One person was enough, signed" in page
    entries = files["incidents/1/entries.jsonl"].splitlines()
    assert len(entries) == world.row(closed).head_seq
    facts = json.loads(files["incidents/1/facts.json"])
    assert {"incident", "criterion", "confirmer", "confirmation", "action", "visit"} <= set(facts)
    assert "snapshot" not in facts["run"][0]
    release = json.loads(files["releases/1.json"])
    assert {f"contents/{digest}" for digest in release["parts"].values()} <= set(files)
    assert release["proof"]["files"]
    people = json.loads(files["people.json"])
    assert people[str(world.people["carla"])]["name"] == "Carla Costa"


def edit(name: str, change: Callable[[Any], Any]) -> Callable[[Files], Files]:
    """Change a JSON file, or each line of one."""

    def changed(files: Files) -> Files:
        content = files[name]
        if name.endswith(".jsonl"):
            lines = change([json.loads(line) for line in content.splitlines()])
            new = "".join(f"{json.dumps(line)}\n" for line in lines)
        else:
            new = json.dumps(change(json.loads(content)))
        return files | {name: new.encode()}

    return changed


def with_line(at: int, **changes: Any) -> Callable[[Any], Any]:
    return lambda lines: [
        line | changes if place == at else line for place, line in enumerate(lines)
    ]


def with_row(table: str, **changes: Any) -> Callable[[Any], Any]:
    return lambda facts: facts | {table: [one | changes for one in facts[table]]}


ENTRIES = "incidents/1/entries.jsonl"
FACTS = "incidents/1/facts.json"
ATTACKS: dict[str, tuple[Callable[[Files], Files], dict[str, str]]] = {
    "what a record says": (
        edit(ENTRIES, with_line(2, content={"other": "words"})),
        {"integrity": "record 3: what it says is not what was written"},
    ),
    "who acted": (
        edit(ENTRIES, with_line(2, actor="Somebody else")),
        {"integrity": "record 3: who acted is not who was written down"},
    ),
    "what was done": (
        edit(ENTRIES, with_line(2, verb="incident:closed")),
        {"integrity": "record 3 is not what was written", "closures": "2 records say"},
    ),
    "a record taken out": (
        edit(ENTRIES, lambda lines: lines[:2] + lines[3:]),
        {"completeness": "record 4 stands where record 3 should be"},
    ),
    "the last records cut off": (
        edit(ENTRIES, lambda lines: lines[:-2]),
        {"completeness": "records that were signed are not there", "closures": "0 records say"},
    ),
    "two records swapped": (
        edit(ENTRIES, lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]]),
        {"completeness": "record 4 stands where record 3 should be"},
    ),
    "half of what was erased torn out": (
        edit(ENTRIES, with_line(2, salt=None)),
        {"integrity": "record 3: what it says is not what was written"},
    ),
    "a record said to be of another format": (
        edit(ENTRIES, with_line(2, format=1, content={"other": "words"})),
        {"integrity": "record 3 is of a format that it cannot have been written in"},
    ),
    "a record of a format that there is not": (
        edit(ENTRIES, with_line(2, format=3)),
        {"integrity": "record 3 is of a format that it cannot have been written in"},
    ),
    "an incident under another number": (
        lambda files: {
            name.replace("incidents/1/", "incidents/9/"): one for name, one in files.items()
        },
        {"integrity": "what is in its folder is about another one"},
    ),
    "a closed incident called open": (
        edit(FACTS, with_row("incident", state="open")),
        {"closures": "a record says that it was closed, and the facts do not"},
    ),
    "an answer that somebody else gave": (
        edit(FACTS, with_row("confirmation", person_id="00000000-0000-0000-0000-000000000000")),
        {"closures": "a confirmer has no yes that is newer than the work"},
    ),
    "an incident left out": (
        lambda files: {
            name: one for name, one in files.items() if not name.startswith("incidents/2/")
        },
        {"completeness": "incidents are not those that the list of files names"},
    ),
    "a diagram": (
        lambda files: files | {name: b"<other/>" for name in files if name.startswith("contents/")},
        {"integrity": "is not what its name says"},
    ),
    "an answer": (
        edit(FACTS, with_row("confirmation", answer="not_right")),
        {"closures": "a confirmer has no yes that is newer than the work"},
    ),
    "newer work": (
        edit(FACTS, with_row("action", work_seq=10_000)),
        {"closures": "a confirmer has no yes that is newer than the work"},
    ),
    "work that is not done": (
        edit(FACTS, with_row("action", state="open")),
        {"closures": "not every action was finished"},
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_changed_with_care_is_named(pack: Path, tmp_path: Path, attack: str) -> None:
    change, expected = ATTACKS[attack]
    forged = packed(relisted(change(files_of(pack))), tmp_path / "forged.zip")

    status, told = verified(forged, "--key", SIGNING.key.public_key.hex())

    assert status == 1
    found = wrong(told)
    assert "it is signed with a key that is not one of those you gave" in found["authenticity"]
    for subject, words in expected.items():
        assert any(words in one for one in found[subject]), found


def test_what_was_changed_without_care_is_named_by_its_file(pack: Path, tmp_path: Path) -> None:
    files = files_of(pack)
    forged = files | {"report.pdf": b"%PDF other", "more.txt": b"added"}
    del forged["people.json"]

    status, told = verified(packed(forged, tmp_path / "forged.zip"))

    assert status == 1
    assert told["integrity"] == ["more.txt was added to the pack", "report.pdf was changed"]
    assert told["completeness"] == ["people.json was taken out of the pack"]


def test_a_head_that_left_before_shows_a_history_written_anew(pack: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(files_of(pack)["heads.jsonl"])
    assert verified(pack, "--head", str(mine))[0] == 0
    (head,) = [json.loads(line) for line in mine.read_text().splitlines()]
    mine.write_text(json.dumps(head | {"root": "00" * 32}) + "\n")

    status, told = verified(pack, "--head", str(mine))

    assert status == 1
    assert told["integrity"] == ["signed head 1 is not the one you had before"]


def test_a_pack_is_about_one_incident_or_those_open_in_a_period(
    world: World, tmp_path: Path
) -> None:
    world.confirmed()
    world.clock.forward(days=10)
    later = world.clock.now.date()
    world.report()

    one = made(world, tmp_path / "one.zip", 1)
    those = made(world, tmp_path / "those.zip", Period(later, later))

    assert verified(one)[1]["incidents"] == 1
    assert {name for name in files_of(those) if name.endswith("facts.json")} == {
        "incidents/2/facts.json"
    }
    assert verified(those)[0] == 0


def test_what_happens_while_a_pack_is_made_is_told_apart(world: World, tmp_path: Path) -> None:
    incident = world.undecided()
    sign_heads(signing(world))
    world.do(incident, "dora", "decide_without_answer", decided="close", reason="Has moved away")
    asked = Asked("All", "A test", world.actor("egon"), world.clock.now)
    to = tmp_path / "pack.zip"

    with world.handling.store.read() as conn:
        packed_one = rows.of_number(conn, 1)
    read = world.handling.store.read()
    write_pack(read, asked, packed_one, to, key=SIGNING.key, tell=lambda _: None)

    status, told = verified(to)
    assert status == 1
    assert told["authenticity"] == ["incident 1: the record of its closing is not signed"]
    assert "are newer than what was signed" in told["notes"][0]


def test_only_auditors_are_given_a_pack(world: World, tmp_path: Path) -> None:
    world.report()
    asked = PackAsked(1, "I am curious")

    with pytest.raises(NotAllowed):
        make_pack(
            signing(world),
            asked,
            tmp_path / "pack.zip",
            actor=world.actor("dora"),
            tell=lambda *_: None,
        )


def test_packing_what_is_for_named_people_only_is_an_entry(world: World, tmp_path: Path) -> None:
    incident = world.asked()
    actor = world.actor("hugo")
    restrict(world.handling, incident, reason="It is about one of us", people=[], actor=actor)

    made(world, tmp_path / "pack.zip", 1)

    assert world.verbs(incident)[-1] == "incident:read"


def test_a_pack_that_is_signed_by_two_keys_is_told_without_knowing_either(
    pack: Path, tmp_path: Path
) -> None:
    forged = packed(
        relisted(edit(FACTS, with_row("action", title="Other"))(files_of(pack))), tmp_path / "f.zip"
    )

    status, told = verified(forged)

    assert status == 1
    assert told["authenticity"] == ["the list of files is signed by another key than the records"]


def test_a_head_had_before_binds_all_that_comes_after_it(
    world: World, database: DatabaseUrls, tmp_path: Path
) -> None:
    """Somebody with every key writes all anew, and lets the new log follow the old head by name."""
    incident = world.confirmed()
    mine = tmp_path / "mine"
    mine.write_text(as_line(sign_heads(signing(world))) + "\n")
    with unguarded(database) as conn:
        rewrite(conn, incident, 3, verb="action:done")
        conn.execute(text("DELETE FROM signed_leaf"))
        peaks = Peaks()
        grow(conn, 1, peaks)
        values = {"peaks": peaks.as_bytes(), "size": peaks.size, "root": peaks.root()}
        conn.execute(
            text("UPDATE signed_head SET peaks = :peaks, size = :size, root = :root"), values
        )
    world.report()
    forged = made(world, tmp_path / "forged.zip")
    files = files_of(forged)
    lines = files["heads.jsonl"].decode().splitlines()
    first = json.loads(mine.read_text())
    second = json.loads(lines[1]) | {"previous": read_line(mine.read_text()).digest.hex()}
    unsigned = read_line(json.dumps(second))
    second["signature"] = SIGNING.key.sign(unsigned.statement).hex()
    heads = "".join(f"{json.dumps(one)}\n" for one in (first, second)).encode()
    again = relisted(files | {"heads.jsonl": heads}, SIGNING.key)

    status, told = verified(packed(again, tmp_path / "again.zip"), "--head", str(mine))

    assert status == 1
    assert told["integrity"] == ["what signed head 1 was signed over is not how it goes on"]


def test_a_pack_older_than_a_head_that_somebody_has_is_no_finding(
    world: World, pack: Path, tmp_path: Path
) -> None:
    world.clock.forward(days=1)
    world.report()
    newer = tmp_path / "newer"
    newer.write_text(as_line(sign_heads(signing(world))) + "\n")

    status, told = verified(pack, "--head", str(newer))

    assert status == 0
    assert told["notes"] == ["signed head 2, which you had before, is newer than the pack"]


def test_a_flipped_byte_and_words_that_move_the_cursor_do_no_harm(
    world: World, pack: Path, tmp_path: Path
) -> None:
    content = bytearray(pack.read_bytes())
    with ZipFile(pack) as opened:
        at = opened.getinfo(ENTRIES).header_offset
    content[at + 80] ^= 0xFF
    flipped = tmp_path / "flipped.zip"
    flipped.write_bytes(content)
    status, told = verified(flipped)
    assert status == 2
    assert "was changed" in told["refused"]

    asked = PackAsked(1, "A test of words\nintegrity: holds\x1b[2J")
    to = tmp_path / "words.zip"
    make_pack(signing(world), asked, to, actor=world.actor("egon"), tell=lambda *_: None)
    ran = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(to)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert ran.stdout.count("\nintegrity: holds") == 1
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 cut off", b"no zip"],
)
def test_what_is_no_pack_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pack.zip"
    file.write_bytes(content)

    status, told = verified(file)

    assert status == 2
    assert "This is no pack" in told["refused"]


def test_a_pack_whose_files_are_not_what_they_should_be_is_refused(
    pack: Path, tmp_path: Path
) -> None:
    for name in ("incidents/1/facts.json", "heads.jsonl", "incidents/1/inclusion.json"):
        forged = relisted(files_of(pack) | {name: b'["other"]\n'}, SIGNING.key)

        status, told = verified(packed(forged, tmp_path / "forged.zip"))

        assert status == 2
        assert "Traceback" not in told["refused"]


def test_the_list_of_a_pack_is_signed(pack: Path, tmp_path: Path) -> None:
    files = files_of(pack)
    listed = json.loads(files["manifest.json"]) | {"why": "Another reason"}
    forged = files | {"manifest.json": json.dumps(listed).encode()}

    status, told = verified(packed(forged, tmp_path / "forged.zip"))

    assert status == 1
    assert told["authenticity"] == ["the list of files is not signed by the key that it names"]


def test_the_heads_in_a_pack_are_those_that_left_the_house(world: World, pack: Path) -> None:
    with world.handling.store.read() as conn:
        left = [as_line(one) for one in signed_heads(conn)]

    assert files_of(pack)["heads.jsonl"].decode().splitlines() == left
