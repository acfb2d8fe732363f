"""Setting up, for programs: the same records, forms and files as the pages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import url_for

from api import schemas, tokens
from api.resources.resource import handling, now, resource
from api.shapes import schema_of
from engine.domain.permissions import Role
from engine.domain.register import RecordKind
from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.queries.register import (
    RecordLine,
    RegisterLine,
    answers_of,
    names,
    records,
    register_trail,
)
from engine.store.registering import last_change
from engine.usecases.setting_up import require_to_set_up, save
from engine.usecases.setting_up.tables import Imported, import_table
from forms import as_api_schema, check, fixed

blueprint = resource("api_setting_up", __name__, "Setting up", path="/setup")

_MOST = 1_000


def _kind(word: str) -> RecordKind:
    require_to_set_up(tokens.actor())
    try:
        return RecordKind(word)
    except ValueError as error:
        raise NotFound(say("There is nothing of this kind.")) from error


@blueprint.route("/changes", methods=["GET"])
@blueprint.arguments(schemas.RegisterAsked, location="query")
@blueprint.response(200, schema_of(RegisterLine)(many=True))
def list_changes(asked: dict[str, Any]) -> Sequence[RegisterLine]:
    """List who changed what, newest first."""
    if not tokens.actor().has_role(Role.AUDITOR):
        require_to_set_up(tokens.actor())
    with handling().store.read() as conn:
        return register_trail(conn, before=asked["before"], subject=asked["of"])


@blueprint.route("/<kind>", methods=["GET"])
@blueprint.arguments(schemas.RecordsAsked, location="query")
@blueprint.response(200, schema_of(RecordLine)(many=True))
def list_records(asked: dict[str, Any], kind: str) -> Sequence[RecordLine]:
    """List the first thousand of a kind by name: organisation, person, team, process, calendar."""
    with handling().store.read() as conn:
        return records(conn, _kind(kind), words=asked["words"], most=_MOST)[0]


@blueprint.route("/<kind>/form", methods=["GET"])
@blueprint.response(200)
def form(kind: str) -> dict[str, Any]:
    """Show what is asked of a kind, as JSON Schema; what it names is an id."""
    return as_api_schema(fixed(_kind(kind).value))


@blueprint.route("/<kind>", methods=["POST"])
@blueprint.arguments(schemas.RecordSent)
@blueprint.response(201, schemas.Made)
def enter(sent: dict[str, Any], kind: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Enter a new record."""
    made = _saved(_kind(kind), None, sent)
    return {"id": made}, {"Location": url_for("api_setting_up.show", kind=kind, record_id=made)}


@blueprint.route("/<kind>/<uuid:record_id>", methods=["GET"])
@blueprint.response(200, schemas.RecordShown)
def show(kind: str, record_id: UUID) -> dict[str, Any]:
    """Show a record."""
    which = _kind(kind)
    with handling().store.read() as conn:
        answers = answers_of(conn, which, record_id)
        if answers is None:
            raise NotFound(say("There is no such record."))
        return {"id": record_id, "seen": last_change(conn, record_id), "answers": answers}


@blueprint.route("/<kind>/<uuid:record_id>", methods=["PUT"])
@blueprint.arguments(schemas.RecordSent)
@blueprint.response(204)
def change(sent: dict[str, Any], kind: str, record_id: UUID) -> None:
    """Change a record to what is sent; with `seen`, 409 if somebody has changed it since."""
    _saved(_kind(kind), record_id, sent)


@blueprint.route("/<kind>/file", methods=["POST"])
@blueprint.arguments(schemas.TableSent)
@blueprint.response(200, schema_of(Imported))
def take_file(sent: dict[str, Any], kind: str) -> Imported:
    """Try comma-separated values, or take them: all, or nothing if a line is wrong."""
    which = _kind(kind)
    return import_table(
        handling().store,
        which,
        fixed(which.value),
        sent["content"],
        actor=tokens.actor(),
        dry_run=sent["dry_run"],
    )


def _saved(kind: RecordKind, record_id: UUID | None, sent: dict[str, Any]) -> UUID:
    asked = handling().store
    with asked.read() as conn:
        choices = names(conn).choices
    found = check(fixed(kind.value), sent["answers"], choices=choices, now=now())
    if not found.ok:
        raise InvalidAnswers(found.findings)
    return save(
        asked,
        kind,
        found.answers,
        actor=tokens.actor(),
        record_id=record_id,
        seen=sent["seen"],
    )
