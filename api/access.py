"""Writes down with each answer what an auditor is shown, and what anybody was refused.

What is shown to an auditor is written before it is sent: what cannot be written down is not shown.
What was refused stays refused, whether or not that can be written down: then the log says so.
A newcomer would write it where it is refused: here pages, resources and links go by, and nothing
can be forgotten.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import DBAPIError

from api import identity
from api.errors import problem_of, tell
from api.purposes import purpose
from engine.domain.access import UNKNOWN, Attempt
from engine.domain.permissions import Actor, may_audit
from engine.errors import GateShut, LinkOver, NotAllowed, NotFound, PutrightError
from engine.queries.access import Meant, incident_meant
from engine.store.refused import collected
from engine.store.sight import kept_up, masked_for
from engine.usecases.noting import note_read, note_refused

log = logging.getLogger(__name__)

# What says nothing of anybody else: how many letters wait for the reader, and the files of pages.
_QUIET = frozenset({"static", "inbox.count", "operations.health"})
_KEEPS_ADDRESS = "KEEPS_ADDRESS"
_LONGEST = 300
# arguments of addresses that are keys, or words
_SECRET = frozenset({"token"})


def register(app: Flask, *, keeps_address: bool) -> None:
    """Write down what each answer shows or refuses.

    To be registered before `reading`, so that it comes after it and knows what that has written.
    """
    app.config[_KEEPS_ADDRESS] = keeps_address
    app.after_request(_write_down)


def _write_down(response: Response) -> Response:
    _write_refusals()
    actor = identity.asking() if _shows(response) else None
    if actor is not None and may_audit(actor):
        try:
            _write_reading(actor)
        except PutrightError as refusal:
            return tell(problem_of(refusal))
    if masked_for() is not None and response.is_streamed:
        # what is made while it is sent is made after this request
        response.response = kept_up(response.response)
    return response


# --- readings -------------------------------------------------------------------------------------


def _shows(response: Response) -> bool:
    is_read = request.endpoint is not None and request.endpoint not in _QUIET
    return is_read and 200 <= response.status_code < 300 and response.status_code != 204


def _write_reading(actor: Actor) -> None:
    meant = _meant()
    if meant is not None and meant.id in g.get("noted", ()):
        # it stands in the record of the incident, which is for named people only
        return
    query = request.query_string.decode("ascii", "replace")[:_LONGEST]
    content = {"where": _where(), "what": request.endpoint, "purpose": purpose(actor)}
    content |= {"query": query or None} | _address()
    said = {name: one for name, one in content.items() if one is not None}
    note_read(
        identity.handling().store,
        said,
        actor=actor,
        incident_id=None if meant is None else meant.id,
    )


# --- refusals -------------------------------------------------------------------------------------


def _write_refusals() -> None:
    try:
        attempts = list(_attempts())
        if attempts:
            note_refused(identity.handling().store, attempts)
    except (PutrightError, DBAPIError) as error:
        # the answer is the refusal, whatever becomes of its entry
        log.error(
            "a refused attempt was not written down: %s at %s",
            type(error).__qualname__,
            request.endpoint,
        )


def _attempts() -> Iterator[Attempt]:
    """Yield what was refused in this request, each once."""
    refusals = collected()
    told: PutrightError | None = g.get("told")
    if isinstance(told, NotAllowed | GateShut | LinkOver) and told not in refusals:
        refusals.append(told)
    for refusal in refusals:
        yield _attempt(refusal.code, refusal)
    if isinstance(told, NotFound) and _is_hidden():
        # to who may not see it, it is not there
        yield _attempt("hidden", None)
    if g.get("is_forged") or (told is not None and told.code == "forged"):
        yield _attempt("forged", None)
    if g.get("bad_token"):
        yield _attempt("unknown_token", None)
    if "sign_in_failed" in g:
        # neither the password nor what stood for the name, which may be one
        whose: UUID | None = g.sign_in_failed
        yield Attempt("sign_in", _content("sign_in_failed", None), person_id=whose)


def _attempt(code: str, refusal: PutrightError | None) -> Attempt:
    meant = _meant()
    tried_on = refusal.tried_on if refusal is not None else ()
    incident_id = tried_on[0] if tried_on else None if meant is None else meant.id
    # the words of what is for named people only stay there
    has_words = refusal is not None and not refusal.about
    if meant is not None and meant.is_restricted:
        has_words = False
    sentence = str(refusal.sentence) if refusal is not None and has_words else None
    by = g.get("link_actor") or identity.asking() or UNKNOWN
    return Attempt(_verb(), _content(code, sentence), by, incident_id)


def _content(code: str, sentence: str | None) -> dict[str, object]:
    said: dict[str, object] = {"where": f"{request.method} {_where()}", "what": request.endpoint}
    said |= {"code": code}
    if sentence is not None:
        said["sentence"] = sentence[:_LONGEST]
    said |= {
        name: str(one)[:_LONGEST]
        for name, one in (request.view_args or {}).items()
        if isinstance(one, UUID | int)
    }
    return said | _address()


def _verb() -> str:
    name = (request.endpoint or "").rpartition(".")[2]
    return name if re.fullmatch("[a-z_]+", name) else "address"


def _is_hidden() -> bool:
    return identity.asking() is not None and _meant() is not None


# --- both -----------------------------------------------------------------------------------------


def _where() -> str:
    """Return the address, without what is secret in it."""
    is_secret = request.url_rule is None or _SECRET & {*(request.view_args or {})}
    return (str(request.url_rule) if is_secret else request.path)[:_LONGEST]


def _address() -> dict[str, Any]:
    if not current_app.config[_KEEPS_ADDRESS]:
        return {}
    return {
        "address": request.remote_addr or "unknown",
        "client": (request.user_agent.string or "unknown")[:_LONGEST],
    }


_NAMES = {"item_id": "item", "action_id": "action", "dispute_id": "dispute"}
_OF_INCIDENTS = ("/incidents/<", "/api/v1/incidents/<", "/desk/incidents/<")


def _meant() -> Meant | None:
    """Return the incident that the address is about, looked up once."""
    if "meant" not in g:
        g.meant = None
        asked = _asked()
        if asked:
            with identity.handling().store.read() as conn:
                g.meant = incident_meant(conn, **asked)
    found: Meant | None = g.meant
    return found


def _asked() -> dict[str, Any]:
    given = request.view_args or {}
    named = {_NAMES[name]: one for name, one in given.items() if name in _NAMES}
    if named or not str(request.url_rule).startswith(_OF_INCIDENTS):
        return named
    which = str(given.get("number", given.get("which", "")))
    if which.isascii() and which.isdigit() and len(which) < 19:
        return {"number": int(which)}
    try:
        return {"incident": UUID(which)}
    except ValueError:
        return {}
