"""The audit chain of one incident held against its key: whatever was changed is named."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.domain.chain import Head, verify
from engine.store.chaining import COLUMNS, entry_of

# What `tampered` asks of each entry, for the incidents `:ids`.
ENTRIES_SQL = f"""SELECT incident_id, {", ".join(COLUMNS)}
    FROM entry WHERE incident_id = ANY (:ids) ORDER BY seq"""  # noqa: S608


def tampered(incident: Any, entries: Sequence[Any], keys: Mapping[str, bytes]) -> list[str]:
    """Return what is wrong with the chain, a sentence without full stop each.

    `incident` has `id`, `head_seq` and `head_hash`; `entries` are all of its rows, in order.
    """
    chain = [entry_of(one.incident_id, one) for one in entries]
    head = Head(incident.head_seq, bytes(incident.head_hash))
    found = verify(chain, keys, incident_id=incident.id, head=head)
    return [broken.sentence.rstrip(".") for broken in found]
