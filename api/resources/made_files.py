"""Files that a worker makes for an auditor: asked for, watched and fetched by who asked."""

from uuid import UUID

from flask import Response

from api import schemas, tokens
from api.languages import current
from api.pages.made_files import fetched
from api.resources.resource import handling, resource
from api.results import KINDS
from api.shapes import schema_of
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.language import say
from engine.usecases import result_files
from engine.usecases.at_the_desk import require_auditor
from engine.usecases.result_files import ResultFile

blueprint = resource("api_made_files", __name__, "Files")


@blueprint.route("/desk/files", methods=["GET"])
@blueprint.response(200, schema_of(ResultFile)(many=True))
def listed() -> list[ResultFile]:
    """List the files that you asked for, the newest first."""
    with handling().store.read() as conn:
        return list(result_files.files_of(conn, _auditor()))


@blueprint.route("/desk/files", methods=["POST"])
@blueprint.arguments(schemas.ResultAsked)
@blueprint.response(202, schema_of(ResultFile))
def ask(sent: dict[str, str]) -> ResultFile:
    """Have a file made: of incidents found, a pack, or for process mining.

    `query` is what stands behind the question mark where the pages ask for the same.
    """
    actor, store = _auditor(), handling().store
    kind = sent["format"]
    if kind not in KINDS:
        raise InvalidAnswers({"format": say("There is no such kind of file.")})
    query = KINDS[kind].again(sent["query"])
    made = result_files.ask_for_file(store, query, kind, language=current().code, actor=actor)
    with store.read() as conn:
        return result_files.file_of(conn, made, actor=actor)


@blueprint.route("/desk/files/<uuid:result_id>", methods=["GET"])
@blueprint.response(200, schema_of(ResultFile))
def show(result_id: UUID) -> ResultFile:
    """Show how far a file is."""
    with handling().store.read() as conn:
        return result_files.file_of(conn, result_id, actor=_auditor())


@blueprint.route("/desk/files/<uuid:result_id>/content", methods=["GET"])
@blueprint.response(200, content_type="application/octet-stream", description="The file")
def content(result_id: UUID) -> Response:
    """Fetch a file that is there.

    One that names people needs a purpose: stated at the desk, or said with `Purpose:`.
    """
    return fetched(handling().store, result_id, _auditor())


@blueprint.route("/desk/files/<uuid:result_id>", methods=["DELETE"])
@blueprint.response(204)
def drop(result_id: UUID) -> None:
    """Take a file away before its time, or stop making it."""
    result_files.drop_file(handling().store, result_id, actor=_auditor())


def _auditor() -> Actor:
    require_auditor(tokens.actor())
    return tokens.actor()
