"""The history of an incident on its diagrams at any moment, with a table that says the same.

An incident's own history passes through two drawings, each action has one of its own, and a run
that was moved has them on each release that it was on: an address for each, so that a link shows
just that.  `at` is a moment: the number of an entry, or an instant.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from lxml import etree
from sqlalchemy import Connection

from api import filters, identity
from api.pages.for_readers import for_readers
from api.pages.replaying import MOST, SIGNERS, Shown, instant, key_of, replay, shown
from api.pages.replaying import TITLES as FACTS
from api.reading import read_about, read_incident
from engine.bpmn.document import parse_xml
from engine.domain.party import Lane
from engine.domain.permissions import Actor
from engine.domain.wording import word
from engine.errors import NotFound
from engine.language import say
from engine.queries.drawings import FLOWS, Drawing, Look
from engine.queries.incident import ActionLine, IncidentPage
from engine.queries.ledger import incident_ledger
from engine.queries.moments import Moments, moments
from engine.queries.run import RunPast, diagram_xml, no_history, run_past

pages = for_readers("history", __name__)

TITLES = {
    "incident": say("The incident"),
    "confirmation": say("Asking the customer"),
    "action": say("What was to be done"),
}


@dataclass(frozen=True)
class History:
    """What is shown of one run: of the incident itself, or of one of its actions."""

    incident: IncidentPage
    action: ActionLine | None
    past: RunPast
    view: Shown


@pages.get("/incidents/<int:number>/history")
@pages.get("/incidents/<int:number>/history/<int:action_number>")
def page(number: int, action_number: int | None = None) -> ResponseReturnValue:
    """Show what had been passed at a moment, what waited, and which ways had been taken."""
    found = _found(number, action_number)
    return render_template(
        "incident_history.html",
        incident=found.incident,
        action=found.action,
        run=found.past.row,
        steps=found.past.steps(),
        drawings=[(key_of(one, found.past.drawings), one) for one in found.past.drawings],
        view=found.view,
        titles=TITLES,
        facts=FACTS,
        signers=SIGNERS,
        most=MOST,
        begun=[one for one in found.incident.actions if one.state not in ("proposed", "waiting")],
    )


@pages.get("/incidents/<int:number>/replay.json")
@pages.get("/incidents/<int:number>/replay/<int:action_number>.json")
def moments_of(number: int, action_number: int | None = None) -> ResponseReturnValue:
    """Return every moment of the history, for its replay."""
    actor, now = identity.actor(), filters.now()
    with identity.handling().store.read() as conn:
        seen = read_about(conn, number, actor)
        past, found = _happened(conn, seen.incident.id, action_number, actor, now)
    return jsonify(replay(shown(found, past), past.drawings))


@pages.get("/incidents/<int:number>/drawings/<diagram>.bpmn")
@pages.get("/incidents/<int:number>/drawings/<int:action_number>/<diagram>.bpmn")
def drawing(number: int, diagram: str, action_number: int | None = None) -> ResponseReturnValue:
    """Return a diagram that the history follows, with its names in plain words."""
    one = _drawn(_past(number, action_number), diagram)
    with identity.handling().store.read() as conn:
        content = diagram_xml(conn, one.stretch.release_id, diagram)
    return Response(named(parse_xml(diagram, content)), mimetype="application/xml")


def named(root: etree._Element) -> bytes:
    """Return a diagram as XML, with the names of lanes and steps in the reader's words."""
    lanes = {lane.value for lane in Lane}
    for element in root.iter(etree.Element):
        name = element.get("name")
        if name:
            element.set("name", filters.first_up(word(name) if name in lanes else say(name)))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


@pages.get("/incidents/<int:number>/states/<diagram>.json")
@pages.get("/incidents/<int:number>/states/<int:action_number>/<diagram>.json")
def state(number: int, diagram: str, action_number: int | None = None) -> ResponseReturnValue:
    """Return how one drawing is coloured at an instant, or in the end: ids by their look."""
    at = request.args.get("at")
    looks = _drawn(_past(number, action_number), diagram).looks(instant(at) if at else None)
    return jsonify({str(look): sorted(looks[look]) for look in (*Look, FLOWS)})


def _drawn(past: RunPast, diagram: str) -> Drawing:
    """Return the drawing that the address names: the last release's unless it says which."""
    release = request.args.get("release", type=int)
    for one in reversed(past.drawings):
        if one.diagram == diagram and release in (None, one.stretch.number):
            return one
    raise NotFound(say("There is no such diagram here."), diagram=diagram)


def _past(number: int, action_number: int | None) -> RunPast:
    with identity.handling().store.read() as conn:
        seen = read_about(conn, number, identity.actor())
        if action_number is None:
            return run_past(conn, incident_id=seen.incident.id)
        return run_past(conn, incident_id=seen.incident.id, action_number=action_number)


def _found(number: int, action_number: int | None) -> History:
    actor, now = identity.actor(), filters.now()
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, actor, now)
        action = next((one for one in incident.actions if one.number == action_number), None)
        if action is None and action_number is not None:
            raise no_history()
        past, found = _happened(conn, incident.id, action_number, actor, now)
    return History(incident, action, past, shown(found, past))


def _happened(
    conn: Connection, incident_id: UUID, action_number: int | None, actor: Actor, now: datetime
) -> tuple[RunPast, Moments]:
    past = run_past(conn, incident_id=incident_id, action_number=action_number)
    ledger = incident_ledger(conn, incident_id, now)
    return past, moments(conn, incident_id, ledger, is_outside=actor.is_outside)
