"""Reporting an incident: the first page that anybody needs."""

from collections.abc import Mapping
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import Asked, Asking, asks_for_rows, sent_key
from api.pages.for_readers import for_readers
from engine.errors import Conflict, InvalidAnswers, Unavailable
from engine.language import say
from engine.queries.choices import choices
from engine.queries.incidents import similar
from engine.queries.seen import seen_incident
from engine.usecases.report import Report, report_incident
from forms import check, without

pages = for_readers("reporting", __name__)

_MOST_WORDS = 500


@pages.get("/report")
def page() -> ResponseReturnValue:
    """Ask what is wrong."""
    return _shown(_asking().show())


@pages.get("/report/similar")
def alike() -> ResponseReturnValue:
    """Show what is open already and sounds like it, as part of the page that asks."""
    words = " ".join(request.args.get(name, "")[:_MOST_WORDS] for name in ("title", "actual"))
    try:
        product = UUID(request.args.get("product", ""))
    except ValueError:
        product = None
    with identity.handling().store.read() as conn:
        found = similar(conn, identity.actor(), words, product_id=product)
    return render_template("_similar.html", similar=found)


@pages.post("/report")
def send() -> ResponseReturnValue:
    """Open the incident and show it."""
    asking = _asking()
    typed = asking.answers()
    if asks_for_rows():
        return _shown(asking.show(typed, key=sent_key()))
    found = check(asking.form, typed, choices=asking.choices, now=filters.now(), tz=identity.zone())
    if not found.ok:
        return _again(asking, typed, found.findings)
    try:
        made = report_incident(
            identity.handling(),
            Report.from_answers(found.answers),
            actor=identity.actor(),
            key=sent_key(),
        )
    except InvalidAnswers as refusal:
        return _again(asking, typed, refusal.fields)
    except (Conflict, Unavailable) as refusal:
        return _shown(asking.refused(typed, refusal)), STATUS[refusal.code]
    with identity.handling().store.read() as conn:
        number = seen_incident(conn, made, identity.actor()).incident.number
    flash(say("Thank you. Somebody answers for this from now on, and you can follow it here."))
    return redirect(url_for("incident.page", number=number), 303)


def _asking() -> Asking:
    handling = identity.handling()
    with handling.store.read() as conn:
        form = handling.releases.in_force(conn).forms["report_incident"]
        if identity.actor().is_outside:
            # only who sits at a desk reports for somebody else
            form = without(form, "caller", "caller_contact")
        return Asking(form, choices(conn, identity.actor()))


def _again(
    asking: Asking, typed: Mapping[str, object], findings: Mapping[str, str]
) -> ResponseReturnValue:
    return _shown(asking.show(typed, findings=findings, key=sent_key())), 422


def _shown(asked: Asked) -> str:
    return render_template("report.html", asked=asked)
