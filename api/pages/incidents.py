"""The list of incidents, and a sample of those that are out of the handling."""

from dataclasses import replace
from secrets import randbelow

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.asking import asked_number
from api.pages.for_readers import for_readers
from engine.domain.incident import IncidentState
from engine.domain.permissions import may_sample_ways_out
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.debt import owns_any
from engine.queries.incidents import Filters, incidents
from engine.queries.paging import Page
from engine.queries.way_out_sample import owner_in_scope, sample_ways_out
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
_SAMPLE, _MOST_SAMPLED, _SEEDS = 5, 100, 2**31


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
        is_owner = owns_any(conn, identity.actor())
    return render_template(
        "incidents.html",
        found=found,
        show_=show,
        words=words,
        is_first=page.after is None,
        is_owner=is_owner,
    )


@pages.get("/incidents/ways-out")
def sample() -> ResponseReturnValue:
    """Show how many took which way out, and some that were set aside or joined, at random."""
    actor = identity.actor()
    if not may_sample_ways_out(actor):
        raise NotAllowed(say("Only auditors and owners of business processes can ask this."))
    most = asked_number("sample", _MOST_SAMPLED, _SAMPLE)
    seed = asked_number("seed", _SEEDS - 1, randbelow(_SEEDS))
    with identity.handling().store.read() as conn:
        found = sample_ways_out(conn, most=most, seed=seed, owner=owner_in_scope(actor))
    return render_template("ways_out.html", found=found, most=most)
