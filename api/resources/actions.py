"""Actions: the lead's word on proposals, whom they reach, and their history."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from api import schemas, tokens
from api.reading import read_about
from api.resources.resource import handling, resource
from api.shapes import schema_of
from engine.errors import NotFound
from engine.queries.reached import Reached, reached_by
from engine.queries.run import RunPage, no_history, run_page
from engine.usecases.proposing import accept_proposal, refuse_proposal
from engine.usecases.recurring import accept_until
from engine.usecases.targets import accept_targets

blueprint = resource("api_actions", __name__, "Actions", path="/actions")


@blueprint.route("/<uuid:action_id>/accept", methods=["POST"])
@blueprint.arguments(schemas.KindSent)
@blueprint.response(204)
def accept(sent: dict[str, Any], action_id: UUID) -> None:
    """Take a proposal up; only the lead can."""
    accept_proposal(handling(), action_id, kind=sent["kind"], actor=tokens.actor())


@blueprint.route("/<uuid:action_id>/refuse", methods=["POST"])
@blueprint.arguments(schemas.ReasonSent)
@blueprint.response(204)
def refuse(sent: dict[str, Any], action_id: UUID) -> None:
    """Do not take a proposal up, and say why; only the lead can."""
    refuse_proposal(handling(), action_id, reason=sent["reason"], actor=tokens.actor())


@blueprint.route("/<uuid:action_id>/targets", methods=["GET"])
@blueprint.response(200, schema_of(Reached, "Target")(many=True))
def targets(action_id: UUID) -> Sequence[Reached]:
    """Show whom the action reaches and how it ended for each; outside readers see nobody."""
    with handling().store.read() as conn:
        _seen_run(conn, action_id)
        # a list: a tuple would be taken for a body with its status
        return list(reached_by(conn, action_id, tokens.actor()))


@blueprint.route("/<uuid:action_id>/targets/accept", methods=["POST"])
@blueprint.arguments(schemas.AcceptanceSent)
@blueprint.response(204)
def accept_not_done(sent: dict[str, Any], action_id: UUID) -> None:
    """Accept by name that some targets are not done; only the owner of the process can."""
    accept_targets(
        handling(), action_id, sent["targets"], reason=sent["reason"], actor=tokens.actor()
    )


@blueprint.route("/<uuid:action_id>/accepted-until", methods=["POST"])
@blueprint.arguments(schemas.AcceptedUntilSent)
@blueprint.response(204)
def accept_that_it_comes_back(sent: dict[str, Any], action_id: UUID) -> None:
    """Sign, instead of a lasting remedy, until when it may come back; only the owner can."""
    accept_until(
        handling(), action_id, until=sent["until"], reason=sent["reason"], actor=tokens.actor()
    )


@blueprint.route("/<uuid:action_id>/run", methods=["GET"])
@blueprint.response(200, schema_of(RunPage))
def history(action_id: UUID) -> RunPage:
    """Show the history of the action's run."""
    with handling().store.read() as conn:
        return _seen_run(conn, action_id)


def _seen_run(conn: Connection, action_id: UUID) -> RunPage:
    page = run_page(conn, action_id=action_id)
    try:
        read_about(conn, page.incident_id, tokens.actor())
    except NotFound as unseen:
        raise no_history() from unseen
    return page
