"""What the JSON API takes; what it gives is made from the queries' records (`shapes.py`).

Unknown fields are refused everywhere.  Lengths and what belongs together are checked by the same
forms that pages show, so these schemas say shapes only.
"""

from datetime import UTC, datetime

from marshmallow import EXCLUDE, Schema, fields, validate

from api.wrong_shapes import say_them_plainly, sentence_of
from engine.bpmn.release import MAX_FILES
from engine.domain.action import ActionKind, TargetOutcome
from engine.domain.incident import Answer, ClosedBy, IncidentState, Level, Priority
from engine.domain.party import Party
from engine.domain.silence import Channel
from engine.language import say
from engine.proof import Severity, Verdict
from engine.queries.access import AccessKind
from engine.queries.instance import MOST_ENTRIES
from engine.queries.paging import MOST
from engine.queries.todos import Scope

say_them_plainly()

# before that no zone is sure
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_REASON = validate.Length(min=1, max=4000)


class Problem(Schema):
    """How every refusal is told."""

    code = fields.String(required=True, metadata={"description": "stable, for machines"})
    sentence = fields.String(required=True, metadata={"description": "plain, for people"})
    context = fields.Dict(keys=fields.String(), metadata={"description": "details, by code"})


class PageAsked(Schema):
    """Which page of a list."""

    size = fields.Integer(load_default=50, validate=validate.Range(1, MOST))
    after = fields.String(metadata={"description": "`next` of the page before"})


class IncidentsAsked(PageAsked):
    """Which incidents."""

    state = fields.Enum(IncidentState, by_value=True)
    closed_by = fields.Enum(ClosedBy, by_value=True)
    priority = fields.Enum(Priority, by_value=True)
    process = fields.UUID()
    words = fields.String(validate=validate.Length(max=200))
    led_by_me = fields.Boolean(load_default=False)
    reported_by_me = fields.Boolean(load_default=False)


class ItemsAsked(PageAsked):
    """Whose to-dos."""

    scope = fields.Enum(Scope, by_value=True, load_default=Scope.MINE)


class ChoicesAsked(Schema):
    """For which incident; without one there are no actions to choose from."""

    incident = fields.UUID()


class ReportSent(Schema):
    """A report, as the form `report_incident` asks it; `product` is an id of `/choices`."""

    product = fields.String(required=True)
    title = fields.String(required=True)
    actual = fields.String(required=True)
    expected = fields.String(required=True)
    harmed = fields.String()
    harmed_count = fields.Integer()
    harm_begins_at = fields.String(metadata={"format": "date-time"})
    caller = fields.String(metadata={"description": "who told us and has no account"})
    caller_contact = fields.String()
    size = fields.Float()
    size_unit = fields.String()
    money = fields.Float()
    currency = fields.String()
    impact = fields.String(required=True, metadata={"description": "high, medium or low"})
    urgency = fields.String(required=True, metadata={"description": "high, medium or low"})
    named_only = fields.Boolean(metadata={"description": "only named people may read it"})


class ProposalSent(Schema):
    """An action, as the form `propose_action` asks it."""

    title = fields.String(required=True)
    party = fields.String(required=True, metadata={"description": " or ".join(Party)})
    detail = fields.String()
    team = fields.String()
    person = fields.String()
    due_at = fields.String(metadata={"format": "date-time"})
    kind = fields.String(metadata={"description": " or ".join(ActionKind)})
    ends_cause = fields.Boolean()
    deadline_at = fields.String(metadata={"format": "date-time"})
    deadline_because = fields.String(metadata={"description": "the law or contract that sets it"})
    reference = fields.String(metadata={"description": "a supplier's or a customer's own number"})
    contact = fields.String()
    targets_answer = fields.Boolean(metadata={"description": "each is asked if it is right"})
    after = fields.List(fields.String(), metadata={"description": "actions that come first"})
    targets = fields.List(fields.String(), metadata={"description": "whom it reaches"})


