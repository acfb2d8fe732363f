"""The audit chain: what is hashed, how, and how tampering is named.

Content digest: HMAC-SHA256, key = the entry's salt, message = canonical content
(`canonical.py`).
Actor digest: HMAC-SHA256, key = the entry's actor salt, message = the canonical name of who acted.
Entry hash: SHA-256 of the canonical array `["putright entry 2", chain id, previous hash, seq, at,
person id or null, verb, key id, actor digest, content digest]`, hashes as lower-case hex, ids as
lower-case text with hyphens.  The chain's id is that of its incident, or of what else has a chain.
The first entry has seq 1 and an empty previous hash.
Entry MAC: HMAC-SHA256, key = the secret named by `key_id`, message = the entry hash.

Whoever has an entry can check its hash, and so an inspector needs no secret of ours; whoever can
write into the database cannot make the MAC of another one.

Digests, not what they stand for, are hashed on: by law, content and salt can be erased together,
and so can the actor's name and its salt, the ones without the others.  The chain still holds, while
nobody can guess what stood there.  A later entry says that it was taken out, its tombstone
(`erasing.py`); what is gone without one was taken by somebody else.  A person's id stays: it is a
number that was drawn, and says who answered only as long as somebody knows whose it is.

Entries of format 1 have the actor in clear, and their hash is itself the HMAC, of
`["putright entry 1", chain id, previous hash, seq, at, actor, person id or null, verb, key id,
content digest]`.  They hold as they are, but the actor cannot be taken out of them, nor can they be
checked without the key.  An entry's format is the number in the first field, which no other
format's bytes can have.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from engine.domain.canonical import canonical, canonical_of_plain, instant_text
from engine.domain.erasing import TOMBSTONES, Unsaid
from engine.language import Said, say

# what new entries are written in; older ones stay as they are
FORMAT = 2
_FIRST_FORMAT = 1
SALT_BYTES = 32
_LEAST_KEY_BYTES = 32
_LEAST_SALT_BYTES = 16
# so many entries may have been taken out for those behind them still to be recognised
_MOST_MOVED = 32


@dataclass(frozen=True)
class Entry:
    """A line of the audit trail.

    Content and salt are None together once erased, and so are actor and actor salt.
    """

    incident_id: UUID
    seq: int
    at: datetime
    actor: str | None
    person_id: UUID | None
    verb: str
    content: Mapping[str, object] | None
    salt: bytes | None
    digest: bytes
    key_id: str
    previous: bytes
    hash: bytes
    format: int = _FIRST_FORMAT
    actor_salt: bytes | None = None
    actor_digest: bytes | None = None
    mac: bytes | None = None


@dataclass(frozen=True)
class Head:
    """The newest entry that somebody saw: the incident's own head, or one sent out of the house."""

    seq: int
    hash: bytes


class Tampering(StrEnum):
    """What was done to an entry, as far as the chain can tell."""

    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"
    SWAPPED = "swapped"
    TRUNCATED = "truncated"
    BACK_DATED = "back_dated"
    UNKNOWN_KEY = "unknown_key"
    ERASED_UNSAID = "erased_unsaid"


@dataclass(frozen=True)
class Broken:
    """One finding: the entry's number, what was done to it, and a sentence for people."""

    seq: int
    what: Tampering
    sentence: Said


def content_digest(content: Mapping[str, object], salt: bytes) -> bytes:
    """Return the 32 bytes that stand for the content; ValueError for a salt under 16 bytes."""
    return _salted(salt, canonical(content))


def actor_digest(actor: str, salt: bytes) -> bytes:
    """Return the 32 bytes that stand for who acted; ValueError for a salt under 16 bytes."""
    return _salted(salt, canonical(actor))


def _salted(salt: bytes, message: bytes) -> bytes:
    if len(salt) < _LEAST_SALT_BYTES:
        raise ValueError("A short salt would let erased content be guessed.")
    return hmac.digest(salt, message, "sha256")


def entry_hash(key: bytes | None, entry: Entry) -> bytes:
    """Return the 32 bytes that chain the entry to the one before; see the module for what.

    What the entry has as its hash is of no account, and so is the key for all formats but the
    first.  Raises ValueError for a naive instant, a format that is not known, or one that needs a
    key of at least 32 bytes.
    """
    hashed = canonical_of_plain(_hashed(entry))
    if entry.format == _FIRST_FORMAT:
        return _keyed(key, hashed)
    return hashlib.sha256(hashed).digest()


