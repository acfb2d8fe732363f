"""Files for process mining, for auditors: asked for, watched, fetched; each who asked their own."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, send_file

from api import schemas, tokens
from api.mining.shelf import Export, Shelf, Wanted
from api.resources.resource import handling, resource
from api.shapes import schema_of
from engine.domain.permissions import Actor, may_audit
from engine.errors import NotAllowed
from engine.language import say

blueprint = resource("api_mining", __name__, "Process mining")


@blueprint.route("/mining", methods=["GET"])
@blueprint.response(200, schema_of(Export)(many=True))
def listed() -> list[Export]:
    """List the files that you asked for, the newest first."""
    return _shelf().of(_auditor().id)


@blueprint.route("/mining", methods=["POST"])
@blueprint.arguments(schemas.MiningAsked)
@blueprint.response(202, schema_of(Export))
def ask(sent: dict[str, Any]) -> Export:
    """Have a file written soon; it is kept for a week."""
    return _shelf().ask(handling().store, Wanted(**sent), actor=tokens.actor())


@blueprint.route("/mining/<uuid:export_id>", methods=["GET"])
@blueprint.response(200, schema_of(Export))
def show(export_id: UUID) -> Export:
    """Show how far a file is."""
    return _shelf().one(export_id, _auditor().id)


@blueprint.route("/mining/<uuid:export_id>/file", methods=["GET"])
@blueprint.response(200, content_type="application/octet-stream", description="XES or OCEL")
def fetch(export_id: UUID) -> Response:
    """Fetch a file that is written."""
    found = _shelf().one(export_id, _auditor().id)
    return send_file(_shelf().file(found), as_attachment=True, download_name=found.file_name)


@blueprint.route("/mining/<uuid:export_id>", methods=["DELETE"])
@blueprint.response(204)
def drop(export_id: UUID) -> None:
    """Take a file away before its time."""
    _shelf().drop(_shelf().one(export_id, _auditor().id))


def _auditor() -> Actor:
    if not may_audit(tokens.actor()):
        raise NotAllowed(say("The desk is for auditors."))
    return tokens.actor()


def _shelf() -> Shelf:
    return Shelf(current_app.config["EXPORTS"])
