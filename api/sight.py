"""Through whose eyes a request reads: set before anything is read, and gone when it is answered.

An auditor's session is looked up with every request, pages for everybody included.  A newcomer
would mask where auditors are expected: what else they open would be clear.
"""

from urllib.parse import unquote

from flask import Flask, g, request, session
from flask_login import current_user

from engine.domain.access import wanting_in
from engine.domain.permissions import Actor, may_audit
from engine.errors import InvalidAnswers, Unavailable
from engine.store import refused
from engine.store.sight import look_as

# A program states its purpose with each request, percent-encoded where it is not ASCII.
PURPOSE_HEADER = "Purpose"
# nothing of anybody is read there, and the database may be away
_OF_NOBODY = frozenset({"static", "operations.health"})


def register(app: Flask) -> None:
    """Find out before each request who reads; to be registered before whatever reads anything."""
    app.before_request(_begin)
    app.teardown_request(lambda _: look_as(None))


def read_as(actor: Actor) -> None:
    """Read as this person from now on; a program's purpose holds for the one request."""
    look_as(actor)
    said = request.headers.get(PURPOSE_HEADER)
    if said is not None and request.path.startswith("/api/") and may_audit(actor):
        g.purpose_said = _words(said)
        look_as(None)


def _words(said: str) -> str:
    words = unquote(said).strip()
    if wanting := wanting_in(words):
        raise InvalidAnswers({PURPOSE_HEADER: wanting})
    return words


def _begin() -> None:
    look_as(None)
    refused.collect_anew()
    if request.endpoint in _OF_NOBODY or "_user_id" not in session:
        return
    try:
        # `identity` reads as whoever it finds
        _ = current_user.is_authenticated
    except Unavailable:
        return
