"""Moving running incidents to another release: first what would happen to each, then how far it is.

Numbers only: whoever moves may not be one who may read all of them.
"""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import words_in
from api.pages.for_readers import for_studio
from engine.domain.permissions import may_change_diagrams
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.language import say
from engine.queries.library import release_id_of, releases
from engine.queries.moves import move_lines, move_shown, moves
from engine.usecases.moving import MOST_SHOWN, begin_move, go_on, plan_moves

pages = for_studio("moving", __name__)


@pages.get("/studio/moves")
def listed() -> ResponseReturnValue:
    """List the moves that there were."""
    with identity.handling().store.read() as conn:
        found = moves(conn)
    return render_template("moves.html", moves=found, may_change=_may_change())


@pages.get("/studio/moves/new")
def new() -> ResponseReturnValue:
    """Ask from which release to which, and show what would happen."""
    return _new()


@pages.post("/studio/moves/new")
def begin() -> ResponseReturnValue:
    """Begin a move."""
    try:
        with identity.handling().store.read() as conn:
            before, after = (release_id_of(conn, _number(name)) for name in ("from", "to"))
        made = begin_move(
            identity.handling(), before, after, reason=words_in("reason"), actor=identity.actor()
        )
    except InvalidAnswers as refusal:
        return _new(next(iter(refusal.fields.values()))), 422
    except Conflict as refusal:
        return _new(refusal.sentence), STATUS[refusal.code]
    return redirect(url_for("moving.one", move_id=made), 303)


@pages.get("/studio/moves/<uuid:move_id>")
def one(move_id: UUID) -> ResponseReturnValue:
    """Show how far a move is, and what stays and why."""
    with identity.handling().store.read() as conn:
        found, lines = move_shown(conn, move_id), move_lines(conn, move_id)
    return render_template("move.html", move=found, lines=lines, may_change=_may_change())


@pages.post("/studio/moves/<uuid:move_id>/on")
def on(move_id: UUID) -> ResponseReturnValue:
    """Go on with a move that has stopped."""
    go_on(identity.handling(), move_id, actor=identity.actor())
    flash(say("It goes on."))
    return redirect(url_for("moving.one", move_id=move_id), 303)


def _new(problem: str | None = None) -> str:
    if not _may_change():
        raise NotAllowed(say("Diagrams are changed by process owners."))
    handling = identity.handling()
    with handling.store.read() as conn:
        known = releases(conn)
    chosen = {name: request.values.get(name, "") for name in ("from", "to")}
    by_number = {str(line.number): line for line in known}
    before, after = by_number.get(chosen["from"]), by_number.get(chosen["to"])
    plan = None
    if before is not None and after is not None and before.number != after.number:
        plan = plan_moves(handling, before.id, after.id, actor=identity.actor())
    elif before is not None and after is not None:
        problem = problem or say("Please choose another release.")
    return render_template(
        "move_new.html",
        releases=known,
        chosen=chosen | {"to": chosen["to"] or (str(known[0].number) if known else "")},
        plan=plan,
        most=MOST_SHOWN,
        problem=problem,
        reason=words_in("reason"),
    )


def _number(name: str) -> int:
    number = request.form.get(name, type=int)
    if number is None:
        raise InvalidAnswers({name: say("Please choose both releases.")})
    return number


def _may_change() -> bool:
    return may_change_diagrams(identity.actor())
