"""To-dos: the list, one of them with its form, and everything that can be done with it."""

from typing import Any
from uuid import UUID

from api import schemas, tokens
from api.reading import read_item
from api.resources.resource import handling, idempotency_key, now, resource
from api.shapes import schema_of
from engine.domain.action import TargetOutcome
from engine.queries.item import ItemPage
from engine.queries.paging import Page
from engine.queries.todos import Todos, todos
from engine.usecases import holding
from engine.usecases.complete import complete
from engine.usecases.not_answering import not_for_me, put_off
from engine.usecases.phoning import Heard, did_not_say, record_answer
from engine.usecases.targets import tick_targets
from forms import as_api_schema

blueprint = resource("api_items", __name__, "To-dos", path="/items")


@blueprint.route("", methods=["GET"])
@blueprint.arguments(schemas.ItemsAsked, location="query")
@blueprint.response(200, schema_of(Todos))
def list_items(asked: dict[str, Any]) -> Todos:
    """List open to-dos, soonest due first."""
    page = Page(asked["size"], asked.get("after"))
    with handling().store.read() as conn:
        return todos(conn, tokens.actor(), scope=asked["scope"], now=now(), page=page)


@blueprint.route("/<uuid:item_id>", methods=["GET"])
@blueprint.response(200, schema_of(ItemPage))
def show(item_id: UUID) -> ItemPage:
    """Show a to-do with what it is about, what is given, and what you may do with it."""
    return _seen(item_id)


@blueprint.route("/<uuid:item_id>/form", methods=["GET"])
@blueprint.response(200, description="JSON Schema, Draft 2020-12, of what `answers` may be")
def form(item_id: UUID) -> dict[str, Any]:
    """Show what the to-do asks, as JSON Schema."""
    return as_api_schema(_seen(item_id).form)


@blueprint.route("/<uuid:item_id>/claim", methods=["POST"])
@blueprint.response(204)
def claim(item_id: UUID) -> None:
    """Take the to-do; taking what you hold changes nothing."""
    holding.claim(handling(), item_id, actor=tokens.actor())


@blueprint.route("/<uuid:item_id>/release", methods=["POST"])
@blueprint.response(204)
def release(item_id: UUID) -> None:
    """Give the to-do back to those it is for."""
    holding.release(handling(), item_id, actor=tokens.actor())


@blueprint.route("/<uuid:item_id>/hand-over", methods=["POST"])
@blueprint.arguments(schemas.HandOverSent)
@blueprint.response(201, schemas.Made)
def hand_over(sent: dict[str, Any], item_id: UUID) -> dict[str, Any]:
    """Hand the to-do to a person or a team of the same party; the new one has its own id."""
    made = holding.hand_over(
        handling(),
        item_id,
        actor=tokens.actor(),
        note=sent["note"],
        team_id=sent.get("team"),
        person_id=sent.get("person"),
    )
    return {"id": made}


@blueprint.route("/<uuid:item_id>/draft", methods=["PUT"])
@blueprint.arguments(schemas.AnswersSent)
@blueprint.response(204)
def draft(sent: dict[str, Any], item_id: UUID) -> None:
    """Keep answers that are not finished; they are nobody's word yet."""
    holding.save_draft(handling(), item_id, sent["answers"], actor=tokens.actor())


@blueprint.route("/<uuid:item_id>/complete", methods=["POST"])
@blueprint.arguments(schemas.AnswersSent)
@blueprint.response(204)
def finish(sent: dict[str, Any], item_id: UUID) -> None:
    """Complete the to-do; the same Idempotency-Key again changes nothing."""
    key = idempotency_key()
    complete(
        handling(),
        item_id,
        sent["answers"],
        actor=tokens.actor(),
        key=key,
        insists=sent["insists"],
    )


@blueprint.route("/<uuid:item_id>/put-off", methods=["POST"])
@blueprint.arguments(schemas.PutOffSent)
@blueprint.response(204)
def later(sent: dict[str, Any], item_id: UUID) -> None:
    """Be asked for the answer again later, once."""
    put_off(handling(), item_id, sent["until"], actor=tokens.actor())


@blueprint.route("/<uuid:item_id>/phoned", methods=["POST"])
@blueprint.arguments(schemas.PhonedSent)
@blueprint.response(204)
def write_down(sent: dict[str, Any], item_id: UUID) -> None:
    """Write down what a confirmer answered by phone; they get a receipt."""
    heard = Heard(sent["whom"], sent["place"], sent["words_used"], sent["heard_at"])
    key = idempotency_key()
    record_answer(handling(), item_id, sent["answers"], heard, actor=tokens.actor(), key=key)


@blueprint.route("/<uuid:item_id>/not-said", methods=["POST"])
@blueprint.arguments(schemas.DeniedSent)
@blueprint.response(204)
def not_said(sent: dict[str, Any], item_id: UUID) -> None:
    """Say that you did not give the answer that was written down in your name."""
    did_not_say(handling(), item_id, words=sent["words"], actor=tokens.actor())


@blueprint.route("/<uuid:item_id>/not-for-me", methods=["POST"])
@blueprint.arguments(schemas.NotForMeSent)
@blueprint.response(204)
def somebody_else(sent: dict[str, Any], item_id: UUID) -> None:
    """Say who can answer in your place."""
    not_for_me(
        handling(),
        item_id,
        actor=tokens.actor(),
        person_id=sent.get("person"),
        words=sent["words"],
    )


@blueprint.route("/<uuid:item_id>/targets", methods=["POST"])
@blueprint.arguments(schemas.TargetsTicked)
@blueprint.response(200, schemas.Left)
def tick(sent: dict[str, Any], item_id: UUID) -> dict[str, int]:
    """Note how it ended for some of those whom the action reaches; it goes on."""
    outcomes: dict[UUID, TargetOutcome] = {
        one["target"]: one["outcome"] for one in sent["outcomes"]
    }
    left = tick_targets(handling(), item_id, outcomes, actor=tokens.actor(), note=sent.get("note"))
    return {"left": left}


def _seen(item_id: UUID) -> ItemPage:
    asked = handling()
    with asked.store.read() as conn:
        return read_item(conn, item_id, tokens.actor(), now(), ladder=asked.ladder)
