"""Files for process mining: asking for one; a worker makes it (`made_files.py`)."""

from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.mining import Format
from api.pages.for_readers import for_auditors
from api.pages.made_files import have_made
from api.results import KINDS
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.queries.choices import process_names

pages = for_auditors("mining", __name__)

_ASKED = ("since", "until", "process", "with_names", "purpose", "by_run")


@pages.get("/desk/mining")
def page() -> ResponseReturnValue:
    """Ask what is wanted."""
    return _page()


@pages.post("/desk/mining")
def ask() -> ResponseReturnValue:
    """Have a file written."""
    asked = {name: request.form.get(name, "") for name in _ASKED}
    kind = request.form.get("format", "")
    try:
        if kind not in set(Format):
            raise InvalidAnswers({"format": say("Please choose what kind of file.")})
        return have_made(kind, urlencode(asked))
    except InvalidAnswers as refusal:
        return _page(dict(refusal.fields)), STATUS[refusal.code]
    except Conflict as refusal:
        return _page({"format": refusal.sentence}), STATUS[refusal.code]


def _page(problems: dict[str, str] | None = None) -> str:
    with identity.handling().store.read() as conn:
        processes = process_names(conn)
    return render_template(
        "mining.html",
        formats={kind.value: KINDS[kind].name for kind in Format},
        processes=processes,
        given=request.values,
        problems=problems or {},
    )
