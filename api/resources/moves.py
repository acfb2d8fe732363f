"""Moving running incidents to another release, for programs: the dry run, the move, how far it is.

Numbers and ids only: whoever moves may not be one who may read all of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api import move_schemas, schemas, tokens
from api.proving import stands_apart
from api.resources.resource import handling, resource
from engine.language import in_words, say
from engine.queries.library import release_id_of
from engine.queries.moves import MoveLine, MoveShown, move_lines, move_shown, moves
from engine.usecases.drafting import require_process_owner, require_reader_of_diagrams
from engine.usecases.move_plans import Fate, plan_moves
from engine.usecases.moving import begin_move, go_on

blueprint = resource("api_moves", __name__, "Moves", path="/moves")


@blueprint.route("", methods=["GET"])
@blueprint.response(200, move_schemas.Progress(many=True))
def list_moves() -> Sequence[MoveShown]:
    """List the moves, the newest first, and how far each is."""
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        return moves(conn)


@blueprint.route("/dry-run", methods=["POST"])
@blueprint.arguments(move_schemas.DryRunAsked)
@blueprint.response(200, move_schemas.PlanTold)
def dry_run(sent: dict[str, Any]) -> Mapping[str, Any]:
    """Say of each run what moving it would do; nothing is moved.

    `runs` are those from `skip` on, `most` at once, of one `group` if that is named.
    """
    require_process_owner(tokens.actor())
    plan = plan_moves(
        handling(), *_both(sent), actor=tokens.actor(), prover=stands_apart, **_which(sent)
    )
    found = plan.of(sent["group"])[sent["skip"] : sent["skip"] + sent["most"]]
    return {
        "total": plan.total,
        "looked_at": len(plan.fates),
        "move": len(plan.fates) - plan.stay,
        "stay": plan.stay,
        "groups": [
            {
                "key": one.key,
                "stays": one.stays,
                "says": [in_words(said) for said in one.says],
                "count": one.count,
            }
            for one in plan.groups
        ],
        "mappable": plan.mappable,
        "runs": [_fate(one) for one in found],
    }


@blueprint.route("", methods=["POST"])
@blueprint.arguments(move_schemas.MoveBegun)
@blueprint.response(201, schemas.Made)
def begin(sent: dict[str, Any]) -> Mapping[str, Any]:
    """Have them moved, each by itself and soon; what cannot move stays, and says why."""
    require_process_owner(tokens.actor())
    made = begin_move(
        handling(),
        *_both(sent),
        reason=sent["reason"],
        actor=tokens.actor(),
        runs=sent["runs"],
        **_which(sent),
    )
    return {"id": made}


@blueprint.route("/<uuid:move_id>", methods=["GET"])
@blueprint.response(200, move_schemas.Progress)
def show(move_id: UUID) -> MoveShown:
    """Say how far a move is."""
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        return move_shown(conn, move_id)


@blueprint.route("/<uuid:move_id>/runs", methods=["GET"])
@blueprint.arguments(move_schemas.LinesAsked, location="query")
@blueprint.response(200, move_schemas.MovedLineTold(many=True))
def runs(sent: dict[str, Any], move_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Say what became of each run of a move, those that stay first."""
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        move_shown(conn, move_id)
        found = move_lines(conn, move_id, most=sent["most"], after=sent["skip"])
    return [_line(one) for one in found]


@blueprint.route("/<uuid:move_id>/go-on", methods=["POST"])
@blueprint.response(204)
def go_on_with(move_id: UUID) -> None:
    """Go on with a move whose worker was lost."""
    go_on(handling(), move_id, actor=tokens.actor())


def _both(sent: Mapping[str, Any]) -> tuple[UUID, UUID]:
    with handling().store.read() as conn:
        return release_id_of(conn, sent["before"]), release_id_of(conn, sent["after"])


def _which(sent: Mapping[str, Any]) -> dict[str, Any]:
    mapped: dict[str, dict[str, str]] = {}
    for one in sent["mapping"]:
        mapped.setdefault(one["diagram"], {})[one["before"]] = one["after"]
    return {"process_id": sent["process"], "mapped": mapped}


def _fate(one: Fate) -> Mapping[str, Any]:
    return {
        "run": one.run,
        "incident": one.incident,
        "action": one.action,
        "diagram": one.diagram,
        "stands_at": [in_words(say(title)) for title in one.stands_at],
        "stays": one.refusal is not None,
        "says": [in_words(said) for said in one.says],
        "group": one.group,
    }


def _line(one: MoveLine) -> Mapping[str, Any]:
    return {
        "run": one.run,
        "incident": one.incident,
        "action": one.action,
        "state": one.state,
        "says": [in_words(said) for said in one.says],
        "done_at": one.done_at,
    }
