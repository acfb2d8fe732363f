"""Every table of Putright, once.  `migrations/` brings a database here; `guard.py` guards it.

A newcomer would look for history in the engine's snapshot: it is not there.  `visit` and `entry`
hold the past, the snapshot holds only what is still alive.  All instants are aware UTC.
"""

from enum import StrEnum

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from engine.domain.action import ActionKind, ActionState, TargetOutcome
from engine.domain.anchor import AnchorWay
from engine.domain.erasing import Ground
from engine.domain.incident import (
    Answer,
    ClosedBy,
    Decided,
    IncidentState,
    Level,
    Origin,
    Priority,
    Verdict,
    WayOut,
)
from engine.domain.link import Purpose
from engine.domain.message import MessageKind
from engine.domain.party import Lane, Party
from engine.domain.register import BESIDE, RecordKind
from engine.domain.silence import Channel, Rung

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[object]:
    return Column("id", Uuid, primary_key=True)


def _instant(name: str, *, required: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=not required)


def _ref(name: str, target: str, *, required: bool = False) -> Column[object]:
    return Column(name, Uuid, ForeignKey(f"{target}.id"), nullable=not required)


def _words(name: str, *, required: bool = True) -> Column[str]:
    return Column(name, Text, nullable=not required)


def _one_of(name: str, words: type[StrEnum], *, label: str | None = None) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{name} IN ({listed})", name=label or name)


def _said_by_whom() -> tuple[SchemaItem, ...]:
    """Return what each entry of a chain has: who said what when, and the hashes that hold it."""
    return (
        _instant("at", required=True),
        # a person, or a named machine: never a machine signed as a person; nothing once erased
        _ref("person_id", "person"),
        _words("actor", required=False),
        _words("verb"),
        Column("content", JSONB),
        Column("salt", LargeBinary),
        Column("digest", LargeBinary, nullable=False),
        _words("key_id"),
        Column("previous", LargeBinary, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        # what is hashed, and how (`chain.py`); entries of the first format have no more than this
        Column("format", SmallInteger, nullable=False, server_default="1"),
        Column("actor_salt", LargeBinary),
        Column("actor_digest", LargeBinary),
        Column("mac", LargeBinary),
        CheckConstraint("verb ~ '^[a-z_]+:[a-z_]+$'", name="verb"),
        CheckConstraint(
            "CASE format WHEN 1 THEN actor IS NOT NULL AND actor_salt IS NULL"
            " AND actor_digest IS NULL AND mac IS NULL ELSE actor_digest IS NOT NULL"
            " AND mac IS NOT NULL AND (actor IS NULL) = (actor_salt IS NULL) END",
            name="actor",
        ),
    )


# What has no due date is sorted as if it were due then, and what is open as if it ended then.
LAST_OF_ALL = "'9999-12-31 00:00:00+00'::timestamp with time zone"
FIRST_OF_ALL = "'1900-01-01 00:00:00+00'::timestamp with time zone"

# What lists of incidents are ordered by, word for word as the indexes have it: when it ended, with
# the open ones before all others, and how long it took, the open ones longer than all others.
ENDED = f"COALESCE({{i}}ended_at, {FIRST_OF_ALL})"
LASTED = f"(COALESCE({{i}}ended_at, {{i}}observed_until, {LAST_OF_ALL}) - {{i}}told_at)"
# How long it took from the cause fixed to right again.
GAP = "({i}right_since - {i}repaired_at)"

# The words of what was answered.
ANSWERS_TEXT = (
    "jsonb_to_tsvector('simple'::regconfig, {w}answers, '[\"string\", \"numeric\"]'::jsonb)"
)

# --- people ------------------------------------------------------------------------------------

organisation = Table(
    "organisation",
    metadata,
    _id(),
    _words("name"),
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('customer', 'supplier')", name="kind"),
        nullable=False,
    ),
    # The line that an overdue action of theirs climbs: the contact, then a customer's second
    # contact or a supplier's account manager, then who of us owns the contract.
    Column("contact_id", Uuid, ForeignKey("person.id", use_alter=True)),
    Column("second_contact_id", Uuid, ForeignKey("person.id", use_alter=True)),
    Column("our_owner_id", Uuid, ForeignKey("person.id", use_alter=True)),
)

person = Table(
    "person",
    metadata,
    _id(),
    _words("name"),
    _words("login"),
    _words("email"),
    _words("password_hash", required=False),
    # None: a person of our own organisation
    _ref("organisation_id", "organisation"),
    Column("roles", ARRAY(Text), nullable=False, server_default="{}"),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    # by ISO 639; none: they have not chosen one
    Column("language", Text),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    # who is asked while they are away, and who is told when they are silent
    _ref("deputy_id", "person"),
    _ref("superior_id", "person"),
    _words("phone", required=False),
    # since when mail to them comes back, and what was said
    _instant("unreachable_since"),
    _words("unreachable_because", required=False),
    # raised on sign-out everywhere and on a new password: older sessions end
    Column("session_epoch", Integer, nullable=False, server_default="0"),
    UniqueConstraint("login"),
    # names of those outside, which are looked for in what is shown to who may not read them
    Index(
        "ix_person_outside_name",
        # as it is looked for in `masking.py`, and as PostgreSQL writes it, to be compared
        text("regexp_replace(lower(name), '[^[:alnum:]]+'::text, ' '::text, 'g'::text)"),
        postgresql_where=text("organisation_id IS NOT NULL"),
    ),
    CheckConstraint("deputy_id <> id AND superior_id <> id", name="somebody_else"),
)

# Somebody is away from `since` until `until`, or until they were back (`ended_at`).  Once it has
# begun, what waits for them is asked of who is next (`noticed_at`).
absence = Table(
    "absence",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    _instant("since", required=True),
    _instant("until", required=True),
    _instant("entered_at", required=True),
    _instant("ended_at"),
    _instant("noticed_at"),
    CheckConstraint("since < until", name="lasts"),
    Index(None, "person_id", "until"),
    Index("ix_absence_unnoticed", "since", postgresql_where=text("noticed_at IS NULL")),
)

team = Table(
    "team",
    metadata,
    _id(),
    _words("name"),
    _words("party"),
    _ref("head_id", "person"),
    # the supplier that a team of party `external` works for
    _ref("organisation_id", "organisation"),
    _one_of("party", Party),
    UniqueConstraint("name"),
)

