"""Who is signed in: sessions that end when the person's epoch is raised.

The cookie holds the person's id and the epoch at which they signed in, signed, and nothing else.
A newcomer would trust it for twelve hours: each request asks the table whether that epoch is
still the person's, so that signing out everywhere works at once.
"""

from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user

from api.passwords import hash_password, is_outdated, is_right
from api.sight import read_as
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers, Unavailable
from engine.language import say
from engine.queries.sign_in import Reader, find_credentials, find_reader
from engine.usecases.handling import Handling
from engine.usecases.signing_in import attempt_was_right, begin_attempt, store_password


class SignedIn:
    """What Flask-Login keeps for a request."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def get_id(self) -> str:
        """Return what the cookie holds."""
        return f"{self.reader.actor.id}:{self.reader.epoch}"


def register(app: Flask) -> None:
    """Read sessions with every request that asks who is there."""
    # a context processor would read the table for every page, error pages too
    manager: Any = LoginManager(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    manager.session_protection = None  # it would sign out telephones that change their network
    manager.user_loader(_load)
    manager.unauthorized_handler(_unauthorized)


def handling() -> Handling:
    """Return what use cases work with."""
    return cast(Handling, current_app.extensions["putright"])


def reader() -> Reader:
    """Return the signed-in person; only for pages that ask for one."""
    return cast(SignedIn, current_user).reader


def actor() -> Actor:
    """Return the signed-in person as use cases know them."""
    return reader().actor


def asking() -> Actor | None:
    """Return who makes this request, by a token or a session; None: nobody is known."""
    by_token: Actor | None = g.get("api_actor")
    if by_token is not None:
        return by_token
    try:
        if current_user.is_authenticated:
            return actor()
    except Unavailable:
        pass
    return None


def zone() -> ZoneInfo:
    """Return the zone in which the reader is shown times; UTC while nobody knows them.

    Who holds a link is shown those of whom it was sent to.
    """
    if "zone" in g:
        return cast(ZoneInfo, g.zone)
    return ZoneInfo(reader().time_zone if current_user.is_authenticated else "UTC")


def require_reader() -> ResponseReturnValue | None:
    """Send who is not signed in to the page where one does."""
    if current_user.is_authenticated:
        return None
    return _unauthorized()


def sign_in(login: str, password: str) -> None:
    """Begin a session.  Raises InvalidAnswers, the same for every cause, or TooManyAttempts."""
    store, place = handling().store, request.remote_addr or "unknown"
    with store.read() as conn:
        found = find_credentials(conn, login.strip())
    # written down as a failure unless it is right (`access.py`)
    g.sign_in_failed = found.person_id if found else None
    begin_attempt(store, login, place)
    if not is_right(found.password_hash if found else None, password) or found is None:
        raise InvalidAnswers({"login": say("The name or the password is not right.")})
    g.pop("sign_in_failed")
    attempt_was_right(store, login, place)
    if found.password_hash and is_outdated(found.password_hash):
        store_password(store, found.person_id, hash_password(password))
    begin_session(found.person_id)


def begin_session(person_id: UUID) -> None:
    """Begin a session for somebody whose word has been checked; an earlier one is left."""
    with handling().store.read() as conn:
        found = find_reader(conn, person_id)
    if found is None:
        raise InvalidAnswers({"login": say("The name or the password is not right.")})
    session.clear()
    session.permanent = True
    login_user(SignedIn(found))


def sign_out() -> None:
    """End this browser's session."""
    logout_user()
    session.clear()
    g.pop("csrf_token", None)


def _load(cookie: str) -> SignedIn | None:
    person_id, _, epoch = cookie.partition(":")
    try:
        wanted = UUID(person_id)
    except ValueError:
        return None
    with handling().store.read() as conn:
        found = find_reader(conn, wanted)
    if found is None or str(found.epoch) != epoch:
        return None
    read_as(found.actor)
    return SignedIn(found)


def _unauthorized() -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        # a part of a page that comes anew: the page stays as it is, with what is typed there
        return "", 401
    if request.method == "GET":
        wanted = request.full_path.rstrip("?")
        return redirect(url_for("signing.sign_in", next=wanted if wanted != "/" else None))
    # what was typed is still in the page before this one
    return (
        render_template(
            "error.html",
            status=401,
            title=say("You are signed out"),
            sentence=say("You were signed out meanwhile, so this was not sent."),
            next_step=say("Sign in again in another window, then go back and send it once more."),
        ),
        401,
    )