class KindSent(Schema):
    """As what a proposal is taken up."""

    kind = fields.Enum(ActionKind, by_value=True, load_default=ActionKind.PUTS_RIGHT)


class ReasonSent(Schema):
    """Why."""

    reason = fields.String(required=True, validate=_REASON)


class WordsSent(Schema):
    """What is to be said with it, if anything."""

    words = fields.String(load_default="", validate=validate.Length(max=4000))


class RecordsAsked(Schema):
    """Which records of a kind."""

    words = fields.String(load_default="", validate=validate.Length(max=200))


class RecordSent(Schema):
    """A record as its form asks it; `seen` is its version that this changes, if it is asked."""

    answers = fields.Dict(keys=fields.String(), required=True)
    seen = fields.Integer(load_default=None)


class RecordShown(Schema):
    """A record, and the number of the newest entry about it."""

    id = fields.UUID()
    seen = fields.Integer()
    answers = fields.Dict(keys=fields.String())


class TableSent(Schema):
    """Comma-separated values; without `dry_run: false` they are only tried."""

    content = fields.String(required=True, validate=validate.Length(max=2 * 1024 * 1024))
    dry_run = fields.Boolean(load_default=True)


class RegisterAsked(Schema):
    """Which changes: those before an entry's number, those of one record."""

    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**31 - 1))
    of = fields.UUID(load_default=None)


class RestrictionSent(ReasonSent):
    """Why only named people may read it, and who beside those who answer for it."""

    people = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=200))


class PersonSent(Schema):
    """Who."""

    person = fields.UUID(required=True)


class PersonOffSent(PersonSent, ReasonSent):
    """Who may read it no more, and why."""


class MergeSent(ReasonSent):
    """The earlier report, by its number or id, and why they are the same."""

    into = fields.String(required=True)


class MajorSent(Schema):
    """The major incident, by its number or id; None for none."""

    major = fields.String(required=True, allow_none=True)


class FileAsked(Schema):
    """What a file is called, and whether it is for our organisation only."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    is_internal = fields.Boolean(load_default=False)


class PartSent(Schema):
    """The second of two things that were reported as one."""

    title = fields.String(required=True, validate=validate.Length(1, 200))
    expected = fields.String(required=True, validate=_REASON)
    actual = fields.String(required=True, validate=_REASON)
    harmed = fields.String(validate=validate.Length(max=4000))


class LateAnswerSent(WordsSent):
    """An answer that came after closing; *partly* and *no* need words."""

    answer = fields.Enum(Answer, by_value=True, required=True)


class AcceptedUntilSent(ReasonSent):
    """Until when it is accepted that it comes back, and why."""

    until = fields.AwareDateTime(required=True, metadata={"format": "date-time"})


class ToldSent(ReasonSent):
    """Since when we have known, and how we know that."""

    told_at = fields.AwareDateTime(
        required=True,
        validate=validate.Range(
            min=_EARLIEST, error=sentence_of(say("Please give a date and time that can be."))
        ),
        metadata={"format": "date-time"},
    )


class DisputeSent(Schema):
    """Which part of the time should be another party's; its borders are those of a line."""

    since = fields.AwareDateTime(required=True, metadata={"format": "date-time"})
    until = fields.AwareDateTime(required=True, metadata={"format": "date-time"})
    should_be = fields.Enum(Party, by_value=True, required=True)
    why = fields.String(required=True, validate=_REASON)


class DisputeDecided(Schema):
    """Whether the time moves to the other party, and why."""

    moves = fields.Boolean(required=True)
    why = fields.String(required=True, validate=_REASON)


