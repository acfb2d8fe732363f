"""One incident with everything its page shows: what is right, what is done, what is missing.

A constant number of statements, however many actions there are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.coverage import Coverage
from engine.domain.gate import Gate, judge
from engine.domain.incident import IncidentState
from engine.domain.milestones import (
    MilestoneFacts,
    Reached,
    milestones,
    repaired_to_restored,
    restored_to_closed,
)
from engine.domain.permissions import Actor, Verb
from engine.queries.incident_ways import LinkedLine, WayOutLine, ways_of
from engine.queries.saying_right import (
    ConfirmerLine,
    CriterionLine,
    confirmers_of,
    criteria_of,
)
from engine.queries.seen import seen_incident
from engine.store import facts as ask
from engine.store.coverage import coverage
from engine.store.offices import answers_sql
from engine.store.rows import Incident


@dataclass(frozen=True)
class Lowering:
    """A lower priority that somebody proposes; a second person has to approve it."""

    priority: str
    reason: str
    proposed_by: str
    proposed_by_id: UUID


@dataclass(frozen=True)
class Erased:
    """Who had erased all that was written of an incident, as it was kept long enough."""

    asked_by: str
    agreed_by: str
    agreed_at: datetime
    why: str


@dataclass(frozen=True)
class ActionLine:
    """One action; `after` are the numbers of those it waits for.

    Targets are counted only: their names are other people's affairs for most readers.
    """

    id: UUID
    number: int
    title: str
    detail: str
    kind: str
    state: str
    party: str
    person_id: UUID | None
    person: str | None
    team_id: UUID | None
    team: str | None
    due_at: datetime
    is_overdue: bool
    deadline_at: datetime | None
    deadline_because: str | None
    ends_cause: bool
    targets_answer: bool
    is_remedy: bool
    reference: str | None
    contact: str | None
    proposed_by: str | None
    proposed_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    outcome: str | None
    evidence: str | None
    declined_because: str | None
    after: tuple[int, ...]
    targets: int
    targets_done: int
    targets_left: int
    targets_unaccepted: int


@dataclass(frozen=True)
class DecisionLine:
    """What somebody decided while the customer's answer was missing."""

    by: str
    authority: str
    decided: str
    reason: str
    until: datetime | None
    ask: str | None
    decided_at: datetime
    # the list it was a line of
    list_number: int | None


@dataclass(frozen=True)
class OpenItem:
    """Somebody asked for something now; `people` are names."""

    id: UUID
    step: str
    mark: str | None
    title: str
    action_number: int | None
    lane: str
    party: str
    team: str | None
    people: tuple[str, ...]
    claimed_by: str | None
    opened_at: datetime
    due_at: datetime | None
    is_mine: bool


@dataclass(frozen=True)
class IncidentPage:
    """Everything about one incident that this reader may see.

    `is_overdue`: it is not right again and `restore_by` is over.  `look_by` is when the lead has
    to look again, None after the owner was offered the lead.  `missing` are plain sentences,
    empty once closed or ready to close.  `repaired_to_restored` and `restored_to_closed` are None
    until both ends are known.  For `way_out`, `linked` and `late` see `Ways`.
    """

    id: UUID
    number: int
    title: str
    expected: str
    actual: str
    harmed: str
    coverage: Coverage
    # how many others have said that they are harmed, too, and whether the reader is one of them
    also_harmed: int
    is_also_harmed: bool
    size: Decimal | None
    size_unit: str | None
    money: Decimal | None
    currency: str | None
    impact: str
    urgency: str
    priority: str
    highest_priority: str
    is_restricted: bool
    process_id: UUID
    process: str
    product: str
    reporter_id: UUID
    reporter: str
    customer: str | None
    lead_id: UUID
    lead: str
    owner: str
    checker: str | None
    caller: str | None
    look_by: datetime | None
    lead_offered_to: tuple[str, ...]
    lowering: Lowering | None
    state: str
    closed_by: str | None
    told_at: datetime
    ended_at: datetime | None
    harm_begins_at: datetime | None
    restore_by: datetime | None
    is_overdue: bool
    watch_until: datetime | None
    source_reference: str | None
    gate: Gate
    missing: tuple[str, ...]
    milestones: tuple[Reached, ...]
    repaired_to_restored: timedelta | None
    restored_to_closed: timedelta | None
    criteria: tuple[CriterionLine, ...]
    confirmers: tuple[ConfirmerLine, ...]
    actions: tuple[ActionLine, ...]
    decisions: tuple[DecisionLine, ...]
    open_items: tuple[OpenItem, ...]
    way_out: WayOutLine | None
    linked: tuple[LinkedLine, ...]
    late: str | None
    erased: Erased | None
    verbs: frozenset[Verb]


