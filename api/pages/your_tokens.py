"""The reader's API tokens: made here, shown once, ended here.

A newcomer would redirect after making one: the token stands on no other page than the answer.
"""

from datetime import timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.pages.asking import words_in
from api.pages.for_readers import for_readers
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.tokens import tokens_of
from engine.usecases.tokens import make_token, revoke_token

pages = for_readers("your_tokens", __name__)

DAYS = (7, 30, 90, 366)
_USUALLY = 90


@pages.get("/you/tokens")
def page() -> ResponseReturnValue:
    """Show which tokens the reader has made."""
    return _shown()


@pages.post("/you/tokens")
def make() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    days = request.form.get("days", _USUALLY, type=int)
    lasts = timedelta(days=days if days in DAYS else _USUALLY)
    try:
        _, token = make_token(
            identity.handling().store, identity.actor().id, name=words_in("name"), lasts=lasts
        )
    except InvalidAnswers as refusal:
        return _shown(problem=next(iter(refusal.fields.values()))), 422
    return _shown(token=token), {"Cache-Control": "no-store"}


@pages.post("/you/tokens/<uuid:token_id>/end")
def end(token_id: UUID) -> ResponseReturnValue:
    """End a token at once."""
    revoke_token(identity.handling().store, token_id, person_id=identity.actor().id)
    flash(say("It is ended: programs that have it are refused from now on."))
    return redirect(url_for("your_tokens.page"), 303)


def _shown(*, token: str | None = None, problem: str | None = None) -> str:
    store = identity.handling().store
    with store.read() as conn:
        made = tokens_of(conn, identity.actor().id)
    in_use = [
        one
        for one in made
        if one.revoked_at is None and (one.expires_at is None or one.expires_at > store.clock())
    ]
    return render_template(
        "your_tokens.html",
        tokens=in_use,
        token_=token,
        problem=problem,
        days=DAYS,
        usually=_USUALLY,
    )