class TrySent(Schema):
    """Whom somebody tried to reach, how, and what came of it; `tried_at` is now unless said."""

    whom = fields.UUID(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    words = fields.String(required=True, validate=_REASON)
    tried_at = fields.AwareDateTime(metadata={"format": "date-time"})


class AtOnceSent(Schema):
    """Something small that was put right in one call; `place` is the number, or where it was."""

    product = fields.UUID(required=True)
    caller = fields.UUID(required=True)
    title = fields.String(required=True, validate=validate.Length(min=1, max=200))
    done = fields.String(required=True, validate=_REASON)
    words = fields.String(required=True, validate=validate.Length(min=1, max=2000))
    place = fields.String(required=True, validate=validate.Length(min=1, max=200))
    impact = fields.Enum(Level, by_value=True, load_default=Level.LOW)


class HandledAtOnce(Schema):
    """The incident; of one that is called back the answer is asked for as always."""

    id = fields.UUID(required=True, attribute="incident_id")
    is_called_back = fields.Boolean(required=True)


class ListSent(Schema):
    """Of which business process and priority a list is made."""

    process = fields.UUID(required=True)
    priority = fields.Enum(Priority, by_value=True, required=True)


class LinesSent(Schema):
    """The ids of the incidents that are closed as lines of a list, and why."""

    incidents = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=200))
    reason = fields.String(required=True, validate=_REASON)


class LinesClosed(Schema):
    """How many lines were closed, and why others were not: each reason with how often."""

    closed = fields.Integer(required=True)
    refused = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class DeputySent(Schema):
    """Who stands in; null: nobody."""

    person = fields.UUID(required=True, allow_none=True)


class AbsenceSent(Schema):
    """From when until when somebody is away."""

    since = fields.AwareDateTime(required=True, metadata={"format": "date-time"})
    until = fields.AwareDateTime(required=True, metadata={"format": "date-time"})


class AcceptanceSent(ReasonSent):
    """Which targets that are not done are accepted, and why."""

    targets = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=1000))


class AlertTold(Schema):
    """One alert; the same `key` (the title, unless said) is the same alert told again."""

    title = fields.String(required=True, validate=validate.Length(1, 200))
    key = fields.String(validate=validate.Length(1, 200))
    started_at = fields.AwareDateTime(
        validate=validate.Range(min=_EARLIEST),
        metadata={"format": "date-time", "description": "now, unless said"},
    )
    recovered_at = fields.AwareDateTime(
        allow_none=True,
        validate=validate.Range(min=_EARLIEST),
        metadata={"format": "date-time", "description": "null while it goes on"},
    )


class AlertsSent(Schema):
    """What monitoring says of a business process, whose id is one of `/choices`."""

    process = fields.UUID(required=True)
    alerts = fields.List(
        fields.Nested(AlertTold), required=True, validate=validate.Length(min=1, max=1000)
    )


class AlertmanagerAlert(Schema):
    """One alert as Prometheus Alertmanager tells it; what else it says is left out."""

    class Meta:
        """Alertmanager may say more in a later version."""

        unknown = EXCLUDE

    labels = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    annotations = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    startsAt = fields.AwareDateTime(required=True, metadata={"format": "date-time"})  # noqa: N815
    # the year 1 while it goes on
    endsAt = fields.AwareDateTime(load_default=None, metadata={"format": "date-time"})  # noqa: N815
    status = fields.String(load_default="firing")
    fingerprint = fields.String(required=True, validate=validate.Length(1, 200))


class AlertmanagerSent(Schema):
    """What Alertmanager posts to a webhook, version 4."""

    class Meta:
        """Alertmanager may say more in a later version."""

        unknown = EXCLUDE

    version = fields.String(required=True, validate=validate.Equal("4"))
    alerts = fields.List(
        fields.Nested(AlertmanagerAlert), required=True, validate=validate.Length(min=1, max=1000)
    )


class SignalsChanged(Schema):
    """The signals that this began or changed."""

    signals = fields.List(fields.UUID())


class NamedSent(Schema):
    """The product that comes out wrong, and what is known; its process's id means its first."""

    product = fields.UUID(required=True)
    actual = fields.String(load_default="", validate=validate.Length(max=4000))
    impact = fields.Enum(Level, by_value=True, load_default=Level.MEDIUM)
    urgency = fields.Enum(Level, by_value=True, load_default=Level.MEDIUM)


