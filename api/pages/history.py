"""The history of an incident on its diagrams, with a table that says the same.

An incident's own history passes through two drawings, and each action has one of its own: an
address for each, so that a link shows just that.  A run that was moved has passed other drawings
before: `part` counts the releases that it was on, and each part is shown on its own.
"""

from collections.abc import Sequence, Set
from uuid import UUID

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from lxml import etree

from api import filters, identity
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.bpmn import Process
from engine.bpmn.document import parse_xml
from engine.domain.party import Lane
from engine.domain.wording import word
from engine.errors import NotFound
from engine.language import say
from engine.queries.incident import ActionLine, IncidentPage
from engine.queries.run import DiagramState, RunPage, diagram_xml, run_page

pages = for_readers("history", __name__)

TITLES = {
    "incident": say("The incident"),
    "confirmation": say("Asking the customer"),
    "action": say("What was to be done"),
}


@pages.get("/incidents/<int:number>/history")
@pages.get("/incidents/<int:number>/history/<int:action_number>")
def page(number: int, action_number: int | None = None) -> ResponseReturnValue:
    """Show what was passed, what waits, and which ways were taken."""
    incident, action, run = _found(number, action_number)
    return render_template(
        "incident_history.html",
        incident=incident,
        action=action,
        run=run,
        titles=TITLES,
        begun=[one for one in incident.actions if one.state not in ("proposed", "waiting")],
    )


@pages.get("/incidents/<int:number>/drawings/<diagram>.bpmn")
@pages.get("/incidents/<int:number>/drawings/<int:action_number>/<diagram>.bpmn")
def drawing(number: int, diagram: str, action_number: int | None = None) -> ResponseReturnValue:
    """Return a diagram that the history follows, with its names in plain words."""
    _, _, run = _found(number, action_number)
    release_id, _ = _part(run)
    with identity.handling().store.read() as conn:
        content = diagram_xml(conn, release_id, diagram)
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
    """Return how one drawing is coloured: ids of elements and of the ways taken."""
    _, _, run = _found(number, action_number)
    release_id, diagrams = _part(run)
    handling = identity.handling()
    with handling.store.read() as conn:
        specs = handling.releases.get(conn, release_id).specs
    for one in diagrams:
        if one.diagram == diagram and diagram in specs.release.processes:
            process = specs.release.processes[diagram]
            waiting = one.waiting | _called_and_waiting(process, diagrams)
            return jsonify(
                done=sorted(one.done),
                waiting=sorted(waiting),
                cancelled=sorted(one.cancelled),
                flows=sorted(
                    one.flows | led_here(process, [visit.element for visit in one.visits], waiting)
                ),
            )
    raise NotFound(say("There is no such diagram here."), diagram=diagram)


def _part(run: RunPage) -> tuple[UUID, Sequence[DiagramState]]:
    """Return the release and the drawings of the part that is asked for; else where it is now."""
    part = request.args.get("part", type=int)
    if part is None:
        return run.release_id, run.diagrams
    if not 0 <= part < len(run.before):
        raise NotFound(say("There is no such diagram here."), part=part)
    return run.before[part].release_id, run.before[part].diagrams


def _called_and_waiting(process: Process, diagrams: Sequence[DiagramState]) -> set[str]:
    """Return what calls another drawing in which something waits: it waits here too."""
    waits = {one.diagram for one in diagrams if one.waits}
    return {element.id for element in process.elements.values() if element.called in waits}


def led_here(process: Process, passed: Sequence[str], waiting: Set[str]) -> set[str]:
    """Return the ways taken to where it waits now: history has them only once it is passed.

    `passed` are the elements in the order in which they were.
    """
    led = set()
    for element in waiting:
        ways = {flow.source: flow for flow in process.incoming(element)}
        last = next((source for source in reversed(passed) if source in ways), None)
        if last is not None:
            led.add(ways[last].id)
    return led


def _found(
    number: int, action_number: int | None
) -> tuple[IncidentPage, ActionLine | None, RunPage]:
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        if action_number is None:
            return incident, None, run_page(conn, incident_id=incident.id)
        for action in incident.actions:
            if action.number == action_number:
                return incident, action, run_page(conn, action_id=action.id)
    raise NotFound(say("There is no such action."), action=action_number)
