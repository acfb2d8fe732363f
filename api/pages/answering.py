"""Taking the answers to a to-do, from whoever signs in and from whoever holds a link.

What somebody typed is never thrown away: a form that came too late is shown with every word of
it, so that they can be copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from api import filters, identity
from api.errors import STATUS
from api.languages import flash
from api.pages.answered import Told, told
from api.pages.asking import Asked, Asking, asks_for_rows, sent_key, words_in
from api.reading import read_item
from engine.domain.permissions import Actor, Verb
from engine.errors import (
    AnswerQueried,
    Busy,
    Conflict,
    InvalidAnswers,
    ItemEnded,
    NotAllowed,
    Unavailable,
)
from engine.language import in_words, say
from engine.queries.choices import choices
from engine.queries.item import ItemPage
from engine.queries.phoned import phoned
from engine.usecases import holding
from engine.usecases.complete import complete
from engine.usecases.not_answering import not_for_me, put_off
from engine.usecases.phoning import did_not_say
from forms import Choices

# when somebody is asked again on a day
_MORNING = time(8)


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

    @property
    def name(self) -> str:
        """What it is called: by its action, else by the question that its form asks."""
        return self.item.action.title if self.item.action is not None else self.item.form.title

    def told(self, answers: Mapping[str, object]) -> list[Told]:
        """Return answers as they are read again."""
        return told(self.item.form, answers, self.choices, tz=identity.zone(), now=filters.now())


@dataclass(frozen=True)
class Desk:
    """Where a to-do is answered: who answers it, on which pages, and where it goes on.

    `own_page` is the address of its page; `is_over` names the template of what is over, and `more`
    what both templates need besides.
    """

    item_id: UUID
    actor: Actor
    own_page: str
    goes_on: str
    template: str
    is_over: str
    more: Mapping[str, Any]

    def shown(
        self,
        seen: Seen,
        asked: Asked,
        typed: Mapping[str, object] | None = None,
        *,
        problems: Mapping[str, str] | None = None,
    ) -> str:
        """Return the page with the form; `typed` beside it, where it is somebody else's now.

        `problems` are with a form other than the to-do's own, by field.
        """
        return render_template(
            self.template,
            item=seen.item,
            asked=asked,
            name=seen.name,
            choices=seen.choices,
            typed=None if typed is None else seen.told(typed),
            problems=problems or {},
            own_page=self.own_page,
            Verb=Verb,
            **self.more,
        )

    def ended(self, seen: Seen, typed: Mapping[str, object] | None) -> str:
        """Return the page of what is over."""
        with identity.handling().store.read() as conn:
            is_written_down = phoned(conn, self.item_id, self.actor.id) is not None
        return render_template(
            self.is_over,
            item=seen.item,
            name=seen.name,
            sent=seen.told((seen.item.ended.answers if seen.item.ended else None) or {}),
            typed=None if typed is None else seen.told(typed),
            is_written_down=is_written_down,
            own_page=self.own_page,
        )

    def kept(self) -> ResponseReturnValue:
        """Go on after a draft was kept."""
        flash(say("Saved. Nothing is sent until you send it."))
        return redirect(self.own_page, 303)

    def done(self, said: str) -> ResponseReturnValue:
        """Go on after it was done; `said` is what was done."""
        flash(said)
        return redirect(self.goes_on, 303)


def look(conn: Connection, item_id: UUID, actor: Actor) -> Seen:
    """Return the to-do as this actor sees it.  Raises NotFound."""
    item = read_item(conn, item_id, actor, filters.now(), ladder=identity.handling().ladder)
    return Seen(item, choices(conn, actor, incident_id=item.context.incident_id))


def show(desk: Desk) -> ResponseReturnValue:
    """Show the to-do: its form, or what happened if it is over."""
    seen = _look(desk)
    if seen.item.ended is not None:
        return desk.ended(seen, None)
    return desk.shown(seen, seen.asking.show(seen.item.values))


def take_answers(desk: Desk) -> ResponseReturnValue:
    """Complete the to-do, keep a draft of it, or show it with another row."""
    seen = _look(desk)
    typed = seen.asking.answers()
    if seen.item.ended is not None and not _was_sent_before(seen):
        return desk.ended(seen, typed), 409
    if asks_for_rows():
        return desk.shown(seen, seen.asking.show(typed, key=sent_key()))
    try:
        if "_draft" in request.form:
            holding.save_draft(identity.handling(), desk.item_id, typed, actor=desk.actor)
            return desk.kept()
        complete(
            identity.handling(),
            desk.item_id,
            typed,
            actor=desk.actor,
            key=sent_key(),
            insists="_insist" in request.form,
        )
    except InvalidAnswers as refusal:
        shown = seen.asking.show(typed, findings=refusal.fields, key=sent_key())
        return desk.shown(seen, shown), 422
    except ItemEnded:
        return desk.ended(_look(desk), typed), 409
    except AnswerQueried as refusal:
        asked = replace(seen.asking.refused(typed, refusal), is_queried=True)
        return desk.shown(seen, asked), STATUS[refusal.code]
    except (Busy, Unavailable) as refusal:
        return desk.shown(seen, seen.asking.refused(typed, refusal)), STATUS[refusal.code]
    except (Conflict, NotAllowed) as refusal:
        # it may be somebody else's by now: then the words stand there without the form
        shown = seen.asking.refused(typed, refusal)
        return desk.shown(_look(desk), shown, typed), STATUS[refusal.code]
    # what is said on the next page is kept in the browser until then
    done = say("This") if seen.item.context.is_restricted else f"“{seen.name}”"
    return desk.done(say("Thank you. %(done)s is done.", done=done))


def keep_draft(desk: Desk) -> ResponseReturnValue:
    """Keep what is typed so far, while it is being typed; say so in a few words."""
    typed = _look(desk).asking.answers()
    holding.save_draft(identity.handling(), desk.item_id, typed, actor=desk.actor)
    at = filters.now().astimezone(identity.zone()).strftime("%H:%M")
    kept = say("Kept at %(at)s. Nothing is sent until you send it.", at=at)
    return in_words(kept), {"Content-Type": "text/plain"}


def put_answer_off(desk: Desk) -> ResponseReturnValue:
    """Have a confirmer asked again on the day that they chose."""
    try:
        until = datetime.combine(
            date.fromisoformat(request.form.get("until", "")), _MORNING, identity.zone()
        )
    except ValueError:
        return cannot(desk, {"until": say("Please choose a day.")})
    try:
        put_off(identity.handling(), desk.item_id, until, actor=desk.actor)
    except InvalidAnswers as refusal:
        return cannot(desk, refusal.fields)
    return desk.done(say("Thank you. We ask you again on that day."))


def hand_answer_on(desk: Desk) -> ResponseReturnValue:
    """Have somebody else asked for the answer."""
    chosen = request.form.get("person", "")
    try:
        person = UUID(chosen) if chosen else None
    except ValueError:
        return cannot(desk, {"person": say("Please choose from the people listed.")})
    try:
        not_for_me(
            identity.handling(),
            desk.item_id,
            actor=desk.actor,
            person_id=person,
            words=words_in("who")[:4000],
        )
    except InvalidAnswers as refusal:
        return cannot(desk, refusal.fields)
    return desk.done(
        say("Thank you. Somebody else is asked.") if person else say("Thank you. We ask them.")
    )


def deny(desk: Desk) -> ResponseReturnValue:
    """Take it that somebody did not say what was written down in their name."""
    words = words_in("words")[:4000]
    did_not_say(identity.handling(), desk.item_id, words=words, actor=desk.actor)
    return desk.done(say("Thank you. It counts no longer, and somebody looks into it."))


def cannot(desk: Desk, problems: Mapping[str, str]) -> ResponseReturnValue:
    """Show the to-do again, with what is wrong in a form beside its own."""
    seen = _look(desk)
    if seen.item.ended is not None:
        return desk.ended(seen, None), 409
    return desk.shown(seen, seen.asking.show(seen.item.values), problems=problems), 422


def _look(desk: Desk) -> Seen:
    with identity.handling().store.read() as conn:
        return look(conn, desk.item_id, desk.actor)


def _was_sent_before(seen: Seen) -> bool:
    """Say whether this may be the same sending again; the use case knows by its key."""
    ended = seen.item.ended
    is_sending = "_draft" not in request.form and not asks_for_rows()
    return ended is not None and ended.how == "completed" and is_sending
