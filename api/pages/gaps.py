"""Numbers that are missing, and what is known of why."""

from flask import render_template
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.for_readers import for_auditors
from engine.language import say
from engine.queries.gaps import Numbered, gaps

pages = for_auditors("gaps", __name__)

KINDS = {
    Numbered.INCIDENT: say("Incidents"),
    Numbered.RELEASE: say("Releases of the diagrams"),
    Numbered.CLOSING_LIST: say("Closing lists"),
    Numbered.SIGNAL: say("Signals"),
}
INSIDE = {
    "action": say("actions"),
    "entry": say("records"),
    "register_entry": say("records of people, rights and versions"),
}


@pages.get("/desk/gaps")
def page() -> ResponseReturnValue:
    """Show every number that is missing."""
    with identity.handling().store.read() as conn:
        found = gaps(conn)
    return render_template("gaps.html", found=found, kinds=KINDS, inside=INSIDE)
