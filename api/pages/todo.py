"""One to-do: its form with the incident beside it, and what can be done with it.

What somebody typed is never thrown away: a form that came too late is shown with every word of
it, so that they can be copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.errors import STATUS
from api.pages.answered import Told, told
from api.pages.asking import Asked, Asking, asks_for_rows, sent_key, words_in
from api.pages.for_readers import for_readers
from engine.domain.action import TargetOutcome
from engine.domain.permissions import Verb
from engine.errors import Busy, Conflict, InvalidAnswers, ItemEnded, NotAllowed, Unavailable
from engine.queries.choices import choices
from engine.queries.item import ItemPage, item_page
from engine.usecases import holding
from engine.usecases.complete import complete
from engine.usecases.targets import tick_targets
from forms import Choices

pages = for_readers("todo", __name__)


@dataclass(frozen=True)
class Seen:
    """The to-do as the reader sees it, and who can be chosen in it."""

    item: ItemPage
    choices: Choices

    @property
    def asking(self) -> Asking:
        """Return its form as it asks this reader."""
        is_asked = Verb.SAVE_DRAFT in self.item.verbs
        return Asking(self.item.form, self.choices, self.item.prefill, draft=is_asked)


@pages.get("/todos/<uuid:item_id>")
def page(item_id: UUID) -> ResponseReturnValue:
    """Show the to-do: its form, or what happened if it is over."""
    seen = _seen(item_id)
    if seen.item.ended is not None:
        return _ended(seen, None)
    return _shown(seen, seen.asking.show(seen.item.values))


@pages.post("/todos/<uuid:item_id>")
def answer(item_id: UUID) -> ResponseReturnValue:
    """Complete the to-do, keep a draft of it, or show it with another row."""
    seen = _seen(item_id)
    typed = seen.asking.answers()
    if seen.item.ended is not None and not _was_sent_before(seen):
        return _ended(seen, typed), 409
    if asks_for_rows():
        return _shown(seen, seen.asking.show(typed, key=sent_key()))
    try:
        if "_draft" in request.form:
            holding.save_draft(identity.handling(), item_id, typed, actor=identity.actor())
            flash("Saved. Nothing is sent until you send it.")
            return redirect(url_for("todo.page", item_id=item_id), 303)
        complete(identity.handling(), item_id, typed, actor=identity.actor(), key=sent_key())
    except InvalidAnswers as refusal:
        shown = seen.asking.show(typed, findings=refusal.fields, key=sent_key())
        return _shown(seen, shown), 422
    except ItemEnded:
        return _ended(_seen(item_id), typed), 409
    except (Busy, Unavailable) as refusal:
        return _shown(seen, seen.asking.refused(typed, refusal)), STATUS[refusal.code]
    except (Conflict, NotAllowed) as refusal:
        # it may be somebody else's by now: then the words stand there without the form
        shown = seen.asking.refused(typed, refusal)
        return _shown(_seen(item_id), shown, typed=typed), STATUS[refusal.code]
    flash(f"Thank you. “{_name_of(seen.item)}” is done.")
    return redirect(url_for("todos.home"), 303)


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


def _seen(item_id: UUID) -> Seen:
    with identity.handling().store.read() as conn:
        ladder = identity.handling().ladder
        item = item_page(conn, item_id, identity.actor(), filters.now(), ladder=ladder)
        offered = choices(conn, identity.actor(), incident_id=item.context.incident_id)
    return Seen(item, offered)


def _was_sent_before(seen: Seen) -> bool:
    """Say whether this may be the same sending again; the use case knows by its key."""
    ended = seen.item.ended
    is_sending = "_draft" not in request.form and not asks_for_rows()
    return ended is not None and ended.how == "completed" and is_sending


def _shown(
    seen: Seen,
    asked: Asked,
    *,
    handing: str | None = None,
    typed: Mapping[str, object] | None = None,
) -> str:
    return render_template(
        "todo.html",
        item=seen.item,
        asked=asked,
        choices=seen.choices,
        name=_name_of(seen.item),
        handing=handing,
        typed=None if typed is None else _told(seen, typed),
        Verb=Verb,
        outcomes=list(TargetOutcome),
    )


def _not_handed(item_id: UUID, problem: str) -> ResponseReturnValue:
    seen = _seen(item_id)
    if seen.item.ended is not None:
        return _ended(seen, None), 409
    return _shown(seen, seen.asking.show(seen.item.values), handing=problem), 422


def _ended(seen: Seen, typed: Mapping[str, object] | None) -> str:
    item, ended = seen.item, seen.item.ended
    sent = ended.answers if ended is not None else None
    return render_template(
        "todo_ended.html",
        item=item,
        name=_name_of(item),
        sent=_told(seen, sent or {}),
        typed=None if typed is None else _told(seen, typed),
    )


def _told(seen: Seen, answers: Mapping[str, object]) -> list[Told]:
    return told(seen.item.form, answers, seen.choices, tz=identity.zone(), now=filters.now())


def _name_of(item: ItemPage) -> str:
    return item.action.title if item.action is not None else item.form.title