_ABOUT = text(f"""
    SELECT p.name AS process, made.name AS product, reporter.name AS reporter, lead.name AS lead,
      owner.name AS owner, o.name AS customer, checker.name AS checker, c.name AS caller,
      ARRAY(SELECT name FROM person WHERE id = ANY (i.lead_offered_to) ORDER BY name) AS offered,
      l.priority AS lower_to, l.reason AS lower_because, proposer.name AS lowered_by,
      l.proposed_by AS lowered_by_id,
      (SELECT count(*) FROM also_harmed h WHERE h.incident_id = i.id) AS also_harmed,
      EXISTS (SELECT FROM also_harmed h WHERE h.incident_id = i.id AND h.person_id = :me)
        AS is_also_harmed,
      gone.asked_by, gone.agreed_by, gone.agreed_at, gone.why
    FROM incident i JOIN business_process p ON p.id = i.process_id
    JOIN product made ON made.id = i.product_id
    JOIN person reporter ON reporter.id = i.reporter_id
    JOIN person lead ON lead.id = i.lead_id
    JOIN person owner ON owner.id = {answers_sql("owner", "i", "p")}
    LEFT JOIN person checker ON checker.id = i.checker_id
    LEFT JOIN caller c ON c.incident_id = i.id
    LEFT JOIN priority_lowering l ON l.incident_id = i.id
    LEFT JOIN person proposer ON proposer.id = l.proposed_by
    LEFT JOIN organisation o ON o.id = i.customer_id
    LEFT JOIN LATERAL (SELECT asker.name AS asked_by, other.name AS agreed_by,
        a.answered_at AS agreed_at, e.why
      FROM erasure e JOIN person asker ON asker.id = e.asked_by
      JOIN erasure_answer a ON a.erasure_id = e.id JOIN person other ON other.id = a.answered_by
      WHERE e.id = i.erased_by) gone ON true
    WHERE i.id = :id
""")  # noqa: S608 - of the store's own module
_ACTIONS = text("""
    SELECT a.*, person.name AS person, team.name AS team, proposer.name AS proposer,
      settler.name AS settler,
      ARRAY(SELECT b.number FROM action_after x JOIN action b ON b.id = x.before_id
            WHERE x.action_id = a.id ORDER BY b.number) AS after,
      coalesce(reached.targets, 0) AS targets, coalesce(reached.done, 0) AS targets_done,
      coalesce(reached.left_over, 0) AS targets_left,
      coalesce(reached.unaccepted, 0) AS targets_unaccepted
    FROM action a
    LEFT JOIN person ON person.id = a.person_id
    LEFT JOIN team ON team.id = a.team_id
    LEFT JOIN person proposer ON proposer.id = a.proposed_by
    LEFT JOIN person settler ON settler.id = a.settled_by
    LEFT JOIN (SELECT t.action_id, count(*) AS targets,
        count(*) FILTER (WHERE t.outcome = 'done') AS done,
        count(*) FILTER (WHERE t.outcome IS NULL) AS left_over,
        count(*) FILTER (WHERE t.outcome <> 'done' AND t.accepted_by IS NULL) AS unaccepted
      FROM target t JOIN action x ON x.id = t.action_id WHERE x.incident_id = :id
      GROUP BY t.action_id) reached ON reached.action_id = a.id
    WHERE a.incident_id = :id ORDER BY a.number
""")
_DECISIONS = text("""
    SELECT who.name AS by, d.authority, d.decided, d.reason, d.until, asked.name AS ask,
      d.decided_at, l.number AS list_number
    FROM decision d JOIN person who ON who.id = d.person_id
    LEFT JOIN person asked ON asked.id = d.ask_id
    LEFT JOIN closing_list l ON l.id = d.list_id
    WHERE d.incident_id = :id ORDER BY d.entry_seq
""")
_OPEN = text("""
    SELECT w.id, w.step, w.mark, w.title, a.number AS action_number, w.lane, w.party,
      team.name AS team, holder.name AS claimed_by, w.opened_at, w.due_at,
      ARRAY(SELECT name FROM person WHERE id = ANY (w.people) ORDER BY name) AS people,
      (w.claimed_by = :me OR (w.claimed_by IS NULL
        AND (w.people @> ARRAY[CAST(:me AS uuid)] OR w.team_id = ANY (CAST(:teams AS uuid[])))))
        IS TRUE AS is_mine
    FROM work_item w
    LEFT JOIN action a ON a.id = w.action_id
    LEFT JOIN team ON team.id = w.team_id
    LEFT JOIN person holder ON holder.id = w.claimed_by
    WHERE w.incident_id = :id AND w.ended_at IS NULL ORDER BY w.opened_at, w.id
""")


