"""What a page says when it cannot do what was asked: one clear sentence, and what to do next."""

import logging
import secrets

from flask import Flask, render_template, request
from werkzeug.exceptions import HTTPException

from engine.errors import (
    Busy,
    Conflict,
    InvalidAnswers,
    ItemEnded,
    NotAllowed,
    NotFound,
    PutrightError,
    Unavailable,
)

log = logging.getLogger(__name__)

_TRY_AGAIN = "Go back and send it once more; nothing was done."
# refusal -> status, title, what to do next; the first that fits
_TABLE: tuple[tuple[type[PutrightError], int, str, str], ...] = (
    (NotFound, 404, "Nothing here", "It may be that it is not for you to see."),
    (NotAllowed, 403, "Not for you to do", "If you think it should be, ask the service desk."),
    (ItemEnded, 409, "This is over", "Go back to your to-dos; it is no longer among them."),
    (Busy, 409, "Somebody else is just here", _TRY_AGAIN),
    (Conflict, 409, "Something has changed meanwhile", "Go back, and load the page again."),
    (InvalidAnswers, 422, "This could not be read", "Go back, and look at what you sent."),
    (Unavailable, 503, "Not just now", _TRY_AGAIN),
)
_HTTP = {
    404: (
        "Nothing here",
        "There is no such page.",
        "Look at the address, or start at your to-dos.",
    ),
    405: ("Nothing here", "This page cannot be used like that.", "Start at your to-dos."),
    413: ("Too much at once", "What you sent is too large.", "Go back, and send less of it."),
}


def register(app: Flask) -> None:
    """Answer every refusal with a page."""
    app.register_error_handler(PutrightError, refused)
    app.register_error_handler(HTTPException, missed)
    app.register_error_handler(Exception, failed)


def refused(error: PutrightError) -> tuple[str, int]:
    """Return the page for a refusal of the engine's."""
    for kind, status, title, next_step in _TABLE:
        if isinstance(error, kind):
            return page(status, title, _said(error), next_step), status
    return failed(error)


def _said(error: PutrightError) -> str:
    if isinstance(error, InvalidAnswers):
        return " ".join(error.fields.values())
    return error.sentence


def missed(error: HTTPException) -> tuple[str, int]:
    """Return the page for an address or a way of asking that does not exist."""
    status = error.code or 500
    title, sentence, next_step = _HTTP.get(
        status, ("This did not work", error.description or "", "Go back, and try again.")
    )
    return page(status, title, sentence, next_step), status


def failed(error: Exception) -> tuple[str, int]:
    """Return the page for a fault of ours; its number is in the log, its details are not here."""
    number = secrets.token_hex(4)
    log.error("fault %s at %s", number, request.path, exc_info=error)
    sentence = "This is our fault, not yours. What you sent may not have been saved."
    next_step = f"Try again in a while. If it stays so, tell the service desk this number: {number}"
    return page(500, "Something went wrong here", sentence, next_step), 500


def page(status: int, title: str, sentence: str, next_step: str) -> str:
    """Return the error page."""
    return render_template(
        "error.html", status=status, title=title, sentence=sentence, next_step=next_step
    )