class IncidentSent(Schema):
    """An incident, by its number or id."""

    incident = fields.String(required=True)


class AnswersSent(Schema):
    """Answers to a step's form; its JSON Schema is at the to-do's `/form`."""

    answers = fields.Dict(keys=fields.String(), required=True)
    insists = fields.Boolean(
        load_default=False,
        metadata={"description": "a yes is meant, after `answer_queried` asked whether it is"},
    )


class PutOffSent(Schema):
    """When to be asked again."""

    until = fields.AwareDateTime(required=True, metadata={"format": "date-time"})


class PhonedSent(AnswersSent):
    """An answer given by phone or face to face: whose, where, when and in which words."""

    whom = fields.UUID(required=True)
    place = fields.String(required=True, validate=validate.Length(1, 200))
    words_used = fields.String(required=True, validate=validate.Length(1, 4000))
    heard_at = fields.AwareDateTime(load_default=None, metadata={"format": "date-time"})


class CommentSent(Schema):
    """What to say about an incident; `is_internal`: for our organisation only."""

    words = fields.String(required=True, validate=validate.Length(1, 4000))
    is_internal = fields.Boolean(load_default=True)


class WatchSent(Schema):
    """Whether to be told what is said."""

    is_wanted = fields.Boolean(required=True)


class DeniedSent(Schema):
    """What was said instead, if anything."""

    words = fields.String(load_default="", validate=validate.Length(max=4000))


class NotForMeSent(Schema):
    """Who can answer instead: somebody known, or words that say who."""

    person = fields.UUID(load_default=None, allow_none=True)
    words = fields.String(load_default="", validate=validate.Length(max=4000))


class ChangeSent(Schema):
    """Answers to a change's form, and what of the incident it is about."""

    about = fields.UUID(load_default=None)
    answers = fields.Dict(keys=fields.String(), load_default=dict)


class ChangeDone(Schema):
    """The address of a page that was made, shown this once; else null."""

    page = fields.String(allow_none=True)


class HandOverSent(Schema):
    """To whom a to-do goes: one person or one team."""

    person = fields.UUID()
    team = fields.UUID()
    note = fields.String(load_default="", validate=validate.Length(max=4000))


class TargetTicked(Schema):
    """How it ended for one of those whom the action reaches."""

    target = fields.UUID(required=True)
    outcome = fields.Enum(TargetOutcome, by_value=True, required=True)


class TargetsTicked(Schema):
    """How it ended for some of them, with one note for all."""

    outcomes = fields.List(
        fields.Nested(TargetTicked), required=True, validate=validate.Length(min=1, max=1000)
    )
    note = fields.String(validate=validate.Length(max=4000))


class TokenAsked(Schema):
    """A new API token: what it is for, and for how many days."""

    name = fields.String(required=True)
    days = fields.Integer(load_default=90, validate=validate.Range(1, 366))


class TokenMade(Schema):
    """The token, which is shown this once."""

    id = fields.UUID(required=True)
    token = fields.String(required=True)


class Made(Schema):
    """What was made."""

    id = fields.UUID(required=True)


class Linked(Schema):
    """The incident that was opened beside it, if one was."""

    linked = fields.UUID(allow_none=True)


class Left(Schema):
    """How many of those whom the action reaches have no outcome yet."""

    left = fields.Integer(required=True)


class PersonShown(Schema):
    """Who asks."""

    id = fields.UUID()
    name = fields.String()
    roles = fields.List(fields.String())
    teams = fields.List(fields.UUID())
    organisation = fields.UUID(allow_none=True)


class UnprovenShown(Schema):
    """An incident whose way out lacks its evidence, and why."""

    number = fields.Integer()
    id = fields.UUID()
    why = fields.String()


class ClosuresShown(Schema):
    """How many incidents took which way out, and those of them that lack their evidence."""

    closed = fields.Integer()
    set_aside = fields.Integer()
    merged = fields.Integer()
    unproven = fields.List(fields.Nested(UnprovenShown))


