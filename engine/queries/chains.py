"""The audit chain of one incident held against its key: whatever was changed is named."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.domain.chain import Entry, Head, verify

# What `tampered` asks of each entry, for the incidents `:ids`.
ENTRIES_SQL = """SELECT incident_id, seq, at, actor, person_id, verb, content, salt, digest,
        key_id, previous, hash FROM entry WHERE incident_id = ANY (:ids) ORDER BY seq"""


def tampered(incident: Any, entries: Sequence[Any], keys: Mapping[str, bytes]) -> list[str]:
    """Return what is wrong with the chain, a sentence without full stop each.

    `incident` has `id`, `head_seq` and `head_hash`; `entries` are all of its rows, in order.
    """
    chain = [
        Entry(
            one.incident_id,
            one.seq,
            one.at,
            one.actor,
            one.person_id,
            one.verb,
            one.content,
            bytes(one.salt) if one.salt is not None else None,
            bytes(one.digest),
            one.key_id,
            bytes(one.previous),
            bytes(one.hash),
        )
        for one in entries
    ]
    head = Head(incident.head_seq, bytes(incident.head_hash))
    found = verify(chain, keys, incident_id=incident.id, head=head)
    return [broken.sentence.rstrip(".") for broken in found]
