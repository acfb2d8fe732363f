"""Verify an inspector's pack: python3 verify.py PACK.zip [--head FILE] [--key HEX]

This file needs Python 3.9 or newer and the package `cryptography`; neither Putright nor its
database, nor anything from who made the pack.  It says separately

  integrity     nothing in the pack was changed since it was written: each file has the hash that
                the list of files names, and each record follows from the one before it;
  completeness  nothing was cut off or left out: records are numbered from 1 without a gap up to
                the head that was signed, and every diagram that was run is there;
  authenticity  who signed it, with which key.  Compare the key's fingerprint with one that you
                had before: a head that left the house earlier (--head) or a key (--key).

and, for each closed incident, whether what is in the pack is the evidence that closing asks for.
Exit status: 0 if all of that holds, 1 if not, 2 if the file is no pack.

What cannot be told from a pack: whether records of other incidents exist, and whether what people
wrote is true.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import sys
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "putright pack 1"
# records that say what was taken out of earlier ones, as the law asks
TOMBSTONES = ("incident:erased", "erasure:done", "access:erased")
LARGEST = 512 * 1024 * 1024

Json = Any


class NoPack(Exception):
    """The file is not a pack, or not one that can be read."""


class Findings:
    """What is wrong, by what it is wrong with."""

    def __init__(self) -> None:
        self.integrity: list[str] = []
        self.completeness: list[str] = []
        self.authenticity: list[str] = []
        self.closures: list[str] = []
        self.notes: list[str] = []

    def all(self) -> dict[str, list[str]]:
        return {
            "integrity": self.integrity,
            "completeness": self.completeness,
            "authenticity": self.authenticity,
            "closures": self.closures,
        }


# --- what is hashed ------------------------------------------------------------------------------


def canonical(value: Json) -> bytes:
    """Return the bytes that are hashed: JSON without white space, keys sorted, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def salted(salt: str, value: Json) -> str:
    return hmac.new(bytes.fromhex(salt), canonical(value), hashlib.sha256).hexdigest()


def entry_hash(chain: str, entry: dict[str, Json]) -> str:
    """Return the hash of an entry of format 2, computed from all that it covers."""
    fields = [
        "putright entry 2",
        chain,
        entry["previous"],
        entry["seq"],
        entry["at"],
        entry["person_id"],
        entry["verb"],
        entry["key_id"],
        entry["actor_digest"],
        entry["digest"],
    ]
    return sha256(canonical(fields))


def stands_for(value: Json, salt: str | None, digest: str) -> bool:
    """Whether a digest stands for this; what was erased or held back as a whole stands."""
    if value is None or salt is None:
        return value is None and salt is None
    return hmac.compare_digest(salted(salt, value), digest)


# --- one incident's records ----------------------------------------------------------------------


def check_entries(chain: str, name: str, entries: list[dict[str, Json]], found: Findings) -> None:
    """Check that records are what was written, in the order in which they were."""
    previous, at, newest = "", "", 1
    for place, entry in enumerate(entries, start=1):
        said = f"{name}: record {entry.get('seq')}"
        if entry["seq"] != place:
            found.completeness.append(f"{said} stands where record {place} should be")
            return
        if entry["previous"] != previous:
            found.integrity.append(f"{said} does not follow from the one before it")
        if entry["format"] == 2:
            check_entry(chain, said, entry, found)
        elif entry["format"] != 1 or newest == 2 or entry["mac"] or entry["actor_digest"]:
            found.integrity.append(f"{said} is of a format that it cannot have been written in")
        if entry["at"] < at:
            found.integrity.append(f"{said} is dated before the one in front of it")
        previous, at, newest = entry["hash"], entry["at"], entry["format"]
    note(found, name, "cannot be checked without the key", (one["format"] == 1 for one in entries))
    note(found, name, "hold nothing, as it was erased", (one["content"] is None for one in entries))
    check_erased(name, entries, found)


def check_erased(name: str, entries: list[dict[str, Json]], found: Findings) -> None:
    """Check that a later record tells of whatever was taken out of one."""
    for part in ("content", "actor"):
        gone = {one["seq"] for one in entries if one[part] is None}
        for one in entries:
            if one["verb"] in TOMBSTONES and one["content"]:
                gone -= {seq for seq in one["content"].get(f"{part}_of", ()) if seq < one["seq"]}
        found.integrity.extend(
            f"{name}: record {seq} had its {part} taken out, and none says so"
            for seq in sorted(gone)
        )


