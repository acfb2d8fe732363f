"""What goes in and out of the studio's drafts."""

from marshmallow import Schema, ValidationError, fields, validate

from api.shapes import schema_of
from engine.bpmn.release import MAX_FILES
from engine.language import say
from engine.queries.drafts import ChangedFile
from engine.usecases.drafting import LARGEST


def _require_scalar(value: object) -> None:
    if not isinstance(value, str | int | float | bool | None):
        raise ValidationError(say("This value is not possible."))


class DraftBegun(Schema):
    """What is to be changed; `back_to` is the number of a release that is to come back."""

    title = fields.String(required=True)
    back_to = fields.Integer(load_default=None, allow_none=True)


class DraftShown(Schema):
    """A draft and what it changes."""

    id = fields.UUID()
    title = fields.String()
    base = fields.Integer(metadata={"description": "the release that it changes"})
    is_behind = fields.Boolean(metadata={"description": "another one is in force by now"})
    begun_by = fields.String()
    begun_at = fields.AwareDateTime()
    asked_by = fields.String(allow_none=True)
    asked_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    release = fields.Integer(allow_none=True, metadata={"description": "what it became"})
    changes = fields.List(fields.Nested(schema_of(ChangedFile)))


class DraftFileShown(Schema):
    """A file of a draft; a null content was taken out."""

    name = fields.String()
    content = fields.String(allow_none=True)
    revision = fields.Integer()
    changed_by = fields.String(allow_none=True)
    changed_at = fields.AwareDateTime(allow_none=True)


class DraftFileSent(Schema):
    """A file as it is to be, and the revision that it was made from."""

    content = fields.String(required=True, allow_none=True, validate=validate.Length(max=LARGEST))
    revision = fields.Integer(required=True, validate=validate.Range(min=0))


class DraftFileSaved(Schema):
    """The file's new revision."""

    revision = fields.Integer()


class TableAsked(Schema):
    """A decision table as it is drawn now; `values` has one for each input that is tried."""

    content = fields.String(required=True, validate=validate.Length(max=LARGEST))
    values = fields.List(
        fields.Raw(allow_none=True, validate=_require_scalar),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=100),
    )


class TableFinding(Schema):
    """Something about the rows; `element` is a rule's id, or the table's."""

    element = fields.String(allow_none=True)
    row = fields.Integer(allow_none=True, metadata={"description": "counted from 1"})
    rule = fields.String()
    severity = fields.String(validate=validate.OneOf(["refused", "warning"]))
    message = fields.String()


class TableValue(Schema):
    """A value to try, and what it stands for."""

    value = fields.Raw(allow_none=True)
    words = fields.String()


class TableInputShown(Schema):
    """A column that is tested; `is_known`: it can have no other values than those offered."""

    label = fields.String()
    reads = fields.String()
    is_known = fields.Boolean()
    offered = fields.List(fields.Nested(TableValue))


class TableTried(Schema):
    """What the table decides: the rules that fit, and the outputs or why there are none."""

    rules = fields.List(fields.String())
    rows = fields.List(fields.Integer())
    outputs = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    why_not = fields.String(allow_none=True)


class TableShown(Schema):
    """What is wrong with a table, and what was tried; no inputs where it cannot be read."""

    findings = fields.List(fields.Nested(TableFinding))
    inputs = fields.List(fields.Nested(TableInputShown))
    tried = fields.Nested(TableTried, allow_none=True)


class DraftProofAsked(Schema):
    """Files in place of the draft's own, which are not kept."""

    files = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=200)),
        values=fields.String(validate=validate.Length(max=LARGEST)),
        load_default=dict,
        validate=validate.Length(max=MAX_FILES),
    )
