"""What goes in and out of the studio's drafts."""

from marshmallow import Schema, fields, validate

from api.shapes import schema_of
from engine.bpmn.release import MAX_FILES
from engine.queries.drafts import ChangedFile
from engine.usecases.drafting import LARGEST


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


class DraftProofAsked(Schema):
    """Files in place of the draft's own, which are not kept."""

    files = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=200)),
        values=fields.String(validate=validate.Length(max=LARGEST)),
        load_default=dict,
        validate=validate.Length(max=MAX_FILES),
    )
