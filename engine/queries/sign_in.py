"""Who signs in, and who a session belongs to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor
from engine.queries.actors import load_actor


@dataclass(frozen=True)
class Credentials:
    """What a sign-in is checked against; a person without a password has no way in."""

    person_id: UUID
    password_hash: str | None
    epoch: int


@dataclass(frozen=True)
class Reader:
    """A signed-in person as pages need them; `time_zone` is an IANA name.

    `language` is the code of the one they chose, None if they chose none.

    A session made at an earlier `epoch` has ended.
    """

    actor: Actor
    login: str
    time_zone: str
    language: str | None
    epoch: int


def find_credentials(conn: Connection, login: str) -> Credentials | None:
    """Return what an active person's sign-in is checked against; logins ignore case."""
    row = conn.execute(
        text(
            "SELECT id, password_hash, session_epoch FROM person"
            " WHERE lower(login) = lower(:login) AND is_active ORDER BY login = :login DESC LIMIT 1"
        ),
        {"login": login},
    ).first()
    return Credentials(row.id, row.password_hash, row.session_epoch) if row else None


def find_reader(conn: Connection, person_id: UUID) -> Reader | None:
    """Return the active person with this id, or None."""
    actor = load_actor(conn, person_id)
    if actor is None:
        return None
    row = conn.execute(
        text("SELECT login, time_zone, language, session_epoch FROM person WHERE id = :id"),
        {"id": person_id},
    ).one()
    return Reader(actor, row.login, row.time_zone, row.language, row.session_epoch)


def failed_attempts(
    conn: Connection, *, who: bytes, where: bytes, since: datetime
) -> tuple[int, int, int]:
    """Return how often it failed since then: for this login from there, for it, from there."""
    row = conn.execute(
        text(
            "SELECT count(*) FILTER (WHERE who = :who AND place = :place) AS both,"
            " count(*) FILTER (WHERE who = :who) AS login,"
            " count(*) FILTER (WHERE place = :place) AS place FROM sign_in_attempt"
            " WHERE at > :since AND (who = :who OR place = :place)"
        ),
        {"who": who, "place": where, "since": since},
    ).one()
    return row.both, row.login, row.place
