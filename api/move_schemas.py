"""What goes in and out of moving running incidents to another release."""

from marshmallow import Schema, fields, validate

from api.shapes import schema_of
from engine.queries.moves import MoveShown
from engine.usecases.move_plans import Mappable

Progress = schema_of(MoveShown)

MOST_RUNS = 1_000
"""Runs in one answer."""


class MappedSent(Schema):
    """What an element of the old release's diagram is in the new one.

    One that stands for itself is accepted there in another lane or with another mark.
    """

    diagram = fields.String(required=True)
    before = fields.String(required=True)
    after = fields.String(required=True)


class MoveAsked(Schema):
    """Which runs, from which release to which; `process` leaves out those of all others."""

    before = fields.Integer(required=True, metadata={"description": "the number of a release"})
    after = fields.Integer(required=True, metadata={"description": "the number of a release"})
    process = fields.UUID(load_default=None, allow_none=True)
    mapping = fields.List(fields.Nested(MappedSent), load_default=[])


class DryRunAsked(MoveAsked):
    """What a dry run is about, and which of its runs are told."""

    group = fields.String(load_default=None, allow_none=True)
    skip = fields.Integer(load_default=0, validate=validate.Range(min=0))
    most = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST_RUNS))


class MoveBegun(MoveAsked):
    """A move: of all these runs, or of those listed alone."""

    reason = fields.String(required=True)
    runs = fields.List(fields.UUID(), load_default=None, allow_none=True)


class LinesAsked(Schema):
    """Which runs of a move are told."""

    skip = fields.Integer(load_default=0, validate=validate.Range(min=0))
    most = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST_RUNS))


class GroupTold(Schema):
    """Runs of which the same would become."""

    key = fields.String()
    stays = fields.Boolean()
    says = fields.List(fields.String(), metadata={"description": "in the reader's language"})
    count = fields.Integer()


class FateTold(Schema):
    """What would become of one run: an incident's own, or of one of its actions."""

    run = fields.UUID()
    incident = fields.Integer()
    action = fields.Integer(allow_none=True)
    diagram = fields.String()
    stands_at = fields.List(fields.String())
    stays = fields.Boolean()
    says = fields.List(fields.String(), metadata={"description": "in the reader's language"})
    group = fields.String()


class PlanTold(Schema):
    """What a move would do; `total` runs are open there, and so many were `looked_at`."""

    total = fields.Integer()
    looked_at = fields.Integer()
    move = fields.Integer()
    stay = fields.Integer()
    groups = fields.List(fields.Nested(GroupTold))
    mappable = fields.List(fields.Nested(schema_of(Mappable)))
    runs = fields.List(fields.Nested(FateTold))


class MovedLineTold(Schema):
    """What became of one run of a move."""

    run = fields.UUID()
    incident = fields.Integer()
    action = fields.Integer(allow_none=True)
    state = fields.String(metadata={"description": "waits, moved, stays or over"})
    says = fields.List(fields.String(), metadata={"description": "in the reader's language"})
    done_at = fields.AwareDateTime(allow_none=True)
