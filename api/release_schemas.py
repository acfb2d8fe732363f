"""What programs are told about releases."""

from marshmallow import Schema, fields

from api.shapes import schema_of
from engine.domain.difference import How
from engine.queries.where_it_hurts import WhereItHurts

Waits = schema_of(WhereItHurts)


class PeriodAsked(Schema):
    """From an instant until before another."""

    since = fields.AwareDateTime(required=True)
    until = fields.AwareDateTime(required=True)


class DifferenceTold(Schema):
    """One thing that differs; `before` and `after` are its ids, null where it is not."""

    how = fields.Enum(How, by_value=True)
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    says = fields.List(fields.String(), metadata={"description": "in the reader's language"})


class LineTold(Schema):
    """A line of a text that differs."""

    how = fields.Enum(How, by_value=True)
    words = fields.String()


class FileDiffers(Schema):
    """A file that differs; of one that cannot be read, and of texts, its lines."""

    name = fields.String()
    kind = fields.String(metadata={"description": "bpmn, dmn, form or text"})
    how = fields.Enum(How, by_value=True)
    unreadable = fields.List(fields.String())
    differences = fields.List(fields.Nested(DifferenceTold))
    lines = fields.List(fields.Nested(LineTold))
