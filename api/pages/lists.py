"""Answers that are missing for too long, and one list that closes many of them line by line."""

from datetime import datetime
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.languages import flash
from api.pages.asking import sent_key, words_in
from api.pages.for_readers import for_readers
from engine.domain.closing_list import allowance
from engine.domain.incident import Priority
from engine.errors import Conflict, InvalidAnswers
from engine.language import say, say_of
from engine.queries.closing_lists import Group, closing_list, groups, last_made_at, made_lists
from engine.queries.debt import debt_page
from engine.usecases.closing_lists import close_lines, make_list

pages = for_readers("lists", __name__)

_LONGEST = 2000


@pages.get("/missing")
def missing() -> ResponseReturnValue:
    """Show the answers that are missing for too long, and what may be decided by list."""
    handling, actor = identity.handling(), identity.actor()
    with handling.store.read() as conn:
        found = debt_page(conn, actor, filters.now(), ladder=handling.ladder)
        mine = groups(conn, actor.id)
        last = {one: last_made_at(conn, one.process_id, one.priority) for one in mine}
        made = made_lists(conn)
    offered = [(one, _next_at(one, last[one])) for one in mine]
    return render_template("missing.html", found=found, offered=offered, made=made)


def _next_at(group: Group, last: datetime | None) -> datetime | None:
    """Return when the next list may be made if not now, else None."""
    allowed = allowance(group.priority, identity.handling().rules)
    if allowed is None or last is None or allowed.may_be_made(last, filters.now()):
        return None
    return last + allowed.every


@pages.post("/lists")
def make() -> ResponseReturnValue:
    """Make a list, and show it."""
    try:
        process_id = UUID(request.form.get("process", ""))
        priority = Priority(request.form.get("priority", ""))
        number = make_list(identity.handling(), process_id, priority, actor=identity.actor())
    except ValueError:
        flash(say("Please choose from what is offered."))
        return redirect(url_for("lists.missing"), 303)
    except InvalidAnswers as refusal:
        flash(next(iter(refusal.fields.values())))
        return redirect(url_for("lists.missing"), 303)
    except Conflict as refusal:
        flash(refusal.sentence)
        return redirect(url_for("lists.missing"), 303)
    return redirect(url_for("lists.page", number=number), 303)


@pages.get("/lists/<int:number>")
def page(number: int) -> ResponseReturnValue:
    """Show a list as it stands: who is to be phoned first, then what is to be decided."""
    return _shown(number, {}, ())


@pages.post("/lists/<int:number>")
def close(number: int) -> ResponseReturnValue:
    """Close the lines that were ticked, and say what came of it."""
    chosen = request.form.getlist("line")
    try:
        done = close_lines(
            identity.handling(),
            number,
            [UUID(one) for one in chosen],
            reason=words_in("reason")[:_LONGEST],
            actor=identity.actor(),
            key=sent_key(),
        )
    except ValueError:
        return _shown(number, {"lines": say("Please choose from what is offered.")}, chosen), 422
    except InvalidAnswers as refusal:
        return _shown(number, refusal.fields, chosen), 422
    if done.count:
        flash(say_of(done.count, "%(num)s line is closed.", "%(num)s lines are closed."))
    for sentence, times in done.refused.items():
        flash(say_of(times, "Not done: %(why)s", "Not done with %(num)s: %(why)s", why=sentence))
    return redirect(url_for("lists.page", number=number), 303)


def _shown(number: int, problems: object, chosen: object) -> str:
    with identity.handling().store.read() as conn:
        found = closing_list(conn, number, identity.actor())
    return render_template(
        "closing_list.html",
        found=found,
        is_mine=found.made_by_id == identity.actor().id,
        problems=problems,
        chosen=chosen,
        reason=words_in("reason"),
        key=sent_key() or uuid4().hex,
    )
