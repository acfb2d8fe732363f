"""Something small that was put right in one call: one page for all of it."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import Asked, Asking, sent_key
from api.pages.for_readers import for_readers
from engine.errors import Conflict, InvalidAnswers, NotAllowed, Unavailable
from engine.language import say
from engine.queries.choices import choices
from engine.queries.seen import seen_incident
from engine.usecases.quick import Quick, handle_at_once
from forms import check, fixed

pages = for_readers("quick", __name__)


@pages.get("/quick")
def page() -> ResponseReturnValue:
    """Ask for all of it."""
    return _shown(_asking().show())


@pages.post("/quick")
def send() -> ResponseReturnValue:
    """Write it down, and show the incident that waits for somebody else's check."""
    asking = _asking()
    typed = asking.answers()
    found = check(asking.form, typed, choices=asking.choices, now=filters.now(), tz=identity.zone())
    if not found.ok:
        return _shown(asking.show(typed, findings=found.findings, key=sent_key())), 422
    quick = Quick.from_answers(found.answers)
    try:
        made = handle_at_once(identity.handling(), quick, actor=identity.actor(), key=sent_key())
    except InvalidAnswers as refusal:
        return _shown(asking.show(typed, findings=refusal.fields, key=sent_key())), 422
    except (Conflict, Unavailable) as refusal:
        return _shown(asking.refused(typed, refusal)), STATUS[refusal.code]
    with identity.handling().store.read() as conn:
        number = seen_incident(conn, made.incident_id, identity.actor()).incident.number
    if made.is_called_back:
        flash(say("It is written down. This one was drawn: somebody else calls them back."))
    else:
        flash(say("It is written down. It is closed when somebody else has found it right."))
    return redirect(url_for("incident.page", number=number), 303)


def _asking() -> Asking:
    actor = identity.actor()
    if actor.is_outside:
        raise NotAllowed(say("Only the desk of the business process handles something at once."))
    with identity.handling().store.read() as conn:
        return Asking(fixed("quick"), choices(conn, actor))


def _shown(asked: Asked) -> str:
    return render_template("quick.html", asked=asked)
