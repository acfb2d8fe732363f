"""Incidents: the list, one of them, reporting, leading, and what can be read about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from sqlalchemy import Connection

from api import schemas, tokens
from api.evidence import download
from api.reading import read_about, read_incident
from api.resources.resource import (
    answers_to,
    handling,
    idempotency_key,
    now,
    number_or_id,
    resource,
    seen,
)
from api.shapes import schema_of
from engine.queries.comments import Comments, comments
from engine.queries.files import FileLine, files
from engine.queries.incident import IncidentPage
from engine.queries.incidents import Filters, Incidents, incidents
from engine.queries.ledger import IncidentLedger, incident_ledger
from engine.queries.paging import Page
from engine.queries.run import RunPage, run_page
from engine.queries.seen import seen_incident
from engine.queries.trail import Trail, trail
from engine.usecases.commenting import comment, watch
from engine.usecases.filing import NewFile, add_file
from engine.usecases.lead import set_told, take_lead
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.quick import Handled, Quick, handle_at_once
from engine.usecases.report import Report, report_incident

blueprint = resource("api_incidents", __name__, "Incidents", path="/incidents")


@blueprint.route("", methods=["GET"])
@blueprint.arguments(schemas.IncidentsAsked, location="query")
@blueprint.response(200, schema_of(Incidents))
def list_incidents(asked: dict[str, Any]) -> Incidents:
    """List the incidents that you may see, newest first."""
    page = Page(asked.pop("size"), asked.pop("after", None))
    filters = Filters(process_id=asked.pop("process", None), **asked)
    with handling().store.read() as conn:
        return incidents(conn, tokens.actor(), filters, page)


@blueprint.route("", methods=["POST"])
@blueprint.arguments(schemas.ReportSent)
@blueprint.response(201, schemas.Made)
def report(sent: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Report an incident; the same Idempotency-Key again gives the same one."""
    key = idempotency_key()
    told = Report.from_answers(answers_to("report_incident", sent, None))
    made = report_incident(handling(), told, actor=tokens.actor(), key=key)
    return {"id": made}, {"Location": url_for("api_incidents.show", which=str(made))}


@blueprint.route("/at-once", methods=["POST"])
@blueprint.arguments(schemas.AtOnceSent)
@blueprint.response(201, schemas.HandledAtOnce)
def at_once(sent: dict[str, Any]) -> Handled:
    """Write down what was reported and put right in one call; somebody else's check closes it."""
    quick = Quick(product_id=sent.pop("product"), caller_id=sent.pop("caller"), **sent)
    return handle_at_once(handling(), quick, actor=tokens.actor(), key=idempotency_key())


@blueprint.route("/<which>", methods=["GET"])
@blueprint.response(200, schema_of(IncidentPage))
def show(which: str) -> IncidentPage:
    """Show an incident, by its number or id, with what is still missing."""
    with handling().store.read() as conn:
        return read_incident(conn, number_or_id(which), tokens.actor(), now())


@blueprint.route("/<which>/lead", methods=["POST"])
@blueprint.response(204)
def lead(which: str) -> None:
    """Take the lead: answer for it from now on."""
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    take_lead(handling(), incident_id, actor=tokens.actor())


@blueprint.route("/<which>/told", methods=["POST"])
@blueprint.arguments(schemas.ToldSent)
@blueprint.response(204)
def told(sent: dict[str, Any], which: str) -> None:
    """Say that we were told earlier than it was reported; the whole time starts there."""
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    set_told(handling(), incident_id, sent["told_at"], reason=sent["reason"], actor=tokens.actor())


@blueprint.route("/<which>/actions", methods=["POST"])
@blueprint.arguments(schemas.ProposalSent)
@blueprint.response(201, schemas.Made)
def propose(sent: dict[str, Any], which: str) -> dict[str, Any]:
    """Propose an action; the same Idempotency-Key again gives the same one."""
    key = idempotency_key()
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    proposal = Proposal.from_answers(answers_to("propose_action", sent, incident_id))
    made = propose_action(handling(), incident_id, proposal, actor=tokens.actor(), key=key)
    return {"id": made}


