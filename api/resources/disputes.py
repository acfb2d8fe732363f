"""Disagreements about whose time it was."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api import schemas, tokens
from api.resources.resource import handling, idempotency_key, now, resource, seen
from api.shapes import schema_of
from engine.queries.disputes import ToDecide, disputes_to_decide
from engine.usecases.disputing import decide_dispute, dispute, withdraw_dispute

blueprint = resource("api_disputes", __name__, "Disagreements about whose time it was")


@blueprint.route("/incidents/<which>/disputes", methods=["POST"])
@blueprint.arguments(schemas.DisputeSent)
@blueprint.response(201, schemas.Made)
def raise_it(sent: dict[str, Any], which: str) -> dict[str, Any]:
    """Say that a line of the ledger, or a part of one, should be another party's."""
    key = idempotency_key()
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    return {"id": dispute(handling(), incident_id, **sent, actor=tokens.actor(), key=key)}


@blueprint.route("/disputes", methods=["GET"])
@blueprint.response(200, schema_of(ToDecide)(many=True))
def list_to_decide() -> Sequence[ToDecide]:
    """List what you may decide, soonest due first."""
    with handling().store.read() as conn:
        return list(disputes_to_decide(conn, tokens.actor(), now()))


@blueprint.route("/disputes/<uuid:dispute_id>/decision", methods=["POST"])
@blueprint.arguments(schemas.DisputeDecided)
@blueprint.response(204)
def decide(sent: dict[str, Any], dispute_id: UUID) -> None:
    """Decide it; only somebody who belongs to neither of the two parties can."""
    decide_dispute(handling(), dispute_id, **sent, actor=tokens.actor())


@blueprint.route("/disputes/<uuid:dispute_id>/withdrawal", methods=["POST"])
@blueprint.response(204)
def withdraw(dispute_id: UUID) -> None:
    """Take back a disagreement of your own."""
    withdraw_dispute(handling(), dispute_id, actor=tokens.actor())
