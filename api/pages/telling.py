"""The public page: somebody without an account tells us that something is wrong.

Machines are kept out without asking anybody else: a field that people do not see, a form that
takes longer than a moment to fill in, and so many reports from one address within a while.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from api import filters, identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import Asked, Asking, words_in
from engine.errors import InvalidAnswers, NotFound, TooManyAttempts, Unavailable
from engine.language import say
from engine.queries.choices import public_products
from engine.usecases.callers import new_token
from engine.usecases.signing_in import begin_attempt
from engine.usecases.telling import Told, tell
from forms import check, fixed

pages = Blueprint("telling", __name__)

# nobody reads and fills in the form within this; no page is left open longer than that
_QUICKEST, _LONGEST = timedelta(seconds=3), timedelta(days=1)
_WHO = "\N{NULL}the public page"


@pages.get("/tell-us")
def page() -> ResponseReturnValue:
    """Ask what is wrong."""
    return _shown(_asking().show(key=_new_key()))


@pages.post("/tell-us")
def send() -> ResponseReturnValue:
    """Open the incident, and show its page to who told us."""
    asking = _asking()
    typed, key = asking.answers(), words_in("_key")
    report = _read(key)
    if report is None:
        notice = say("This page was open for very long. Please send it once more.")
        return _again(asking, typed, notice=notice, key=_new_key())
    if words_in("website"):
        notice = say(
            "A field that people do not see was filled in. Please send it once more without."
        )
        return _again(asking, typed, notice=notice, key=key)
    if filters.now() - report.made_at < _QUICKEST:
        return _again(
            asking, typed, notice=say("That was quick. Please send it once more."), key=key
        )
    found = check(asking.form, typed, choices=asking.choices, now=filters.now(), tz=identity.zone())
    if not found.ok:
        return _again(asking, typed, findings=found.findings, key=key)
    said = dict(found.answers)
    told = Told(UUID(str(said.pop("product"))), **{name: str(one) for name, one in said.items()})
    try:
        begin_attempt(identity.handling().store, _WHO, request.remote_addr or "unknown")
        tell(identity.handling(), told, token=report.token)
    except InvalidAnswers as refusal:
        return _again(asking, typed, findings=refusal.fields, key=key)
    except TooManyAttempts as refusal:
        notice = say(
            "So much was told us from there that we ask you to wait for a quarter of an hour."
        )
        return _shown(asking.show(typed, notice=notice, key=key)), STATUS[refusal.code]
    except Unavailable as refusal:
        return _shown(asking.show(typed, notice=refusal.sentence, key=key)), STATUS[refusal.code]
    flash(say("Thank you. Somebody answers for it from now on. Keep the address of this page."))
    return redirect(url_for("following.page", token=report.token), 303)


def _asking() -> Asking:
    with identity.handling().store.read() as conn:
        listed = public_products(conn)
    if not listed:
        raise NotFound(say("There is no such page."))
    return Asking(fixed("public_report"), {"product": listed})


def _again(
    asking: Asking,
    typed: Mapping[str, object],
    *,
    key: str,
    notice: str | None = None,
    findings: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    return _shown(asking.show(typed, findings=findings, notice=notice, key=key)), 422


def _shown(asked: Asked) -> str:
    return render_template("tell_us.html", asked=asked)


@dataclass(frozen=True)
class _Key:
    """The token of a report to be, and when the page that asks for it was made."""

    token: str
    made_at: datetime


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="putright-public-page")


def _new_key() -> str:
    return str(_signer().dumps([new_token(), filters.now().isoformat()]))


def _read(key: str) -> _Key | None:
    try:
        token, made_at = _signer().loads(key)
        found = _Key(str(token), datetime.fromisoformat(made_at))
    except (BadSignature, ValueError, TypeError):
        return None
    return found if filters.now() - found.made_at < _LONGEST else None
