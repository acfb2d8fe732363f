"""For named people only: who they are, limiting an incident to them, and ending that."""

from typing import Any
from uuid import UUID

from api import schemas, tokens
from api.reading import read_about
from api.resources.resource import handling, number_or_id, resource, seen
from api.shapes import schema_of
from engine.errors import NotFound
from engine.language import say
from engine.queries.restriction import Restriction, restriction_of
from engine.usecases.naming import name_person, take_off
from engine.usecases.restricting import agree_to_lift, ask_to_lift, decline_to_lift, restrict

blueprint = resource("api_restrictions", __name__, "For named people only", path="/incidents")


def _id(which: str) -> UUID:
    with handling().store.read() as conn:
        return seen(conn, which).incident.id


@blueprint.route("/<which>/restriction", methods=["GET"])
@blueprint.response(200, schema_of(Restriction))
def show(which: str) -> Restriction:
    """Show who may read it, since when and why; 404 unless it is for named people only."""
    with handling().store.read() as conn:
        incident = read_about(conn, number_or_id(which), tokens.actor()).incident
        found = restriction_of(conn, incident.id)
    if found is None:
        raise NotFound(say("This is not limited to named people."))
    return found


@blueprint.route("/<which>/restriction", methods=["POST"])
@blueprint.arguments(schemas.RestrictionSent)
@blueprint.response(204)
def limit(sent: dict[str, Any], which: str) -> None:
    """Limit it to those who answer for it or are asked by name, and to `people`."""
    restrict(
        handling(), _id(which), reason=sent["reason"], people=sent["people"], actor=tokens.actor()
    )


@blueprint.route("/<which>/named-people", methods=["POST"])
@blueprint.arguments(schemas.PersonSent)
@blueprint.response(204)
def name(sent: dict[str, Any], which: str) -> None:
    """Let one more person read it."""
    name_person(handling(), _id(which), sent["person"], actor=tokens.actor())


@blueprint.route("/<which>/taken-off", methods=["POST"])
@blueprint.arguments(schemas.PersonOffSent)
@blueprint.response(204)
def take_somebody_off(sent: dict[str, Any], which: str) -> None:
    """Let somebody read it no more, whatever they are towards it."""
    take_off(handling(), _id(which), sent["person"], reason=sent["reason"], actor=tokens.actor())


@blueprint.route("/<which>/restriction/lift", methods=["POST"])
@blueprint.arguments(schemas.ReasonSent)
@blueprint.response(204)
def ask_for_everybody(sent: dict[str, Any], which: str) -> None:
    """Ask that everybody may read it again; somebody else has to agree."""
    ask_to_lift(handling(), _id(which), reason=sent["reason"], actor=tokens.actor())


@blueprint.route("/<which>/restriction/declined", methods=["POST"])
@blueprint.arguments(schemas.ReasonSent)
@blueprint.response(204)
def decline(sent: dict[str, Any], which: str) -> None:
    """Say why it stays as it is; who asked is told, and may ask again."""
    decline_to_lift(handling(), _id(which), reason=sent["reason"], actor=tokens.actor())


@blueprint.route("/<which>/restriction/lifted", methods=["POST"])
@blueprint.response(204)
def agree(which: str) -> None:
    """Agree that everybody may read it again."""
    agree_to_lift(handling(), _id(which), actor=tokens.actor())
