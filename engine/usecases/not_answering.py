"""A confirmer who cannot answer: it is not for them, or not yet (rules, Answers).

A newcomer would let them decline, as an action is declined: an answer is nobody else's to drop, so
somebody else is named, or they are asked again on a day that they say.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.domain.permissions import Actor, Verb, available_actions
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.rows import Item
from engine.store.work import Work
from engine.usecases.asking_another import ask_another, require_askable
from engine.usecases.complete import ended, not_allowed, view_of
from engine.usecases.handling import Handling
from engine.usecases.recording.agree import replace_confirmers
from engine.usecases.running import Mover


def put_off(handling: Handling, item_id: UUID, until: datetime, *, actor: Actor) -> None:
    """Ask the confirmer again at `until` (aware), and leave them in peace before.

    Their ladder, and a closing decision without their answer, count from then on.  Once for each
    asking.  Raises NotFound, ItemEnded, NotAllowed, Conflict the second time, or InvalidAnswers
    for what lies behind or too far ahead.
    """
    with handling.store.begin() as work:
        mover, item = _asked(handling, work, item_id, actor)
        if item.put_off_until is not None:
            raise Conflict(say("This was put off once; it cannot be put off again."))
        longest = handling.rules.put_off_for
        if not work.now < until <= work.now + longest:
            days = f"{longest.days} days" if longest.days != 1 else "one day"
            raise InvalidAnswers(
                {"until": say("Please choose a day within the next %(days)s.", days=days)}
            )
        work.conn.execute(
            update(t.work_item)
            .where(t.work_item.c.id == item_id)
            .values(put_off_until=until, asked_again_at=until)
        )
        mover.case.record("confirmation:put_off", {"until": until}, actor)
        mover.tell(MessageKind.REMINDED, [actor.id], item_id, at=until)
        mover.reread_timers()


def not_for_me(
    handling: Handling,
    item_id: UUID,
    *,
    actor: Actor,
    person_id: UUID | None = None,
    words: str = "",
) -> None:
    """Say that somebody else is to answer: `person_id`, who is asked at once, or who `words` say.

    With words only, the lead is told, who has to find them; until then it stays with the person
    asked.  Raises NotFound, ItemEnded, NotAllowed for a deputy, or InvalidAnswers.
    """
    if person_id is None and not words.strip():
        raise InvalidAnswers({"person": say("Please say who can answer this.")})
    with handling.store.begin() as work:
        mover, item = _asked(handling, work, item_id, actor)
        if actor.id != item.people[0]:
            raise NotAllowed(say("Only who was asked first can say that it is for somebody else."))
        if person_id is None:
            mover.case.record("confirmation:not_for_me", {"words": words}, actor)
            mover.tell(MessageKind.TOLD, [mover.case.incident.lead_id], item_id)
            return
        _hand_on(mover, item, actor, person_id, words)


def _hand_on(mover: Mover, item: Item, actor: Actor, person_id: UUID, words: str) -> None:
    named = {who.person_id: who.name for who in mover.confirmers}
    if person_id in named:
        raise InvalidAnswers({"person": say("This person is asked already.")})
    is_outside = require_askable(mover, person_id, field="person")
    conn = mover.case.conn
    their = conn.execute(
        select(t.person.c.name, t.person.c.organisation_id).where(t.person.c.id == person_id)
    ).one()
    # a customer names a colleague, and one of ours one of ours
    if their.organisation_id != actor.organisation_id:
        raise InvalidAnswers({"person": say("Please choose from the people listed.")})
    kept = [name for who, name in named.items() if who != actor.id]
    mover.case.record(
        "confirmation:not_for_me",
        {"asked": their.name, "words": words, "confirmers": [*kept, their.name]},
        actor,
    )
    conn.execute(
        update(t.work_item)
        .where(t.work_item.c.id == item.id)
        .values(ended_at=mover.case.now, how="handed_on", ended_by=actor.id)
    )
    replace_confirmers(mover, [actor.id], person_id, named[actor.id])
    ask_another(mover, item, person_id, is_outside=is_outside)


def _asked(handling: Handling, work: Work, item_id: UUID, actor: Actor) -> tuple[Mover, Item]:
    case, item, run = work.item(item_id)
    mover = Mover(handling, case, actor)
    verbs = available_actions(view_of(mover, item), actor)
    if Verb.SEE not in verbs:
        raise NotFound(say("There is no such to-do."), item=str(item_id))
    if item.ended_at is not None:
        raise ended(item)
    if Verb.COMPLETE not in verbs or item.mark != Mark.CONFIRMATION:
        raise not_allowed(item)
    mover.own_run = run
    return mover, item
