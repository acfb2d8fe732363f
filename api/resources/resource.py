"""What every resource has in common: who asks, what may come in, and keys against repetition."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

import marshmallow as ma
from flask import Request, request
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser, abort

from api import identity, tokens
from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.queries.choices import choices
from engine.queries.seen import Seen, seen_incident
from engine.usecases.handling import Handling
from forms import check

PREFIX = "/api/v1"
_LONGEST_KEY = 200


class StrictParser(FlaskParser):
    """Refuses fields nobody knows, in the address too, and what no database can keep."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs' own way
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Return the body.  U+0000, half characters, NaN and endless nesting are malformed."""
        try:
            value = super().load_json(req, schema)
            _require_storable(value)
        except (RecursionError, _Unstorable):
            _refuse("json", "This holds something that cannot be kept.")
        return value

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Return what stands behind the question mark."""
        try:
            _require_storable(req.args.to_dict(flat=False))
        except _Unstorable:
            _refuse("query", "This holds something that cannot be kept.")
        return super().load_querystring(req, schema)


class _Unstorable(Exception):
    pass


def _refuse(place: str, sentence: str) -> NoReturn:
    abort(400, messages={place: [sentence]})


def _require_storable(value: object) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _Unstorable
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _Unstorable
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _require_storable(name)
            _require_storable(inner)
    elif isinstance(value, list):
        for inner in value:
            _require_storable(inner)


def resource(name: str, import_name: str, says: str, *, path: str = "") -> Any:
    """Return a blueprint below /api/v1 that answers nobody whom it does not know."""
    made = Blueprint(name, import_name, url_prefix=PREFIX + path, description=says)
    made.ARGUMENTS_PARSER = StrictParser()
    made.before_request(tokens.require_actor)
    return made


def handling() -> Handling:
    """Return what use cases work with."""
    return identity.handling()


def now() -> datetime:
    """Return the instant that this request is answered in."""
    return handling().store.clock()


def idempotency_key() -> str | None:
    """Return the client's own key of this request, so that it is done once however often sent."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _LONGEST_KEY:
        raise InvalidAnswers(
            {
                "Idempotency-Key": say(
                    "A key has 1 to %(longest_key)s characters.", longest_key=_LONGEST_KEY
                )
            }
        )
    return key


def seen(conn: Any, which: str) -> Seen:
    """Return the incident with this number or id, if whoever asks may see it."""
    return seen_incident(conn, number_or_id(which), tokens.actor())


def number_or_id(which: str) -> int | UUID:
    """Return `412` as a number and anything else as an id.  Raises NotFound for neither."""
    if which.isascii() and which.isdigit() and len(which) < 19:
        return int(which)
    try:
        return UUID(which)
    except ValueError as error:
        raise NotFound(say("There is no such incident.")) from error


def answers_to(form_name: str, sent: Mapping[str, Any], incident: UUID | None) -> Mapping[str, Any]:
    """Return what was sent, made clean by the form that pages ask it with.

    Raises InvalidAnswers naming each field.
    """
    asked = handling()
    with asked.store.read() as conn:
        form = asked.releases.in_force(conn).forms[form_name]
        offered = choices(conn, tokens.actor(), incident_id=incident)
    found = check(form, sent, choices=offered, now=now())
    if not found.ok:
        raise InvalidAnswers(found.findings)
    return found.answers


def as_json(value: object) -> Any:
    """Return a copy that holds nothing but JSON's own kinds."""
    return json.loads(json.dumps(value))
