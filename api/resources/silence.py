"""Answers that are missing, what is done about that, and who stands in for whom."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api import schemas, tokens
from api.reading import read_about
from api.resources.resource import (
    handling,
    idempotency_key,
    now,
    number_or_id,
    resource,
    seen,
)
from api.shapes import schema_of
from engine.queries.absences import StandingIn, standing_in
from engine.queries.silence import Missing, Told, missing_answers, told
from engine.usecases.absences import end_absence, enter_absence, name_deputy
from engine.usecases.delegating import name_delegate
from engine.usecases.trying import log_try

blueprint = resource("api_silence", __name__, "Answers that are missing")


@blueprint.route("/incidents/<which>/missing-answers", methods=["GET"])
@blueprint.response(200, schema_of(Missing)(many=True))
def missing(which: str) -> Sequence[Missing]:
    """Show whose answer or decision is missing, and what was done to get it."""
    asked = handling()
    with asked.store.read() as conn:
        incident_id = read_about(conn, number_or_id(which), tokens.actor()).incident.id
        return missing_answers(conn, incident_id, tokens.actor(), ladder=asked.ladder)


@blueprint.route("/incidents/<which>/tries", methods=["POST"])
@blueprint.arguments(schemas.TrySent)
@blueprint.response(201, schemas.Made)
def log(sent: dict[str, Any], which: str) -> dict[str, Any]:
    """Log a try to reach somebody; the same Idempotency-Key again gives the same one."""
    key = idempotency_key()
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    whom = sent.pop("whom")
    made = log_try(handling(), incident_id, whom_id=whom, **sent, actor=tokens.actor(), key=key)
    return {"id": made}


@blueprint.route("/incidents/<which>/delegate", methods=["PUT"])
@blueprint.arguments(schemas.PersonSent)
@blueprint.response(204)
def delegate(sent: dict[str, Any], which: str) -> None:
    """Let somebody else decide without the customer's answer; only the owner can, on P4."""
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    name_delegate(handling(), incident_id, sent["person"], actor=tokens.actor())


@blueprint.route("/me/told", methods=["GET"])
@blueprint.response(200, schema_of(Told)(many=True))
def list_told() -> Sequence[Told]:
    """List what you were told because somebody does not answer."""
    asked = handling()
    with asked.store.read() as conn:
        return told(conn, tokens.actor(), ladder=asked.ladder)


@blueprint.route("/me/standing-in", methods=["GET"])
@blueprint.response(200, schema_of(StandingIn))
def show() -> StandingIn:
    """Show who stands in for you, and when you are away."""
    with handling().store.read() as conn:
        return standing_in(conn, tokens.actor(), now())


@blueprint.route("/me/deputy", methods=["PUT"])
@blueprint.arguments(schemas.DeputySent)
@blueprint.response(204)
def deputy(sent: dict[str, Any]) -> None:
    """Name who is asked while you are away or silent."""
    name_deputy(handling().store, sent["person"], actor=tokens.actor())


@blueprint.route("/me/absences", methods=["POST"])
@blueprint.arguments(schemas.AbsenceSent)
@blueprint.response(201, schemas.Made)
def away(sent: dict[str, Any]) -> dict[str, Any]:
    """Say when you are away."""
    return {"id": enter_absence(handling().store, **sent, actor=tokens.actor())}


@blueprint.route("/me/absences/<uuid:absence_id>", methods=["DELETE"])
@blueprint.response(204)
def back(absence_id: UUID) -> None:
    """Say that you are back, or will be here after all."""
    end_absence(handling().store, absence_id, actor=tokens.actor())
