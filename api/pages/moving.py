"""Moving running incidents to another release: first what would happen to each, then how far it is.

Numbers only: whoever moves may not be one who may read all of them.  A dry run is an address: which
releases, whose runs, and what stands for what are in its query.  Its proof is found in a process
apart, and known the next time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import words_in
from api.pages.for_readers import for_studio
from api.proving import stands_apart
from engine.domain.permissions import may_change_diagrams
from engine.errors import Busy, Conflict, InvalidAnswers, NotAllowed
from engine.language import say
from engine.queries.library import ReleaseLine, release_id_of, releases
from engine.queries.moves import business_processes, move_lines, move_shown, moves
from engine.usecases.move_plans import MOST_LOOKED_AT, Plan, plan_moves
from engine.usecases.moving import begin_move, go_on

pages = for_studio("moving", __name__)

ON_A_PAGE = 100


@dataclass(frozen=True)
class Asked:
    """What a dry run is asked for, as its address and its form say it."""

    before: str
    after: str
    process: UUID | None
    mapped: dict[str, dict[str, str]]

    @classmethod
    def sent(cls) -> "Asked":
        """Return what this request asks for; what is no id or no mapping is left out."""
        mapped: dict[str, dict[str, str]] = {}
        for one in request.values.getlist("map"):
            if len(parts := one.split("/")) == 3 and all(parts):
                mapped.setdefault(parts[0], {})[parts[1]] = parts[2]
        process = request.values.get("process", type=UUID)
        return cls(request.values.get("from", ""), request.values.get("to", ""), process, mapped)

    @property
    def maps(self) -> list[str]:
        """The mapping, as the address says it."""
        return [
            f"{diagram}/{old}/{new}"
            for diagram, names in self.mapped.items()
            for old, new in names.items()
        ]

    @property
    def query(self) -> dict[str, object]:
        """The dry run's address."""
        process = {} if self.process is None else {"process": self.process}
        return {"from": self.before, "to": self.after, **process, "map": self.maps}


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
    """Begin a move: of all that the dry run was about, or of those that were ticked."""
    asked = Asked.sent()
    try:
        with identity.handling().store.read() as conn:
            before, after = (release_id_of(conn, _number(name)) for name in ("from", "to"))
        made = begin_move(
            identity.handling(),
            before,
            after,
            reason=words_in("reason"),
            actor=identity.actor(),
            process_id=asked.process,
            runs=_ticked() if request.form.get("which") == "ticked" else None,
            mapped=asked.mapped,
        )
    except InvalidAnswers as refusal:
        return _new(next(iter(refusal.fields.values()))), 422
    except Conflict as refusal:
        return _new(refusal.sentence), STATUS[refusal.code]
    return redirect(url_for("moving.one", move_id=made), 303)


@pages.get("/studio/moves/<uuid:move_id>")
def one(move_id: UUID) -> ResponseReturnValue:
    """Show how far a move is, and what stays and why."""
    page = _page()
    with identity.handling().store.read() as conn:
        found = move_shown(conn, move_id)
        lines = move_lines(conn, move_id, most=ON_A_PAGE, after=(page - 1) * ON_A_PAGE)
    total = found.moved + found.stays + found.over + found.waits
    return render_template(
        "move.html",
        move=found,
        lines=lines,
        total=total,
        page=page,
        pages=-(-total // ON_A_PAGE),
        may_change=_may_change(),
    )


@pages.post("/studio/moves/<uuid:move_id>/on")
def on(move_id: UUID) -> ResponseReturnValue:
    """Go on with a move that has stopped."""
    go_on(identity.handling(), move_id, actor=identity.actor())
    flash(say("It goes on."))
    return redirect(url_for("moving.one", move_id=move_id), 303)


def _new(problem: str | None = None) -> str:
    if not _may_change():
        raise NotAllowed(say("Diagrams are changed by process owners."))
    asked = Asked.sent()
    with identity.handling().store.read() as conn:
        known, processes = releases(conn), business_processes(conn)
    plan, found = _plan(asked, known)
    group, page = request.values.get("group"), _page()
    fates = plan.of(group) if plan is not None else ()
    return render_template(
        "move_new.html",
        releases=known,
        processes=processes,
        asked=asked,
        to=asked.after or (str(known[0].number) if known else ""),
        plan=plan,
        group=group,
        fates=fates[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        page=page,
        pages=-(-len(fates) // ON_A_PAGE),
        most=MOST_LOOKED_AT,
        problem=problem or found,
        reason=words_in("reason"),
        ticked=set(_ticked()) if request.method == "POST" else set(),
    )


def _plan(asked: Asked, known: Sequence[ReleaseLine]) -> tuple[Plan | None, str | None]:
    """Return the dry run that is asked for, or what is wrong with asking for it."""
    by_number = {str(line.number): line for line in known}
    before, after = by_number.get(asked.before), by_number.get(asked.after)
    if before is None or after is None:
        return None, None
    try:
        made = plan_moves(
            identity.handling(),
            before.id,
            after.id,
            actor=identity.actor(),
            process_id=asked.process,
            mapped=asked.mapped,
            prover=stands_apart,
        )
    except InvalidAnswers as refusal:
        return None, next(iter(refusal.fields.values()))
    except Busy as refusal:
        return None, refusal.sentence
    return made, None


def _number(name: str) -> int:
    number = request.form.get(name, type=int)
    if number is None:
        raise InvalidAnswers({name: say("Please choose both releases.")})
    return number


def _ticked() -> list[UUID]:
    return request.form.getlist("run", type=UUID)


def _page() -> int:
    return min(max(request.values.get("page", 1, type=int), 1), 100_000)


def _may_change() -> bool:
    return may_change_diagrams(identity.actor())