membership = Table(
    "membership",
    metadata,
    Column("team_id", Uuid, ForeignKey("team.id"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column("is_lead", Boolean, nullable=False, server_default=text("false")),
    Index(None, "person_id"),
)

api_token = Table(
    "api_token",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    _words("name"),
    # SHA-256 of the token; the token itself is shown once
    Column("digest", LargeBinary, nullable=False, unique=True),
    _instant("created_at", required=True),
    _instant("expires_at"),
    _instant("revoked_at"),
)

business_process = Table(
    "business_process",
    metadata,
    _id(),
    _words("name"),
    _ref("owner_id", "person", required=True),
    _ref("duty_lead_id", "person", required=True),
    _ref("authority_id", "person", required=True),
    _ref("desk_id", "team", required=True),
    # its product is mail itself, so that mail alone reaches nobody
    Column("carries_mail", Boolean, nullable=False, server_default=text("false")),
    # those without an account can tell us what is wrong with it
    Column("is_public", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("name"),
)

# What a business process makes, and what can deviate.  The first has the id of its process: who
# names the process only means that one.
product = Table(
    "product",
    metadata,
    _id(),
    _ref("process_id", "business_process", required=True),
    _words("name"),
    # criteria offered when a report names none: [{measure, threshold, evidence}]
    Column("default_criteria", JSONB, nullable=False, server_default="[]"),
    # no longer offered, once it is not made any more
    Column("is_made", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("id", "process_id"),
    UniqueConstraint("process_id", "name"),
)

deputy = Table(
    "deputy",
    metadata,
    Column("process_id", Uuid, ForeignKey("business_process.id"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column(
        "of",
        Text,
        CheckConstraint("of IN ('owner', 'duty_lead', 'authority')", name="of"),
        primary_key=True,
    ),
)

# Who confirms for all who receive the product when they are many: three to seven people.
representative = Table(
    "representative",
    metadata,
    Column("process_id", Uuid, ForeignKey("business_process.id"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    _words("stands_for"),
)

# When somebody is at work: a team's own, a customer's or supplier's, or a whole party's.  A change
# is a new row from an instant on, so that old hours are counted by the calendar of then.
calendar = Table(
    "calendar",
    metadata,
    _id(),
    _ref("team_id", "team"),
    _ref("organisation_id", "organisation"),
    Column("party", Text, _one_of("party", Party)),
    _instant("valid_from", required=True),
    _words("time_zone"),
    Column("opens", Time, nullable=False),
    Column("closes", Time, nullable=False),
    # 0 is Monday
    Column("days", ARRAY(Integer), nullable=False),
    # whose public holidays are free: ISO 3166-1, and the code of a part of the country
    _words("country", required=False),
    _words("subdivision", required=False),
    Column("free_days", ARRAY(Date), nullable=False, server_default="{}"),
    CheckConstraint("num_nonnulls(party, team_id, organisation_id) = 1", name="whose"),
    CheckConstraint("days && ARRAY[0,1,2,3,4,5,6]", name="days"),
)

# --- what runs ---------------------------------------------------------------------------------

# The ladder as an organisation has set it, where it has: the answers of its form.
rungs = Table(
    "rungs",
    metadata,
    _id(),
    Column("priority", Text, _one_of("priority", Priority), nullable=False, unique=True),
    Column("numbers", JSONB, nullable=False),
)

diagram_version = Table(
    "diagram_version",
    metadata,
    # SHA-256 of the content: a version is its content
    Column("hash", LargeBinary, primary_key=True),
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('bpmn', 'dmn', 'form', 'scenarios')", name="kind"),
        nullable=False,
    ),
    _words("name"),
    Column("content", LargeBinary, nullable=False),
)

release = Table(
    "release",
    metadata,
    _id(),
    # the highest number is in force
    Column("number", Integer, Identity(always=True), nullable=False, unique=True),
    _instant("published_at", required=True),
    _words("published_by"),
    _words("reason"),
    # who agreed beside whoever published it; None: nobody had to, or it was waived
    _words("agreed_by", required=False),
    # sentences of what it changed about who closes incidents, and when
    Column("touches", JSONB, nullable=False, server_default="[]"),
    # who signed that one person was enough for that, and why
    _words("waived", required=False),
)

release_part = Table(
    "release_part",
    metadata,
    Column("release_id", Uuid, ForeignKey("release.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("hash", LargeBinary, ForeignKey("diagram_version.hash"), nullable=False),
)

release_proof = Table(
    "release_proof",
    metadata,
    Column("release_id", Uuid, ForeignKey("release.id"), primary_key=True),
    _instant("proved_at", required=True),
    # the version of Putright whose proof it is
    _words("proved_with"),
    Column("elapsed_ms", Integer, nullable=False),
    # what was found about each file, as `putright verify --json` says it
    Column("files", JSONB, nullable=False),
    # what came of its scenarios; None for a release from before there were any
    Column("scenarios", JSONB),
)

# What somebody wants to change of a release, until it is one.
draft = Table(
    "draft",
    metadata,
    _id(),
    _words("title"),
    # the release that it changes: in force when it was begun, or last brought up to date
    _ref("base_id", "release", required=True),
    _ref("begun_by", "person", required=True),
    _instant("begun_at", required=True),
    # asked to be published, as it was then: a second person agrees to just that content
    _ref("asked_by", "person"),
    _instant("asked_at"),
    _words("reason", required=False),
    Column("asked_hash", LargeBinary),
    _instant("ended_at"),
    # what became of it; None if it was given up
    _ref("release_id", "release"),
    CheckConstraint("release_id IS NULL OR ended_at IS NOT NULL", name="ended"),
    CheckConstraint("num_nulls(asked_by, asked_at, reason, asked_hash) IN (0, 4)", name="asked"),
    Index("ix_draft_open", "begun_at", postgresql_where=text("ended_at IS NULL")),
)

draft_file = Table(
    "draft_file",
    metadata,
    Column("draft_id", Uuid, ForeignKey("draft.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    # None: the release that it becomes does not have it
    Column("content", LargeBinary),
    # how often it was saved: who saves names what they saw last
    Column("revision", Integer, nullable=False),
    _ref("changed_by", "person", required=True),
    _instant("changed_at", required=True),
)

# --- the incident and its facts ----------------------------------------------------------------

incident = Table(
    "incident",
    metadata,
    _id(),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    _ref("process_id", "business_process", required=True),
    Column("product_id", Uuid, nullable=False),
    _words("title"),
    _words("expected"),
    _words("actual"),
    Column("size", Numeric(20, 4)),
    _words("size_unit", required=False),
    Column("money", Numeric(20, 2)),
    _words("currency", required=False),
    _words("harmed"),
    # how many they are; None while nobody has counted
    Column("harmed_count", Integer, CheckConstraint("harmed_count >= 0", name="harmed_count")),
    Column("impact", Text, _one_of("impact", Level), nullable=False),
    Column("urgency", Text, _one_of("urgency", Level), nullable=False),
    Column("priority", Text, _one_of("priority", Priority), nullable=False),
    Column("highest_priority", Text, _one_of("highest_priority", Priority), nullable=False),
    Column("is_restricted", Boolean, nullable=False, server_default=text("false")),
    _ref("reporter_id", "person", required=True),
    # who receives the product, when it is an outside organisation
    _ref("customer_id", "organisation"),
    _ref("lead_id", "person", required=True),
    # who may check the outcome beside the lead (P3, P4), named by the lead
    _ref("checker_id", "person"),
    # when the lead has to look again; None once the owner was offered the lead, and in a replay
    _instant("look_by"),
    # whom the lead was offered to since the lead did not look
    Column("lead_offered_to", ARRAY(Uuid), nullable=False, server_default="{}"),
    # the reference in the tool that an incident was replayed from
    _words("source_reference", required=False),
    Column("state", Text, _one_of("state", IncidentState), nullable=False),
    _instant("harm_begins_at"),
    # by priority and the process's calendar; a higher priority makes it earlier, nothing later
    _instant("restore_by"),
    _instant("told_at", required=True),
    _instant("taken_up_at"),
    _instant("repaired_at"),
    _instant("right_since"),
    _instant("restored_entered_at"),
    _instant("watch_until"),
    _instant("ask_again_at"),
    _instant("answered_at"),
    _instant("ended_at"),
    Column("closed_by", Text, _one_of("closed_by", ClosedBy)),
    Column("confirmation_id", Uuid, ForeignKey("confirmation.id", use_alter=True)),
    Column("decision_id", Uuid, ForeignKey("decision.id", use_alter=True)),
    # whom the owner lets decide without the customer's answer (P4 only)
    _ref("delegate_id", "person"),
    # how it was set aside or merged, while it is
    Column("way_out_id", Uuid, ForeignKey("way_out.id", use_alter=True)),
    # the incident it was opened beside, and why
    _ref("origin_id", "incident"),
    # the major one that this is a part of; each is closed by itself
    _ref("major_id", "incident"),
    Column("origin", Text, _one_of("origin", Origin)),
    # head of the audit chain
    Column("head_seq", Integer, nullable=False, server_default="0"),
    Column("head_hash", LargeBinary, nullable=False, server_default=text("''::bytea")),
    # sequence number of the entry of the last work that puts right
    Column("work_seq", Integer, nullable=False, server_default="0"),
    # the entry that asked the confirmers this time: a *no* before it is over
    Column("asked_seq", Integer, nullable=False, server_default="0"),
    # the last instant of a replayed log, where its ledger stops
    _instant("observed_until"),
    # it was kept long enough: what was written of it is gone
    _ref("erased_by", "erasure"),
    CheckConstraint(
        "(state = 'closed') = (num_nonnulls(confirmation_id, decision_id) = 1)"
        " AND (state = 'closed' OR num_nonnulls(confirmation_id, decision_id) = 0)"
        " AND (closed_by IS NOT DISTINCT FROM CASE"
        " WHEN state <> 'closed' THEN NULL"
        " WHEN confirmation_id IS NOT NULL THEN 'confirmed' ELSE 'escalated' END)"
        " AND ((state = 'open') = (ended_at IS NULL))"
        " AND ((state IN ('set_aside', 'merged')) = (way_out_id IS NOT NULL))",
        name="closed_with_evidence",
    ),
    Index(
        "ix_incident_look",
        "look_by",
        postgresql_where=text("state = 'open' AND look_by IS NOT NULL"),
    ),
    Index(
        "ix_incident_offered",
        "lead_offered_to",
        postgresql_using="gin",
        postgresql_where=text("lead_offered_to <> '{}'"),
    ),
    CheckConstraint("(origin_id IS NULL) = (origin IS NULL)", name="origin_both"),
    ForeignKeyConstraint(["product_id", "process_id"], ["product.id", "product.process_id"]),
    Index(None, "state", "process_id"),
    Index(None, "process_id"),
    Index(None, "product_id"),
    Index(None, "priority"),
    Index(None, "closed_by"),
    Index("ix_incident_restricted", "number", postgresql_where=text("is_restricted")),
    Index("ix_incident_checker", "checker_id", postgresql_where=text("checker_id IS NOT NULL")),
    Index("ix_incident_delegate", "delegate_id", postgresql_where=text("delegate_id IS NOT NULL")),
    # what lists are ordered by
    Index("ix_incident_told", "told_at", "number"),
    Index("ix_incident_ended", text(ENDED.format(i="")), "number"),
    Index("ix_incident_lasted", text(LASTED.format(i="")), "number"),
    Index(
        "ix_incident_gap",
        text(GAP.format(i="")),
        postgresql_where=text("repaired_at IS NOT NULL AND right_since IS NOT NULL"),
    ),
    # how many there are of what kind
    Index("ix_incident_counted", "process_id", "priority", "state", "closed_by"),
    Index(None, "reporter_id"),
    Index(None, "customer_id"),
    Index(None, "lead_id"),
    Index(None, "origin_id"),
    Index("ix_incident_erased", "erased_by", postgresql_where=text("erased_by IS NOT NULL")),
    Index("ix_incident_major_id", "major_id", postgresql_where=text("major_id IS NOT NULL")),
    CheckConstraint("major_id <> id", name="major"),
    Index("ix_incident_closed", "ended_at", "number", postgresql_where=text("state = 'closed'")),
    # what is back is back once: a chain never forks
    Index(
        "uq_incident_recurs", "origin_id", unique=True, postgresql_where=text("origin = 'recurs'")
    ),
    Index(
        "ix_incident_text",
        # as PostgreSQL writes it, to be compared with what is there
        text(
            "to_tsvector('simple', (((((title || ' ') || expected) || ' ') || actual) || ' ')"
            " || harmed)"
        ),
        postgresql_using="gin",
    ),
)

# Leaving the handling without closing, and coming back; the guard asks for both.
way_out = Table(
    "way_out",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    Column("kind", Text, _one_of("kind", WayOut), nullable=False),
    _ref("person_id", "person", required=True),
    _words("reason"),
    # the earlier report it was joined with
    _ref("into_id", "incident"),
    _instant("left_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    CheckConstraint("(kind = 'merged') = (into_id IS NOT NULL)", name="into"),
    CheckConstraint("into_id <> incident_id", name="another"),
    Index(None, "incident_id"),
    Index(None, "into_id"),
)

way_back = Table(
    "way_back",
    metadata,
    Column("way_out_id", Uuid, ForeignKey("way_out.id"), primary_key=True),
    _ref("person_id", "person", required=True),
    _words("words", required=False),
    _instant("returned_at", required=True),
    Column("entry_seq", Integer, nullable=False),
)

# What keeps coming back is accepted until then, by a named person who signed it.
acceptance = Table(
    "acceptance",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _ref("person_id", "person", required=True),
    _instant("until", required=True),
    _words("reason"),
    _instant("accepted_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    CheckConstraint("until > accepted_at", name="ahead"),
    Index(None, "incident_id"),
)

criterion = Table(
    "criterion",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    Column("position", Integer, nullable=False),
    _words("measure"),
    _words("threshold"),
    _words("evidence"),
    # the entry that worded or withdrew it: it ends earlier answers
    Column("changed_seq", Integer, nullable=False, server_default="0"),
    # withdrawn criteria stay for the record
    _instant("withdrawn_at"),
    # at how many checks in a row it has to be right
    Column(
        "must_hold",
        Integer,
        CheckConstraint("must_hold BETWEEN 1 AND 50", name="must_hold"),
        nullable=False,
        server_default="1",
    ),
    # it can no longer be met: it stays so, and another one makes it good
    _instant("missed_at"),
    _words("missed_because", required=False),
    # the missed one that this makes good; it counts once owner and confirmer have signed
    _ref("instead_of", "criterion"),
    Column("is_pending", Boolean, nullable=False, server_default=text("false")),
    _words("measured", required=False),
    _ref("verified_by", "person"),
    _instant("verified_at"),
    # the entry that verified it; older than the last work counts as not verified
    Column("verified_seq", Integer, nullable=False, server_default="0"),
    # the later report that brought it along when it was joined with this one
    _ref("came_from_id", "incident"),
    CheckConstraint(
        "(missed_at IS NULL) = (missed_because IS NULL) AND (NOT is_pending OR"
        " instead_of IS NOT NULL) AND coalesce(btrim(missed_because), '-') <> ''",
        name="missed",
    ),
    Index(None, "incident_id"),
)

# Owner and confirmer agree on what makes a missed criterion good: each by name, as one of the two.
criterion_signature = Table(
    "criterion_signature",
    metadata,
    Column("criterion_id", Uuid, ForeignKey("criterion.id"), primary_key=True),
    Column(
        "signs_as",
        Text,
        CheckConstraint("signs_as IN ('owner', 'confirmer')", name="signs_as"),
        primary_key=True,
    ),
    _ref("incident_id", "incident", required=True),
    _ref("person_id", "person", required=True),
    _instant("signed_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    UniqueConstraint("criterion_id", "person_id"),
    Index(None, "incident_id"),
)

confirmer = Table(
    "confirmer",
    metadata,
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    # whom they speak for beside themselves, and how many these are
    _words("stands_for", required=False),
    Column(
        "stands_for_count",
        Integer,
        CheckConstraint("stands_for_count >= 0", name="stands_for_count"),
        nullable=False,
        server_default="0",
    ),
    _instant("named_at", required=True),
    _instant("withdrawn_at"),
    # the later report that brought them along when it was joined with this one
    _ref("came_from_id", "incident"),
    Index(None, "person_id"),
)

# The owner accepts by name that some of those harmed are covered by nobody; the latest counts.
uncovered_accepted = Table(
    "uncovered_accepted",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    Column("number", Integer, nullable=False),
    _words("reason"),
    _ref("person_id", "person", required=True),
    _instant("accepted_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    CheckConstraint("btrim(reason) <> '' AND number > 0", name="says"),
    Index(None, "incident_id"),
)

# Somebody proposes a lower priority: it waits for a second person.
priority_lowering = Table(
    "priority_lowering",
    metadata,
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    Column("priority", Text, _one_of("priority", Priority), nullable=False),
    _words("reason"),
    _ref("proposed_by", "person", required=True),
    _instant("proposed_at", required=True),
)

# Somebody without an account has told us: how to reach them, and the page that they follow it on.
caller = Table(
    "caller",
    metadata,
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    _words("name"),
    _words("contact", required=False),
    # SHA-256 of their page's token, which is shown once; None before they are given a page
    Column("digest", LargeBinary, unique=True),
    _instant("made_at", required=True),
)

action = Table(
    "action",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    Column("number", Integer, nullable=False),
    Column("kind", Text, _one_of("kind", ActionKind), nullable=False),
    Column("state", Text, _one_of("state", ActionState), nullable=False),
    _words("title"),
    _words("detail"),
    Column("party", Text, _one_of("party", Party), nullable=False),
    _ref("team_id", "team"),
    _ref("person_id", "person"),
    _instant("due_at", required=True),
    # set by a law or a contract outside: it cannot be moved
    _instant("deadline_at"),
    _words("deadline_because", required=False),
    Column("ends_cause", Boolean, nullable=False, server_default=text("false")),
    # each of those it reaches says how it is for them
    Column("targets_answer", Boolean, nullable=False, server_default=text("false")),
    _words("reference", required=False),
    _words("contact", required=False),
    _ref("proposed_by", "person"),
    _instant("proposed_at", required=True),
    _instant("settled_at"),
    _words("outcome", required=False),
    _words("evidence", required=False),
    # set while its party has declined it and nobody has decided what then
    _words("declined_because", required=False),
    _ref("settled_by", "person"),
    Column("climbed", Integer, nullable=False, server_default="0"),
    # the entry that last changed it as work; 0 while only proposed, and for `prevents`
    Column("work_seq", Integer, nullable=False, server_default="0"),
    # asks the owner for a lasting remedy of what keeps coming back
    Column("is_remedy", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("incident_id", "number"),
    # what a target's row refers to
    UniqueConstraint("id", "incident_id"),
    CheckConstraint(
        "(state IN ('done', 'dropped', 'refused')) = (settled_at IS NOT NULL)", name="settled"
    ),
    CheckConstraint(
        "(deadline_at IS NULL) = (deadline_because IS NULL)"
        " AND due_at <= coalesce(deadline_at, due_at)",
        name="deadline",
    ),
    # what still blocks an incident, found without reading its settled actions
    Index(
        "ix_action_blocking",
        "incident_id",
        postgresql_where=text("kind = 'puts_right' AND state IN ('waiting', 'open')"),
    ),
    Index("ix_action_work", "incident_id", "work_seq"),
    Index("ix_action_person", "person_id", postgresql_where=text("person_id IS NOT NULL")),
    Index(
        "ix_action_text",
        text("to_tsvector('simple', (((title || ' ') || detail) || ' ') || coalesce(outcome, ''))"),
        postgresql_using="gin",
    ),
)

action_after = Table(
    "action_after",
    metadata,
    Column("action_id", Uuid, ForeignKey("action.id"), primary_key=True),
    Column("before_id", Uuid, ForeignKey("action.id"), primary_key=True),
    Index(None, "before_id"),
)

target = Table(
    "target",
    metadata,
    _id(),
    Column("action_id", Uuid, nullable=False),
    # its action's: found from the incident without reading the actions that reach nobody by name
    Column("incident_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    _words("label"),
    Column("outcome", Text, _one_of("outcome", TargetOutcome)),
    _words("note", required=False),
    _instant("answered_at"),
    _ref("answered_by", "person"),
    # the owner's acceptance of one that is not done
    _ref("accepted_by", "person"),
    _words("accepted_because", required=False),
    UniqueConstraint("action_id", "position"),
    ForeignKeyConstraint(
        ["action_id", "incident_id"], ["action.id", "action.incident_id"], name="fk_target_action"
    ),
    Index(
        "ix_target_answered",
        "incident_id",
        postgresql_where=text("answered_by IS NOT NULL"),
    ),
    Index(
        "ix_target_unaccepted",
        "incident_id",
        postgresql_where=text("outcome <> 'done' AND accepted_by IS NULL"),
    ),
    Index("ix_target_remaining", "action_id", postgresql_where=text("outcome IS NULL")),
)

confirmation = Table(
    "confirmation",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _ref("person_id", "person", required=True),
    Column("answer", Text, _one_of("answer", Answer), nullable=False),
    _words("words", required=False),
    # signed_in | link | phone: the grade of evidence
    Column(
        "grade",
        Text,
        CheckConstraint("grade IN ('signed_in', 'link', 'phone')", name="grade"),
        nullable=False,
    ),
    _ref("recorded_by", "person"),
    # the only one harmed takes the report back: nothing has to be right again
    Column("is_withdrawal", Boolean, nullable=False, server_default=text("false")),
    _instant("answered_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    # the latest answer of each, however many there were
    Index("ix_confirmation_latest", "incident_id", "person_id", "entry_seq"),
    Index(None, "person_id"),
    Index("ix_confirmation_not_yes", "incident_id", postgresql_where=text("answer <> 'yes'")),
    Index("ix_confirmation_withdrawal", "incident_id", postgresql_where=text("is_withdrawal")),
)

confirmation_line = Table(
    "confirmation_line",
    metadata,
    Column("confirmation_id", Uuid, ForeignKey("confirmation.id"), primary_key=True),
    Column("criterion_id", Uuid, ForeignKey("criterion.id"), primary_key=True),
    Column("answer", Text, _one_of("answer", Answer), nullable=False),
    _words("words", required=False),
)

verification = Table(
    "verification",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _ref("person_id", "person", required=True),
    Column("verdict", Text, _one_of("verdict", Verdict), nullable=False),
    _words("words", required=False),
    _instant("right_since"),
    _instant("watch_until"),
    _instant("verified_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    Index("ix_verification_who", "incident_id", "person_id"),
    Index(None, "person_id"),
    Index(
        "ix_verification_not_right",
        "incident_id",
        postgresql_where=text("verdict = 'not_right'"),
    ),
)

decision = Table(
    "decision",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _ref("person_id", "person", required=True),
    # the authority it was taken with: owner | authority
    _words("authority"),
    Column("decided", Text, _one_of("decided", Decided), nullable=False),
    _words("reason"),
    _instant("until"),
    _ref("ask_id", "person"),
    _instant("decided_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    # closed by list: as one of its lines
    Column("list_id", Uuid),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    CheckConstraint("list_id IS NULL OR decided = 'close'", name="by_list"),
    ForeignKeyConstraint(
        ["list_id", "incident_id"],
        ["closing_list_line.list_id", "closing_list_line.incident_id"],
        name="fk_decision_list_id",
        use_alter=True,
    ),
    Index("ix_decision_latest", "incident_id", "entry_seq"),
    Index(None, "person_id"),
    Index("ix_decision_by_list", "incident_id", postgresql_where=text("list_id IS NOT NULL")),
    Index(
        "ix_decision_back",
        "incident_id",
        postgresql_where=text("decided = 'back_to_work'"),
    ),
)

# Answers that are missing, reviewed line by line by one person.
closing_list = Table(
    "closing_list",
    metadata,
    _id(),
    _ref("process_id", "business_process", required=True),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("priority", Text, CheckConstraint("priority IN ('P3', 'P4')", name="priority")),
    _ref("made_by", "person", required=True),
    _instant("made_at", required=True),
    # draws those that are phoned first
    Column("seed", BigInteger, nullable=False),
    Index("ix_closing_list_made", "process_id", "priority", "made_at"),
)

closing_list_line = Table(
    "closing_list_line",
    metadata,
    Column("list_id", Uuid, ForeignKey("closing_list.id"), primary_key=True),
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("is_phoned", Boolean, nullable=False),
    Index(None, "incident_id"),
)

# --- the handling ------------------------------------------------------------------------------

run = Table(
    "run",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    # None: the incident's own run
    _ref("action_id", "action"),
    _ref("release_id", "release", required=True),
    # the process id in the diagram
    _words("diagram"),
    Column("snapshot", LargeBinary),
    # where it waits now, each a `runtime.Waiting` as JSON
    Column("waiting", JSONB, nullable=False, server_default="[]"),
    # the next timer: the only record of what is due
    _instant("due_at"),
    _instant("started_at", required=True),
    _instant("ended_at"),
    _words("end_element", required=False),
    # when its due timer was last handed to a worker, so that a sweep does not hand it out twice
    _instant("handed_out_at"),
    # a fault keeps a run from being advanced by timers until somebody has looked
    _words("fault", required=False),
    UniqueConstraint("action_id"),
    CheckConstraint("(ended_at IS NULL) = (snapshot IS NOT NULL)", name="alive"),
    Index("ix_run_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_run_open", "release_id", postgresql_where=text("ended_at IS NULL")),
    Index(
        "uq_run_incident", "incident_id", unique=True, postgresql_where=text("action_id IS NULL")
    ),
    Index(None, "incident_id"),
    Index(None, "release_id"),
)

visit = Table(
    "visit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _ref("run_id", "run", required=True),
    _words("diagram"),
    _words("element"),
    _words("from_element", required=False),
    _words("flow", required=False),
    _instant("entered_at", required=True),
    _instant("left_at", required=True),
    Column(
        "how",
        Text,
        CheckConstraint("how IN ('completed', 'cancelled')", name="how"),
        nullable=False,
    ),
    Index(None, "run_id", "id"),
    # who passed here, of all runs
    Index(None, "element"),
    Index(None, "flow"),
)

# Runs that somebody moves from one release to another, one after the other.
move = Table(
    "move",
    metadata,
    _id(),
    _ref("from_id", "release", required=True),
    _ref("to_id", "release", required=True),
    _ref("asked_by", "person", required=True),
    _instant("asked_at", required=True),
    _words("reason"),
    _instant("ended_at"),
    # only the runs of this business process
    _ref("process_id", "business_process"),
    # only single runs, which somebody has picked
    Column("is_chosen", Boolean, nullable=False, server_default=text("false")),
    # by diagram: which element of the new release one of the old one stands for
    Column("mapping", JSONB, nullable=False, server_default="{}"),
)

move_line = Table(
    "move_line",
    metadata,
    Column("move_id", Uuid, ForeignKey("move.id"), primary_key=True),
    Column("run_id", Uuid, ForeignKey("run.id"), primary_key=True),
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('waits', 'moved', 'stays', 'over')", name="state"),
        nullable=False,
    ),
    # why it stays, or what is otherwise there since it was moved: in English, and below each
    # sentence as its template and values, to be read in any language
    _words("sentence", required=False),
    Column("said", JSONB, nullable=False, server_default="[]"),
    _instant("done_at"),
    Index("ix_move_line_waits", "move_id", postgresql_where=text("state = 'waits'")),
    Index(None, "run_id"),
)

# How runs of a diagram come to stand, proved once for the content that `key` is the hash of.
release_standing = Table(
    "release_standing",
    metadata,
    Column("key", Text, primary_key=True),
    _words("diagram"),
    Column("found", JSONB, nullable=False),
    _words("proved_with"),
    _instant("proved_at", required=True),
)

work_item = Table(
    "work_item",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _ref("run_id", "run", required=True),
    _ref("action_id", "action"),
    # the engine's task; several items may share one, one per confirmer
    Column("task_id", Uuid, nullable=False),
    _words("step"),
    _words("mark", required=False),
    _words("title"),
    Column("lane", Text, _one_of("lane", Lane), nullable=False),
    Column("party", Text, _one_of("party", Party), nullable=False),
    # whom it is offered to: a team, or these people
    _ref("team_id", "team"),
    Column("people", ARRAY(Uuid), nullable=False, server_default="{}"),
    _ref("claimed_by", "person"),
    _instant("opened_at", required=True),
    _instant("due_at"),
    Column("reminders", Integer, nullable=False, server_default="0"),
    _instant("reminded_at"),
    # a decision to keep asking: the ladder counts from here again
    _instant("asked_again_at"),
    # who was asked wanted to be asked again then: once
    _instant("put_off_until"),
    _instant("ended_at"),
    Column(
        "how", Text, CheckConstraint("how IN ('completed', 'cancelled', 'handed_on')", name="how")
    ),
    _ref("ended_by", "person"),
    # a late note: when it had happened, before it was entered (`ended_at`)
    _instant("happened_at"),
    # declined as not ours: whose time it was instead, the sender's
    Column("charged_to", Text, _one_of("charged_to", Party)),
    Column("draft", JSONB),
    # what a draft had for fields that the form asks no more since the run was moved
    Column("left_over", JSONB),
    Column("answers", JSONB),
    # the client's key, so that a double click completes once
    _words("completed_with", required=False),
    # it reaches its people by mail only: nobody counts as asked before that was delivered
    Column("waits_for_mail", Boolean, nullable=False, server_default=text("false")),
    _instant("delivered_at"),
    CheckConstraint("(ended_at IS NULL) = (how IS NULL)", name="ended"),
    CheckConstraint(
        "delivered_at >= opened_at AND NOT (waits_for_mail AND delivered_at IS NOT NULL)",
        name="delivered",
    ),
    CheckConstraint("happened_at BETWEEN opened_at AND ended_at", name="happened"),
    # who has worked on it, found without reading every to-do it ever had
    Index(
        "ix_work_item_worked",
        "incident_id",
        "ended_by",
        postgresql_where=text("action_id IS NOT NULL AND lane <> 'customer' AND how = 'completed'"),
    ),
    Index(None, "incident_id", "opened_at"),
    # what was answered, by field and by words
    Index(
        "ix_work_item_answers",
        "answers",
        postgresql_using="gin",
        postgresql_ops={"answers": "jsonb_path_ops"},
    ),
    Index(
        "ix_work_item_answers_text",
        text(ANSWERS_TEXT.format(w="")),
        postgresql_using="gin",
    ),
    # soonest due first, and what has no due date last
    Index(
        "ix_work_item_in_order",
        text(f"COALESCE(due_at, {LAST_OF_ALL})"),
        "opened_at",
        "id",
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_work_item_team_open", "team_id", "due_at", postgresql_where=text("ended_at IS NULL")),
    Index(
        "ix_work_item_people_open",
        "people",
        postgresql_using="gin",
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_work_item_task_open", "run_id", "task_id", postgresql_where=text("ended_at IS NULL")),
    Index("ix_work_item_claimed_open", "claimed_by", postgresql_where=text("ended_at IS NULL")),
    # how somebody has answered before, however long ago
    Index(
        "ix_work_item_asked",
        text("(people[1])"),
        "opened_at",
        postgresql_where=text("mark = 'confirmation'"),
    ),
)

# What the ladder did about a to-do that is not answered, and whom it asked or told.
rung = Table(
    "rung",
    metadata,
    _id(),
    _ref("item_id", "work_item", required=True),
    Column("kind", Text, _one_of("kind", Rung), nullable=False),
    Column("people", ARRAY(Uuid), nullable=False),
    _instant("reached_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    Index(None, "item_id"),
    Index("ix_rung_people", "people", postgresql_using="gin"),
)

# A try to reach somebody who has not answered: when it was, and what came of it.
tried = Table(
    "tried",
    metadata,
    _id(),
    _ref("item_id", "work_item", required=True),
    _ref("whom_id", "person", required=True),
    _ref("tried_by", "person", required=True),
    Column("channel", Text, _one_of("channel", Channel), nullable=False),
    _words("words"),
    _instant("tried_at", required=True),
    _instant("entered_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    CheckConstraint("btrim(words) <> '' AND tried_at <= entered_at", name="says"),
    Index(None, "item_id"),
)

# For named people only, since when and why.  One person asks that it ends, another agrees, or
# declines: then it goes on, until somebody asks anew.
restriction = Table(
    "restriction",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _ref("restricted_by", "person", required=True),
    _words("reason"),
    _instant("restricted_at", required=True),
    _ref("lift_asked_by", "person"),
    _words("lift_reason", required=False),
    _instant("lift_asked_at"),
    _ref("declined_by", "person"),
    _words("declined_because", required=False),
    _instant("declined_at"),
    _ref("lifted_by", "person"),
    _instant("lifted_at"),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    CheckConstraint("num_nulls(lift_asked_by, lift_reason, lift_asked_at) IN (0, 3)", name="asked"),
    CheckConstraint(
        "num_nulls(lifted_by, lifted_at) IN (0, 2)"
        " AND (lifted_by IS NULL OR coalesce(lifted_by <> lift_asked_by, false))",
        name="lifted_by_another",
    ),
    CheckConstraint(
        "num_nulls(declined_by, declined_because, declined_at) IN (0, 3)"
        " AND (declined_by IS NULL OR (coalesce(declined_by <> lift_asked_by, false)"
        " AND lifted_at IS NULL))",
        name="declined",
    ),
    Index(
        "uq_restriction_in_force",
        "incident_id",
        unique=True,
        postgresql_where=text("lifted_at IS NULL"),
    ),
)

# Who may read it beside those who have a part, and who may not although they have: the last word
# on each person counts.
naming = Table(
    "naming",
    metadata,
    Column("restriction_id", Uuid, ForeignKey("restriction.id"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column("entry_seq", Integer, primary_key=True),
    Column("is_named", Boolean, nullable=False),
)

# Somebody disagrees about whose time it was: the time from `since` until `until`, which counts as
# `party`'s, should be another's.  Only the label can move (rules, The ledger 9).
dispute = Table(
    "dispute",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _instant("since", required=True),
    _instant("until", required=True),
    Column("party", Text, _one_of("party", Party), nullable=False),
    Column("should_be", Text, _one_of("should_be", Party), nullable=False),
    _words("why"),
    _ref("raised_by", "person", required=True),
    _instant("raised_at", required=True),
    _instant("decide_by", required=True),
    Column("entry_seq", Integer, nullable=False),
    CheckConstraint("since < until AND party <> should_be AND btrim(why) <> ''", name="says"),
    Index(None, "incident_id"),
)

# How a dispute ended: decided by somebody of neither party, or withdrawn by who raised it.
dispute_end = Table(
    "dispute_end",
    metadata,
    Column("dispute_id", Uuid, ForeignKey("dispute.id"), primary_key=True),
    Column(
        "how",
        Text,
        CheckConstraint("how IN ('moved', 'kept', 'withdrawn')", name="how"),
        nullable=False,
    ),
    _words("why"),
    _ref("ended_by", "person", required=True),
    _instant("ended_at", required=True),
    Column("entry_seq", Integer, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    *_said_by_whom(),
    Index(
        "ix_entry_lead_taken",
        "incident_id",
        postgresql_where=text("verb = 'incident:lead_taken'"),
    ),
    # what somebody did anywhere
    Index("ix_entry_person", "person_id", "incident_id"),
    # entries are written as time goes by, so that the pages know their own times
    Index("ix_entry_at", "at", postgresql_using="brin"),
    # what auditors ask of all incidents
    Index(
        "ix_entry_told",
        "verb",
        "at",
        postgresql_where=text(
            "verb IN ('closure:refused', 'confirmation:late', 'incident:observed',"
            " 'incident:priority_set')"
        ),
    ),
    # readings of what is for named people only, among who looked at what
    Index(
        "ix_entry_read",
        "at",
        "incident_id",
        "seq",
        postgresql_where=text("verb = 'incident:read'"),
    ),
)

# --- the register ------------------------------------------------------------------------------

# Who there is, and who may do what: each change of it is an entry, in one chain for all of it.
register_entry = Table(
    "register_entry",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    # what was entered or changed: a person, a team, ...
    _words("kind"),
    Column("subject_id", Uuid, nullable=False),
    *_said_by_whom(),
    Index(None, "subject_id", "seq"),
    CheckConstraint(f"kind IN {(*map(str, RecordKind), *BESIDE)}", name="kind"),
)

# The newest entry of that chain; its one row is the lock that orders the changes.
register = Table(
    "register",
    metadata,
    Column(
        "id",
        Integer,
        CheckConstraint("id = 1", name="one"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("head_seq", Integer, nullable=False),
    Column("head_hash", LargeBinary, nullable=False),
)

# --- where all chains stood ------------------------------------------------------------------

# A signed head (`signed_head.py`); `peaks` is what the log's next leaf is added to.
signed_head = Table(
    "signed_head",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _instant("at", required=True),
    Column("chains", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    _words("key_id"),
    Column("public_key", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
)

# The log: for each signed head, the heads of the chains that had grown since the one before.
signed_leaf = Table(
    "signed_leaf",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "number",
        Integer,
        ForeignKey("signed_head.number", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    Column("chain_id", Uuid, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("chain_id", "seq"),
    Index(None, "number"),
)

# Which signed head has left the house, when, by which way and where to.
head_receipt = Table(
    "head_receipt",
    metadata,
    Column("number", Integer, ForeignKey("signed_head.number"), primary_key=True),
    Column("way", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    _instant("at", required=True),
    _one_of("way", AnchorWay),
)

# Why no head could be signed, or the newest not be sent to a place, until it can be again.
unanchored = Table(
    "unanchored",
    metadata,
    Column("place", Text, primary_key=True),
    _words("why"),
    _instant("since", required=True),
)

# What looking through all chains has found, each time.
chain_check = Table(
    "chain_check",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _instant("begun_at", required=True),
    _instant("ended_at", required=True),
    Column("chains", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("heads", Integer, nullable=False),
    # how many heads from outside it was held against
    Column("given", Integer, nullable=False),
    # how many findings there were of each kind, and the first of them
    Column("wrong", JSONB, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("notes", JSONB, nullable=False),
)

# --- checks of what was closed -------------------------------------------------------------------

# Somebody had every closure recomputed: how far it is, and by which version of Putright.
closure_check = Table(
    "closure_check",
    metadata,
    _id(),
    _ref("asked_by", "person", required=True),
    _instant("asked_at", required=True),
    _words("version"),
    # how many were closed as it began
    Column("total", Integer, nullable=False),
    # the last incident that was looked at
    Column("after_number", BigInteger, nullable=False, server_default="0"),
    Column("closed", Integer, nullable=False, server_default="0"),
    Column("set_aside", Integer, nullable=False, server_default="0"),
    Column("merged", Integer, nullable=False, server_default="0"),
    _instant("ended_at"),
    # one at a time
    Index(
        "uq_closure_check_open",
        text("(ended_at IS NULL)"),
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(None, "ended_at"),
)

closure_finding = Table(
    "closure_finding",
    metadata,
    Column("check_id", Uuid, ForeignKey("closure_check.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    _ref("incident_id", "incident", required=True),
    _words("why"),
)

# --- who looked, who was refused ----------------------------------------------------------------

# What auditors looked at, and what anybody was refused: a chain for each person, whose id it has,
# and one for nobody who is known.
access_entry = Table(
    "access_entry",
    metadata,
    Column("chain_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    # The incident that it was about, if it was about one that there is.  No reference: that would
    # wait for whoever has locked the incident.
    Column("incident_id", Uuid),
    *_said_by_whom(),
    Index("ix_access_entry_in_order", "at", "chain_id", "seq"),
    Index(
        "ix_access_entry_incident",
        "incident_id",
        "at",
        "chain_id",
        "seq",
        postgresql_where=text("incident_id IS NOT NULL"),
    ),
    Index("ix_access_entry_chain", "chain_id", "at", "seq"),
)

# The newest entry of each of these chains; its row is the lock that orders them.
access_chain = Table(
    "access_chain",
    metadata,
    _id(),
    Column("head_seq", Integer, nullable=False, server_default="0"),
    Column("head_hash", LargeBinary, nullable=False, server_default=text("''::bytea")),
    _instant("head_at"),
    # refusals since then: so many stand as entries, and of each verb so many do not
    _instant("counted_since"),
    Column("counted", Integer, nullable=False, server_default="0"),
    Column("left_out", JSONB, nullable=False, server_default="{}"),
    Index(
        "ix_access_chain_left_out",
        "counted_since",
        postgresql_where=text("left_out <> '{}'::jsonb"),
    ),
)

# Why an auditor reads customers' personal data, for how long and of which incidents (none: all).
purpose = Table(
    "purpose",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    Column("incident_ids", ARRAY(Uuid)),
    _words("why"),
    _instant("stated_at", required=True),
    _instant("until", required=True),
    _instant("ended_at"),
    CheckConstraint(
        "btrim(why) <> '' AND stated_at < until AND cardinality(incident_ids) > 0", name="says"
    ),
    Index("ix_purpose_in_force", "person_id", postgresql_where=text("ended_at IS NULL")),
)

# --- what is erased by law, and what must not be ------------------------------------------------

# Nothing of a person, or of an incident, is erased while somebody holds on to it.
legal_hold = Table(
    "legal_hold",
    metadata,
    _id(),
    _ref("person_id", "person"),
    _ref("incident_id", "incident"),
    _words("why"),
    _ref("placed_by", "person", required=True),
    _instant("placed_at", required=True),
    CheckConstraint("num_nonnulls(person_id, incident_id) = 1 AND btrim(why) <> ''", name="says"),
    Index(None, "person_id"),
    Index(None, "incident_id"),
)

legal_hold_end = Table(
    "legal_hold_end",
    metadata,
    Column("hold_id", Uuid, ForeignKey("legal_hold.id"), primary_key=True),
    _words("why"),
    _ref("ended_by", "person", required=True),
    _instant("ended_at", required=True),
    CheckConstraint("btrim(why) <> ''", name="says"),
)

# One person asks that a person's data, or what has been kept long enough, is erased ...
erasure = Table(
    "erasure",
    metadata,
    _id(),
    Column("number", Integer, Identity(always=True), nullable=False, unique=True),
    _ref("person_id", "person"),
    # other names, addresses and numbers of theirs, or of somebody who is not in the register
    Column("names", ARRAY(Text), nullable=False, server_default="{}"),
    # everything that ended before, of all business processes or of one
    _instant("ended_before"),
    _ref("process_id", "business_process"),
    Column("ground", Text, _one_of("ground", Ground), nullable=False),
    _words("why"),
    _ref("asked_by", "person", required=True),
    _instant("asked_at", required=True),
    UniqueConstraint("id", "asked_by"),
    CheckConstraint(
        "btrim(why) <> '' AND (ended_before IS NULL)"
        " = (person_id IS NOT NULL OR cardinality(names) > 0)"
        " AND (process_id IS NULL OR ended_before IS NOT NULL)",
        name="says",
    ),
    Index(None, "person_id"),
)

# ... another one agrees, or declines ...
erasure_answer = Table(
    "erasure_answer",
    metadata,
    Column("erasure_id", Uuid, primary_key=True),
    Column("asked_by", Uuid, nullable=False),
    Column("is_agreed", Boolean, nullable=False),
    _words("words", required=False),
    _ref("answered_by", "person", required=True),
    _instant("answered_at", required=True),
    ForeignKeyConstraint(["erasure_id", "asked_by"], ["erasure.id", "erasure.asked_by"]),
    CheckConstraint("answered_by <> asked_by", name="by_another"),
    CheckConstraint("is_agreed OR coalesce(btrim(words), '') <> ''", name="says"),
)

# ... and then it is done.  What was taken out of records is said in their chains.
erasure_done = Table(
    "erasure_done",
    metadata,
    Column("erasure_id", Uuid, ForeignKey("erasure.id"), primary_key=True),
    _instant("done_at", required=True),
    # of how many incidents
    Column("incidents", Integer, nullable=False),
)

# --- letters -----------------------------------------------------------------------------------

# True of a message that went out by neither way it was to go, and that is not tried any more.
IS_DEAD = (
    "(failed IS NOT NULL AND next_try_at IS NULL AND sent_at IS NULL"
    " OR call_failed IS NOT NULL AND next_call_at IS NULL AND called_at IS NULL)"
)

# What people are written, in their inbox and by mail; each once, by its cause.
message = Table(
    "message",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _ref("incident_id", "incident", required=True),
    _ref("person_id", "person", required=True),
    _ref("item_id", "work_item"),
    Column("kind", Text, nullable=False),
    _one_of("kind", MessageKind),
    _words("cause"),
    _instant("caused_at", required=True),
    # None: nothing of it is to be sent (any more)
    _instant("next_try_at"),
    Column("tries", Integer, nullable=False, server_default="0"),
    _instant("sent_at"),
    # why the mail was not taken, last time
    _words("failed", required=False),
    # the same by the second way, for what is urgent
    _instant("next_call_at"),
    Column("calls", Integer, nullable=False, server_default="0"),
    _instant("called_at"),
    _words("call_failed", required=False),
    _instant("read_at"),
    UniqueConstraint("person_id", "incident_id", "cause"),
    Index(None, "person_id", "id"),
    Index(None, "item_id"),
    Index("ix_message_unread", "person_id", postgresql_where=text("read_at IS NULL")),
    Index("ix_message_to_send", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),
    Index("ix_message_to_call", "next_call_at", postgresql_where=text("next_call_at IS NOT NULL")),
    Index(
        "ix_message_dead",
        "id",
        postgresql_where=text(IS_DEAD),
    ),
)

# By which people without an account follow an incident, or do what is asked of them.
link = Table(
    "link",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    Column("purpose", Text, _one_of("purpose", Purpose), nullable=False),
    _ref("incident_id", "incident", required=True),
    _ref("item_id", "work_item"),
    # one that was ended and is given anew is another link
    Column("generation", Integer, nullable=False, server_default="0"),
    _instant("made_at", required=True),
    _instant("expires_at", required=True),
    _instant("ended_at"),
    CheckConstraint("(purpose = 'todo') = (item_id IS NOT NULL)", name="subject"),
    Index("ix_link_person_id_open", "person_id", postgresql_where=text("ended_at IS NULL")),
)

# What is in files, each once.
file_content = Table(
    "file_content",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# Files that people gave as evidence.
file = Table(
    "file",
    metadata,
    _id(),
    _ref("incident_id", "incident", required=True),
    _words("name"),
    Column("size", Integer, nullable=False),
    Column("digest", LargeBinary, ForeignKey("file_content.digest"), nullable=False),
    Column("is_internal", Boolean, nullable=False, server_default=text("false")),
    _words("added_by"),
    _instant("added_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    Index(None, "incident_id", "entry_seq"),
)

# Who wants to be told what is written about an incident.
# Who said that they are harmed, too.
also_harmed = Table(
    "also_harmed",
    metadata,
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    _instant("said_at", required=True),
    Column("entry_seq", Integer, nullable=False),
)

watcher = Table(
    "watcher",
    metadata,
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
)

# What somebody reads in the inbox only.
# A list as somebody wants to find it again: what stands behind the question mark.
saved_view = Table(
    "saved_view",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    _words("name"),
    _words("query"),
    UniqueConstraint("person_id", "name"),
)

# What auditors look for again, with the columns and the order that they chose.
saved_query = Table(
    "saved_query",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    _words("name"),
    _words("query"),
    # every auditor finds it
    Column("is_shared", Boolean, nullable=False, server_default=text("false")),
    _instant("saved_at", required=True),
    UniqueConstraint("person_id", "name"),
    Index("ix_saved_query_shared", "name", postgresql_where=text("is_shared")),
)

# A large result as a file that a worker makes, for who asked only and for a short time.
result_file = Table(
    "result_file",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    _words("query"),
    Column(
        "format",
        Text,
        CheckConstraint("format ~ '^[a-z0-9-]+$'", name="format"),
        nullable=False,
    ),
    # in which language its headings are
    _words("language"),
    _instant("asked_at", required=True),
    _instant("begun_at"),
    # how often: of two workers the one that began later has the say
    Column("begun", Integer, nullable=False, server_default="0"),
    # how many lines there will be, where they could be counted, and are so far
    Column("total", BigInteger),
    Column("lines", BigInteger, nullable=False, server_default="0"),
    Column("size", BigInteger, nullable=False, server_default="0"),
    _instant("ended_at"),
    # why there is none, in a sentence
    _words("failed", required=False),
    Index("ix_result_file_theirs", "person_id", "asked_at"),
    Index(None, "asked_at"),
)

result_part = Table(
    "result_part",
    metadata,
    Column(
        "file_id",
        Uuid,
        ForeignKey("result_file.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("place", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

unmailed = Table(
    "unmailed",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    _one_of("kind", MessageKind),
)

# --- what monitoring says ----------------------------------------------------------------------

# Alerts of one process that came close together: one line, and no incident yet.  What is counted
# here is counted anew from `alert` whenever one comes in or is over.
signal = Table(
    "signal",
    metadata,
    _id(),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    _ref("process_id", "business_process", required=True),
    Column("alerts", Integer, nullable=False, server_default="0"),
    Column("going_on", Integer, nullable=False, server_default="0"),
    # a few of them, to know it by
    Column("titles", ARRAY(Text), nullable=False, server_default="{}"),
    _instant("first_at", required=True),
    _instant("last_at", required=True),
    # when the last alert was over; None while one goes on
    _instant("recovered_at"),
    Index(None, "process_id", "last_at"),
)

alert = Table(
    "alert",
    metadata,
    Column("signal_id", Uuid, ForeignKey("signal.id"), primary_key=True),
    # the monitoring's own: the same alert told again is the same
    Column("key", Text, primary_key=True),
    _words("title"),
    _instant("started_at", required=True),
    _instant("recovered_at"),
    Index("ix_alert_going_on", "key", postgresql_where=text("recovered_at IS NULL")),
)

# A person named the product that deviates: the signal became this incident, or joined it.
signal_joined = Table(
    "signal_joined",
    metadata,
    Column("signal_id", Uuid, ForeignKey("signal.id"), primary_key=True),
    Column("incident_id", Uuid, ForeignKey("incident.id"), primary_key=True),
    _ref("person_id", "person", required=True),
    _instant("joined_at", required=True),
    Column("entry_seq", Integer, nullable=False),
    # the recovery that the incident's record tells
    _instant("told_recovered_at"),
    Index(None, "incident_id"),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    # SHA-256 of what was asked, so that a key used for something else is refused
    Column("request", LargeBinary, nullable=False),
    Column("result", Uuid, nullable=False),
    _instant("created_at", required=True),
    Index(None, "created_at"),
)

# Attempts to sign in within the last minutes, counted where every process sees them; neither the
# login nor the address stands here in clear.
sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("who", LargeBinary, nullable=False),
    Column("place", LargeBinary, nullable=False),
    _instant("at", required=True),
    Index(None, "who", "at"),
    Index(None, "place", "at"),
)
