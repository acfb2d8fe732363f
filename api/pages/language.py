"""Choosing the language: of this browser, and of the person if they are signed in."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from api import identity, languages
from api.pages.signing import own_address
from engine.usecases.signing_in import set_language

pages = Blueprint("language", __name__)


@pages.post("/language")
def choose() -> ResponseReturnValue:
    """Speak another language from now on, on the page that it was asked on.

    One that there is not changes nothing.
    """
    chosen = request.form.get("language", "")
    if chosen in languages.codes():
        languages.remember(chosen)
        if current_user.is_authenticated:
            set_language(identity.handling().store, identity.actor().id, chosen)
    came_from = urlsplit(request.referrer or "")
    back = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return redirect(own_address(back), 303)
