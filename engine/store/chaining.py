"""The next entry of a chain, as a row: of an incident's own chain, or of the register's."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from engine.domain.canonical import plain
from engine.domain.chain import SALT_BYTES, Head, content_digest, entry_hash
from engine.domain.permissions import Actor, Machine


@dataclass(frozen=True)
class AuditKey:
    """The secret that the audit chain is keyed with, and the id that entries name it by."""

    id: str
    secret: bytes = field(repr=False)


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
    salt = secrets.token_bytes(SALT_BYTES)
    # what is hashed is what is kept: the form that survives the database unchanged
    kept = cast("dict[str, Any]", plain(content))
    digest = content_digest(kept, salt)
    seq = head.seq + 1
    hashed = entry_hash(
        key.secret,
        incident_id=chain_id,
        previous=head.hash,
        seq=seq,
        at=at,
        actor=by.name,
        person_id=person_id,
        verb=verb,
        key_id=key.id,
        digest=digest,
    )
    return {
        "seq": seq,
        "at": at,
        "person_id": person_id,
        "actor": by.name,
        "verb": verb,
        "content": kept,
        "salt": salt,
        "digest": digest,
        "key_id": key.id,
        "previous": head.hash,
        "hash": hashed,
    }
