"""API tokens: made by a signed-in person, shown once, kept as a digest, ended at any time."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.work import Store

PREFIX = "putright_"
LONGEST = timedelta(days=366)
_LONGEST_NAME = 100


def digest_of(token: str) -> bytes:
    """Return what is stored of a token: it is random enough for a plain SHA-256."""
    return hashlib.sha256(token.encode()).digest()


def make_token(
    store: Store, person_id: UUID, *, name: str, lasts: timedelta = timedelta(days=90)
) -> tuple[UUID, str]:
    """Return the new token's id and the token itself, which nobody can ever see again.

    It does what the person may do, from now until `lasts` is over (a year at most).  Raises
    InvalidAnswers.
    """
    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise InvalidAnswers({"name": say("Please say in a few words what the token is for.")})
    if not timedelta(0) < lasts <= LONGEST:
        raise InvalidAnswers({"days": say("A token lasts from 1 to 366 days.")})
    token = PREFIX + secrets.token_urlsafe(32)
    made = uuid4()
    with store.begin() as work:
        work.conn.execute(
            insert(t.api_token),
            {
                "id": made,
                "person_id": person_id,
                "name": name.strip(),
                "digest": digest_of(token),
                "created_at": work.now,
                "expires_at": work.now + lasts,
            },
        )
    return made, token


def revoke_token(store: Store, token_id: UUID, *, person_id: UUID) -> None:
    """End one of the person's own tokens; ending it again changes nothing.  Raises NotFound."""
    with store.begin() as work:
        found = work.conn.execute(
            update(t.api_token)
            .where(t.api_token.c.id == token_id, t.api_token.c.person_id == person_id)
            .values(revoked_at=work.now)
        )
        if not found.rowcount:
            raise NotFound(say("There is no such token."), token=str(token_id))
