"""Who asks the API: a Bearer token, or else the session of the page that the request came from.

A newcomer would let the session's cookie do: a browser sends it along with any other site's
request.  So with a cookie whatever changes something needs the page's CSRF token too
(`X-CSRFToken`); a Bearer token no other site can send.
"""

from typing import Any, cast

from flask import current_app, g, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from api import identity
from api.sight import read_as
from engine.domain.permissions import Actor
from engine.errors import PutrightError
from engine.language import say
from engine.queries.tokens import holder_of_token
from engine.usecases.tokens import digest_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInNeeded(PutrightError):
    """Nobody is signed in, and no token that counts came along."""

    code = "sign_in_needed"


class Forged(PutrightError):
    """A browser's session came without its page's token: another site may have sent this."""

    code = "forged"


def require_actor() -> None:
    """Find out who asks.  Raises SignInNeeded, or Forged for a cookie by itself."""
    header = request.headers.get("Authorization")
    if header is not None:
        g.api_actor, g.came_with_token = _holder(header), True
        return
    if not current_user.is_authenticated:
        raise SignInNeeded(say("Please send an API token: Authorization: Bearer putright_…"))
    if request.method not in _SAFE:
        _check_page_token()
    g.api_actor, g.came_with_token = identity.actor(), False


def actor() -> Actor:
    """Return who asks; only below `require_actor`."""
    return cast(Actor, g.api_actor)


def came_with_token() -> bool:
    """Whether a token, and not a person before a browser, asks this."""
    return bool(g.came_with_token)


def _holder(header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    store = identity.handling().store
    if scheme.lower() == "bearer" and token.strip():
        with store.read() as conn:
            found = holder_of_token(conn, digest_of(token.strip()), store.clock())
        if found is not None:
            read_as(found)
            return found
    g.bad_token = True
    raise SignInNeeded(say("This token is not known, or its time is over."))


def _check_page_token() -> None:
    csrf: Any = current_app.extensions["csrf"]
    try:
        csrf.protect()
    except CSRFError as error:
        raise Forged(
            say("A session needs the page's token as well: send it as X-CSRFToken.")
        ) from error
