"""Who asks, their API tokens, and what they can choose from."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from api import schemas, tokens
from api.reading import read_about
from api.resources.resource import handling, resource
from api.shapes import schema_of
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.choices import Choices, choices
from engine.queries.tokens import TokenLine, tokens_of
from engine.usecases.tokens import make_token, revoke_token

blueprint = resource("api_me", __name__, "You")


@blueprint.route("/me", methods=["GET"])
@blueprint.response(200, schemas.PersonShown)
def show() -> dict[str, Any]:
    """Show who you are here."""
    actor = tokens.actor()
    return {
        "id": actor.id,
        "name": actor.name,
        "roles": sorted(actor.roles),
        "teams": sorted(actor.team_ids),
        "organisation": actor.organisation_id,
    }


@blueprint.route("/me/tokens", methods=["GET"])
@blueprint.response(200, schema_of(TokenLine)(many=True))
def list_tokens() -> Sequence[TokenLine]:
    """List your API tokens; the tokens themselves are not kept."""
    with handling().store.read() as conn:
        # a list: a tuple would be taken for a body with its status
        return list(tokens_of(conn, tokens.actor().id))


@blueprint.route("/me/tokens", methods=["POST"])
@blueprint.arguments(schemas.TokenAsked)
@blueprint.response(201, schemas.TokenMade)
def make(asked: dict[str, Any]) -> dict[str, Any]:
    """Make an API token, shown this once; a token by itself cannot make another."""
    if tokens.came_with_token():
        raise NotAllowed(say("A token cannot make another one: sign in and make it there."))
    made, token = make_token(
        handling().store,
        tokens.actor().id,
        name=asked["name"],
        lasts=timedelta(days=asked["days"]),
    )
    return {"id": made, "token": token}


@blueprint.route("/me/tokens/<uuid:token_id>", methods=["DELETE"])
@blueprint.response(204)
def revoke(token_id: UUID) -> None:
    """End one of your tokens at once."""
    revoke_token(handling().store, token_id, person_id=tokens.actor().id)


@blueprint.route("/choices", methods=["GET"])
@blueprint.arguments(schemas.ChoicesAsked, location="query")
@blueprint.response(200, schemas.ChoicesShown)
def list_choices(asked: dict[str, Any]) -> Choices:
    """List what you can choose: people, teams, processes, products, an incident's actions."""
    incident = asked.get("incident")
    with handling().store.read() as conn:
        if incident is not None:
            read_about(conn, incident, tokens.actor())
        return choices(conn, tokens.actor(), incident_id=incident)
