"""Actions of an incident: proposing one, the lead's word on proposals, and what is not done."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime, time
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import Asked, Asking, asks_for_rows, sent_key, text_of_file, words_in
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.domain.action import ActionKind
from engine.domain.permissions import Verb
from engine.errors import Conflict, InvalidAnswers, NotFound, Unavailable
from engine.language import say
from engine.queries.choices import choices
from engine.queries.incident import ActionLine, IncidentPage
from engine.queries.reached import Reached, reached_by
from engine.usecases.proposing import (
    Proposal,
    accept_proposal,
    propose_action,
    refuse_proposal,
)
from engine.usecases.recurring import accept_until
from engine.usecases.targets import accept_targets
from forms import check

pages = for_readers("actions", __name__)


@pages.get("/incidents/<int:number>/actions/new")
def propose(number: int) -> ResponseReturnValue:
    """Ask what is to be done, and whose turn it is."""
    incident, asking = _asking(number)
    return _asked(incident, asking.show())


@pages.post("/incidents/<int:number>/actions/new")
def propose_it(number: int) -> ResponseReturnValue:
    """Add the action."""
    incident, asking = _asking(number)
    typed = asking.answers()
    try:
        brought = _brought()
    except InvalidAnswers as refusal:
        return _again(incident, asking, typed, {"targets": refusal.fields["file"]})
    if brought:
        known = typed.get("targets")
        typed["targets"] = [*(known if isinstance(known, list) else []), *brought]
    if asks_for_rows() or "_bring" in request.form:
        return _asked(incident, asking.show(typed, key=sent_key()))
    found = check(asking.form, typed, choices=asking.choices, now=filters.now(), tz=identity.zone())
    if not found.ok:
        return _again(incident, asking, typed, found.findings)
    try:
        propose_action(
            identity.handling(),
            incident.id,
            Proposal.from_answers(found.answers),
            actor=identity.actor(),
            key=sent_key(),
        )
    except InvalidAnswers as refusal:
        return _again(incident, asking, typed, refusal.fields)
    except (Conflict, Unavailable) as refusal:
        return _asked(incident, asking.refused(typed, refusal)), STATUS[refusal.code]
    flash(say("It is on the list."))
    return redirect(url_for("incident.page", number=number, _anchor="actions"), 303)


def _brought() -> list[str]:
    """Return the lines of a file of targets: each the cells of one, one after the other."""
    file = request.files.get("targets_file")
    content = text_of_file(file) if file else ""
    sign = max(",;\t", key=content.split("\n", 1)[0].count)
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=sign)
    try:
        lines = [", ".join(cell.strip() for cell in row if cell.strip()) for row in rows]
    except csv.Error as error:
        raise InvalidAnswers(
            {"file": say("This file cannot be read as lines of a table.")}
        ) from error
    return [line for line in lines if line]


@pages.get("/incidents/<int:number>/actions/<int:action_number>")
def page(number: int, action_number: int) -> ResponseReturnValue:
    """Show one action, and how it ended for each of those it reaches."""
    return _shown(number, action_number)


@pages.post("/incidents/<int:number>/actions/<int:action_number>/accept")
def accept(number: int, action_number: int) -> ResponseReturnValue:
    """Take a proposal up, as one kind or the other."""
    _, action = _found(number, action_number)
    try:
        kind = ActionKind(request.form.get("kind", ""))
    except ValueError:
        return _shown(number, action_number, {"kind": say("Please say what it is for.")}), 422
    accept_proposal(identity.handling(), action.id, kind=kind, actor=identity.actor())
    flash(say("It is taken up."))
    return redirect(url_for("incident.page", number=number, _anchor="actions"), 303)


@pages.post("/incidents/<int:number>/actions/<int:action_number>/refuse")
def refuse(number: int, action_number: int) -> ResponseReturnValue:
    """Do not take a proposal up, and say why."""
    _, action = _found(number, action_number)
    try:
        refuse_proposal(
            identity.handling(),
            action.id,
            reason=words_in("reason"),
            actor=identity.actor(),
        )
    except InvalidAnswers as refusal:
        return _shown(number, action_number, refusal.fields), 422
    flash(say("It is not taken up; your reason is kept."))
    return redirect(url_for("incident.page", number=number, _anchor="actions"), 303)


@pages.post("/incidents/<int:number>/actions/<int:action_number>/not-done")
def accept_not_done(number: int, action_number: int) -> ResponseReturnValue:
    """Accept by name that some of those it reaches are not done."""
    _, action = _found(number, action_number)
    try:
        ticked = [UUID(one) for one in request.form.getlist("target")]
    except ValueError:
        ticked = []
    if not ticked:
        return _shown(number, action_number, {"targets": say("Please tick some lines first.")}), 422
    try:
        accept_targets(
            identity.handling(),
            action.id,
            ticked,
            reason=words_in("reason"),
            actor=identity.actor(),
        )
    except InvalidAnswers as refusal:
        return _shown(number, action_number, refusal.fields), 422
    flash(say("Your acceptance is kept, with your name and your reason."))
    return redirect(url_for("actions.page", number=number, action_number=action_number), 303)


@pages.post("/incidents/<int:number>/actions/<int:action_number>/accepted-until")
def accept_that_it_comes_back(number: int, action_number: int) -> ResponseReturnValue:
    """Sign, instead of a lasting remedy, until when it may come back."""
    _, action = _found(number, action_number)
    try:
        last_day = date.fromisoformat(request.form.get("until", ""))
        # the whole of that day, where the one who signs is
        until = datetime.combine(last_day, time(23, 59), identity.zone())
        accept_until(
            identity.handling(),
            action.id,
            until=until,
            reason=request.form.get("reason", ""),
            actor=identity.actor(),
        )
    except ValueError:
        return _shown(number, action_number, {"until": say("Please say until which day.")}), 422
    except InvalidAnswers as refusal:
        return _shown(number, action_number, refusal.fields), 422
    flash(say("Signed: nobody asks again before that day is over."))
    return redirect(url_for("actions.page", number=number, action_number=action_number), 303)


def _found(number: int, action_number: int) -> tuple[IncidentPage, ActionLine]:
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
    for action in incident.actions:
        if action.number == action_number:
            return incident, action
    raise NotFound(say("There is no such action."), action=action_number)


def _shown(number: int, action_number: int, problems: Mapping[str, str] | None = None) -> str:
    incident, action = _found(number, action_number)
    with identity.handling().store.read() as conn:
        reached: tuple[Reached, ...] = reached_by(conn, action.id, identity.actor())
    return render_template(
        "action.html",
        incident=incident,
        action=action,
        reached=reached,
        problems=problems or {},
        typed=request.form,
        Verb=Verb,
    )


def _asking(number: int) -> tuple[IncidentPage, Asking]:
    handling = identity.handling()
    with handling.store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        form = handling.releases.in_force(conn).forms["propose_action"]
        return incident, Asking(form, choices(conn, identity.actor(), incident_id=incident.id))


def _again(
    incident: IncidentPage,
    asking: Asking,
    typed: Mapping[str, object],
    findings: Mapping[str, str],
) -> ResponseReturnValue:
    return _asked(incident, asking.show(typed, findings=findings, key=sent_key())), 422


def _asked(incident: IncidentPage, asked: Asked) -> str:
    return render_template("propose.html", incident=incident, asked=asked, Verb=Verb)
