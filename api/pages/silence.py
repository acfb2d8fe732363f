"""Getting an answer: logging a try to reach somebody, and letting somebody else decide."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.languages import flash
from api.pages.asking import sent_key
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.domain.permissions import Verb
from engine.domain.silence import Channel
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.absences import colleagues
from engine.queries.seen import seen_incident
from engine.queries.silence import missing_answers
from engine.usecases.delegating import name_delegate
from engine.usecases.trying import log_try

pages = for_readers("silence", __name__)


@pages.get("/incidents/<int:number>/tries")
def page(number: int) -> ResponseReturnValue:
    """Ask whom somebody tried to reach, how, and what came of it."""
    return _shown(number)


@pages.post("/incidents/<int:number>/tries")
def log(number: int) -> ResponseReturnValue:
    """Take a try down."""
    incident_id = _incident_id(number)
    try:
        log_try(
            identity.handling(),
            incident_id,
            whom_id=_chosen("whom", say("Please say whom you tried to reach.")),
            channel=_channel(),
            words=request.form.get("words", "")[:4000],
            tried_at=_tried_at(),
            actor=identity.actor(),
            key=sent_key(),
        )
    except InvalidAnswers as refusal:
        return _shown(number, refusal.fields), 422
    flash(say("Your try is on record."))
    return redirect(url_for("incident.page", number=number, _anchor="silence"), 303)


@pages.get("/incidents/<int:number>/delegate")
def delegate(number: int) -> ResponseReturnValue:
    """Ask whom the owner lets decide."""
    return _delegating(number)


@pages.post("/incidents/<int:number>/delegate")
def name(number: int) -> ResponseReturnValue:
    """Let somebody else decide without the customer's answer."""
    incident_id = _incident_id(number)
    try:
        chosen = _chosen("person", say("Please choose who decides."))
        name_delegate(identity.handling(), incident_id, chosen, actor=identity.actor())
    except InvalidAnswers as refusal:
        return _delegating(number, refusal.fields), 422
    flash(say("They can decide now, beside you."))
    return redirect(url_for("incident.page", number=number, _anchor="silence"), 303)


def _incident_id(number: int) -> UUID:
    with identity.handling().store.read() as conn:
        return seen_incident(conn, number, identity.actor()).incident.id


def _chosen(field: str, sentence: str) -> UUID:
    try:
        return UUID(request.form.get(field, ""))
    except ValueError as error:
        raise InvalidAnswers({field: sentence}) from error


def _channel() -> Channel:
    try:
        return Channel(request.form.get("channel", ""))
    except ValueError as error:
        raise InvalidAnswers({"channel": say("Please say how you tried.")}) from error


def _tried_at() -> datetime | None:
    typed = request.form.get("tried_at", "")
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=identity.zone())
    except ValueError as error:
        raise InvalidAnswers({"tried_at": say("Please write a day and a time.")}) from error


def _shown(number: int, problems: Mapping[str, str] | None = None) -> str:
    handling, actor = identity.handling(), identity.actor()
    with handling.store.read() as conn:
        incident = read_incident(conn, number, actor, filters.now())
        missing = missing_answers(conn, incident.id, actor, ladder=handling.ladder)
    answers = [one for one in missing if one.tries_left is not None]
    people = {who.id: who.name for one in answers for who in one.people}
    return render_template(
        "try.html",
        incident=incident,
        people=people,
        channels=list(Channel),
        key=sent_key(),
        problems=problems or {},
        typed=request.form,
        Verb=Verb,
    )


def _delegating(number: int, problems: Mapping[str, str] | None = None) -> str:
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        people = colleagues(conn, identity.actor())
    return render_template(
        "delegate.html", incident=incident, people=people, problems=problems or {}, Verb=Verb
    )
