"""The way from the auditor's desk to one incident: by its number, to what happened to it.

A newcomer would build a second set of pages here: the auditor reads those that everybody reads.
"""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.for_readers import for_auditors
from engine.errors import NotFound
from engine.language import say
from engine.queries.seen import seen_incident

pages = for_auditors("one_incident", __name__)


@pages.get("/desk/incident")
def page() -> ResponseReturnValue:
    """Ask for the number, or lead to the incident that has it."""
    asked = request.args.get("number", "").strip().removeprefix("#")
    if not asked:
        return render_template("desk_incident.html", asked="", wrong=None)
    if not asked.isdecimal():
        wrong = say("This is no number of an incident.")
        return render_template("desk_incident.html", asked=asked, wrong=wrong), 422
    try:
        with identity.handling().store.read() as conn:
            seen_incident(conn, int(asked[:18]), identity.actor())
    except NotFound as refusal:
        page = render_template("desk_incident.html", asked=asked, wrong=refusal.sentence)
        return page, 404
    return redirect(url_for("history.page", number=int(asked)), 303)
