"""Whose an API token is, and which tokens somebody has; the tokens themselves are not kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor
from engine.queries.actors import load_actor


@dataclass(frozen=True)
class TokenLine:
    """A token that somebody made."""

    id: UUID
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def holder_of_token(conn: Connection, digest: bytes, now: datetime) -> Actor | None:
    """Return the active person whose token has this digest; None if it is unknown or over."""
    person_id = conn.scalar(
        text(
            "SELECT person_id FROM api_token WHERE digest = :digest AND revoked_at IS NULL"
            " AND (expires_at IS NULL OR expires_at > :now)"
        ),
        {"digest": digest, "now": now},
    )
    return load_actor(conn, person_id) if person_id is not None else None


def tokens_of(conn: Connection, person_id: UUID) -> tuple[TokenLine, ...]:
    """Return the person's tokens, newest first, those that are over too."""
    rows = conn.execute(
        text(
            "SELECT id, name, created_at, expires_at, revoked_at FROM api_token"
            " WHERE person_id = :who ORDER BY created_at DESC, id"
        ),
        {"who": person_id},
    )
    return tuple(TokenLine(**row._mapping) for row in rows)
