"""An entry of a chain as a row: the next one, and one that was read.

Whatever has a chain, an incident or the register, its entries have the same columns.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from engine.domain.canonical import plain
from engine.domain.chain import (
    FORMAT,
    SALT_BYTES,
    Entry,
    Head,
    actor_digest,
    content_digest,
    entry_hash,
    entry_mac,
)
from engine.domain.permissions import Actor, Machine

# the columns that each entry has, beside what says whose chain it belongs to
COLUMNS = tuple(one.name for one in fields(Entry) if one.name != "incident_id")


@dataclass(frozen=True)
class AuditKey:
    """The secret that the audit chain is keyed with, and the id that entries name it by.

    `before` are secrets of earlier keys by their ids: what was written with them is checked with
    them, and nothing is written with them any more.
    """

    id: str
    secret: bytes = field(repr=False)
    before: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def known(self) -> Mapping[str, bytes]:
        """Every secret that is ours, by the id of its key."""
        return {**self.before, self.id: self.secret}


def chained(
    key: AuditKey,
    chain_id: UUID,
    head: Head,
    at: datetime,
    by: Actor | Machine,
    verb: str,
    content: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the entry that follows `head` (seq 0, no hash: none yet), by column.

    A machine signs with its own name and never as a person.
    """
    person_id = by.id if isinstance(by, Actor) else None
    salt, actor_salt = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES)
    # what is hashed is what is kept: the form that survives the database unchanged
    kept = cast("dict[str, Any]", plain(content))
    entry = Entry(
        chain_id,
        head.seq + 1,
        at,
        by.name,
        person_id,
        verb,
        kept,
        salt,
        content_digest(kept, salt),
        key.id,
        head.hash,
        b"",
        FORMAT,
        actor_salt,
        actor_digest(by.name, actor_salt),
    )
    hashed = entry_hash(key.secret, entry)
    row = {name: getattr(entry, name) for name in COLUMNS}
    return row | {"hash": hashed, "mac": entry_mac(key.secret, hashed)}


def entry_of(chain_id: UUID, row: Any) -> Entry:
    """Return the entry that a row with all of `COLUMNS` holds."""
    kept = {name: getattr(row, name) for name in COLUMNS}
    return Entry(incident_id=chain_id, **{name: _value(one) for name, one in kept.items()})


def _value(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
