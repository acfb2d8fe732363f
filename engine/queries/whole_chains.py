"""All chains looked through, a slice at a time: whatever was changed or cut off is named.

Most chains hold, which costs one reading of each entry; of one that does not, all entries are taken
together to say what was done.  A chain that holds may still stand among those of another kind, as
its hashes do not say of which it is.  A newcomer would read heads and entries one after the other:
between the two somebody writes, so that a slice is read as it stood at one instant.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import groupby
from uuid import UUID

from sqlalchemy import Connection

from engine.domain.audited import Finding, Question, Tally, of_chain
from engine.domain.chain import Broken, Entry, Head, Tampering, holds, verify
from engine.language import say
from engine.store.chains import (
    Slice,
    at_one_instant,
    called,
    can_begin,
    entries_in,
    heads_in,
    strangers_in,
)

_NONE = Head(0, b"")


def look_through(conn: Connection, part: Slice, keys: Mapping[str, bytes]) -> Tally:
    """Return what is wrong with the chains of a slice; `conn` has begun nothing yet."""
    at_one_instant(conn)
    tally = Tally()
    heads = heads_in(conn, part)
    broken: list[tuple[UUID, Head]] = []
    strangers = strangers_in(conn, part)
    for chain_id, entries in groupby(entries_in(conn, part), lambda entry: entry.incident_id):
        end = heads.pop(chain_id, _NONE)
        counted = _counted(entries, tally, part.kind, strangers)
        if not holds(counted, keys, end):
            broken.append((chain_id, end))
            deque(counted, maxlen=0)  # what is behind the first fault counts, too
        tally.chains += 1
    # whose entries are all gone
    gone = [(chain_id, end) for chain_id, end in heads.items() if end.seq]
    tally.chains += len(gone)
    for chain_id, end in [*broken, *gone]:
        tally.note(_faults(conn, part.kind, chain_id, end, keys))
    tally.note(_stranger(conn, chain_id) for chain_id in sorted(strangers))
    return tally


def _counted(
    entries: Iterator[Entry], tally: Tally, kind: str, strangers: set[UUID]
) -> Iterator[Entry]:
    for entry in entries:
        if entry.seq == 1 and not can_begin(kind, entry.verb):
            strangers.add(entry.incident_id)
        tally.entries += 1
        tally.erased += entry.content is None or entry.actor is None
        yield entry


def _faults(
    conn: Connection, kind: str, chain_id: UUID, end: Head, keys: Mapping[str, bytes]
) -> Iterator[Finding]:
    where = called(conn, chain_id)
    entries = entries_in(conn, Slice(kind, chain_id, chain_id))
    found = verify(entries, keys, incident_id=chain_id, head=end)
    for one in found or [_beyond(end)]:
        yield of_chain(where, one)


def _stranger(conn: Connection, chain_id: UUID) -> Finding:
    """Each entry holds, and yet it was written about something else."""
    sentence = say("It was brought here from the records of another kind.")
    return Finding(Question.INTEGRITY, called(conn, chain_id), 1, "misplaced", sentence)


def _beyond(end: Head) -> Broken:
    """Each entry holds, and yet the chain does not end with its head."""
    seq = end.seq + 1
    sentence = say("Record %(seq)s was added behind the newest one.", seq=seq)
    return Broken(seq, Tampering.ADDED, sentence)
