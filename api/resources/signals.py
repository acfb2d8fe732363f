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
from forms import plain_text

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


@blueprint.route("/alertmanager/<uuid:process_id>", methods=["POST"])
@blueprint.arguments(schemas.AlertmanagerSent)
@blueprint.response(200, schemas.SignalsChanged)
def alertmanager(sent: dict[str, Any], process_id: UUID) -> dict[str, Any]:
    """Take what Prometheus Alertmanager posts to a webhook, as alerts of this business process."""
    alerts = [_of_alertmanager(one) for one in sent["alerts"]]
    return {"signals": receive(handling(), process_id, alerts, actor=tokens.actor())}


@blueprint.route("/<uuid:signal_id>/incidents", methods=["POST"])
@blueprint.arguments(schemas.NamedSent)
@blueprint.response(201, schemas.Made)
def name(sent: dict[str, Any], signal_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """Name the product that comes out wrong; that opens an incident, one for each product."""
    named = Named(sent.pop("product"), **sent)
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


_LONGEST_TITLE = 200


def _of_alertmanager(sent: dict[str, Any]) -> Alert:
    labels = sent["labels"]
    name = " ".join(filter(None, (labels.get("alertname"), labels.get("instance"))))
    title = sent["annotations"].get("summary") or name or sent["fingerprint"]
    is_over = sent["status"] == "resolved" and sent["endsAt"] is not None
    return Alert(
        sent["fingerprint"],
        plain_text(title).strip()[:_LONGEST_TITLE] or sent["fingerprint"],
        sent["startsAt"],
        # clocks of two machines: it is never over before it began
        max(sent["endsAt"], sent["startsAt"]) if is_over else None,
    )


def _alert(sent: dict[str, Any]) -> Alert:
    title = sent["title"]
    return Alert(
        sent.get("key") or title, title, sent.get("started_at") or now(), sent.get("recovered_at")
    )