@blueprint.route("/<which>/comments", methods=["GET"])
@blueprint.response(200, schema_of(Comments))
def said(which: str) -> Comments:
    """Show what was said about it, oldest first."""
    with handling().store.read() as conn:
        return comments(conn, _read(conn, which), tokens.actor())


@blueprint.route("/<which>/comments", methods=["POST"])
@blueprint.arguments(schemas.CommentSent)
@blueprint.response(204)
def say(sent: dict[str, Any], which: str) -> None:
    """Say something about it; whoever is outside our organisation sends `is_internal` false."""
    key = idempotency_key()
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    comment(handling(), incident_id, **sent, actor=tokens.actor(), key=key)


@blueprint.route("/<which>/watch", methods=["PUT"])
@blueprint.arguments(schemas.WatchSent)
@blueprint.response(204)
def watch_it(sent: dict[str, Any], which: str) -> None:
    """Be told what is said about it, or no longer."""
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    watch(handling(), incident_id, actor=tokens.actor(), is_wanted=sent["is_wanted"])


@blueprint.route("/<which>/files", methods=["GET"])
@blueprint.response(200, schema_of(FileLine)(many=True))
def list_evidence(which: str) -> Sequence[FileLine]:
    """List the files that are kept with it."""
    with handling().store.read() as conn:
        incident = read_about(conn, number_or_id(which), tokens.actor()).incident
        return list(files(conn, incident.id, tokens.actor()))


@blueprint.route("/<which>/files", methods=["POST"])
@blueprint.arguments(schemas.FileAsked, location="query")
@blueprint.response(201, schemas.Made)
def add_evidence(asked: dict[str, Any], which: str) -> dict[str, Any]:
    """Keep a file with it: the body is the file, whatever its content type."""
    with handling().store.read() as conn:
        incident_id = seen(conn, which).incident.id
    file = NewFile(asked["name"], request.get_data())
    internal = asked["is_internal"]
    return {
        "id": add_file(handling(), incident_id, file, actor=tokens.actor(), is_internal=internal)
    }


@blueprint.route("/<which>/files/<uuid:file_id>", methods=["GET"])
@blueprint.response(200, content_type="application/octet-stream", description="The file")
def get_evidence(which: str, file_id: UUID) -> Response:
    """Download a file."""
    with handling().store.read() as conn:
        actor = tokens.actor()
        incident_id = seen_incident(conn, number_or_id(which), actor).incident.id
        file = download(conn, incident_id, file_id, actor)
        # what is refused was not read
        read_about(conn, incident_id, actor)
        return file


@blueprint.route("/<which>/ledger", methods=["GET"])
@blueprint.response(200, schema_of(IncidentLedger))
def ledger(which: str) -> IncidentLedger:
    """Show whose time it was, segment by segment; they add up to the whole."""
    with handling().store.read() as conn:
        return incident_ledger(conn, _read(conn, which), now())


@blueprint.route("/<which>/trail", methods=["GET"])
@blueprint.arguments(schemas.PageAsked, location="query")
@blueprint.response(200, schema_of(Trail))
def records(asked: dict[str, Any], which: str) -> Trail:
    """Show the records, oldest first."""
    page = Page(asked["size"], asked.get("after"))
    with handling().store.read() as conn:
        return trail(conn, _read(conn, which), tokens.actor(), page)


@blueprint.route("/<which>/run", methods=["GET"])
@blueprint.response(200, schema_of(RunPage))
def history(which: str) -> RunPage:
    """Show the history of its own run, diagram by diagram."""
    with handling().store.read() as conn:
        return run_page(conn, incident_id=_read(conn, which))


def _read(conn: Connection, which: str) -> UUID:
    return read_about(conn, number_or_id(which), tokens.actor()).incident.id
