"""The secret page of somebody who told us and has no account: nothing can be done there."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from api import identity
from engine.queries.callers import caller_page
from engine.usecases.tokens import digest_of

pages = Blueprint("following", __name__)


@pages.get("/follow/<token>")
def page(token: str) -> ResponseReturnValue:
    """Show how far it is."""
    with identity.handling().store.read() as conn:
        found = caller_page(conn, digest_of(token))
    return render_template("following.html", found=found)
