"""The same deed on several to-dos that were ticked in the list."""

from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.pages.asking import words_in
from api.pages.for_readers import for_readers
from api.pages.signing import own_address
from engine.errors import InvalidAnswers
from engine.language import say, say_of
from engine.usecases.many import Done, claim_many, comment_many, hand_over_many

pages = for_readers("many", __name__)

_LONGEST = 4000


@pages.post("/todos/many")
def do() -> ResponseReturnValue:
    """Take, hand over or comment what was ticked, say what came of it, and show the list again."""
    try:
        items = [UUID(one) for one in request.form.getlist("item")]
        found, done = _done(request.form.get("deed", ""), items)
    except InvalidAnswers as refusal:
        flash(next(iter(refusal.fields.values())))
        return redirect(own_address(request.form.get("back")), 303)
    except ValueError:
        flash(say("Please choose whom they are handed to."))
        return redirect(own_address(request.form.get("back")), 303)
    if found.count:
        flash(say("%(done)s: %(count)s.", done=done, count=found.count))
    for sentence, times in found.refused.items():
        flash(say_of(times, "Not done: %(why)s", "Not done with %(num)s: %(why)s", why=sentence))
    return redirect(own_address(request.form.get("back")), 303)


def _done(deed: str, items: list[UUID]) -> tuple[Done, str]:
    handling, actor = identity.handling(), identity.actor()
    match deed:
        case "take":
            return claim_many(handling, items, actor=actor), say("Taken")
        case "hand_over":
            kind, _, to = request.form.get("to", "").partition(":")
            chosen = UUID(to)
            note = words_in("words")[:_LONGEST]
            handed = hand_over_many(
                handling,
                items,
                actor=actor,
                note=note,
                team_id=chosen if kind == "team" else None,
                person_id=chosen if kind == "person" else None,
            )
            return handed, say("Handed over")
        case "comment":
            words = words_in("words")[:_LONGEST]
            is_internal = request.form.get("for") != "customer" and not actor.is_outside
            found = comment_many(handling, items, words, actor=actor, is_internal=is_internal)
            return found, say("Written about incidents")
    raise InvalidAnswers({"deed": say("Please say what is to be done with them.")})
