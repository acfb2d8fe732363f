"""The list of incidents."""

from dataclasses import replace

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.for_readers import for_readers
from engine.domain.incident import IncidentState
from engine.queries.incidents import Filters, incidents
from engine.queries.paging import Page
from forms import plain_text

pages = for_readers("incidents", __name__)

# what the address says -> what the list is narrowed to
SHOWS: dict[str, Filters] = {
    "open": Filters(state=IncidentState.OPEN),
    "closed": Filters(state=IncidentState.CLOSED),
    "out": Filters(is_out=True),
    "led": Filters(led_by_me=True),
    "reported": Filters(reported_by_me=True),
}
_MOST_WORDS = 100


@pages.get("/incidents")
def listed() -> ResponseReturnValue:
    """Show the incidents that the reader may see, newest first."""
    asked = request.args.get("show", "")
    show = asked if asked in SHOWS else "open"
    words = plain_text(request.args.get("words", ""))[:_MOST_WORDS]
    page = Page(size=30, after=request.args.get("after") or None)
    wanted = replace(SHOWS[show], words=words or None)
    with identity.handling().store.read() as conn:
        found = incidents(conn, identity.actor(), wanted, page)
    return render_template(
        "incidents.html", found=found, show_=show, words=words, is_first=page.after is None
    )
