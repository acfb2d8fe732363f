"""Ways out of the handling and what is opened beside an incident."""

from typing import Any
from uuid import UUID

from api import schemas, tokens
from api.resources.resource import handling, idempotency_key, resource, seen
from engine.usecases.me_too import say_me_too
from engine.usecases.merging import merge, undo_merge
from engine.usecases.objecting import answer_late, object_to
from engine.usecases.recurring import report_recurrence
from engine.usecases.relating import make_part_of
from engine.usecases.setting_aside import bring_back, set_aside
from engine.usecases.splitting import split
from engine.usecases.withdrawing import withdraw

blueprint = resource("api_ways_out", __name__, "Ways out", path="/incidents")


def _id(which: str) -> UUID:
    with handling().store.read() as conn:
        return seen(conn, which).incident.id


@blueprint.route("/<which>/set-aside", methods=["POST"])
@blueprint.arguments(schemas.ReasonSent)
@blueprint.response(204)
def put_aside(sent: dict[str, Any], which: str) -> None:
    """Set it aside, while no action has begun; whoever reported it can bring it back."""
    set_aside(handling(), _id(which), reason=sent["reason"], actor=tokens.actor())


@blueprint.route("/<which>/bring-back", methods=["POST"])
@blueprint.arguments(schemas.WordsSent)
@blueprint.response(204)
def take_up_again(sent: dict[str, Any], which: str) -> None:
    """Bring back what you reported and somebody set aside."""
    bring_back(handling(), _id(which), words=sent["words"], actor=tokens.actor())


@blueprint.route("/<which>/withdraw", methods=["POST"])
@blueprint.arguments(schemas.WordsSent)
@blueprint.response(204)
def take_back(sent: dict[str, Any], which: str) -> None:
    """Take your report back, if you alone are harmed; that closes it."""
    withdraw(handling(), _id(which), words=sent["words"], actor=tokens.actor())


@blueprint.route("/<which>/merge", methods=["POST"])
@blueprint.arguments(schemas.MergeSent)
@blueprint.response(204)
def join(sent: dict[str, Any], which: str) -> None:
    """Join it with an earlier report that is open; criteria and confirmers come along."""
    merge(handling(), _id(which), _id(sent["into"]), reason=sent["reason"], actor=tokens.actor())


@blueprint.route("/<which>/major", methods=["PUT"])
@blueprint.arguments(schemas.MajorSent)
@blueprint.response(204)
def belong(sent: dict[str, Any], which: str) -> None:
    """Say which major incident it is a part of; each is closed by itself."""
    major = None if sent["major"] is None else _id(sent["major"])
    make_part_of(handling(), _id(which), major, actor=tokens.actor())


@blueprint.route("/<which>/undo-merge", methods=["POST"])
@blueprint.arguments(schemas.WordsSent)
@blueprint.response(204)
def separate(sent: dict[str, Any], which: str) -> None:
    """Separate what you reported from the report that it was joined with."""
    undo_merge(handling(), _id(which), words=sent["words"], actor=tokens.actor())


@blueprint.route("/<which>/split", methods=["POST"])
@blueprint.arguments(schemas.PartSent)
@blueprint.response(201, schemas.Made)
def make_two(sent: dict[str, Any], which: str) -> dict[str, Any]:
    """Make two of one report; the same Idempotency-Key again gives the same one."""
    key, actor = idempotency_key(), tokens.actor()
    return {"id": split(handling(), _id(which), sent, actor=actor, key=key)}


@blueprint.route("/<which>/recurrences", methods=["POST"])
@blueprint.arguments(schemas.WordsSent)
@blueprint.response(201, schemas.Made)
def is_back(sent: dict[str, Any], which: str) -> dict[str, Any]:
    """Say that what was closed is back; the same Idempotency-Key again gives the same one."""
    key, words = idempotency_key(), sent["words"] or None
    made = report_recurrence(handling(), _id(which), words=words, actor=tokens.actor(), key=key)
    return {"id": made}


@blueprint.route("/<which>/me-too", methods=["POST"])
@blueprint.response(204)
def me_too(which: str) -> None:
    """Say that you are harmed, too: you are counted, and told how it ends."""
    say_me_too(handling(), _id(which), actor=tokens.actor())


@blueprint.route("/<which>/late-answers", methods=["POST"])
@blueprint.arguments(schemas.LateAnswerSent)
@blueprint.response(200, schemas.Linked)
def answered_late(sent: dict[str, Any], which: str) -> dict[str, Any]:
    """Answer what was closed before you did; what is not right is opened beside it."""
    linked = answer_late(
        handling(), _id(which), sent["answer"], words=sent["words"], actor=tokens.actor()
    )
    return {"linked": linked}


@blueprint.route("/<which>/objections", methods=["POST"])
@blueprint.arguments(schemas.WordsSent)
@blueprint.response(201, schemas.Made)
def not_right_for_me(sent: dict[str, Any], which: str) -> dict[str, Any]:
    """Say that it is not right for you, who were not asked; that opens an incident beside it."""
    return {"id": object_to(handling(), _id(which), words=sent["words"], actor=tokens.actor())}
