"""The history of an incident on its diagrams, with a table that says the same.

An incident's own history passes through two drawings, and each action has one of its own: an
address for each, so that a link shows just that.
"""

from flask import Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.for_readers import for_readers
from engine.errors import NotFound
from engine.queries.incident import ActionLine, IncidentPage, incident_page
from engine.queries.run import RunPage, diagram_xml, run_page

pages = for_readers("history", __name__)

TITLES = {
    "incident": "The incident",
    "confirmation": "Asking the customer",
    "action": "What was to be done",
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
    """Return a diagram that the history follows, as its file."""
    _, _, run = _found(number, action_number)
    with identity.handling().store.read() as conn:
        content = diagram_xml(conn, run.release_id, diagram)
    return Response(content, mimetype="application/xml")


@pages.get("/incidents/<int:number>/states/<diagram>.json")
@pages.get("/incidents/<int:number>/states/<int:action_number>/<diagram>.json")
def state(number: int, diagram: str, action_number: int | None = None) -> ResponseReturnValue:
    """Return how one drawing is coloured: ids of elements and of the ways taken."""
    _, _, run = _found(number, action_number)
    for one in run.diagrams:
        if one.diagram == diagram:
            return jsonify(
                done=sorted(one.done),
                waiting=sorted(one.waiting),
                cancelled=sorted(one.cancelled),
                flows=sorted(one.flows),
            )
    raise NotFound("There is no such diagram here.", diagram=diagram)


def _found(
    number: int, action_number: int | None
) -> tuple[IncidentPage, ActionLine | None, RunPage]:
    with identity.handling().store.read() as conn:
        incident = incident_page(conn, number, identity.actor(), filters.now())
        if action_number is None:
            return incident, None, run_page(conn, incident_id=incident.id)
        for action in incident.actions:
            if action.number == action_number:
                return incident, action, run_page(conn, action_id=action.id)
    raise NotFound("There is no such action.", action=action_number)
