"""One to-do: its form with the incident beside it, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.answering import (
    Seen,
    deny,
    hand_answer_on,
    is_to_be_denied,
    keep_draft,
    look,
    put_answer_off,
    show,
    take_answers,
)
from api.pages.asking import Asked, words_in
from api.pages.for_readers import for_readers
from engine.domain.action import TargetOutcome
from engine.domain.permissions import Actor, Verb
from engine.errors import InvalidAnswers
from engine.usecases import holding
from engine.usecases.targets import tick_targets

pages = for_readers("todo", __name__)


@dataclass(frozen=True)
class _Desk:
    """The to-do's own page, for whoever is signed in."""

    item_id: UUID
    actor: Actor

    def shown(
        self,
        seen: Seen,
        asked: Asked,
        typed: Mapping[str, object] | None = None,
        *,
        problems: Mapping[str, str] | None = None,
    ) -> str:
        return render_template(
            "todo.html",
            item=seen.item,
            asked=asked,
            choices=seen.choices,
            name=seen.name,
            problems=problems or {},
            own_page=url_for("todo.page", item_id=self.item_id),
            typed=None if typed is None else seen.told(typed),
            Verb=Verb,
            outcomes=list(TargetOutcome),
        )

    def ended(self, seen: Seen, typed: Mapping[str, object] | None) -> str:
        sent = seen.item.ended.answers if seen.item.ended is not None else None
        return render_template(
            "todo_ended.html",
            item=seen.item,
            name=seen.name,
            sent=seen.told(sent or {}),
            is_written_down=is_to_be_denied(self),
            own_page=url_for("todo.page", item_id=self.item_id),
            typed=None if typed is None else seen.told(typed),
        )

    def kept(self) -> ResponseReturnValue:
        flash("Saved. Nothing is sent until you send it.")
        return redirect(url_for("todo.page", item_id=self.item_id), 303)

    def done(self, said: str) -> ResponseReturnValue:
        flash(said)
        return redirect(url_for("todos.home"), 303)


def _desk(item_id: UUID) -> _Desk:
    return _Desk(item_id, identity.actor())


@pages.get("/todos/<uuid:item_id>")
def page(item_id: UUID) -> ResponseReturnValue:
    """Show the to-do: its form, or what happened if it is over."""
    return show(_desk(item_id))


@pages.post("/todos/<uuid:item_id>")
def answer(item_id: UUID) -> ResponseReturnValue:
    """Complete the to-do, keep a draft of it, or show it with another row."""
    return take_answers(_desk(item_id))


@pages.post("/todos/<uuid:item_id>/draft")
def draft(item_id: UUID) -> ResponseReturnValue:
    """Keep what is typed so far."""
    return keep_draft(_desk(item_id))


@pages.post("/todos/<uuid:item_id>/later")
def later(item_id: UUID) -> ResponseReturnValue:
    """Be asked for the answer again later."""
    return put_answer_off(_desk(item_id))


@pages.post("/todos/<uuid:item_id>/not-for-me")
def somebody_else(item_id: UUID) -> ResponseReturnValue:
    """Say who can answer instead."""
    return hand_answer_on(_desk(item_id))


@pages.post("/todos/<uuid:item_id>/not-said")
def not_said(item_id: UUID) -> ResponseReturnValue:
    """Say that one did not give the answer that was written down."""
    return deny(_desk(item_id))


@pages.post("/todos/<uuid:item_id>/take")
def take(item_id: UUID) -> ResponseReturnValue:
    """Take the to-do."""
    holding.claim(identity.handling(), item_id, actor=identity.actor())
    flash("You have taken this.")
    return redirect(url_for("todo.page", item_id=item_id), 303)


@pages.post("/todos/<uuid:item_id>/give-back")
def give_back(item_id: UUID) -> ResponseReturnValue:
    """Give the to-do back to those it is for."""
    holding.release(identity.handling(), item_id, actor=identity.actor())
    flash("It is given back; anybody it is for can take it.")
    return redirect(url_for("todo.page", item_id=item_id), 303)


@pages.post("/todos/<uuid:item_id>/hand-over")
def hand_over(item_id: UUID) -> ResponseReturnValue:
    """Hand the to-do to somebody else of the same side."""
    kind, _, to = request.form.get("to", "").partition(":")
    note = words_in("note")
    try:
        chosen = UUID(to)
    except ValueError:
        return _not_handed(item_id, "Please choose who does it.")
    try:
        holding.hand_over(
            identity.handling(),
            item_id,
            actor=identity.actor(),
            note=note,
            team_id=chosen if kind == "team" else None,
            person_id=chosen if kind == "person" else None,
        )
    except InvalidAnswers as refusal:
        return _not_handed(item_id, next(iter(refusal.fields.values())))
    flash("It is handed over.")
    return redirect(url_for("todos.home"), 303)


@pages.post("/todos/<uuid:item_id>/reached")
def reached(item_id: UUID) -> ResponseReturnValue:
    """Note how it ended for those that were ticked, and go on."""
    try:
        ticked = [UUID(one) for one in request.form.getlist("target")]
        outcome = TargetOutcome(request.form.get("outcome", ""))
    except ValueError:
        flash("Please tick some lines and say how it ended.")
        return redirect(url_for("todo.page", item_id=item_id, _anchor="reached"), 303)
    if ticked:
        left = tick_targets(
            identity.handling(),
            item_id,
            dict.fromkeys(ticked, outcome),
            actor=identity.actor(),
            note=words_in("note") or None,
        )
        flash(f"Noted for {len(ticked)}; {left} left." if left else "Noted; none is left.")
    else:
        flash("Please tick some lines first.")
    return redirect(url_for("todo.page", item_id=item_id, _anchor="reached"), 303)


def _not_handed(item_id: UUID, problem: str) -> ResponseReturnValue:
    desk = _desk(item_id)
    with identity.handling().store.read() as conn:
        seen = look(conn, item_id, desk.actor)
    if seen.item.ended is not None:
        return desk.ended(seen, None), 409
    return desk.shown(seen, seen.asking.show(seen.item.values), problems={"to": problem}), 422
