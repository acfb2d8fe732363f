"""Reporting an incident: the first thing anybody does with Putright."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from engine.domain.incident import IncidentState, Level, Origin, Priority
from engine.domain.permissions import Actor, Machine, may_report
from engine.errors import InvalidAnswers, NotAllowed
from engine.language import say
from engine.store import schema as t
from engine.store.rows import Incident
from engine.store.work import Case, Work
from engine.usecases.covering import name_representatives
from engine.usecases.handling import Handling
from engine.usecases.promising import promise
from engine.usecases.restricting import REPORTED_SO, begin_restriction
from engine.usecases.running import Mover

_PRODUCT = text("""
    SELECT d.process_id, d.default_criteria, p.owner_id, p.duty_lead_id, p.authority_id
    FROM product d JOIN business_process p ON p.id = d.process_id WHERE d.id = :id
""")


@dataclass(frozen=True)
class Report:
    """What deviates, from what, by how much, and who is harmed.

    `product_id` may be the business process's, which means its first product.
    """

    product_id: UUID
    title: str
    expected: str
    actual: str
    harmed: str
    impact: Level = Level.MEDIUM
    urgency: Level = Level.MEDIUM
    size: Decimal | None = None
    size_unit: str | None = None
    money: Decimal | None = None
    currency: str | None = None
    harm_begins_at: datetime | None = None
    # how many are harmed; None while nobody has counted
    harmed_count: int | None = None
    # somebody without an account who told us, and how to reach them
    caller: str | None = None
    caller_contact: str | None = None
    source_reference: str | None = None
    # for named people only, from the first moment
    is_restricted: bool = False
    # criteria beside the product's default ones: {measure, threshold, evidence}
    criteria: Sequence[Mapping[str, str]] = field(default=())

    @classmethod
    def from_answers(cls, answers: Mapping[str, Any]) -> Self:
        """Return the report in checked answers of the form `report_incident`."""
        begins = answers.get("harm_begins_at")

        def number(name: str) -> Decimal | None:
            return Decimal(str(answers[name])) if answers.get(name) is not None else None

        return cls(
            product_id=UUID(answers["product"]),
            title=answers["title"],
            expected=answers["expected"],
            actual=answers["actual"],
            harmed=answers.get("harmed") or "",
            impact=Level(answers.get("impact") or Level.MEDIUM),
            urgency=Level(answers.get("urgency") or Level.MEDIUM),
            size=number("size"),
            size_unit=answers.get("size_unit"),
            money=number("money"),
            currency=answers.get("currency"),
            harm_begins_at=datetime.fromisoformat(begins) if begins else None,
            harmed_count=answers.get("harmed_count"),
            caller=answers.get("caller"),
            caller_contact=answers.get("caller_contact"),
            is_restricted=bool(answers.get("named_only")),
        )


def report_incident(
    handling: Handling,
    report: Report,
    *,
    actor: Actor,
    by: Machine | None = None,
    key: str | None = None,
    now: datetime | None = None,
    incident_id: UUID | None = None,
) -> UUID:
    """Open an incident and return its id; coming again with the same key returns the same id.

    The reporter is its first confirmer, the process's duty lead answers for it until somebody
    takes the lead, and its run starts on the release in force, which sets the priority.  `by`
    is the machine that reports in the reporter's name (a replay); `incident_id` is the id that
    it derives from the record, so that no record comes in twice.  Raises InvalidAnswers for
    an unknown product, NotAllowed for an auditor, NotFound before a release is published.
    """
    if not may_report(actor):
        raise NotAllowed(
            say("You see everything here and change nothing: somebody else reports it.")
        )
    if report.caller is not None and actor.is_outside:
        raise InvalidAnswers({"caller": say("Only somebody of ours reports for others.")})
    with handling.store.begin(now=now) as work:
        made, is_repeat = work.once(actor.id, key, repr(report).encode())
        if not is_repeat:
            made = incident_id or made
            beginning = Beginning.by(actor, is_restricted=report.is_restricted)
            open_incident(handling, work, report, made, beginning, by or actor)
        return made


@dataclass(frozen=True)
class Beginning:
    """Whose an incident is from its first moment, and what it was opened beside.

    `told_at` None: now.  `confirmers` are named beside nobody else.  `criteria` None: the
    product's default ones.  `namings` are who is named (True) and who is taken off (False), where
    it is for named people only.
    """

    reporter_id: UUID
    confirmers: tuple[UUID, ...]
    customer_id: UUID | None = None
    told_at: datetime | None = None
    is_restricted: bool = False
    namings: Mapping[UUID, bool] = field(default_factory=dict)
    origin: Origin | None = None
    origin_id: UUID | None = None
    origin_number: int | None = None
    criteria: Sequence[Mapping[str, Any]] | None = None
    # who answers for it if nobody may who answers for the process
    answering: tuple[UUID, ...] = ()

    @classmethod
    def by(cls, actor: Actor, *, is_restricted: bool) -> Self:
        """Return the beginning of a report that somebody makes for themselves."""
        return cls(
            actor.id,
            (actor.id,),
            customer_id=actor.organisation_id,
            is_restricted=is_restricted,
        )


def open_incident(
    handling: Handling,
    work: Work,
    report: Report,
    incident_id: UUID,
    beginning: Beginning,
    by: Actor | Machine,
) -> Mover:
    """Open an incident in a transaction that is under way, and start its run."""
    process = work.conn.execute(_PRODUCT, {"id": report.product_id}).first()
    if process is None:
        raise InvalidAnswers({"product": say("Please choose from the products listed.")})
    # who was taken off what this is opened beside does not answer for it either
    answering = (
        *(process.duty_lead_id, process.owner_id, process.authority_id),
        *beginning.answering,
    )
    lead_id = next(who for who in answering if beginning.namings.get(who) is not False)
    incident = _incident(report, process.process_id, incident_id, beginning, lead_id, work.now)
    case = work.open_case(incident)
    mover = Mover(handling, case, by)
    release = handling.releases.in_force(work.conn)
    mover.own_run, moved = mover.begin(
        "incident",
        release,
        {"impact": report.impact.value, "urgency": report.urgency.value},
        None,
    )
    incident.priority = incident.highest_priority = Priority(str(moved.data["priority"]))
    if isinstance(by, Actor):
        # what a machine took over from a record has no lead who could miss it
        case.next_look = mover.next_look
        incident.look_by = case.now + case.next_look
    _insert(case)
    seq = case.record("incident:reported", _content(incident, beginning), by)
    if beginning.is_restricted:
        begin_restriction(case, beginning.reporter_id, REPORTED_SO, beginning.namings, seq)
    promise(mover)
    criteria = process.default_criteria if beginning.criteria is None else beginning.criteria
    _first_criteria(case, [*criteria, *report.criteria])
    _first_confirmers(case, report, beginning, many=handling.rules.many_harmed)
    mover.apply(mover.own_run, moved, action=None, is_new=True)
    return mover


def _incident(
    report: Report,
    process_id: UUID,
    incident_id: UUID,
    beginning: Beginning,
    lead_id: UUID,
    now: datetime,
) -> Incident:
    return Incident(
        id=incident_id,
        number=0,
        process_id=process_id,
        product_id=report.product_id,
        title=report.title,
        expected=report.expected,
        actual=report.actual,
        size=report.size,
        size_unit=report.size_unit,
        money=report.money,
        currency=report.currency,
        harmed=report.harmed,
        harmed_count=report.harmed_count,
        impact=report.impact,
        urgency=report.urgency,
        priority=Priority.P4,
        highest_priority=Priority.P4,
        is_restricted=beginning.is_restricted,
        reporter_id=beginning.reporter_id,
        customer_id=beginning.customer_id,
        lead_id=lead_id,
        checker_id=None,
        look_by=None,
        lead_offered_to=[],
        source_reference=report.source_reference,
        state=IncidentState.OPEN,
        harm_begins_at=report.harm_begins_at,
        restore_by=None,
        told_at=beginning.told_at or now,
        taken_up_at=None,
        repaired_at=None,
        right_since=None,
        restored_entered_at=None,
        watch_until=None,
        ask_again_at=None,
        answered_at=None,
        ended_at=None,
        closed_by=None,
        confirmation_id=None,
        decision_id=None,
        delegate_id=None,
        way_out_id=None,
        origin_id=beginning.origin_id,
        origin=beginning.origin,
        major_id=None,
        head_seq=0,
        head_hash=b"",
        work_seq=0,
        asked_seq=0,
        observed_until=None,
        erased_by=None,
    )


def _insert(case: Case) -> None:
    columns = {
        name: getattr(case.incident, name)
        for name in t.incident.c.keys()  # noqa: SIM118 - a collection of columns, not a dict
        if name != "number"
    }
    case.incident.number = case.conn.execute(
        insert(t.incident).returning(t.incident.c.number), columns
    ).scalar_one()
    case.is_numbered_here = True


def _first_criteria(case: Case, criteria: list[Mapping[str, Any]]) -> None:
    seq = case.incident.head_seq
    if criteria:
        case.conn.execute(
            insert(t.criterion),
            [
                {
                    "id": uuid4(),
                    "incident_id": case.incident.id,
                    "position": position,
                    "measure": one["measure"],
                    "threshold": one["threshold"],
                    "evidence": one.get("evidence", ""),
                    "must_hold": one.get("must_hold") or 1,
                    "changed_seq": seq,
                }
                for position, one in enumerate(criteria)
            ],
        )


def _first_confirmers(case: Case, report: Report, beginning: Beginning, *, many: int) -> None:
    """Name who confirms; where they are many, or who told us has no account, representatives."""
    incident = case.incident
    # who answers for it does not say that it is right, nor does who only wrote it down
    named = [who for who in beginning.confirmers if who != incident.lead_id]
    if report.caller is not None:
        named = []
        case.conn.execute(
            insert(t.caller),
            {
                "incident_id": incident.id,
                "name": report.caller,
                "contact": report.caller_contact,
                "made_at": case.now,
            },
        )
    if named:
        case.conn.execute(
            insert(t.confirmer),
            [{"incident_id": incident.id, "person_id": who, "named_at": case.now} for who in named],
        )
    if report.caller is not None or (incident.harmed_count or 0) >= many:
        name_representatives(case, answering=named)


def _content(incident: Incident, beginning: Beginning) -> dict[str, Any]:
    beside = {
        "origin": beginning.origin,
        "beside": beginning.origin_number,
        "named_people_only": beginning.is_restricted or None,
    }
    return {name: value for name, value in beside.items() if value is not None} | {
        name: str(value)
        for name in (
            "title",
            "expected",
            "actual",
            "harmed",
            "harmed_count",
            "harm_begins_at",
            "restore_by",
            "size",
            "size_unit",
            "money",
            "currency",
            "impact",
            "urgency",
            "priority",
        )
        if (value := getattr(incident, name)) is not None
    }
