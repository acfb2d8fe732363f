"""For auditors: incidents found by what happened, in columns of choice, and how many there are."""

from typing import Any

from marshmallow import Schema, fields

from api import tokens
from api.looking import LookAsked, look_of
from api.resources.resource import handling, now, resource
from api.shapes import Seconds, schema_of
from engine.queries.finding.columns import COLUMNS, Column, Shape
from engine.queries.finding.lines import Count, FoundLine, count_found, found
from engine.usecases.at_the_desk import require_auditor

blueprint = resource("api_finding", __name__, "Finding", path="/desk/incidents")

_FIELDS: dict[Shape, type[fields.Field[Any]]] = {
    Shape.TEXT: fields.String,
    Shape.WORD: fields.String,
    Shape.NUMBER: fields.Integer,
    Shape.INSTANT: fields.AwareDateTime,
    Shape.LENGTH: Seconds,
    Shape.YES: fields.Boolean,
}


def _field(column: Column) -> fields.Field[Any]:
    about = {"description": str(column.title)}
    if column.name == "money":
        return fields.Decimal(as_string=True, metadata=about)
    return _FIELDS[column.shape](metadata=about)


def _called(column: Column) -> str:
    return f"{column.name}_seconds" if column.shape is Shape.LENGTH else column.name


FoundShown = Schema.from_dict(
    {
        "id": fields.UUID(),
        "is_restricted": fields.Boolean(),
        **{_called(column): _field(column) for column in COLUMNS},
    },
    name="FoundShown",
)


class FoundsShown(Schema):
    """A page of what was found; each line has the columns that were asked for."""

    lines = fields.List(fields.Nested(FoundShown))
    next = fields.String(allow_none=True)


@blueprint.route("", methods=["GET"])
@blueprint.arguments(LookAsked, location="query")
@blueprint.response(200, FoundsShown)
def find(asked: dict[str, Any]) -> dict[str, Any]:
    """Find incidents by what happened."""
    require_auditor(tokens.actor())
    look = look_of(asked)
    with handling().store.read() as conn:
        page = found(conn, look.asked, look.columns, now=now(), order=look.order, page=look.page)
    return {"lines": [_line(look.columns, one) for one in page.lines], "next": page.next}


@blueprint.route("/count", methods=["GET"])
@blueprint.arguments(LookAsked, location="query")
@blueprint.response(200, schema_of(Count))
def count(asked: dict[str, Any]) -> Count:
    """Count them, up to a limit: `number` is null if that takes too long."""
    require_auditor(tokens.actor())
    with handling().store.read() as conn:
        return count_found(conn, look_of(asked).asked, now=now())


def _line(columns: tuple[Column, ...], line: FoundLine) -> dict[str, Any]:
    said = {_called(column): value for column, value in zip(columns, line.values, strict=True)}
    return {"id": line.id, "is_restricted": line.is_restricted, **said}
