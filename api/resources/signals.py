"""What monitoring says, and what grows from it."""

from typing import Any
from uuid import UUID

from flask import url_for

from api import schemas, tokens
from api.resources.resource import handling, idempotency_key, now, resource, seen
from api.shapes import schema_of
from engine.domain.signal import Alert
from engine.queries.paging import Page
from engine.queries.signals import Signals, signals
from engine.usecases.receiving import receive
from engine.usecases.signals import Named, join_signal, name_product

blueprint = resource("api_signals", __name__, "Signals of monitoring", path="/signals")


@blueprint.route("", methods=["GET"])
@blueprint.arguments(schemas.PageAsked, location="query")
@blueprint.response(200, schema_of(Signals))
def list_signals(asked: dict[str, Any]) -> Signals:
    """List what monitoring says, newest first."""
    with handling().store.read() as conn:
        return signals(conn, tokens.actor(), Page(asked["size"], asked.get("after")))


@blueprint.route("", methods=["POST"])
@blueprint.arguments(schemas.AlertsSent)
@blueprint.response(200, schemas.SignalsChanged)
def alert(sent: dict[str, Any]) -> dict[str, Any]:
    """Tell alerts of a business process, as often as you like; each `key` is counted once.

    Those that come close together are one signal.  No incident is opened or closed by it.
    """
    alerts = [_alert(one) for one in sent["alerts"]]
    return {"signals": receive(handling(), sent["process"], alerts, actor=tokens.actor())}


@blueprint.route("/<uuid:signal_id>/incidents", methods=["POST"])
@blueprint.arguments(schemas.NamedSent)
@blueprint.response(201, schemas.Made)
def name(sent: dict[str, Any], signal_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """Name the product that comes out wrong; that opens an incident, one for each product."""
    named = Named(sent.pop("process"), **sent)
    key = idempotency_key()
    made = name_product(handling(), signal_id, named, actor=tokens.actor(), key=key)
    return {"id": made}, {"Location": url_for("api_incidents.show", which=str(made))}


@blueprint.route("/<uuid:signal_id>/join", methods=["POST"])
@blueprint.arguments(schemas.IncidentSent)
@blueprint.response(204)
def join(sent: dict[str, Any], signal_id: UUID) -> None:
    """Say that it belongs to an incident that is open."""
    with handling().store.read() as conn:
        incident_id = seen(conn, sent["incident"]).incident.id
    join_signal(handling(), signal_id, incident_id, actor=tokens.actor())


def _alert(sent: dict[str, Any]) -> Alert:
    title = sent["title"]
    return Alert(
        sent.get("key") or title, title, sent.get("started_at") or now(), sent.get("recovered_at")
    )