def entry_mac(key: bytes, hashed: bytes) -> bytes:
    """Return what only who has the key can make of an entry's hash.

    Raises ValueError for a key under 32 bytes.
    """
    return _keyed(key, hashed)


def _keyed(key: bytes | None, message: bytes) -> bytes:
    if key is None or len(key) < _LEAST_KEY_BYTES:
        raise ValueError("The key of the audit chain has at least 32 bytes.")
    return hmac.digest(key, message, "sha256")


def _hashed(entry: Entry) -> list[object]:
    chain, at = str(entry.incident_id), instant_text(entry.at)
    person = None if entry.person_id is None else str(entry.person_id)
    place = [chain, entry.previous.hex(), entry.seq, at]
    named = [person, entry.verb, entry.key_id]
    digest = entry.digest.hex()
    if entry.format == _FIRST_FORMAT:
        return ["putright entry 1", *place, entry.actor, *named, digest]
    if entry.format == FORMAT:
        return ["putright entry 2", *place, *named, (entry.actor_digest or b"").hex(), digest]
    raise ValueError(f"Entries of format {entry.format} are not known here.")


def verify(
    entries: Iterable[Entry],
    keys: Mapping[str, bytes],
    *,
    incident_id: UUID,
    head: Head | None = None,
) -> list[Broken]:
    """Return everything wrong with one incident's entries, by number; empty if all is well.

    The order given does not matter.  `keys` maps key ids to secrets.  `head` may be older than
    the newest entry; without one a cut-off tail cannot be noticed.  Erased content is not
    tampering where a tombstone tells of it.
    """
    ordered = sorted(entries, key=lambda entry: entry.seq)
    lines = _place(ordered, keys, incident_id)
    taken = {line.place for line in lines if line.place is not None}
    broken = [_broken(line.entry.seq, what) for line in lines for what in _wrong(line, taken, head)]
    broken += _forked(lines) + _missing(lines, head) + _back_dated(lines) + _unsaid(lines)
    return sorted(set(broken), key=lambda finding: (finding.seq, finding.what))


def holds(entries: Iterable[Entry], keys: Mapping[str, bytes], head: Head) -> bool:
    """Whether the entries of one chain, given in order, are as written, and end with its head.

    Each is read once and then forgotten: what exactly is wrong, `verify` says.  No entries hold
    with an empty head (seq 0).
    """
    at = Head(0, b"")
    latest: datetime | None = None
    unsaid = Unsaid()
    for entry in entries:
        if (
            entry.seq != at.seq + 1
            or entry.previous != at.hash
            or (latest is not None and entry.at < latest)
            or (key := keys.get(entry.key_id)) is None
            or not _fits(entry, key, entry.seq, entry.incident_id)
            or not _says_what_it_said(entry)
        ):
            return False
        at, latest = Head(entry.seq, entry.hash), entry.at
        _follow(entry, unsaid)
    return at == head and not unsaid.seqs


def _follow(entry: Entry, unsaid: Unsaid) -> None:
    if entry.content is None or entry.actor is None:
        # half of it torn out is no erasure
        unsaid.erased(
            entry.seq,
            content=entry.content is None and entry.salt is None,
            actor=entry.actor is None and entry.actor_salt is None,
        )
    if entry.verb in TOMBSTONES:
        unsaid.said(entry.content)


@dataclass(frozen=True)
class _Line:
    """An entry with what its hash says: `place` is where it stood when written, None unproven."""

    entry: Entry
    place: int | None
    has_key: bool

    @property
    def is_genuine(self) -> bool:
        return self.place == self.entry.seq


def _place(
    ordered: Sequence[Entry], keys: Mapping[str, bytes], incident_id: UUID
) -> Sequence[_Line]:
    """Return the entries with their proven places.

    An entry's own number is tried first, then those that a swap, an insertion or a removal
    would have given it; trying them all would take hours on a long chain with a wrong key.
    """
    by_hash = {b"": 0} | {entry.hash: entry.seq for entry in ordered}
    moved: dict[int, int] = {}  # number now -> number when written
    lines = []
    for entry in ordered:
        before = by_hash.get(entry.previous, entry.seq - 1)
        shift = moved.get(before, before) - before
        tried = [entry.seq, before + 1, before + 1 + shift, entry.seq - 1, entry.seq + 1]
        if entry.previous not in by_hash:
            tried += range(entry.seq + 2, entry.seq + _MOST_MOVED)
        key = keys.get(entry.key_id)
        fits = (seq for seq in dict.fromkeys(tried) if key and _fits(entry, key, seq, incident_id))
        place = next(fits, None)
        if place is not None:
            moved[entry.seq] = place
        lines.append(_Line(entry, place, key is not None))
    return lines


