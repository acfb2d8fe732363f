"""One incident: where it stands, whose time it was, and its record."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.languages import flash
from api.pages.asking import sent_key, words_in
from api.pages.deeds import DEEDS
from api.pages.drawing import draw
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.domain.permissions import Verb, may_audit
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.access import AccessFilter, access
from engine.queries.comments import comments
from engine.queries.files import files
from engine.queries.incident import IncidentPage
from engine.queries.ledger import incident_ledger
from engine.queries.paging import Page
from engine.queries.seen import seen_incident
from engine.queries.silence import missing_answers
from engine.queries.trail import trail
from engine.usecases.commenting import comment, watch
from engine.usecases.lead import take_lead
from engine.usecases.phoning import take_as_not_right

pages = for_readers("incident", __name__)

_FEW = Page(size=10)


@pages.get("/incidents/<int:number>")
def page(number: int) -> ResponseReturnValue:
    """Show where it stands."""
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        ledger = incident_ledger(conn, incident.id, filters.now())
        ladder = identity.handling().ladder
        silence = missing_answers(conn, incident.id, identity.actor(), ladder=ladder)
        said = comments(conn, incident.id, identity.actor())
        kept = files(conn, incident.id, identity.actor())
    return render_template(
        "incident.html",
        said=said,
        files=kept,
        key=sent_key(),
        incident=incident,
        silence=silence,
        ledger=ledger,
        drawing=draw(ledger),
        stages=_stages(incident),
        deeds=list(DEEDS.items()),
        Verb=Verb,
    )


@pages.post("/incidents/<int:number>/comments")
def write(number: int) -> ResponseReturnValue:
    """Write about it."""
    incident_id = _id_of(number)
    try:
        comment(
            identity.handling(),
            incident_id,
            words_in("words"),
            actor=identity.actor(),
            is_internal=request.form.get("for") == "us",
            key=sent_key(),
        )
    except InvalidAnswers as refusal:
        flash(next(iter(refusal.fields.values())))
    return redirect(url_for("incident.page", number=number, _anchor="said"), 303)


@pages.post("/incidents/<int:number>/comments/<int:seq>/not-right")
def not_right(number: int, seq: int) -> ResponseReturnValue:
    """Take what a confirmer wrote by mail as their answer *not right*."""
    take_as_not_right(identity.handling(), _id_of(number), seq, actor=identity.actor())
    flash(say("It counts as their answer, and they are told so."))
    return redirect(url_for("incident.page", number=number), 303)


@pages.post("/incidents/<int:number>/watch")
def watch_it(number: int) -> ResponseReturnValue:
    """Be told what is written about it, or no longer."""
    is_wanted = "no" not in request.form
    watch(identity.handling(), _id_of(number), actor=identity.actor(), is_wanted=is_wanted)
    flash(
        say("You are told what is written here.") if is_wanted else say("You are no longer told.")
    )
    return redirect(url_for("incident.page", number=number, _anchor="said"), 303)


def _id_of(number: int) -> UUID:
    with identity.handling().store.read() as conn:
        return seen_incident(conn, number, identity.actor()).incident.id


@pages.get("/incidents/<int:number>/time")
def time(number: int) -> ResponseReturnValue:
    """Show whose time it was, segment by segment."""
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        ledger = incident_ledger(conn, incident.id, filters.now())
    return render_template(
        "incident_time.html",
        incident=incident,
        ledger=ledger,
        drawing=draw(ledger),
        may_dispute=Verb.DISPUTE in incident.verbs,
        may_decide=Verb.DECIDE_DISPUTE in incident.verbs,
    )


@pages.get("/incidents/<int:number>/record")
def record(number: int) -> ResponseReturnValue:
    """Show everything that was done, oldest first."""
    page = Page(size=100, after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        found = trail(conn, incident.id, identity.actor(), page)
        # beside the record: what was refused leaves no trace in it
        wanted = AccessFilter(incident=number)
        looked = access(conn, wanted, _FEW) if may_audit(identity.actor()) else None
    return render_template(
        "incident_record.html",
        incident=incident,
        found=found,
        looked=looked,
        is_first=page.after is None,
    )


@pages.post("/incidents/<int:number>/lead")
def lead(number: int) -> ResponseReturnValue:
    """Take the lead."""
    with identity.handling().store.read() as conn:
        incident_id = seen_incident(conn, number, identity.actor()).incident.id
    take_lead(identity.handling(), incident_id, actor=identity.actor())
    flash(say("You answer for this now."))
    return redirect(url_for("incident.page", number=number), 303)


# the way of every incident, in plain words; which one it is at is read from what is open
_WAY = (
    ("agreement", say("Agree what right means")),
    ("work", say("Put it right")),
    ("verification", say("Check the outcome")),
    ("confirmation", say("Ask the customer")),
    ("closed", say("Closed")),
)


def _stages(incident: IncidentPage) -> list[tuple[str, str]]:
    """Return (title, done | now | later) for each stage of the way."""
    at = _stage_now(incident)
    place = [mark for mark, _ in _WAY].index(at)
    stages: list[tuple[str, str]] = []
    for index, (mark, title) in enumerate(_WAY):
        state = "now" if index == place else "done" if index < place else "later"
        stages.append((title, "done" if mark == at == "closed" else state))
    return stages


def _stage_now(incident: IncidentPage) -> str:
    if incident.state != "open":
        return "closed"
    marks = {item.mark for item in incident.open_items}
    for mark in ("agreement", "confirmation", "verification"):
        if mark in marks or (mark == "confirmation" and "closing_decision" in marks):
            return mark
    return "verification" if incident.watch_until and not incident.open_items else "work"
