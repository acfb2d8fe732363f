"""The reader's own settings: time zone, who stands in, password, signing out everywhere."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.languages import flash
from api.pages.for_readers import for_readers
from api.passwords import hash_password, is_right, wrong_length
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.absences import colleagues, standing_in
from engine.queries.register import time_zones
from engine.queries.sign_in import find_credentials
from engine.usecases.absences import end_absence, enter_absence, name_deputy
from engine.usecases.signing_in import end_sessions, set_time_zone

pages = for_readers("you", __name__)


@pages.get("/you")
def page() -> ResponseReturnValue:
    """Show what the reader can set."""
    return _shown({})


@pages.post("/you/time-zone")
def time_zone() -> ResponseReturnValue:
    """Show times in another zone from now on."""
    try:
        set_time_zone(
            identity.handling().store, identity.actor().id, request.form.get("time_zone", "")
        )
    except InvalidAnswers as refusal:
        return _shown(refusal.fields), 422
    flash(say("Times are shown in this zone from now on."))
    return redirect(url_for("you.page"), 303)


@pages.post("/you/deputy")
def deputy() -> ResponseReturnValue:
    """Name who is asked while the reader is away or silent."""
    chosen = request.form.get("deputy", "")
    try:
        name_deputy(
            identity.handling().store, UUID(chosen) if chosen else None, actor=identity.actor()
        )
    except ValueError:
        return _shown({"deputy": say("Please choose from the people listed.")}), 422
    except InvalidAnswers as refusal:
        return _shown(refusal.fields), 422
    flash(
        say("It is noted who stands in for you.")
        if chosen
        else say("Nobody stands in for you now.")
    )
    return redirect(url_for("you.page"), 303)


@pages.post("/you/away")
def away() -> ResponseReturnValue:
    """Say that the reader is away, from the first day to the last."""
    try:
        since, last = (date.fromisoformat(request.form.get(day, "")) for day in ("since", "last"))
        first, after = (
            datetime.combine(day, time(), identity.zone())
            for day in (since, last + timedelta(days=1))
        )
    except (ValueError, OverflowError):
        return _shown({"since": say("Please write the first and the last day.")}), 422
    try:
        enter_absence(identity.handling().store, first, after, actor=identity.actor())
    except InvalidAnswers as refusal:
        return _shown(refusal.fields), 422
    flash(say("It is noted when you are away."))
    return redirect(url_for("you.page"), 303)


@pages.post("/you/away/<uuid:absence_id>/end")
def back(absence_id: UUID) -> ResponseReturnValue:
    """Say that the reader is back, or will not be away after all."""
    end_absence(identity.handling().store, absence_id, actor=identity.actor())
    flash(say("You are asked yourself again."))
    return redirect(url_for("you.page"), 303)


@pages.post("/you/password")
def password() -> ResponseReturnValue:
    """Change the password; every other session of the person ends."""
    store, wanted = identity.handling().store, request.form.get("new", "")
    with store.read() as conn:
        found = find_credentials(conn, identity.reader().login)
    if not is_right(found.password_hash if found else None, request.form.get("current", "")):
        return _shown({"current": say("This is not your password.")}), 422
    if problem := wrong_length(wanted):
        return _shown({"new": problem}), 422
    person = identity.actor().id
    end_sessions(store, person, password_hash=hash_password(wanted))
    identity.begin_session(person)
    flash(say("Your password is changed; you are signed out everywhere else."))
    return redirect(url_for("you.page"), 303)


@pages.post("/you/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """End every session of the person, this one too."""
    end_sessions(identity.handling().store, identity.actor().id)
    identity.sign_out()
    flash(say("You are signed out everywhere."))
    return redirect(url_for("signing.sign_in"), 303)


def _shown(problems: dict[str, str]) -> str:
    with identity.handling().store.read() as conn:
        mine = standing_in(conn, identity.actor(), filters.now())
        others = colleagues(conn, identity.actor())
    return render_template(
        "you.html",
        zones=time_zones(),
        problems=problems,
        mine=mine,
        others=others,
        typed=request.form,
    )
