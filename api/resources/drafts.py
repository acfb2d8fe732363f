"""Drafts of diagrams, tables and forms, for the editors of the studio and for programs alike.

A file is text here: UTF-8, as it is in a folder.  What is in no draft yet is proved by `/proofs`.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api import draft_schemas, schemas, tokens
from api.proving import prove_apart, texts_of
from api.resources.resource import handling, resource
from api.shapes import schema_of
from api.table_told import told
from engine.bpmn.document import text_of
from engine.queries.drafts import DraftLine, DraftPage, draft_file, draft_files, draft_page, drafts
from engine.queries.library import release_id_of
from engine.usecases.drafting import begin_draft, require_reader_of_diagrams, save_file
from engine.usecases.table_checking import check_table

blueprint = resource("api_drafts", __name__, "Drafts", path="/drafts")


@blueprint.route("", methods=["GET"])
@blueprint.response(200, schema_of(DraftLine)(many=True))
def list_drafts() -> Sequence[DraftLine]:
    """List the open drafts, what was changed last first."""
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        return drafts(conn)


@blueprint.route("", methods=["POST"])
@blueprint.arguments(draft_schemas.DraftBegun)
@blueprint.response(201, schemas.Made)
def begin(sent: dict[str, Any]) -> Mapping[str, Any]:
    """Begin to change the release in force, or to bring an earlier one back."""
    with handling().store.read() as conn:
        back_to = release_id_of(conn, sent["back_to"]) if sent["back_to"] else None
    made = begin_draft(handling(), sent["title"], actor=tokens.actor(), back_to=back_to)
    return {"id": made}


@blueprint.route("/<uuid:draft_id>", methods=["GET"])
@blueprint.response(200, draft_schemas.DraftShown)
def show(draft_id: UUID) -> DraftPage:
    """Show what a draft changes."""
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        return draft_page(conn, draft_id)


@blueprint.route("/<uuid:draft_id>/files/<name>", methods=["GET"])
@blueprint.response(200, draft_schemas.DraftFileShown)
def read(draft_id: UUID, name: str) -> Mapping[str, Any]:
    """Show a file as the draft has it; revision 0 is the release's own."""
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        found = draft_file(conn, draft_id, name)
    return {
        "name": found.name,
        "content": None if found.content is None else text_of(found.content),
        "revision": found.revision,
        "changed_by": found.changed_by,
        "changed_at": found.changed_at,
    }


@blueprint.route("/<uuid:draft_id>/files/<name>", methods=["PUT"])
@blueprint.arguments(draft_schemas.DraftFileSent)
@blueprint.response(200, draft_schemas.DraftFileSaved)
def save(sent: dict[str, Any], draft_id: UUID, name: str) -> Mapping[str, Any]:
    """Save a file that was made from `revision`; a null content takes it out.

    If it was saved meanwhile, nothing is overwritten: 409 `stale_file`.
    """
    content = None if sent["content"] is None else sent["content"].encode()
    revision = save_file(
        handling(), draft_id, name, content, revision=sent["revision"], actor=tokens.actor()
    )
    return {"revision": revision}


@blueprint.route("/<uuid:draft_id>/tables/<name>/check", methods=["POST"])
@blueprint.arguments(draft_schemas.TableAsked)
@blueprint.response(200, draft_schemas.TableShown)
def check(sent: dict[str, Any], draft_id: UUID, name: str) -> Mapping[str, Any]:
    """Look at the rows of a decision table, and try values; nothing is kept.

    Rows that overlap, that never answer, and cases that no row answers are told.
    """
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        files = draft_files(conn, draft_id)
    return told(check_table(name, sent["content"].encode(), files), sent["values"])


@blueprint.route("/<uuid:draft_id>/proof", methods=["POST"])
@blueprint.arguments(draft_schemas.DraftProofAsked)
@blueprint.response(200, schemas.FilesProved)
def prove(sent: dict[str, Any], draft_id: UUID) -> Mapping[str, Any]:
    """Prove or refute what the draft would become, with these files in place; nothing is kept."""
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        files = draft_files(conn, draft_id)
    return {"files": prove_apart(texts_of(files) | sent["files"], ())}