def _fits(entry: Entry, key: bytes, seq: int, incident_id: UUID) -> bool:
    if entry.incident_id != incident_id or entry.format not in (_FIRST_FORMAT, FORMAT):
        return False
    expected = entry_hash(key, entry if seq == entry.seq else replace(entry, seq=seq))
    if not hmac.compare_digest(expected, entry.hash):
        return False
    return entry.format == _FIRST_FORMAT or (
        entry.mac is not None and hmac.compare_digest(entry_mac(key, entry.hash), entry.mac)
    )


def _wrong(line: _Line, taken: AbstractSet[int], head: Head | None) -> Iterator[Tampering]:
    entry = line.entry
    if not line.has_key:
        yield Tampering.UNKNOWN_KEY
    elif line.place is None:
        is_beyond = head is not None and entry.seq > head.seq
        yield Tampering.ADDED if entry.seq in taken or is_beyond else Tampering.CHANGED
    elif not line.is_genuine:
        yield Tampering.SWAPPED
    elif not _says_what_it_said(entry) or (
        head and head.seq == entry.seq and head.hash != entry.hash
    ):
        yield Tampering.CHANGED


def _says_what_it_said(entry: Entry) -> bool:
    """Whether content and actor are what their digests stand for, or erased as a whole."""
    return _stands_for(entry.content, entry.salt, entry.digest) and (
        entry.format == _FIRST_FORMAT
        or _stands_for(entry.actor, entry.actor_salt, entry.actor_digest)
    )


def _stands_for(value: object, salt: bytes | None, digest: bytes | None) -> bool:
    if value is None or salt is None or digest is None:
        # erased as a whole, or half of it torn out
        return value is None and salt is None
    try:
        return hmac.compare_digest(_salted(salt, canonical_of_plain(value)), digest)
    except (TypeError, ValueError):
        return False


def _forked(lines: Sequence[_Line]) -> list[Broken]:
    """Return genuine entries that do not go together, as after restoring an old copy."""
    genuine = [line.entry for line in lines if line.is_genuine]
    broken = []
    if genuine and genuine[0].seq == 1 and genuine[0].previous != b"":
        broken.append(_broken(1, Tampering.CHANGED))
    for before, entry in pairwise(genuine):
        if entry.seq == before.seq:
            broken.append(_broken(entry.seq, Tampering.ADDED))
        elif entry.seq == before.seq + 1 and entry.previous != before.hash:
            broken.append(_broken(before.seq, Tampering.CHANGED))
    return broken


def _missing(lines: Sequence[_Line], head: Head | None) -> list[Broken]:
    there = {line.entry.seq if line.place is None else line.place for line in lines}
    last = max(there, default=0)
    broken = [_broken(seq, Tampering.REMOVED) for seq in range(1, last) if seq not in there]
    if head and head.seq > last:
        broken.append(_broken(last + 1, Tampering.TRUNCATED))
    return broken


def _unsaid(lines: Sequence[_Line]) -> list[Broken]:
    unsaid = Unsaid()
    for line in lines:
        if line.is_genuine:
            _follow(line.entry, unsaid)
    return [_broken(seq, Tampering.ERASED_UNSAID) for seq in unsaid.seqs]


def _back_dated(lines: Sequence[_Line]) -> list[Broken]:
    broken = []
    latest: datetime | None = None
    for line in lines:
        if latest is not None and line.entry.at < latest:
            broken.append(_broken(line.entry.seq, Tampering.BACK_DATED))
        elif line.is_genuine:
            # a forged date in the future must not make those after it look back-dated
            latest = line.entry.at
    return broken


_SENTENCES = {
    Tampering.CHANGED: say("Record %(seq)s is not what was written."),
    Tampering.REMOVED: say("Record %(seq)s is missing."),
    Tampering.ADDED: say("Record %(seq)s was never written by Putright."),
    Tampering.SWAPPED: say("Record %(seq)s stood at another place when it was written."),
    Tampering.TRUNCATED: say("Everything from record %(seq)s on has been cut off."),
    Tampering.BACK_DATED: say("Record %(seq)s is dated before the one in front of it."),
    Tampering.ERASED_UNSAID: say("Something was taken out of record %(seq)s, and none says why."),
    Tampering.UNKNOWN_KEY: say("Record %(seq)s cannot be checked: its key is not in the settings."),
}


def _broken(seq: int, what: Tampering) -> Broken:
    return Broken(seq, what, say(_SENTENCES[what].template, seq=seq))
