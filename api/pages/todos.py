"""Home: my to-dos, my teams', and all, narrowed or not; each view is an address to bookmark."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.languages import flash
from api.pages.answers import count_of
from api.pages.asking import words_in
from api.pages.for_readers import for_readers
from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.asked_beside import asked_beside
from engine.queries.choices import choices
from engine.queries.disputes import disputes_to_decide
from engine.queries.incident_ways import own_ways_out
from engine.queries.paging import Page
from engine.queries.restriction import declined_lifts
from engine.queries.silence import told
from engine.queries.todos import ALL_OF_THEM, Scope, TodoFilters, todos
from engine.usecases.views import drop_view, save_view, views_of
from forms import plain_text

pages = for_readers("todos", __name__)

# so long it stands here that one's own report was set aside or joined, or what one asked declined
_TOLD_FOR = timedelta(days=30)
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Chip:
    """A link that narrows the list; one that is on leads to the list without it."""

    words: str
    href: str
    is_on: bool


@pages.get("/")
def home() -> ResponseReturnValue:
    """Show the to-dos in a scope, soonest due first, narrowed to what the address says."""
    asked = request.args.get("scope", "")
    scope = Scope(asked) if asked in set(Scope) else Scope.MINE
    filters_ = _filters(request.args)
    is_narrowed = filters_ != ALL_OF_THEM
    page = Page(size=50, after=request.args.get("after") or None)
    handling, is_first = identity.handling(), page.after is None
    with handling.store.read() as conn:
        found = todos(
            conn, identity.actor(), scope=scope, now=filters.now(), page=page, filters=filters_
        )
        is_home = scope is Scope.MINE and is_first and not is_narrowed
        lines = told(conn, identity.actor(), ladder=handling.ladder) if is_home else []
        beside = asked_beside(conn, identity.actor()) if is_home else []
        disputes = disputes_to_decide(conn, identity.actor(), filters.now()) if is_home else ()
        since = filters.now() - _TOLD_FOR
        out = own_ways_out(conn, identity.actor().id, since)
        declined = declined_lifts(conn, identity.actor().id, since) if is_home else ()
        views = views_of(conn, identity.actor().id)
        is_many = request.args.get("many") == "yes"
        offered = choices(conn, identity.actor()) if is_many else {}
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
        is_narrowed=is_narrowed,
        narrowed=_said(filters_),
        views=views,
        to_answer=count_of(found.lines) if is_first else 0,
        is_many=is_many,
        offered=offered,
        here_again=request.full_path,
        chips=_chips(scope, filters_, {line.process for line in found.lines}),
    )


@pages.post("/todos/views")
def save() -> ResponseReturnValue:
    """Keep the list as it is narrowed now, by a name."""
    scope = request.form.get("scope", "")
    asked = {"scope": scope} if scope in set(Scope) else {}
    query = urlencode(asked | _said(_filters(request.form)))
    try:
        save_view(identity.handling().store, identity.actor().id, words_in("view_name"), query)
        flash(say("It is kept, and stands above the list."))
    except InvalidAnswers as refusal:
        flash(refusal.fields["name"])
    return redirect(f"{url_for('todos.home')}?{query}", 303)


@pages.post("/todos/views/<uuid:view_id>/drop")
def drop(view_id: UUID) -> ResponseReturnValue:
    """Take a view away."""
    drop_view(identity.handling().store, identity.actor().id, view_id)
    flash(say("It is taken away."))
    return redirect(url_for("todos.home"), 303)


def _filters(said: Mapping[str, str]) -> TodoFilters:
    """Return what the address narrows the list to; a word that there is not narrows nothing."""
    party, priority = said.get("party", ""), said.get("priority", "")
    return TodoFilters(
        unclaimed=said.get("unclaimed") == "yes",
        overdue=said.get("overdue") == "yes",
        party=Party(party) if party in set(Party) else None,
        process=plain_text(said.get("process", ""))[:_LONGEST_NAME] or None,
        priority=Priority(priority) if priority in set(Priority) else None,
    )


def _said(asked: TodoFilters) -> dict[str, Any]:
    """Return the filters as an address says them."""
    return {name: "yes" if on is True else str(on) for name, on in vars(asked).items() if on}


def _chips(scope: Scope, asked: TodoFilters, processes: Iterable[str]) -> list[Chip]:
    """Return the links that narrow; of the processes, those on this page and the one asked for."""

    def chip(words: str, changed: TodoFilters, without: TodoFilters) -> Chip:
        is_on = changed == asked
        leads_to = _said(without if is_on else changed)
        return Chip(words, url_for("todos.home", scope=scope, **leads_to), is_on)

    named = sorted({*processes, *([asked.process] if asked.process else [])})
    return [
        chip(say("Nobody yet"), replace(asked, unclaimed=True), replace(asked, unclaimed=False)),
        chip(say("Overdue"), replace(asked, overdue=True), replace(asked, overdue=False)),
        *(chip(p, replace(asked, priority=p), replace(asked, priority=None)) for p in Priority),
        *(
            chip(filters.plain(p), replace(asked, party=p), replace(asked, party=None))
            for p in Party
        ),
        *(chip(p, replace(asked, process=p), replace(asked, process=None)) for p in named),
    ]
