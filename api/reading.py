"""The one way for pages and resources to show an incident: showing a restricted one is an entry.

The entry is written when the answer is ready and before it is sent, so that nothing is shown that
is not on record; who is only led elsewhere has read nothing.  A refusal names people and points of
the incident: to who may read it it is a reading like any other, to anybody else it says nothing.  A
newcomer would ask the queries from a page: that shows the same, and nobody ever learns of it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import Flask, Response, g, request
from sqlalchemy import Connection

from api import identity
from api.errors import Problem, problem_of, tell
from api.purposes import purpose
from engine.domain.ladder import Ladder
from engine.domain.permissions import Actor
from engine.errors import NotFound, PutrightError
from engine.queries.incident import IncidentPage, incident_page
from engine.queries.item import ItemPage, item_page
from engine.queries.seen import Seen, seen_incident
from engine.usecases.reading import note_reading

# led elsewhere, nothing to say, not there after all, a fault
_SHOWS_NOTHING = frozenset({204, 302, 303, 404, 500})


def register(app: Flask) -> None:
    """Write down with every answer which restricted incidents it shows."""
    app.after_request(_write_down)


def read_incident(conn: Connection, which: UUID | int, actor: Actor, now: datetime) -> IncidentPage:
    """Return the incident to be shown; see `incident_page`."""
    page = incident_page(conn, which, actor, now)
    _remember(page.id, actor, is_restricted=page.is_restricted)
    return page


def read_item(
    conn: Connection, item_id: UUID, actor: Actor, now: datetime, *, ladder: Ladder
) -> ItemPage:
    """Return the to-do to be shown; see `item_page`."""
    page = item_page(conn, item_id, actor, now, ladder=ladder)
    _remember(page.context.incident_id, actor, is_restricted=page.context.is_restricted)
    return page


def read_about(conn: Connection, which: UUID | int, actor: Actor) -> Seen:
    """Return the incident of which something is to be shown; see `seen_incident`."""
    seen = seen_incident(conn, which, actor)
    _remember(seen.incident.id, actor, is_restricted=seen.incident.is_restricted)
    return seen


def _remember(incident_id: UUID, actor: Actor, *, is_restricted: bool) -> None:
    if is_restricted:
        g.setdefault("read", {})[incident_id] = actor


def _write_down(response: Response) -> Response:
    read, refusal = g.pop("read", {}), g.pop("refusal", None)
    if response.status_code in _SHOWS_NOTHING:
        return response
    if refusal is not None and refusal.about:
        actor = identity.asking()
        if actor is None or not _may_read(refusal.about, actor):
            return tell(_without_words(problem_of(refusal)))
        read |= dict.fromkeys(refusal.about, actor)
    if not read:
        return response
    try:
        for incident_id, actor in read.items():
            note_reading(
                identity.handling(), incident_id, request.path, actor=actor, purpose=purpose(actor)
            )
    except PutrightError as refusal:
        return tell(problem_of(refusal))
    g.noted = frozenset(read)
    # looking at it again, from a browser's memory too, is another reading
    response.headers["Cache-Control"] = "no-store"
    return response


def _may_read(incidents: Iterable[UUID], actor: Actor) -> bool:
    with identity.handling().store.read() as conn:
        try:
            for incident_id in incidents:
                seen_incident(conn, incident_id, actor)
        except NotFound:
            return False
    return True


def _without_words(problem: Problem) -> Problem:
    return replace(problem, sentence="This cannot be done.", context={})
