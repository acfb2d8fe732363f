"""The proof that a release was published with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from engine.errors import NotFound
from engine.language import say
from engine.store import schema as t


@dataclass(frozen=True)
class ReleaseProof:
    """What was proved of a release, when, and by which version.

    `files` and `scenarios` are as the commands say them; `scenarios` None: from before there were
    any.
    """

    release_id: UUID
    release: int
    proved_at: datetime
    proved_with: str
    elapsed_ms: int
    files: tuple[Any, ...]
    scenarios: Any


def release_proof(conn: Connection, which: int | UUID) -> ReleaseProof:
    """Return the proof of the release with this number or id.

    Raises NotFound, also for a release from before there were proofs.
    """
    named = t.release.c.number == which if isinstance(which, int) else t.release.c.id == which
    row = conn.execute(
        select(t.release_proof, t.release.c.number)
        .join(t.release, t.release.c.id == t.release_proof.c.release_id)
        .where(named)
    ).one_or_none()
    if row is None:
        raise NotFound(
            say("There is no such release, or it was published before there were proofs.")
        )
    return ReleaseProof(
        row.release_id,
        row.number,
        row.proved_at,
        row.proved_with,
        row.elapsed_ms,
        tuple(row.files),
        row.scenarios,
    )
