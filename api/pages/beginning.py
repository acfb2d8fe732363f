"""Before anybody has signed in: the first person of an installation, and choosing a password."""

from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.beginnings import invited, is_first
from api.languages import flash
from api.pages.asking import words_in
from api.passwords import hash_password, wrong_length
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.queries.register import is_empty, time_zones
from engine.usecases.setting_up import choose_password, first_person
from engine.usecases.setting_up.inviting import epoch_of

pages = Blueprint("beginning", __name__)

_FIELDS = ("name", "login", "email", "time_zone")


@pages.get("/begin/<token>")
def first(token: str) -> ResponseReturnValue:
    """Ask who sets up Putright here."""
    if not _is_open(token):
        return _over()
    return _first({})


@pages.post("/begin/<token>")
def begin(token: str) -> ResponseReturnValue:
    """Enter the first person, who is signed in and goes on with the rest."""
    if not _is_open(token):
        return _over()
    said = {field: words_in(field) for field in _FIELDS}
    missing: dict[str, str] = {
        field: say("Please fill this in.") for field, one in said.items() if not one
    }
    password = request.form.get("password", "")
    if problem := wrong_length(password):
        missing["password"] = problem
    if said["time_zone"] and said["time_zone"] not in time_zones():
        missing["time_zone"] = say("Please choose from the time zones listed.")
    if missing:
        return _first(missing), 422
    try:
        made = first_person(
            identity.handling().store, **said, password_hash=hash_password(password)
        )
    except InvalidAnswers as refusal:
        return _first(refusal.fields), 422
    except Conflict:
        return _over()
    identity.begin_session(made)
    flash(say("Welcome. Now tell Putright of your people and your work."))
    return redirect(url_for("setting_up.overview"), 303)


@pages.get("/password/<token>")
def password(token: str) -> ResponseReturnValue:
    """Ask for a password."""
    return _over() if _invited(token) is None else _password(None)


@pages.post("/password/<token>")
def choose(token: str) -> ResponseReturnValue:
    """Give the person that password, and sign them in."""
    if (found := _invited(token)) is None:
        return _over()
    wanted = request.form.get("new", "")
    if problem := wrong_length(wanted):
        return _password(problem), 422
    who, epoch = found
    if not choose_password(identity.handling().store, who, epoch, hash_password(wanted)):
        return _over()
    identity.begin_session(who)
    flash(say("Your password is kept. This is what you are asked for."))
    return redirect(url_for("todos.home"), 303)


def _is_open(token: str) -> bool:
    if not is_first(token, current_app.config["SECRET_KEY"]):
        return False
    with identity.handling().store.read() as conn:
        return is_empty(conn)


def _invited(token: str) -> tuple[UUID, int] | None:
    found = invited(token, current_app.config["SECRET_KEY"])
    if found is None or epoch_of(identity.handling().store, found[0]) != found[1]:
        return None
    return found


def _first(problems: dict[str, str]) -> str:
    typed = {field: words_in(field) for field in _FIELDS}
    return render_template("begin.html", problems=problems, typed=typed, zones=time_zones())


def _password(problem: str | None) -> str:
    return render_template("choose_password.html", problem=problem)


def _over() -> ResponseReturnValue:
    said = render_template(
        "error.html",
        status=410,
        title=say("This address leads nowhere any more"),
        sentence=say("It was good once, for three days, or somebody has begun already."),
        next_step=say("Sign in, or ask whoever sets up Putright where you work for a new one."),
    )
    return said, 410