class AccessAsked(PageAsked):
    """Whose, about which incident (its number), of which kind, and from when until when."""

    person = fields.UUID()
    incident = fields.Integer(validate=validate.Range(1, 10**18))
    kind = fields.Enum(AccessKind, by_value=True)
    since = fields.AwareDateTime()
    until = fields.AwareDateTime()


class SampleAsked(Schema):
    """At most how many of each kind to draw, and with which seed; a new one unless said."""

    sample = fields.Integer(load_default=5, validate=validate.Range(0, 100))
    seed = fields.Integer(load_default=None, validate=validate.Range(0, 2**31 - 1))


class InstanceAsked(Schema):
    """Which entries of an incident: so many from this number on."""

    since = fields.Integer(load_default=1, validate=validate.Range(1, 2**31 - 1))
    size = fields.Integer(load_default=500, validate=validate.Range(1, MOST_ENTRIES))


class ResultAsked(Schema):
    """A file to be made: of which kind, and what is asked, as it stands in an address."""

    format = fields.String(required=True, validate=validate.Length(max=20))
    query = fields.String(load_default="", validate=validate.Length(max=8_000))


class RuleSent(Schema):
    """An own rule: `end` is completed only after `step` has been."""

    end = fields.String(required=True)
    step = fields.String(required=True)


class FilesSent(Schema):
    """Diagrams (.bpmn), tables (.dmn) and forms (.json), by file name."""

    files = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=200)),
        values=fields.String(),
        required=True,
        validate=validate.Length(min=1, max=MAX_FILES),
    )
    after = fields.List(
        fields.Nested(RuleSent), load_default=list, validate=validate.Length(max=100)
    )
    soundness_only = fields.Boolean(
        load_default=False,
        metadata={"description": "each file by itself, whatever tool drew it"},
    )


class FindingProved(Schema):
    """What is wrong, where, and the path that leads there."""

    rule = fields.String()
    severity = fields.String(validate=validate.OneOf(list(Severity)))
    element = fields.String(allow_none=True)
    message = fields.String(metadata={"description": "for a process owner"})
    path = fields.List(fields.String(), metadata={"description": "ids of elements, in order"})
    answers = fields.List(
        fields.Dict(keys=fields.String()),
        metadata={"description": "what was answered or chosen at each element of the path"},
    )


class ProcessProved(Schema):
    """What was proved of one process, or of pools side by side; a null property is not known."""

    id = fields.String()
    verdict = fields.String(validate=validate.OneOf(list(Verdict)))
    semantics = fields.String(metadata={"description": "run_to_completion or interleaving"})
    states = fields.Integer()
    properties = fields.Dict(keys=fields.String(), values=fields.Boolean(allow_none=True))
    findings = fields.List(fields.Nested(FindingProved))


class FileProved(Schema):
    """What was found about one file; its own findings belong to none of its processes."""

    file = fields.String()
    executable = fields.Boolean()
    elapsed_ms = fields.Float()
    processes = fields.List(fields.Nested(ProcessProved))
    findings = fields.List(fields.Nested(FindingProved))


class FilesProved(Schema):
    """What was found about each file that was sent."""

    files = fields.List(fields.Nested(FileProved))


class ReleaseProved(FilesProved):
    """The proof that a release was published with."""

    release_id = fields.UUID()
    release = fields.Integer(metadata={"description": "its number"})
    proved_at = fields.AwareDateTime()
    proved_with = fields.String(metadata={"description": "the version of Putright"})
    elapsed_ms = fields.Integer()
    scenarios = fields.Dict(
        allow_none=True, metadata={"description": "as `putright scenarios --json` says it"}
    )


class ChoicesShown(Schema):
    """What can be chosen, as pairs of an id and a name."""

    person = fields.List(fields.List(fields.String()))
    team = fields.List(fields.List(fields.String()))
    process = fields.List(fields.List(fields.String()))
    product = fields.List(fields.List(fields.String()))
    action = fields.List(fields.List(fields.String()))