def incident_page(conn: Connection, which: UUID | int, actor: Actor, now: datetime) -> IncidentPage:
    """Return the incident with this id or number, as `actor` may see it.

    Raises NotFound, in the same words for one that is not there and one that is not for them.
    """
    seen = seen_incident(conn, which, actor, now)
    incident = seen.incident
    asked = {"id": incident.id, "me": actor.id, "teams": list(actor.team_ids)}
    about = conn.execute(_ABOUT, asked).one()
    gate, missing, work_seq, answers_since = _judged(conn, incident)
    reached = milestone_facts(incident)
    ways = ways_of(conn, incident.id, actor)
    return IncidentPage(
        id=incident.id,
        number=incident.number,
        title=incident.title,
        expected=incident.expected,
        actual=incident.actual,
        harmed=incident.harmed,
        coverage=coverage(conn, incident),
        also_harmed=about.also_harmed,
        is_also_harmed=about.is_also_harmed,
        size=incident.size,
        size_unit=incident.size_unit,
        money=incident.money,
        currency=incident.currency,
        impact=incident.impact,
        urgency=incident.urgency,
        priority=incident.priority,
        highest_priority=incident.highest_priority,
        is_restricted=incident.is_restricted,
        process_id=incident.process_id,
        process=about.process,
        product=about.product,
        reporter_id=incident.reporter_id,
        reporter=about.reporter,
        customer=about.customer,
        lead_id=incident.lead_id,
        lead=about.lead,
        owner=about.owner,
        checker=about.checker,
        caller=about.caller,
        look_by=incident.look_by,
        lead_offered_to=tuple(about.offered),
        lowering=Lowering(
            about.lower_to, about.lower_because, about.lowered_by, about.lowered_by_id
        )
        if about.lower_to
        else None,
        state=incident.state,
        closed_by=incident.closed_by,
        told_at=incident.told_at,
        ended_at=incident.ended_at,
        harm_begins_at=incident.harm_begins_at,
        restore_by=incident.restore_by,
        is_overdue=incident.state == IncidentState.OPEN
        and incident.right_since is None
        and incident.restore_by is not None
        and incident.restore_by < now,
        watch_until=incident.watch_until,
        source_reference=incident.source_reference,
        gate=gate,
        missing=missing,
        milestones=milestones(reached),
        repaired_to_restored=repaired_to_restored(reached),
        restored_to_closed=restored_to_closed(reached),
        criteria=criteria_of(conn, incident.id, work_seq),
        confirmers=confirmers_of(conn, incident.id, answers_since),
        actions=_actions(conn, incident.id, now),
        decisions=tuple(DecisionLine(**row._mapping) for row in conn.execute(_DECISIONS, asked)),
        open_items=tuple(
            OpenItem(**{**row._mapping, "people": tuple(row.people)})
            for row in conn.execute(_OPEN, asked)
        ),
        way_out=ways.way_out,
        linked=ways.linked,
        late=ways.late,
        erased=Erased(about.asked_by, about.agreed_by, about.agreed_at, about.why)
        if about.agreed_by
        else None,
        verbs=seen.verbs,
    )


def milestone_facts(incident: Incident) -> MilestoneFacts:
    """Return the instants that the incident's milestones stand at."""
    return MilestoneFacts(
        told_at=incident.told_at,
        taken_up_at=incident.taken_up_at,
        repaired_at=incident.repaired_at,
        restored_at=incident.right_since,
        restored_entered_at=incident.restored_entered_at,
        answered_at=incident.answered_at,
        closed_at=incident.ended_at if incident.closed_by else None,
    )


def _judged(conn: Connection, incident: Incident) -> tuple[Gate, tuple[str, ...], int, int]:
    named = ask.confirmers(conn, incident.id)
    had = ask.hands(conn, incident.id, incident.lead_id)
    facts = ask.gate_facts(conn, incident, named, had)
    if incident.closed_by is not None:
        # what it was closed by is settled; an answer that came late changes nothing in it
        return Gate(incident.closed_by), (), facts.work_seq, facts.answers_since
    gate, missing = judge(facts)
    if incident.way_out_id is not None:
        # nobody is waited for while it is out of the handling
        missing = ()
    return gate, missing, facts.work_seq, facts.answers_since


def _actions(conn: Connection, incident_id: UUID, now: datetime) -> tuple[ActionLine, ...]:
    return tuple(
        ActionLine(
            id=row.id,
            number=row.number,
            title=row.title,
            detail=row.detail,
            kind=row.kind,
            state=row.state,
            party=row.party,
            person_id=row.person_id,
            person=row.person,
            team_id=row.team_id,
            team=row.team,
            due_at=row.due_at,
            is_overdue=row.settled_at is None and row.due_at < now,
            deadline_at=row.deadline_at,
            deadline_because=row.deadline_because,
            ends_cause=row.ends_cause,
            targets_answer=row.targets_answer,
            is_remedy=row.is_remedy,
            reference=row.reference,
            contact=row.contact,
            proposed_by=row.proposer,
            proposed_at=row.proposed_at,
            settled_at=row.settled_at,
            settled_by=row.settler,
            outcome=row.outcome,
            evidence=row.evidence,
            declined_because=row.declined_because,
            after=tuple(row.after),
            targets=row.targets,
            targets_done=row.targets_done,
            targets_left=row.targets_left,
            targets_unaccepted=row.targets_unaccepted,
        )
        for row in conn.execute(_ACTIONS, {"id": incident_id})
    )
