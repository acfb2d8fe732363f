"""Signed addresses that begin something: the first person's, and one to choose a password.

A newcomer would keep tokens in a table: what is signed here ends by itself.  The first person's
leads nowhere once anybody is known, a password's once one was chosen, or after three days.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer

LASTS = timedelta(days=3)


def first_token(secret_key: str) -> str:
    """Return what stands in the address where an empty installation begins."""
    return str(_signer(secret_key, "first").dumps("first"))


def is_first(token: str, secret_key: str) -> bool:
    """Say whether we have signed it."""
    return _read(token, secret_key, "first") == "first"


def password_token(person_id: UUID, epoch: int, secret_key: str) -> str:
    """Return what stands in the address where this person chooses a password, once."""
    return str(_signer(secret_key, "password").dumps([person_id.hex, epoch]))


def invited(token: str, secret_key: str) -> tuple[UUID, int] | None:
    """Return who is invited and with which epoch; None for what is not ours or too old."""
    try:
        found: Any = _read(token, secret_key, "password")
        who, epoch = found
        return UUID(who), int(epoch)
    except (ValueError, TypeError, AttributeError):
        return None


def _read(token: str, secret_key: str, what: str) -> object:
    try:
        return _signer(secret_key, what).loads(token, max_age=int(LASTS.total_seconds()))
    except BadSignature:
        return None


def _signer(secret_key: str, what: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=f"putright-{what}")
