"""Signing in: attempts are counted where every process sees them, and sessions can be ended.

A newcomer would count failures after they happened: a hundred attempts at once would all find none.
Each attempt is written before the password is looked at, and taken back when it was right.
"""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import delete, insert, text, update

from engine.errors import InvalidAnswers, TooManyAttempts
from engine.language import say
from engine.queries.sign_in import failed_attempts
from engine.store import schema as t
from engine.store.work import Store

WINDOW = timedelta(minutes=15)
# Anybody who mistypes gets through; guessing does not.  The limit for a login from everywhere is
# wide, so that nobody is locked out by a stranger who knows their name.
MOST_HERE, MOST_FOR_LOGIN, MOST_FROM_PLACE = 8, 200, 60


def begin_attempt(store: Store, login: str, place: str) -> None:
    """Write down that somebody tries to sign in from `place` (a network address).

    Neither is kept in clear.  Raises TooManyAttempts; that attempt counts too.
    """
    who, where = _mark(store, login.strip().lower()), _mark(store, place)
    with store.begin() as work:
        since = work.now - WINDOW
        both, login_failed, from_place = failed_attempts(
            work.conn, who=who, where=where, since=since
        )
        work.conn.execute(insert(t.sign_in_attempt), {"who": who, "place": where, "at": work.now})
        work.conn.execute(delete(t.sign_in_attempt).where(t.sign_in_attempt.c.at < since))
    if both >= MOST_HERE or login_failed >= MOST_FOR_LOGIN or from_place >= MOST_FROM_PLACE:
        raise TooManyAttempts(int(WINDOW.total_seconds() // 60))


def attempt_was_right(store: Store, login: str, place: str) -> None:
    """Forget the failures of this login from there: the person has signed in."""
    with store.begin() as work:
        work.conn.execute(
            delete(t.sign_in_attempt).where(
                t.sign_in_attempt.c.who == _mark(store, login.strip().lower()),
                t.sign_in_attempt.c.place == _mark(store, place),
            )
        )


def store_password(store: Store, person_id: UUID, password_hash: str) -> None:
    """Keep the same password's hash at today's costs; sessions go on."""
    with store.begin() as work:
        work.conn.execute(
            update(t.person).where(t.person.c.id == person_id).values(password_hash=password_hash)
        )


def end_sessions(store: Store, person_id: UUID, *, password_hash: str | None = None) -> int:
    """End every session of the person, with a new password if one is given; return the epoch."""
    with store.begin() as work:
        if password_hash is not None:
            work.conn.execute(
                update(t.person)
                .where(t.person.c.id == person_id)
                .values(password_hash=password_hash)
            )
        epoch: int = work.conn.execute(
            text(
                "UPDATE person SET session_epoch = session_epoch + 1 WHERE id = :id"
                " RETURNING session_epoch"
            ),
            {"id": person_id},
        ).scalar_one()
        return epoch


def set_time_zone(store: Store, person_id: UUID, zone: str) -> None:
    """Show the person every time in this zone from now on.  Raises InvalidAnswers."""
    if zone not in available_timezones():
        raise InvalidAnswers({"time_zone": say("Please choose from the time zones listed.")})
    with store.begin() as work:
        work.conn.execute(update(t.person).where(t.person.c.id == person_id).values(time_zone=zone))


def set_language(store: Store, person_id: UUID, code: str) -> None:
    """Speak this language (its code by ISO 639) to the person from now on, in letters too."""
    with store.begin() as work:
        work.conn.execute(update(t.person).where(t.person.c.id == person_id).values(language=code))


def _mark(store: Store, what: str) -> bytes:
    """Return what stands for a login or an address: who reads the table cannot read them."""
    return hmac.new(store.key.secret, b"sign-in " + what.encode(), hashlib.sha256).digest()[:16]
