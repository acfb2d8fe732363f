"""Answers that are missing for too long, and one list that closes many of them line by line."""

from typing import Any

from api import schemas, tokens
from api.resources.resource import handling, idempotency_key, now, resource
from api.shapes import schema_of
from engine.queries.closing_lists import ClosingList, closing_list
from engine.queries.debt import DebtPage, debt_page
from engine.usecases.closing_lists import close_lines, make_list

blueprint = resource("api_lists", __name__, "One list for many")


@blueprint.route("/debt", methods=["GET"])
@blueprint.response(200, schema_of(DebtPage))
def debt() -> DebtPage:
    """Show the answers that are missing too long: owners those of their processes."""
    asked = handling()
    with asked.store.read() as conn:
        return debt_page(conn, tokens.actor(), now(), ladder=asked.ladder)


@blueprint.route("/lists", methods=["POST"])
@blueprint.arguments(schemas.ListSent)
@blueprint.response(201, schema_of(ClosingList))
def make(sent: dict[str, Any]) -> ClosingList:
    """Make a list of what you may decide of a process and a priority (P3 or P4)."""
    number = make_list(handling(), sent["process"], sent["priority"], actor=tokens.actor())
    return _found(number)


@blueprint.route("/lists/<int:number>", methods=["GET"])
@blueprint.response(200, schema_of(ClosingList))
def show(number: int) -> ClosingList:
    """Show a list as it stands: `heard` says what came of phoning about a line."""
    return _found(number)


@blueprint.route("/lists/<int:number>/closed", methods=["POST"])
@blueprint.arguments(schemas.LinesSent)
@blueprint.response(200, schemas.LinesClosed)
def close(sent: dict[str, Any], number: int) -> dict[str, Any]:
    """Close lines without an answer, each by itself; what could not be is told with the reason."""
    done = close_lines(
        handling(),
        number,
        sent["incidents"],
        reason=sent["reason"],
        actor=tokens.actor(),
        key=idempotency_key(),
    )
    return {"closed": done.count, "refused": dict(done.refused)}


def _found(number: int) -> ClosingList:
    with handling().store.read() as conn:
        return closing_list(conn, number, tokens.actor())
