"""For auditors: closures recomputed, ways out sampled, one incident whole; and runs' diagrams."""

from secrets import randbelow
from typing import Any
from uuid import UUID

from flask import Response

from api import schemas, tokens
from api.reading import read_about
from api.resources.resource import handling, now, number_or_id, resource
from api.shapes import schema_of
from engine.domain.permissions import may_sample_ways_out
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.closures import closures_without_evidence
from engine.queries.instance import Instance, instance
from engine.queries.masked_words import as_shown
from engine.queries.run import diagram_xml
from engine.queries.way_out_sample import WayOutSample, owner_in_scope, sample_ways_out
from engine.queries.ways_out import ways_out
from engine.usecases.at_the_desk import require_auditor

blueprint = resource("api_audit", __name__, "Audit")


@blueprint.route("/closures", methods=["GET"])
@blueprint.response(200, schemas.ClosuresShown)
def closures() -> dict[str, Any]:
    """Recompute every closure from rows; a sound database lists none as unproven."""
    require_auditor(tokens.actor())
    store = handling().store
    keys = store.key.known
    with store.read_as_written() as conn:
        closed, unproven = closures_without_evidence(conn, keys)
        out = ways_out(conn, keys)
    found = [*unproven, *out.unproven]
    with store.read() as conn:
        told = as_shown(conn, [one.why for one in found])
    return {
        "closed": closed,
        "set_aside": out.set_aside,
        "merged": out.merged,
        "unproven": [one._replace(why=why) for one, why in zip(found, told, strict=True)],
    }


@blueprint.route("/incidents/<which>/instance", methods=["GET"])
@blueprint.arguments(schemas.InstanceAsked, location="query")
@blueprint.response(200, schema_of(Instance))
def one_incident(asked: dict[str, Any], which: str) -> Instance:
    """Show all that is kept about an incident: entries, runs with their visits, whose time it was.

    Entries come in parts: the next begins with number `next_seq`.
    """
    require_auditor(tokens.actor())
    with handling().store.read() as conn:
        incident = read_about(conn, number_or_id(which), tokens.actor()).incident
        return instance(conn, incident, now(), since=asked["since"], most=asked["size"])


@blueprint.route("/ways-out", methods=["GET"])
@blueprint.arguments(schemas.SampleAsked, location="query")
@blueprint.response(200, schema_of(WayOutSample))
def sample(asked: dict[str, Any]) -> WayOutSample:
    """Count the ways out and draw some that were set aside or merged.

    An owner of business processes draws from their own.
    """
    actor = tokens.actor()
    if not may_sample_ways_out(actor):
        raise NotAllowed(say("Only auditors and owners of business processes can ask this."))
    seed = randbelow(2**31) if asked["seed"] is None else asked["seed"]
    with handling().store.read() as conn:
        owner = owner_in_scope(actor)
        return sample_ways_out(conn, most=asked["sample"], seed=seed, owner=owner)


@blueprint.route("/releases/<uuid:release_id>/diagrams/<diagram>", methods=["GET"])
@blueprint.response(200, content_type="application/xml", description="BPMN 2.0")
def diagram(release_id: UUID, diagram: str) -> Response:
    """Show a diagram of a release, as BPMN."""
    with handling().store.read() as conn:
        return Response(diagram_xml(conn, release_id, diagram), mimetype="application/xml")
