"""Passwords: hashed with argon2id, checked in the same time whether or not the login exists.

A newcomer would return early for an unknown login: the answer would come faster, and tell a
stranger who works here.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.language import say

LEAST_LENGTH = 12
# What nobody would type; argon2 reads all of it before it answers.
LONGEST = 1_000


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password, it is here to be compared with")


def hash_password(password: str) -> str:
    """Return the argon2id hash to be stored, with its salt and its costs in it."""
    return _hasher().hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Say whether `password` is the one whose hash is `stored`.

    None (no such person, or one without a password) takes as long as a wrong password.
    """
    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(stored or _nobodys_hash(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def wrong_length(password: str) -> str | None:
    """Return what is wrong with the length of a password that somebody chooses; None if nothing."""
    if LEAST_LENGTH <= len(password) <= LONGEST:
        return None
    return say("Please take at least %(least_length)s characters.", least_length=LEAST_LENGTH)


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made at lower costs than today's, so that it is made again."""
    return _hasher().check_needs_rehash(stored)
