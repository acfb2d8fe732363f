"""Asking for an inspector's pack: of one incident or of a period, and why."""

from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.pages.for_readers import for_auditors
from api.pages.made_files import have_made
from engine.errors import Conflict, InvalidAnswers
from engine.queries.choices import process_names

pages = for_auditors("packs", __name__)

_ASKED = ("number", "since", "until", "process", "why")


@pages.get("/desk/packs")
def page() -> ResponseReturnValue:
    """Ask what it is to be about."""
    return _page()


@pages.post("/desk/packs")
def make() -> ResponseReturnValue:
    """Have a pack made."""
    asked = {name: request.form.get(name, "") for name in _ASKED}
    try:
        return have_made("pack", urlencode(asked))
    except InvalidAnswers as refusal:
        return _page(dict(refusal.fields)), STATUS[refusal.code]
    except Conflict as refusal:
        return _page({"why": refusal.sentence}), STATUS[refusal.code]


def _page(findings: dict[str, str] | None = None) -> str:
    with identity.handling().store.read() as conn:
        processes = process_names(conn)
    return render_template(
        "packs.html", processes=processes, given=request.values, findings=findings or {}
    )
