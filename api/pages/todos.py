"""Home: my to-dos, my teams', and all; each view is an address that can be bookmarked."""

from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.for_readers import for_readers
from engine.queries.asked_beside import asked_beside
from engine.queries.disputes import disputes_to_decide
from engine.queries.incident_ways import own_ways_out
from engine.queries.paging import Page
from engine.queries.restriction import declined_lifts
from engine.queries.silence import told
from engine.queries.todos import Scope, todos

pages = for_readers("todos", __name__)

# so long it stands here that one's own report was set aside or joined, or what one asked declined
_TOLD_FOR = timedelta(days=30)


@pages.get("/")
def home() -> ResponseReturnValue:
    """Show the to-dos in a scope, soonest due first."""
    asked = request.args.get("scope", "")
    scope = Scope(asked) if asked in set(Scope) else Scope.MINE
    page = Page(size=50, after=request.args.get("after") or None)
    handling, is_first = identity.handling(), page.after is None
    with handling.store.read() as conn:
        found = todos(conn, identity.actor(), scope=scope, now=filters.now(), page=page)
        is_home = scope is Scope.MINE and is_first
        lines = told(conn, identity.actor(), ladder=handling.ladder) if is_home else []
        beside = asked_beside(conn, identity.actor()) if is_home else []
        disputes = disputes_to_decide(conn, identity.actor(), filters.now()) if is_home else ()
        since = filters.now() - _TOLD_FOR
        out = own_ways_out(conn, identity.actor().id, since)
        declined = declined_lifts(conn, identity.actor().id, since) if is_home else ()
    return render_template(
        "todos.html",
        found=found,
        told=lines,
        beside=beside,
        scope=scope,
        out=out,
        declined=declined,
        disputes=disputes,
        is_first=is_first,
    )
