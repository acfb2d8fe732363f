"""One incident: where it stands, whose time it was, and its record."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.deeds import DEEDS
from api.pages.drawing import draw
from api.pages.for_readers import for_readers
from engine.domain.permissions import Verb
from engine.queries.incident import IncidentPage, incident_page
from engine.queries.ledger import incident_ledger
from engine.queries.paging import Page
from engine.queries.seen import seen_incident
from engine.queries.silence import missing_answers
from engine.queries.trail import trail
from engine.usecases.lead import take_lead

pages = for_readers("incident", __name__)


@pages.get("/incidents/<int:number>")
def page(number: int) -> ResponseReturnValue:
    """Show where it stands."""
    with identity.handling().store.read() as conn:
        incident = incident_page(conn, number, identity.actor(), filters.now())
        ledger = incident_ledger(conn, incident.id, filters.now())
        ladder = identity.handling().ladder
        silence = missing_answers(conn, incident.id, identity.actor(), ladder=ladder)
    return render_template(
        "incident.html",
        incident=incident,
        silence=silence,
        ledger=ledger,
        drawing=draw(ledger),
        stages=_stages(incident),
        deeds=list(DEEDS.items()),
        Verb=Verb,
    )


@pages.get("/incidents/<int:number>/time")
def time(number: int) -> ResponseReturnValue:
    """Show whose time it was, segment by segment."""
    with identity.handling().store.read() as conn:
        incident = incident_page(conn, number, identity.actor(), filters.now())
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
        incident = incident_page(conn, number, identity.actor(), filters.now())
        found = trail(conn, incident.id, identity.actor(), page)
    return render_template(
        "incident_record.html", incident=incident, found=found, is_first=page.after is None
    )


@pages.post("/incidents/<int:number>/lead")
def lead(number: int) -> ResponseReturnValue:
    """Take the lead."""
    with identity.handling().store.read() as conn:
        incident_id = seen_incident(conn, number, identity.actor()).incident.id
    take_lead(identity.handling(), incident_id, actor=identity.actor())
    flash("You answer for this now.")
    return redirect(url_for("incident.page", number=number), 303)


# the way of every incident, in plain words; which one it is at is read from what is open
_WAY = (
    ("agreement", "Agree what right means"),
    ("work", "Put it right"),
    ("verification", "Check the outcome"),
    ("confirmation", "Ask the customer"),
    ("closed", "Closed"),
)


def _stages(incident: IncidentPage) -> list[tuple[str, str]]:
    """Return (title, done | now | later) for each stage of the way."""
    at = _stage_now(incident)
    place = [mark for mark, _ in _WAY].index(at)
    stages = []
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
