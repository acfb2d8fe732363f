"""Changes to an incident: each asks its form, or is one button, and leads back to the incident."""

from collections.abc import Mapping
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.changes import Change, Doing, change_named
from api.languages import flash
from api.pages.asking import Asked, Asking, asks_for_rows, sent_key
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.errors import Conflict, InvalidAnswers, NotFound, Unavailable
from engine.language import say
from engine.queries.choices import choices
from engine.queries.incident import IncidentPage
from forms import check

pages = for_readers("changes", __name__)


@pages.get("/incidents/<int:number>/changes/<name>", defaults={"about": None})
@pages.get("/incidents/<int:number>/changes/<name>/<uuid:about>")
def page(number: int, name: str, about: UUID | None) -> ResponseReturnValue:
    """Ask what there is to say."""
    incident, change = _found(number, name)
    if change.form is None:
        raise NotFound(say("This is one button on another page."))
    return _asked(
        incident, change, about, _asking(incident, change.form).show(change.known(incident))
    )


@pages.post("/incidents/<int:number>/changes/<name>", defaults={"about": None})
@pages.post("/incidents/<int:number>/changes/<name>/<uuid:about>")
def do(number: int, name: str, about: UUID | None) -> ResponseReturnValue:
    """Do it."""
    incident, change = _found(number, name)
    if change.form is None:
        return _done(incident, change, _do(incident, change, about, {}))
    asking = _asking(incident, change.form)
    typed = asking.answers()
    if asks_for_rows():
        return _asked(incident, change, about, asking.show(typed, key=sent_key()))
    found = check(asking.form, typed, choices=asking.choices, now=filters.now(), tz=identity.zone())
    findings: Mapping[str, str] = found.findings
    notice = None
    if found.ok:
        try:
            return _done(incident, change, _do(incident, change, about, found.answers))
        except InvalidAnswers as refusal:
            findings = refusal.fields
        except (Conflict, Unavailable) as refusal:
            notice = refusal.sentence
    shown = asking.show(typed, findings=findings, notice=notice, key=sent_key())
    return _asked(incident, change, about, shown), 409 if notice else 422


def _do(
    incident: IncidentPage, change: Change, about: UUID | None, answers: Mapping[str, object]
) -> str | None:
    return change.do(Doing(identity.handling(), incident.id, about, answers, identity.actor()))


def _done(incident: IncidentPage, change: Change, token: str | None) -> ResponseReturnValue:
    if token is not None:
        link = url_for("following.page", token=token, _external=True)
        return render_template("caller_link.html", incident=incident, link=link)
    flash(change.done)
    return redirect(url_for("incident.page", number=incident.number), 303)


def _found(number: int, name: str) -> tuple[IncidentPage, Change]:
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
    return incident, change_named(name)


def _asking(incident: IncidentPage, form_name: str) -> Asking:
    handling = identity.handling()
    with handling.store.read() as conn:
        form = handling.releases.in_force(conn).forms[form_name]
        return Asking(form, choices(conn, identity.actor(), incident_id=incident.id))


def _asked(incident: IncidentPage, change: Change, about: UUID | None, asked: Asked) -> str:
    return render_template(
        "change.html",
        incident=incident,
        asked=asked,
        subject=_subject(incident, about),
        may=change.verb in incident.verbs,
    )


def _subject(incident: IncidentPage, about: UUID | None) -> str | None:
    """Return what of the incident it is about, in words."""
    named = {
        **{one.id: f"{one.measure}: {one.threshold}" for one in incident.criteria},
        **{one.person_id: one.name for one in incident.confirmers},
        **{one.id: one.title for one in incident.actions},
    }
    if about is not None and about not in named:
        raise NotFound(say("There is no such thing here."))
    return named[about] if about else None
