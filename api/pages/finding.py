"""Finding incidents: the page, what auditors keep of it, and what is found as a file.

Every filter is a parameter of the address, and the address is all there is: what is found, counted,
kept and downloaded is asked by the same one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from api import filters, identity, sheets
from api.languages import current, flash
from api.looking import Look, look_again, look_at
from api.pages import finding_words as words
from api.pages.asking import words_in
from api.pages.for_readers import for_auditors
from api.pages.made_files import as_file
from api.results import KINDS
from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.errors import InvalidAnswers
from engine.language import say, speaking
from engine.queries.finding.choices import Offered, offered
from engine.queries.finding.columns import COLUMNS
from engine.queries.finding.lines import COUNTED, Found, FoundLine, all_found, count_found, found
from engine.store.sight import kept_up
from engine.usecases.saved_queries import drop_query, queries_for, save_query

pages = for_auditors("finding", __name__)

_DIRECT_SECONDS = 60.0
_FIRST = frozenset(
    {"words", "state", "process", "when", "since", "until", "op", "part", "value"}
    | {"sort", "up", "column", "after", "size"}
)


@dataclass(frozen=True)
class Typed:
    """What stands in the form's fields: as it was typed, whether it could be read or not."""

    args: MultiDict[str, str]

    def one(self, name: str) -> str:
        """Return what stands in a field."""
        return self.args.get(name, "").strip()

    def all(self, name: str) -> list[str]:
        """Return all that stands in fields of this name."""
        return [one for one in self.args.getlist(name) if one.strip()]

    def answers(self) -> list[tuple[str, str, str]]:
        """Return the answers looked for, and an empty one to be filled in."""
        names = ("field", "op", "value")
        rows = list(zip(*(self.args.getlist(name) for name in names), strict=False))
        asked = [(field, op, value) for field, op, value in rows if field]
        return [*asked, ("", "is", "")]

    @property
    def more(self) -> int:
        """How much is asked beyond what the page shows at first."""
        return sum(
            name not in _FIRST and bool(value.strip())
            for name, value in self.args.items(multi=True)
        )


@pages.get("/desk/incidents")
def page() -> ResponseReturnValue:
    """Show the incidents that fit, fifty at a time."""
    look, lines, problem = None, None, None
    handling = identity.handling()
    try:
        look = look_at(request.args)
        with handling.store.read() as conn:
            lines = _found(conn, look)
    except InvalidAnswers as refusal:
        problem = [*dict.fromkeys(refusal.fields.values())]
    with handling.store.read() as conn:
        known, kept = offered(conn), queries_for(conn, identity.actor())
    shown = render_template(
        "find.html",
        look=look,
        found=lines,
        problem=problem,
        known=known,
        kept=kept,
        chips=words.chips(look, known) if look is not None else (),
        typed=Typed(request.args),
        words=words,
        columns=COLUMNS,
        chosen={column.name for column in look.columns} if look is not None else set(),
        heading=sheets.heading,
        grouped=_grouped(known),
        priorities=Priority,
        parties=Party,
    )
    return shown, 422 if problem else 200


@pages.get("/desk/incidents/count")
def count() -> ResponseReturnValue:
    """Say how many fit."""
    look = look_at(request.args)
    with identity.handling().store.read() as conn:
        counted = count_found(conn, look.asked, now=filters.now())
    return render_template("find_count.html", count=counted, look=look)


@pages.get("/desk/incidents.<any(csv, xlsx):format_>")
def download(format_: str) -> ResponseReturnValue:
    """Download what fits, or offer to have it made as a file if that takes longer."""
    args = request.args.copy()
    mark = args.pop("bom", "yes") != "no"
    look, now = look_at(args), filters.now()
    store = identity.handling().store
    with store.read() as conn:
        counted = count_found(conn, look.asked, now=now)
    if counted.number is None or counted.is_more:
        return render_template("find_large.html", look=look, format=format_, most=COUNTED)
    tongue = current()

    def content() -> Iterator[bytes]:
        with speaking(tongue), store.read() as conn:
            lines = all_found(
                conn,
                look.asked,
                look.columns,
                now=now,
                order=look.order,
                most=COUNTED,
                seconds=_DIRECT_SECONDS,
            )
            yield from _sheet(format_, look, lines, mark=mark)

    return as_file(kept_up(content()), KINDS[format_].content_type, f"incidents.{format_}")


@pages.post("/desk/queries")
def keep() -> ResponseReturnValue:
    """Keep what is asked by a name."""
    look = look_again(request.form.get("query", ""))
    try:
        save_query(
            identity.handling().store,
            words_in("query_name"),
            look.query,
            shared=request.form.get("shared") == "yes",
            actor=identity.actor(),
        )
        flash(say("It is kept, and stands above the list."))
    except InvalidAnswers as refusal:
        flash(next(iter(refusal.fields.values())))
    return redirect(f"{url_for('finding.page')}?{look.query}", 303)


@pages.post("/desk/queries/<uuid:query_id>/drop")
def drop(query_id: UUID) -> ResponseReturnValue:
    """Take a kept query away."""
    drop_query(identity.handling().store, query_id, actor=identity.actor())
    flash(say("It is taken away."))
    return redirect(url_for("finding.page"), 303)


def _found(conn: Any, look: Look) -> Found:
    return found(
        conn, look.asked, look.columns, now=filters.now(), order=look.order, page=look.page
    )


def _sheet(
    format_: str, look: Look, lines: Iterator[FoundLine], *, mark: bool = True
) -> Iterator[bytes]:
    if format_ == "csv":
        return sheets.csv_of(look.columns, lines, mark=mark)
    return sheets.excel_of(look.columns, lines)


def _grouped(known: Offered) -> dict[str, list[tuple[str, list[tuple[str, str]]]]]:
    """Return the long choices by what they belong to: (group, [(value, words)])."""
    return {
        "fields": [
            (step, [(":".join(one.key), one.title) for one in lines])
            for step, lines in groupby(known.fields, lambda one: one.step)
        ],
        "elements": _by_diagram(known.elements),
        "flows": _by_diagram(known.flows),
    }


def _by_diagram(passages: Sequence[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    ordered = sorted(passages, key=lambda one: (one.within, one.title))
    return [
        (within, [(f"{one.place.diagram}:{one.place.id}", one.title) for one in lines])
        for within, lines in groupby(ordered, lambda one: one.within)
    ]
