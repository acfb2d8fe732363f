"""Signing in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from api import identity
from api.languages import flash
from engine.errors import InvalidAnswers, TooManyAttempts, Unavailable
from engine.language import say
from engine.queries.choices import public_products

pages = Blueprint("signing", __name__)


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; who is signed in goes on at once."""
    wanted = own_address(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted)
    return _shown("", wanted)


@pages.post("/sign-in")
def sign_in_with() -> ResponseReturnValue:
    """Begin a session and go where the person wanted to."""
    login = request.form.get("login", "")
    wanted = own_address(request.form.get("next"))
    try:
        identity.sign_in(login, request.form.get("password", ""))
    except InvalidAnswers as refusal:
        problem, status = next(iter(refusal.fields.values())), 422
    except TooManyAttempts as refusal:
        problem, status = refusal.sentence, 429
    else:
        return redirect(wanted, 303)
    return _shown(login, wanted, problem), status


def _shown(login: str, wanted: str, problem: str | None = None) -> str:
    try:
        with identity.handling().store.read() as conn:
            is_public = bool(public_products(conn))
    except Unavailable:
        # the page itself needs no database
        is_public = False
    return render_template(
        "sign_in.html", login=login, wanted=wanted, problem=problem, is_public=is_public
    )


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session and have it forget the pages it has seen."""
    identity.sign_out()
    flash(say("You are signed out."))
    answer = redirect(url_for("signing.sign_in"), 303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def own_address(wanted: str | None) -> str:
    """Return a path of this site; anything that could lead elsewhere leads home."""
    home = url_for("todos.home")
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return home
    parts = urlsplit(wanted)
    has_odd_signs = any(ord(sign) < ord(" ") or sign == "\\" for sign in wanted)
    return home if parts.scheme or parts.netloc or has_odd_signs else wanted
