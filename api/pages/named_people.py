"""Who may read an incident that is for named people only, and limiting it to them.

Naming and taking off are plain forms, one person each: who may read is not changed by a slip.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import words_in
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.domain.permissions import Verb
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.language import say
from engine.queries.choices import choices
from engine.queries.restriction import restriction_of
from engine.queries.seen import seen_incident
from engine.usecases.naming import name_person, take_off
from engine.usecases.restricting import agree_to_lift, ask_to_lift, decline_to_lift, restrict

pages = for_readers("named_people", __name__)

_LONGEST = 4000


@pages.get("/incidents/<int:number>/named-people")
def page(number: int) -> ResponseReturnValue:
    """Show who may read it, since when and why; or ask to whom it is to be limited."""
    return _shown(number)


@pages.post("/incidents/<int:number>/named-people")
def limit(number: int) -> ResponseReturnValue:
    """Limit it to named people."""

    def does(incident_id: UUID) -> None:
        people = [_person(one) for one in request.form.getlist("people")]
        restrict(
            identity.handling(),
            incident_id,
            reason=_said("reason"),
            people=people,
            actor=identity.actor(),
        )

    return _done(number, does, say("Only named people can read this now."))


@pages.post("/incidents/<int:number>/named-people/name")
def name(number: int) -> ResponseReturnValue:
    """Name one more person."""

    def does(incident_id: UUID) -> None:
        person = _person(request.form.get("person", ""))
        name_person(identity.handling(), incident_id, person, actor=identity.actor())

    return _done(number, does, say("They can read this from now on."))


@pages.post("/incidents/<int:number>/named-people/take-off")
def take_somebody_off(number: int) -> ResponseReturnValue:
    """Take a person off."""

    def does(incident_id: UUID) -> None:
        take_off(
            identity.handling(),
            incident_id,
            _person(request.form.get("person", "")),
            reason=_said("reason"),
            actor=identity.actor(),
        )

    return _done(number, does, say("They can read this no more."))


@pages.post("/incidents/<int:number>/named-people/lift")
def ask_for_everybody(number: int) -> ResponseReturnValue:
    """Ask that everybody may read it again."""

    def does(incident_id: UUID) -> None:
        handling, actor = identity.handling(), identity.actor()
        ask_to_lift(handling, incident_id, reason=_said("reason"), actor=actor)

    return _done(number, does, say("Somebody else who can read this has to agree."))


@pages.post("/incidents/<int:number>/named-people/lifted")
def agree(number: int) -> ResponseReturnValue:
    """Agree to that."""

    def does(incident_id: UUID) -> None:
        agree_to_lift(identity.handling(), incident_id, actor=identity.actor())

    return _done(number, does, say("Everybody can read this again who could before."))


@pages.post("/incidents/<int:number>/named-people/declined")
def decline(number: int) -> ResponseReturnValue:
    """Say why not."""

    def does(incident_id: UUID) -> None:
        handling, actor = identity.handling(), identity.actor()
        decline_to_lift(handling, incident_id, reason=_said("declined"), actor=actor)

    return _done(number, does, say("It stays for named people only; who asked is told."))


def _said(name: str) -> str:
    return words_in(name)[:_LONGEST]


def _person(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidAnswers({"person": say("Please choose somebody.")}) from error


def _done(number: int, does: Callable[[UUID], None], said: str) -> ResponseReturnValue:
    with identity.handling().store.read() as conn:
        incident_id = seen_incident(conn, number, identity.actor()).incident.id
    try:
        does(incident_id)
    except InvalidAnswers as refusal:
        return _shown(number, refusal.fields), 422
    except Conflict as refusal:
        return _shown(number, {"": refusal.sentence}), STATUS[refusal.code]
    flash(said)
    try:
        with identity.handling().store.read() as conn:
            seen_incident(conn, number, identity.actor())
    except NotFound:
        # whoever limits it to others may be none of them
        return redirect(url_for("incidents.listed"), 303)
    return redirect(url_for("named_people.page", number=number), 303)


def _shown(number: int, problems: Mapping[str, str] | None = None) -> str:
    actor = identity.actor()
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, actor, filters.now())
        restriction = restriction_of(conn, incident.id)
        offered = choices(conn, actor)["person"]
    offered = [(who, words) for who, words in offered if who != str(actor.id)]
    readers = restriction.readers if restriction else ()
    named = {str(one.id) for one in readers if one.is_named}
    known = {str(one.id) for one in readers}
    return render_template(
        "named_people.html",
        incident=incident,
        restriction=restriction,
        people=[one for one in offered if one[0] not in named],
        others=[one for one in offered if one[0] not in known],
        problems=problems or {},
        typed=request.form,
        Verb=Verb,
    )
