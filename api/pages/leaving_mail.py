"""The link in a letter that ends letters of its kind, for whoever holds it.

Opening it changes nothing, as mail scanners open links; a mail program posts to it (RFC 8058).
"""

from uuid import UUID

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from api import identity
from api.mail import left_by
from engine.domain.message import MessageKind
from engine.errors import NotFound
from engine.language import say
from engine.usecases.posting import choose

pages = Blueprint("leaving_mail", __name__)


@pages.get("/mail/leave/<token>")
def page(token: str) -> ResponseReturnValue:
    """Ask whether to end it."""
    _, kind = _said(token)
    return render_template("leave_mail.html", kind=kind, is_done=False)


@pages.post("/mail/leave/<token>")
def leave(token: str) -> ResponseReturnValue:
    """End it: from now on it is in the inbox only."""
    person, kind = _said(token)
    choose(identity.handling().store, person, kind, is_mailed=False)
    return render_template("leave_mail.html", kind=kind, is_done=True)


def _said(token: str) -> tuple[UUID, MessageKind]:
    found = left_by(current_app.config["SECRET_KEY"], token)
    if found is None:
        raise NotFound(say("This link is not one of ours."))
    return UUID(found[0]), found[1]
