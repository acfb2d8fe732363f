"""Disagreeing about whose time it was, and deciding about that."""

from collections.abc import Mapping
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.languages import flash
from api.pages.asking import sent_key
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.domain.party import Party
from engine.domain.permissions import Verb
from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.queries.incident import IncidentPage
from engine.queries.ledger import IncidentLedger, LedgerLine, incident_ledger
from engine.usecases.disputing import decide_dispute, dispute, withdraw_dispute

pages = for_readers("disputes", __name__)


@pages.get("/incidents/<int:number>/time/<int:line>/dispute")
def page(number: int, line: int) -> ResponseReturnValue:
    """Ask whose time it should be, and why."""
    return _shown(number, line)


@pages.post("/incidents/<int:number>/time/<int:line>/dispute")
def raise_it(number: int, line: int) -> ResponseReturnValue:
    """Take the disagreement down."""
    incident, disputed = _found(number, line)
    try:
        should_be = Party(request.form.get("should_be", ""))
    except ValueError:
        return _shown(number, line, {"should_be": say("Please say whose time it should be.")}), 422
    try:
        dispute(
            identity.handling(),
            incident.id,
            since=disputed.since,
            until=disputed.until,
            should_be=should_be,
            why=request.form.get("why", "")[:4000],
            actor=identity.actor(),
            key=sent_key(),
        )
    except InvalidAnswers as refusal:
        return _shown(number, line, refusal.fields), 422
    flash(
        say("Your disagreement is on record. Somebody who belongs to neither of the two decides.")
    )
    return _back(number)


@pages.post("/incidents/<int:number>/disputes/<uuid:dispute_id>/decide")
def decide(number: int, dispute_id: UUID) -> ResponseReturnValue:
    """Decide whose time it was."""
    try:
        decide_dispute(
            identity.handling(),
            dispute_id,
            moves=request.form.get("moves") == "yes",
            why=request.form.get("why", "")[:4000],
            actor=identity.actor(),
        )
    except InvalidAnswers as refusal:
        flash(" ".join(refusal.fields.values()))
        return _back(number)
    flash(say("Your decision is kept, with your name and your reason."))
    return _back(number)


@pages.post("/incidents/<int:number>/disputes/<uuid:dispute_id>/withdraw")
def withdraw(number: int, dispute_id: UUID) -> ResponseReturnValue:
    """Take back a disagreement of one's own."""
    withdraw_dispute(identity.handling(), dispute_id, actor=identity.actor())
    flash(say("You have taken it back."))
    return _back(number)


def _back(number: int) -> ResponseReturnValue:
    return redirect(url_for("incident.time", number=number, _anchor="disagreements"), 303)


def _found(number: int, line: int) -> tuple[IncidentPage, LedgerLine]:
    """Return the line as it stands now: its place in the list, as its page was shown."""
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        ledger: IncidentLedger = incident_ledger(conn, incident.id, filters.now())
    if Verb.DISPUTE not in incident.verbs or not 0 < line <= len(ledger.lines):
        raise NotFound(say("There is no such part of the time."), line=line)
    return incident, ledger.lines[line - 1]


def _shown(number: int, line: int, problems: Mapping[str, str] | None = None) -> str:
    incident, disputed = _found(number, line)
    return render_template(
        "dispute.html",
        incident=incident,
        line=disputed,
        place=line,
        parties=[party for party in Party if party is not disputed.party],
        problems=problems or {},
        typed=request.form,
        key=sent_key(),
    )
