"""Where an auditor states why customers' personal data is read, of what, and for how long.

Each page says while it lasts that it does, with a button that ends it.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.pages.for_readers import for_auditors
from api.pages.signing import own_address
from engine.domain.access import LONGEST_PURPOSE
from engine.errors import InvalidAnswers
from engine.language import say, say_of
from engine.usecases.purposes import end_purpose, state_purpose
from forms import plain_text

pages = for_auditors("purposes", __name__)

# so many hours -> what it is called
HOURS = {
    1: say_of(1, "1 hour", "%(num)s hours"),
    4: say_of(4, "1 hour", "%(num)s hours"),
    int(LONGEST_PURPOSE.total_seconds() // 3_600): say("a working day"),
}
_NUMBER = re.compile(r"\d{1,15}")


@pages.get("/desk/purpose")
def page() -> ResponseReturnValue:
    """Ask for a purpose; those that hold stand on every page."""
    numbers = " ".join(_NUMBER.findall(request.args.get("incidents", "")))
    return _shown({"incidents": numbers, "next": request.args.get("next", "")}, {})


@pages.post("/desk/purpose")
def state() -> ResponseReturnValue:
    """Let the auditor read it from now on."""
    typed = {name: plain_text(one) for name, one in request.form.items()}
    hours = typed.get("hours", "")
    numbers = [int(one) for one in _NUMBER.findall(typed.get("incidents", ""))]
    try:
        state_purpose(
            identity.handling().store,
            typed.get("why", ""),
            lasts=timedelta(hours=int(hours) if hours in map(str, HOURS) else 0),
            numbers=None if typed.get("of") == "everything" else numbers,
            actor=identity.actor(),
        )
    except InvalidAnswers as refusal:
        return _shown(typed, refusal.fields), 422
    flash(say("Your purpose is on record, and personal data is shown."))
    wanted = typed.get("next")
    return redirect(own_address(wanted) if wanted else url_for("purposes.page"), 303)


@pages.post("/desk/purpose/<uuid:purpose_id>/end")
def end(purpose_id: UUID) -> ResponseReturnValue:
    """End it before its time."""
    end_purpose(identity.handling().store, purpose_id, actor=identity.actor())
    flash(say("Personal data is masked again."))
    return redirect(own_address(request.form.get("next")), 303)


def _shown(typed: dict[str, str], problems: Mapping[str, str]) -> str:
    return render_template("purpose.html", typed=typed, problems=problems, hours=HOURS)