def note(found: Findings, name: str, what: str, marks: Iterable[bool]) -> None:
    """Say which records something is true of, if it is of any."""
    numbers = [str(place) for place, mark in enumerate(marks, start=1) if mark]
    if numbers:
        found.notes.append(f"{name}: records that {what}: {', '.join(numbers)}")


def check_entry(chain: str, said: str, entry: dict[str, Json], found: Findings) -> None:
    if entry_hash(chain, entry) != entry["hash"]:
        found.integrity.append(f"{said} is not what was written")
    if not stands_for(entry["content"], entry["salt"], entry["digest"]):
        found.integrity.append(f"{said}: what it says is not what was written")
    if not stands_for(entry["actor"], entry["actor_salt"], entry["actor_digest"]):
        found.integrity.append(f"{said}: who acted is not who was written down")


# --- signed heads --------------------------------------------------------------------------------


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_included(leaf: bytes, index: int, size: int, path: Iterable[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf at `index` of `size` to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    hashed = hashlib.sha256(b"\x00" + leaf).digest()
    for one in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node(one, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node(hashed, one)
        at, last = at >> 1, last >> 1
    return last == 0 and hmac.compare_digest(hashed, root)


def is_beginning(old: int, old_root: bytes, size: int, root: bytes, path: list[bytes]) -> bool:
    """Whether a tree of `old` leaves is how one of `size` begins (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not path and hmac.compare_digest(old_root, root)
    hashes = [old_root, *path] if old & (old - 1) == 0 else path
    if not hashes:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(one, before), node(one, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, one)
        at, last = at >> 1, last >> 1
    same = hmac.compare_digest(before, old_root) and hmac.compare_digest(after, root)
    return last == 0 and same


# --- what closing asks for -----------------------------------------------------------------------


def check_closure(name: str, facts: dict[str, Json], entries: list[Json], found: Findings) -> None:
    """Recompute, from the rows of the pack, whether a closed incident has its evidence."""
    incident = facts["incident"][0]
    wrong = found.closures.append
    ending = [one for one in entries if one["verb"] == "incident:closed"]
    if incident["state"] != "closed":
        if ending:
            wrong(f"{name}: a record says that it was closed, and the facts do not")
        return
    if len(ending) != 1:
        wrong(f"{name}: {len(ending)} records say that it was closed")
        return
    closing = ending[0]["seq"]
    if says(ending[0], "closed_by", incident["closed_by"]) is False:
        wrong(f"{name}: the record of its closing names another way")
    if (incident["confirmation_id"] is None) == (incident["decision_id"] is None):
        wrong(f"{name}: it needs an answer or a decision, one of the two")
    actions = [one for one in facts.get("action", []) if one["kind"] == "puts_right"]
    if any(one["state"] in ("waiting", "open") for one in actions):
        wrong(f"{name}: not every action was finished")
    work = max([one["work_seq"] for one in actions], default=0)
    criteria = facts.get("criterion", [])
    since = max([work] + [one["changed_seq"] for one in criteria])
    by_seq = {one["seq"]: one for one in entries}
    counted = [
        one
        for one in criteria
        if one["withdrawn_at"] is None and one["missed_at"] is None and not one["is_pending"]
    ]
    is_withdrawn = any(
        one["id"] == incident["confirmation_id"] and one["is_withdrawal"]
        for one in facts.get("confirmation", [])
    )
    if not is_withdrawn:
        check_checks(name, counted, by_seq, work, found)
    if incident["closed_by"] == "confirmed":
        check_answers(name, facts, by_seq, closing, since, {one["id"] for one in counted}, found)
    else:
        check_decision(name, facts, by_seq, closing, since, found)


def check_checks(
    name: str, criteria: list[Json], by_seq: dict[int, Json], work: int, found: Findings
) -> None:
    for one in criteria:
        record = by_seq.get(one["verified_seq"])
        if record is None or record["verb"] != "outcome:verified" or one["verified_seq"] < work:
            found.closures.append(
                f"{name}: no record since the last work says who checked “{one['measure']}”"
            )


def check_answers(
    name: str,
    facts: dict[str, Json],
    by_seq: dict[int, Json],
    closing: int,
    since: int,
    counted: set[str],
    found: Findings,
) -> None:
    lines = facts.get("confirmation_line", [])
    for named in facts.get("confirmer", []):
        if named["withdrawn_at"] is not None:
            continue
        said = [
            one
            for one in facts.get("confirmation", [])
            if one["person_id"] == named["person_id"] and one["entry_seq"] < closing
        ]
        last = max(said, key=lambda one: one["entry_seq"], default=None)
        if last is None or last["answer"] != "yes" or last["entry_seq"] <= since:
            found.closures.append(f"{name}: a confirmer has no yes that is newer than the work")
            continue
        record = by_seq.get(last["entry_seq"])
        verb, signer = signed_as(last)
        if record is None or (record["verb"], record["person_id"]) != (verb, signer):
            found.closures.append(f"{name}: no record holds the answer of a confirmer")
        elif not last["is_withdrawal"] and says(record, "answer", last["answer"]) is False:
            found.closures.append(f"{name}: the record holds another answer of a confirmer")
        yes_to = {
            one["criterion_id"]
            for one in lines
            if one["confirmation_id"] == last["id"] and one["answer"] == "yes"
        }
        if not last["is_withdrawal"] and not counted <= yes_to:
            found.closures.append(f"{name}: a confirmer left a criterion open")


def signed_as(answer: Json) -> tuple[str, Json]:
    """Return the verb of the record that holds an answer, and the id of who signed it."""
    if answer["is_withdrawal"]:
        return "incident:withdrawn", answer["person_id"]
    if answer["recorded_by"]:
        return "confirmation:recorded", answer["recorded_by"]
    return "confirmation:given", answer["person_id"]


def says(record: Json, name: str, value: Json) -> bool | None:
    """Whether a record says this; None if what it said was erased or held back."""
    return None if record["content"] is None else record["content"].get(name) == value


def check_decision(
    name: str,
    facts: dict[str, Json],
    by_seq: dict[int, Json],
    closing: int,
    since: int,
    found: Findings,
) -> None:
    made = [one for one in facts.get("decision", []) if one["entry_seq"] < closing]
    last = max(made, key=lambda one: one["entry_seq"], default=None)
    if last is None or last["id"] != facts["incident"][0]["decision_id"]:
        found.closures.append(f"{name}: the decision it was closed by is not its last one")
        return
    if last["decided"] != "close" or not last["reason"].strip() or last["entry_seq"] <= since:
        found.closures.append(f"{name}: the decision does not close it, or is older than the work")
    record = by_seq.get(last["entry_seq"])
    if record is None or record["verb"] != "decision:made":
        found.closures.append(f"{name}: no record holds the decision")
    elif record["person_id"] != last["person_id"]:
        found.closures.append(f"{name}: the record of the decision is somebody else's")
    handled = {
        one["ended_by"]
        for one in facts.get("work_item", [])
        if one["action_id"] is not None and one["how"] == "completed" and one["lane"] != "customer"
    }
    if last["person_id"] in handled | {facts["incident"][0]["lead_id"]}:
        found.closures.append(f"{name}: who decided had led it or worked on it")


# --- the pack ------------------------------------------------------------------------------------


class Pack:
    """The files of a pack, each checked against the list as it is read."""

    def __init__(self, path: str, found: Findings) -> None:
        try:
            self.zip = zipfile.ZipFile(path)
            self.names = [one.filename for one in self.zip.infolist()]
            self.manifest = self.raw("manifest.json")
            self.listed = json.loads(self.manifest)
        except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
            raise NoPack(f"This is no pack: {error}") from error
        if not isinstance(self.listed, dict) or self.listed.get("format") != FORMAT:
            raise NoPack(f"This is no pack of the format “{FORMAT}”.")
        self.found = found
        self.check_names()
        releases = [name for name in self.names if name.startswith("releases/")]
        self.release_ids = {self.json(name)["id"] for name in releases}

    def raw(self, name: str) -> bytes:
        # a file that says it is small may unpack to more than the memory holds
        try:
            with self.zip.open(name) as opened:
                content = opened.read(LARGEST + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise NoPack(f"{name} cannot be read: it was changed ({error}).") from error
        if len(content) > LARGEST:
            raise NoPack(f"{name} is larger than any pack has it.")
        return content

    def check_names(self) -> None:
        beside = {"manifest.json", "manifest.signature.json"}
        if len(set(self.names)) != len(self.names):
            self.found.integrity.append("a file is in the pack twice")
        for name in sorted(set(self.names) - set(self.listed["files"]) - beside):
            self.found.integrity.append(f"{name} was added to the pack")
        for name in sorted(set(self.listed["files"]) - set(self.names)):
            self.found.completeness.append(f"{name} was taken out of the pack")

    def check_files(self) -> None:
        for name in sorted(set(self.names) & set(self.listed["files"])):
            if sha256(self.raw(name)) != self.listed["files"][name]:
                self.found.integrity.append(f"{name} was changed")

    def json(self, name: str) -> Json:
        return json.loads(self.raw(name))

    def lines(self, name: str) -> list[Json]:
        return [json.loads(line) for line in self.raw(name).splitlines() if line]


def check_releases(pack: Pack, found: Findings) -> None:
    """Check that each diagram, table and form is the content that its hash names."""
    hashes = {name.split("/")[-1] for name in pack.names if name.startswith("contents/")}
    for digest in sorted(hashes):
        if sha256(pack.raw(f"contents/{digest}")) != digest:
            found.integrity.append(f"contents/{digest} is not what its name says")
    for name in sorted(one for one in pack.names if one.startswith("releases/")):
        release = pack.json(name)
        for part, digest in release["parts"].items():
            if digest not in hashes:
                found.completeness.append(f"{name}: “{part}” is not in the pack")
        for one in (release["proof"] or {}).get("files", []):
            for process in one.get("processes", []):
                if process.get("verdict") != "sound":
                    found.closures.append(f"{name}: “{process.get('id')}” was not proved")
        if release["proof"] is None:
            found.completeness.append(f"{name}: its proof is not in the pack")


def check_heads(pack: Pack, outside: list[Json], found: Findings) -> dict[str, Json]:
    """Check the signed heads, each the continuation of the one before; return the newest."""
    heads = pack.lines("heads.jsonl")
    if not heads:
        raise NoPack("There is no signed head in it.")
    newest: dict[str, Json] = heads[-1]
    proofs = pack.json("consistency.json")
    previous, number, root = "", 0, bytes.fromhex(newest["root"])
    for head in heads:
        said = f"signed head {head['number']}"
        if head["previous"] != previous or head["number"] <= number:
            found.completeness.append(f"{said} does not follow from the one before it")
        if not is_signed(head["public_key"], head["signature"], statement(head)):
            found.authenticity.append(f"{said} is not signed by the key that it names")
        path = [bytes.fromhex(one) for one in proofs[str(head["number"])]]
        old = bytes.fromhex(head["root"])
        if not is_beginning(head["size"], old, newest["size"], root, path):
            found.integrity.append(f"what {said} was signed over is not how it goes on")
        previous, number = sha256(statement(head)), head["number"]
    check_outside({head["number"]: head for head in heads}, number, outside, found)
    return newest


def check_outside(
    by_number: dict[int, Json], last: int, outside: list[Json], found: Findings
) -> None:
    """Check the heads of the pack against those that somebody had before."""
    for head in outside:
        said = f"signed head {head['number']}"
        if not is_signed(head["public_key"], head["signature"], statement(head)):
            found.authenticity.append(f"{said}, which you had before, is not signed by its key")
        if head["number"] > last:
            found.notes.append(f"{said}, which you had before, is newer than the pack")
        elif by_number.get(head["number"]) != head:
            found.integrity.append(f"{said} is not the one you had before")


def statement(head: dict[str, Json]) -> bytes:
    """Return what a signed head's signature is over."""
    names = ("number", "at", "chains", "entries", "size", "root", "previous", "key_id")
    return canonical([head["format"], *(head[name] for name in names), head["public_key"]])


def is_signed(public_key: str, signature: str, message: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_incident(pack: Pack, folder: str, head: dict[str, Json], found: Findings) -> int:
    """Check one incident's records, that the signed head covers them, and its closing."""
    name = f"incident {folder.split('/')[1]}"
    facts = pack.json(f"{folder}/facts.json")
    entries = pack.lines(f"{folder}/entries.jsonl")
    chain = facts["incident"][0]["id"]
    check_entries(chain, name, entries, found)
    signed = pack.json(f"{folder}/inclusion.json")
    last = entries[signed["seq"] - 1] if 0 < signed["seq"] <= len(entries) else None
    if last is None or last["hash"] != signed["hash"]:
        found.completeness.append(f"{name}: records that were signed are not there")
    elif signed["seq"] < len(entries):
        check_tail(name, entries[signed["seq"] :], found)
    leaf = canonical([chain, signed["seq"], signed["hash"]])
    path = [bytes.fromhex(one) for one in signed["path"]]
    root = bytes.fromhex(head["root"])
    if not is_included(leaf, signed["index"], head["size"], path, root):
        found.integrity.append(f"{name}: its records are not what was signed")
    if str(facts["incident"][0]["number"]) != folder.split("/")[1]:
        found.integrity.append(f"{name}: what is in its folder is about another one")
    check_closure(name, facts, entries, found)
    for run in facts.get("run", []):
        if run["release_id"] not in pack.release_ids:
            found.completeness.append(f"{name}: a release that it ran on is not in the pack")
    return len(entries)


def check_tail(name: str, tail: list[Json], found: Findings) -> None:
    """Say what was written after the head was signed: nobody signed it, and it may be new."""
    if any(one["verb"] == "incident:closed" for one in tail):
        found.authenticity.append(f"{name}: the record of its closing is not signed")
    found.notes.append(f"{name}: records from {tail[0]['seq']} on are newer than what was signed")


def verify(path: str, outside: list[Json], keys: set[str]) -> tuple[dict[str, Json], Findings]:
    """Return what is in the pack, counted, and everything that is wrong with it."""
    found = Findings()
    pack = Pack(path, found)
    pack.check_files()
    signed = json.loads(pack.raw("manifest.signature.json"))
    message = canonical([FORMAT, sha256(pack.manifest)])
    if not is_signed(signed["public_key"], signed["signature"], message):
        found.authenticity.append("the list of files is not signed by the key that it names")
    check_releases(pack, found)
    head = check_heads(pack, outside, found)
    if signed["public_key"] != head["public_key"]:
        found.authenticity.append("the list of files is signed by another key than the records")
    used = {signed["public_key"], head["public_key"]}
    known = keys | {one["public_key"] for one in outside}
    if known and not used <= known:
        found.authenticity.append("it is signed with a key that is not one of those you gave")
    folders = sorted(
        {"/".join(name.split("/")[:2]) for name in pack.names if name.startswith("incidents/")},
        key=lambda name: int(name.split("/")[1]),
    )
    told = [int(one) for one in pack.listed["incidents"]]
    if told != [int(name.split("/")[1]) for name in folders]:
        found.completeness.append("incidents are not those that the list of files names")
    records = sum(check_incident(pack, name, head, found) for name in folders)
    about = {
        "made_at": pack.listed["made_at"],
        "made_by": pack.listed["made_by"],
        "why": pack.listed["why"],
        "incidents": len(folders),
        "records": records,
        "signed_head": head["number"],
        "signed_at": head["at"],
        "key_id": head["key_id"],
        "fingerprint": sha256(bytes.fromhex(head["public_key"])),
        "is_key_known": bool(known),
    }
    return about, found


def shown(text: str) -> str:
    """Return the text without what would move the cursor, or is no character."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def say(about: dict[str, Json], found: Findings) -> None:
    count = f"{many(about['incidents'], 'incident')}, {many(about['records'], 'record')}"
    lines = [f"{count}; made {about['made_at']} by {about['made_by']}: {about['why']}"]
    for subject, wrong in found.all().items():
        lines.append(f"{subject}: " + ("holds" if not wrong else f"{len(wrong)} findings"))
        lines += [f"  - {one}" for one in wrong]
    lines += [f"note: {one}" for one in found.notes]
    lines.append(f"signed by key “{about['key_id']}”, SHA-256 {about['fingerprint']}")
    if not about["is_key_known"]:
        lines.append("whose key that is, a head or key that you had before can tell")
    for line in lines:
        print(shown(line))


def heads_at(given: list[str]) -> list[str]:
    """Return the files that were named, and those in the folders that were."""
    found = []
    for name in given:
        inside = sorted(os.listdir(name)) if os.path.isdir(name) else []
        found += [os.path.join(name, one) for one in inside] or [name]
    return found


def main(given: list[str] | None = None) -> int:
    about = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(description=about[1], epilog=about[2])
    parser.add_argument("pack", help="the ZIP file")
    parser.add_argument(
        "--head",
        action="append",
        default=[],
        help="a signed head you had before, or a folder of them",
    )
    parser.add_argument("--key", action="append", default=[], help="a public key, 64 hex digits")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    asked = parser.parse_args(given)
    outside = []
    try:
        for name in heads_at(asked.head):
            with open(name, encoding="utf-8") as opened:
                outside += [json.loads(line) for line in opened if line.strip()]
        told, found = verify(asked.pack, outside, {one.lower() for one in asked.key})
    except NoPack as error:
        print(shown(str(error)), file=sys.stderr)
        return 2
    except (
        OSError,
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ) as error:
        print(f"It cannot be read as a pack: {shown(repr(error))}", file=sys.stderr)
        return 2
    if asked.json:
        print(
            json.dumps({**told, **found.all(), "notes": found.notes}, ensure_ascii=False, indent=1)
        )
    else:
        say(told, found)
    return 1 if any(found.all().values()) else 0


if __name__ == "__main__":
    sys.exit(main())
