"""Writing down an answer that somebody gave by phone, or face to face."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.pages.answering import Seen, look
from api.pages.asking import Asked, Asking, asks_for_rows, sent_key, words_in
from api.pages.for_readers import for_readers
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.silence import missing_answers
from engine.usecases.phoning import Heard, record_answer

pages = for_readers("phoning", __name__)

_OWN_FIELDS = ("whom", "place", "heard_at", "words_used")


@pages.get("/todos/<uuid:item_id>/phoned")
def page(item_id: UUID) -> ResponseReturnValue:
    """Ask what they said, and how it was heard."""
    seen = _look(item_id)
    if seen.item.ended is not None:
        return redirect(url_for("todo.page", item_id=item_id), 303)
    return _shown(seen, _asking(seen).show())


@pages.post("/todos/<uuid:item_id>/phoned")
def write_down(item_id: UUID) -> ResponseReturnValue:
    """Write the answer down."""
    seen = _look(item_id)
    asking = _asking(seen)
    typed = asking.answers()
    if asks_for_rows():
        return _shown(seen, asking.show(typed, key=sent_key()))
    try:
        record_answer(
            identity.handling(),
            item_id,
            typed,
            Heard(_whom(), words_in("place")[:200], words_in("words_used")[:4000], _heard_at()),
            actor=identity.actor(),
            key=sent_key(),
        )
    except InvalidAnswers as refusal:
        own = {name: said for name, said in refusal.fields.items() if name in _OWN_FIELDS}
        others = {name: said for name, said in refusal.fields.items() if name not in own}
        return _shown(seen, asking.show(typed, findings=others, key=sent_key()), own), 422
    flash(say("It is written down, and they are told so."))
    return redirect(url_for("incident.page", number=seen.item.context.number), 303)


def _look(item_id: UUID) -> Seen:
    with identity.handling().store.read() as conn:
        return look(conn, item_id, identity.actor())


def _asking(seen: Seen) -> Asking:
    schema = {**seen.item.form.schema, "x-submit": say("Write it down")}
    form = replace(seen.item.form, schema=schema)
    return Asking(form, seen.choices, seen.item.prefill, instructions=False)


def _whom() -> UUID:
    try:
        return UUID(request.form.get("whom", ""))
    except ValueError as error:
        raise InvalidAnswers({"whom": say("Please say who answered.")}) from error


def _heard_at() -> datetime | None:
    typed = request.form.get("heard_at", "")
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=identity.zone())
    except ValueError as error:
        raise InvalidAnswers({"heard_at": say("Please write a day and a time.")}) from error


def _shown(seen: Seen, form: Asked, problems: Mapping[str, str] | None = None) -> str:
    with identity.handling().store.read() as conn:
        missing = missing_answers(conn, seen.item.context.incident_id, identity.actor())
    asked = [who for one in missing if one.item_id == seen.item.id for who in one.people]
    return render_template(
        "phoned.html",
        item=seen.item,
        people={who.id: who.name for who in asked},
        asked=form,
        problems=problems or {},
        typed=request.form,
    )
