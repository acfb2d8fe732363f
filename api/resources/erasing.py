"""What is erased by law, and what must not be, for programs: the same steps as on the pages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import url_for

from api import erasing_schemas, schemas, tokens
from api.resources.resource import handling, now, resource
from api.shapes import schema_of
from engine.domain.erasing import Ground
from engine.domain.permissions import Role
from engine.errors import Conflict
from engine.language import say
from engine.queries.erasures import (
    DryRun,
    ErasureLine,
    HoldLine,
    dry_run,
    erasure,
    erasures,
    holds,
)
from engine.usecases.erasing import OfPerson, OldEnough, answer_erasure, ask_erasure, go_on_erasing
from engine.usecases.legal_holds import end_hold, place_hold
from engine.usecases.setting_up import require_to_set_up

blueprint = resource("api_erasing", __name__, "Erasing by law", path="/setup")


def _let_in() -> None:
    """Let pass who sets up Putright, and auditors to read."""
    if not tokens.actor().has_role(Role.AUDITOR):
        require_to_set_up(tokens.actor())


@blueprint.route("/erasures", methods=["GET"])
@blueprint.response(200, schema_of(ErasureLine)(many=True))
def listed() -> Sequence[ErasureLine]:
    """List what was erased by law or is asked for, the newest first."""
    _let_in()
    with handling().store.read() as conn:
        return erasures(conn)


@blueprint.route("/erasures/old", methods=["GET"])
@blueprint.arguments(erasing_schemas.OldAsked, location="query")
@blueprint.response(200, schema_of(DryRun))
def old(asked: dict[str, Any]) -> DryRun:
    """Say what has been kept longer than the rule says: nothing is changed."""
    _let_in()
    keep_for = handling().rules.keep_for
    if keep_for is None:
        raise Conflict(say("No rule says how long incidents are kept (rules.keep_for)."))
    with handling().store.read() as conn:
        return dry_run(conn, now() - keep_for, process_id=asked["process"])


@blueprint.route("/erasures", methods=["POST"])
@blueprint.arguments(erasing_schemas.ErasureAsked)
@blueprint.response(201, schemas.Made)
def ask(sent: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Ask that a person's data is erased, or what ended before an instant: another one agrees."""
    what = (
        OldEnough(sent["ended_before"], sent["process"])
        if sent["ended_before"] is not None
        else OfPerson(sent["person"], tuple(sent["names"]))
    )
    made = ask_erasure(
        handling().store,
        what,
        ground=Ground(sent["ground"]),
        why=sent["why"],
        actor=tokens.actor(),
        keep_for=handling().rules.keep_for,
    )
    return {"id": made}, {"Location": url_for("api_erasing.one", erasure_id=made)}


@blueprint.route("/erasures/<uuid:erasure_id>", methods=["GET"])
@blueprint.response(200, schema_of(ErasureLine))
def one(erasure_id: UUID) -> ErasureLine:
    """Show one."""
    _let_in()
    with handling().store.read() as conn:
        return erasure(conn, erasure_id)


@blueprint.route("/erasures/<uuid:erasure_id>/agree", methods=["POST"])
@blueprint.response(202)
def agree(erasure_id: UUID) -> None:
    """Agree to it: a worker erases it."""
    store, actor = handling().store, tokens.actor()
    answer_erasure(store, erasure_id, agrees=True, words=None, actor=actor)


@blueprint.route("/erasures/<uuid:erasure_id>/decline", methods=["POST"])
@blueprint.arguments(schemas.WordsSent)
@blueprint.response(204)
def decline(sent: dict[str, Any], erasure_id: UUID) -> None:
    """Decline it, and say why."""
    store, actor = handling().store, tokens.actor()
    answer_erasure(store, erasure_id, agrees=False, words=sent["words"], actor=actor)


@blueprint.route("/erasures/<uuid:erasure_id>/go-on", methods=["POST"])
@blueprint.response(202)
def go_on(erasure_id: UUID) -> None:
    """Go on with one that was stopped, as by a hold that has ended."""
    go_on_erasing(handling().store, erasure_id, actor=tokens.actor())


@blueprint.route("/holds", methods=["GET"])
@blueprint.response(200, schema_of(HoldLine)(many=True))
def held() -> Sequence[HoldLine]:
    """List what must not be erased, what is held still first."""
    _let_in()
    with handling().store.read() as conn:
        return holds(conn)


@blueprint.route("/holds", methods=["POST"])
@blueprint.arguments(erasing_schemas.HoldSent)
@blueprint.response(201, schemas.Made)
def hold(sent: dict[str, Any]) -> dict[str, Any]:
    """Hold on to a person's data, or to an incident's."""
    made = place_hold(
        handling().store,
        why=sent["why"],
        actor=tokens.actor(),
        person_id=sent["person"],
        number=sent["incident"],
    )
    return {"id": made}


@blueprint.route("/holds/<uuid:hold_id>/end", methods=["POST"])
@blueprint.arguments(schemas.ReasonSent)
@blueprint.response(204)
def let_go(sent: dict[str, Any], hold_id: UUID) -> None:
    """Hold on to it no longer."""
    end_hold(handling().store, hold_id, why=sent["reason"], actor=tokens.actor())
