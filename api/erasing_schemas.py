"""What the JSON API takes about erasing by law; see `schemas.py`."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from engine.domain.erasing import Ground
from engine.language import say

_WHY = validate.Length(min=1, max=2000)


class OldAsked(Schema):
    """Of which business process; of all unless said."""

    process = fields.UUID(load_default=None)


class ErasureAsked(Schema):
    """What is to be erased: a person's data, or what ended before an instant."""

    person = fields.UUID(load_default=None)
    names = fields.List(
        fields.String(validate=validate.Length(max=200)),
        load_default=list,
        metadata={"description": "other names, addresses and numbers of theirs"},
    )
    ended_before = fields.AwareDateTime(load_default=None)
    process = fields.UUID(load_default=None)
    ground = fields.Enum(Ground, by_value=True, required=True)
    why = fields.String(required=True, validate=_WHY)

    @validates_schema
    def _one_of_both(self, sent: dict[str, object], **_: object) -> None:
        if sent.get("ended_before") and (sent.get("person") or sent.get("names")):
            raise ValidationError(
                say("Please ask for a person or for what is old, not for both."), "ended_before"
            )


class HoldSent(Schema):
    """What must not be erased: a person's data, or the incident of a number."""

    person = fields.UUID(load_default=None)
    incident = fields.Integer(load_default=None, validate=validate.Range(min=1))
    why = fields.String(required=True, validate=_WHY)
