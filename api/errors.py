"""The only table from Putright's refusals to HTTP, and the one shape in which they are told.

Machines get `{code, sentence, context}`, people a page with the same sentence.  What nobody
expected is a 500 with an id that stands in the log; the log gets the place of the fault and never
its message, which may hold somebody's words (SQL parameters do).
"""

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask, Response, g, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from api import refusals
from engine.domain.canonical import plain
from engine.errors import PutrightError
from engine.language import Said, in_words, say

log = logging.getLogger(__name__)

# code -> HTTP status.  What another try may well bring is 503, with how long to wait for it.
STATUS: Mapping[str, int] = {
    "error": 500,
    "not_found": 404,
    "sign_in_needed": 401,
    "forged": 403,
    "not_allowed": 403,
    "invalid_answers": 422,
    "conflict": 409,
    "already_claimed": 409,
    "item_ended": 409,
    "stale_file": 409,
    "incident_closed": 409,
    "key_reused": 409,
    "gate_shut": 409,
    "too_many_attempts": 429,
    "try_again": 503,
    "unavailable": 503,
    "diagram_refused": 422,
    "expression_refused": 422,
    "log_refused": 422,
    "workflow_fault": 500,
    "settings_wrong": 500,
    "link_over": 410,
    "answer_queried": 409,
}
RETRY_AFTER_SECONDS: Mapping[str, int] = {"try_again": 1, "unavailable": 5}

# so many of the innermost places of a fault are logged
_FRAMES = 12

# What HTTP itself refuses, before any of Putright's own rules is asked.
OF_HTTP = {
    400: ("malformed", say("This request cannot be read.")),
    404: ("not_found", say("There is no such page.")),
    405: ("method_not_allowed", say("This cannot be done at this address.")),
    406: ("not_acceptable", say("This cannot be given in the form asked for.")),
    408: ("timed_out", say("This took too long to arrive; please try again.")),
    413: ("too_large", say("This is too large to be sent.")),
    414: ("too_large", say("This address is too long.")),
    415: ("unsupported_media_type", say("Please send application/json.")),
    422: ("invalid_answers", say("Some answers need another look.")),
    429: ("too_many_attempts", say("That was too often; please wait a while.")),
}


@dataclass(frozen=True)
class Problem:
    """A refusal as it is told: HTTP status, stable code, a sentence for people, and details."""

    status: int
    code: str
    sentence: str
    context: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def register(app: Flask) -> None:
    """Tell every refusal in one shape: JSON to machines, a page to people."""
    app.register_error_handler(PutrightError, _tell_refusal)
    app.register_error_handler(HTTPException, _tell_http)
    app.register_error_handler(Exception, lambda error: tell(_unexpected(error)))


def _tell_refusal(error: PutrightError) -> Response:
    # what it tells of an incident for named people only is a reading of it (`reading.py`)
    g.refusal = g.told = error
    return tell(problem_of(error))


def problem_of(error: PutrightError) -> Problem:
    """Return how a refusal is told; KeyError for a code that the table lacks."""
    headers = {}
    if error.code in RETRY_AFTER_SECONDS:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS[error.code])
    if error.code == "sign_in_needed":
        headers["WWW-Authenticate"] = 'Bearer realm="putright"'
    if error.code == "too_many_attempts":
        headers["Retry-After"] = str(60 * int(str(error.context.get("minutes", 1))))
    # said now: what is plain is no sentence any more
    context: Any = plain(_in_words(error.context))
    return Problem(STATUS[error.code], error.code, error.sentence, context, headers)


def tell(problem: Problem) -> Response:
    """Return the problem as JSON where a machine asked, else as a page."""
    if is_for_machines():
        response = make_response(
            jsonify(
                code=problem.code,
                sentence=in_words(problem.sentence),
                context=dict(problem.context),
            )
        )
    else:
        response = make_response(refusals.page(problem.status, problem.code, _on_a_page(problem)))
    response.status_code = problem.status
    response.headers.extend(problem.headers)
    return response


def is_for_machines() -> bool:
    """Whether this request came to an address where JSON is spoken."""
    return request.path.startswith("/api/") or request.path in ("/health", "/metrics")


def _on_a_page(problem: Problem) -> str:
    # a page has no field to write it beside
    fields = problem.context.get("fields")
    if isinstance(fields, dict) and fields:
        return " ".join(in_words(one) for one in fields.values())
    return in_words(problem.sentence)


def _in_words(told: Any) -> Any:
    """Return what is told to a machine, with every sentence in the language it asked for."""
    if isinstance(told, Mapping):
        return {name: _in_words(one) for name, one in told.items()}
    if isinstance(told, list | tuple):
        return [_in_words(one) for one in told]
    return in_words(told) if isinstance(told, Said) else told


def _tell_http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        # a redirect, or an answer that is complete as it is
        return make_response(error.get_response())
    data = getattr(error, "data", None) or {}
    code, sentence = OF_HTTP.get(error.code, ("error", say("Something went wrong.")))
    context = {"fields": dict(_fields(data["messages"]))} if "messages" in data else {}
    methods = getattr(error, "valid_methods", None)
    headers = {"Allow": ", ".join(sorted(methods))} if methods else {}
    return tell(Problem(error.code, code, sentence, context, headers))


def _fields(messages: Any, path: str = "") -> list[tuple[str, str]]:
    """Return marshmallow's nested messages as a path and a sentence each, as forms have them."""
    if isinstance(messages, Mapping):
        found = []
        for name, inner in messages.items():
            # webargs names the place first (json, query): readers know what they have sent
            at = path if not path and name in ("json", "query") else f"{path}.{name}".strip(".")
            found += _fields(inner, at)
        return found
    listed = messages if isinstance(messages, list) else [messages]
    # of a whole object, not of a field whose name ends so
    at = f".{path}".removesuffix("._schema").removeprefix(".") or "body"
    return [(at, " ".join(in_words(one) for one in listed))]


def _unexpected(error: Exception) -> Problem:
    fault = uuid4().hex[:12]
    places = "; ".join(
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    )
    log.error("fault %s: %s in %s at %s", fault, type(error).__qualname__, request.endpoint, places)
    return Problem(
        500,
        "error",
        say(
            "Something went wrong on our side. Whoever runs this finds it in the log as %(fault)s.",
            fault=fault,
        ),
        {"fault": fault},
    )
