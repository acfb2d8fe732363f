"""One to-do: its form with the incident beside it, and what can be done with it."""

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.pages.answering import (
    Desk,
    cannot,
    deny,
    hand_answer_on,
    keep_draft,
    put_answer_off,
    show,
    take_answers,
)
from api.pages.asking import words_in
from api.pages.for_readers import for_readers
from engine.domain.action import TargetOutcome
from engine.errors import InvalidAnswers
from engine.language import say
from engine.usecases import holding
from engine.usecases.targets import tick_targets

pages = for_readers("todo", __name__)


def _desk(item_id: UUID) -> Desk:
    return Desk(
        item_id,
        identity.actor(),
        own_page=url_for("todo.page", item_id=item_id),
        # whoever answers many on one page stays there
        goes_on=url_for("answers.page" if "_all" in request.form else "todos.home"),
        template="todo.html",
        is_over="todo_ended.html",
        more={"outcomes": list(TargetOutcome)},
    )


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
    flash(say("You have taken this."))
    return redirect(url_for("todo.page", item_id=item_id), 303)


@pages.post("/todos/<uuid:item_id>/give-back")
def give_back(item_id: UUID) -> ResponseReturnValue:
    """Give the to-do back to those it is for."""
    holding.release(identity.handling(), item_id, actor=identity.actor())
    flash(say("It is given back; anybody it is for can take it."))
    return redirect(url_for("todo.page", item_id=item_id), 303)


@pages.post("/todos/<uuid:item_id>/hand-over")
def hand_over(item_id: UUID) -> ResponseReturnValue:
    """Hand the to-do to somebody else of the same side."""
    kind, _, to = request.form.get("to", "").partition(":")
    note = words_in("note")
    try:
        chosen = UUID(to)
    except ValueError:
        return cannot(_desk(item_id), {"to": say("Please choose who does it.")})
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
        return cannot(_desk(item_id), {"to": next(iter(refusal.fields.values()))})
    flash(say("It is handed over."))
    return redirect(url_for("todos.home"), 303)


@pages.post("/todos/<uuid:item_id>/reached")
def reached(item_id: UUID) -> ResponseReturnValue:
    """Note how it ended for those that were ticked, and go on."""
    try:
        ticked = [UUID(one) for one in request.form.getlist("target")]
        outcome = TargetOutcome(request.form.get("outcome", ""))
    except ValueError:
        flash(say("Please tick some lines and say how it ended."))
        return redirect(url_for("todo.page", item_id=item_id, _anchor="reached"), 303)
    if ticked:
        left = tick_targets(
            identity.handling(),
            item_id,
            dict.fromkeys(ticked, outcome),
            actor=identity.actor(),
            note=words_in("note") or None,
        )
        flash(
            say("Noted for %(ticked)s; %(left)s left.", ticked=len(ticked), left=left)
            if left
            else say("Noted; none is left.")
        )
    else:
        flash(say("Please tick some lines first."))
    return redirect(url_for("todo.page", item_id=item_id, _anchor="reached"), 303)
