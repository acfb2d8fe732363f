"""What monitoring says: a line for each signal, and one tap to say which product is hurt."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import sent_key, words_in
from api.pages.for_readers import for_readers
from engine.domain.incident import Level
from engine.domain.permissions import may_report
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.queries.paging import Page
from engine.queries.seen import seen_incident
from engine.queries.signals import products, signal, signals
from engine.usecases.signals import Named, join_signal, name_product

pages = for_readers("signals", __name__)

_LONGEST = 4000


@pages.get("/signals")
def listed() -> ResponseReturnValue:
    """Show what monitoring says, newest first."""
    page = Page(size=30, after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        found = signals(conn, identity.actor(), page)
    return render_template("signals.html", found=found, is_first=page.after is None)


@pages.get("/signals/<int:number>")
def page(number: int) -> ResponseReturnValue:
    """Show one of them, and ask which product comes out wrong."""
    return _shown(number)


@pages.post("/signals/<int:number>/product")
def name(number: int) -> ResponseReturnValue:
    """Open an incident of the product that was tapped."""
    with identity.handling().store.read() as conn:
        signal_id = signal(conn, identity.actor(), number).id
    try:
        named = Named(
            UUID(request.form.get("product", "")),
            words_in("actual").strip()[:_LONGEST],
            Level(request.form.get("impact", Level.MEDIUM)),
            Level(request.form.get("urgency", Level.MEDIUM)),
        )
    except ValueError:
        return _shown(number, say("Please choose from what is offered.")), 422
    try:
        made = name_product(
            identity.handling(), signal_id, named, actor=identity.actor(), key=sent_key()
        )
    except (Conflict, InvalidAnswers) as refusal:
        return _shown(number, refusal.sentence), STATUS[refusal.code]
    flash(say("Thank you. Somebody answers for this from now on, and you can follow it here."))
    return _to(made)


@pages.post("/signals/<int:number>/join")
def join(number: int) -> ResponseReturnValue:
    """Add it to an incident that is open."""
    told = words_in("incident").strip().lstrip("#")
    try:
        with identity.handling().store.read() as conn:
            signal_id = signal(conn, identity.actor(), number).id
            incident_id = seen_incident(conn, int(told), identity.actor()).incident.id
        join_signal(identity.handling(), signal_id, incident_id, actor=identity.actor())
    except (ValueError, NotFound):
        return _shown(number, say("There is no incident of this number that you can see.")), 422
    except (Conflict, NotAllowed) as refusal:
        return _shown(number, refusal.sentence), STATUS[refusal.code]
    flash(say("It is in the record of this incident now."))
    return _to(incident_id)


def _to(incident_id: UUID) -> ResponseReturnValue:
    with identity.handling().store.read() as conn:
        number = seen_incident(conn, incident_id, identity.actor()).incident.number
    return redirect(url_for("incident.page", number=number), 303)


def _shown(number: int, notice: str | None = None) -> str:
    actor = identity.actor()
    with identity.handling().store.read() as conn:
        return render_template(
            "signal.html",
            signal=signal(conn, actor, number),
            products=products(conn) if may_report(actor) else (),
            levels=list(Level),
            notice=notice,
            typed=request.form,
            key=sent_key(),
        )
