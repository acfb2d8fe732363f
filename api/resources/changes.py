"""Changes to an incident: one address for each, with the form that its page asks."""

from typing import Any

from flask import url_for

from api import schemas, tokens
from api.changes import Doing, change_named
from api.reading import read_about
from api.resources.resource import answers_to, handling, number_or_id, resource, seen
from api.shapes import schema_of
from engine.errors import NotFound
from engine.language import say
from engine.queries.asked_beside import AskedBeside, asked_beside
from forms import as_api_schema

blueprint = resource("api_changes", __name__, "Changes to an incident")


@blueprint.route("/asked", methods=["GET"])
@blueprint.response(200, schema_of(AskedBeside)(many=True))
def asked() -> list[AskedBeside]:
    """List what you are asked beside your to-dos: a lead, an acceptance, a second word."""
    with handling().store.read() as conn:
        return list(asked_beside(conn, tokens.actor()))


@blueprint.route("/incidents/<which>/changes/<name>/form", methods=["GET"])
@blueprint.response(200, description="JSON Schema, Draft 2020-12, of what `answers` may be")
def form(which: str, name: str) -> dict[str, Any]:
    """Show what the change asks, as JSON Schema; 404 where there is nothing to ask."""
    wanted = change_named(name).form
    with handling().store.read() as conn:
        read_about(conn, number_or_id(which), tokens.actor())
        if wanted is None:
            raise NotFound(say("This asks nothing."))
        return as_api_schema(handling().releases.in_force(conn).forms[wanted])


@blueprint.route("/incidents/<which>/changes/<name>", methods=["POST"])
@blueprint.arguments(schemas.ChangeSent)
@blueprint.response(200, schemas.ChangeDone)
def do(sent: dict[str, Any], which: str, name: str) -> dict[str, Any]:
    """Do it; `about` is the point, person or action that it is about."""
    change = change_named(name)
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    answers = answers_to(change.form, sent["answers"], incident_id) if change.form else {}
    token = change.do(Doing(handling(), incident_id, sent["about"], answers, tokens.actor()))
    return {"page": url_for("following.page", token=token, _external=True) if token else None}
