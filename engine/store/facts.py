"""What use cases ask of a locked incident: who has a part in it, what its gate depends on.

Each function is one statement.  They are read under the incident's lock, so what they return
cannot change before the transaction ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Uuid, bindparam, select, text

from engine.domain.action import TargetOutcome
from engine.domain.gate import (
    ConfirmerFacts,
    CriterionFacts,
    DecisionFacts,
    GateFacts,
    Grade,
)
from engine.domain.incident import Answer, Decided, Priority
from engine.domain.party import Party
from engine.store import schema as t
from engine.store.coverage import coverage
from engine.store.rows import Action, Incident, Run, split


@dataclass(frozen=True)
class ProcessPeople:
    """Who answers for a business process, each with their deputies."""

    owner_id: UUID
    duty_lead_id: UUID
    authority_id: UUID
    desk_id: UUID
    desk_party: Party
    owners: tuple[UUID, ...]
    duty_leads: tuple[UUID, ...]
    authorities: tuple[UUID, ...]
    # its product is mail itself
    carries_mail: bool = False


@dataclass(frozen=True)
class Hands:
    """Who has had a hand in an incident; `worked` did an action, or noted whom it reached.

    A customer's own action (lane `customer`) is not work on the incident in this sense: else
    nobody who corrects their own books could say that they are right.
    """

    led: frozenset[UUID]
    worked: frozenset[UUID]
    verified: frozenset[UUID]

    @property
    def everybody(self) -> frozenset[UUID]:
        """All of them."""
        return self.led | self.worked | self.verified


@dataclass(frozen=True)
class Confirmer:
    """A confirmer in force, with their latest answer."""

    person_id: UUID
    name: str
    is_outside: bool
    answer: Answer | None
    entry_seq: int
    grade: Grade
    confirmation_id: UUID | None
    withdraws: bool


_DEPUTIES = text("""
    SELECT p.owner_id, p.duty_lead_id, p.authority_id, p.desk_id, p.carries_mail,
      team.party AS desk_party,
      array(SELECT person_id FROM deputy d WHERE d.process_id = p.id AND d.of = 'owner') AS o,
      array(SELECT person_id FROM deputy d WHERE d.process_id = p.id AND d.of = 'duty_lead') AS l,
      array(SELECT person_id FROM deputy d WHERE d.process_id = p.id AND d.of = 'authority') AS a
    FROM business_process p JOIN team ON team.id = p.desk_id WHERE p.id = :id
""")


def process_people(conn: Connection, process_id: UUID) -> ProcessPeople:
    """Return who answers for the business process."""
    row = conn.execute(_DEPUTIES, {"id": process_id}).one()
    return ProcessPeople(
        row.owner_id,
        row.duty_lead_id,
        row.authority_id,
        row.desk_id,
        Party(row.desk_party),
        (row.owner_id, *row.o),
        (row.duty_lead_id, *row.l),
        (row.authority_id, *row.a),
        row.carries_mail,
    )


# Each person once, by the index and not by their rows: an incident may have thousands of those.
# Targets are found from the incident, never through its actions: however little the planner knows
# of the tables, the cost does not grow with actions that reach nobody by name.
_HANDS = text("""
    WITH RECURSIVE worked (who) AS (
      (SELECT ended_by FROM work_item
        WHERE incident_id = :id AND action_id IS NOT NULL AND lane <> 'customer'
        AND how = 'completed' ORDER BY ended_by LIMIT 1)
      UNION ALL SELECT (SELECT ended_by FROM work_item
        WHERE incident_id = :id AND action_id IS NOT NULL AND lane <> 'customer'
        AND how = 'completed' AND ended_by > worked.who ORDER BY ended_by LIMIT 1)
      FROM worked WHERE worked.who IS NOT NULL),
    verified (who) AS (
      (SELECT person_id FROM verification WHERE incident_id = :id ORDER BY person_id LIMIT 1)
      UNION ALL SELECT (SELECT person_id FROM verification
        WHERE incident_id = :id AND person_id > verified.who ORDER BY person_id LIMIT 1)
      FROM verified WHERE verified.who IS NOT NULL)
    SELECT 'led' AS had, person_id AS who FROM entry
      WHERE incident_id = :id AND verb = 'incident:lead_taken' AND person_id IS NOT NULL
    UNION SELECT 'worked', who FROM worked WHERE who IS NOT NULL
    UNION SELECT 'worked', t.answered_by FROM (SELECT DISTINCT action_id, answered_by FROM target
        WHERE incident_id = :id AND answered_by IS NOT NULL) t
      WHERE (SELECT party FROM action WHERE id = t.action_id) <> 'customer'
    UNION SELECT 'verified', who FROM verified WHERE who IS NOT NULL
""")


def hands(conn: Connection, incident_id: UUID, lead_id: UUID) -> Hands:
    """Return everybody who led, worked on or verified the incident."""
    rows = conn.execute(_HANDS, {"id": incident_id}).all()
    led, worked, verified = (
        frozenset(row.who for row in rows if row.had == had)
        for had in ("led", "worked", "verified")
    )
    return Hands(led | {lead_id}, worked, verified)


# A criterion that counts now: neither replaced nor missed, and agreed if it makes another good.
IN_FORCE = "withdrawn_at IS NULL AND missed_at IS NULL AND NOT is_pending"

# At how many checks in a row criterion `k` was right: since its wording, the last work and the
# last check that found something wrong.  Counted only where it has to be right more than once.
_HELD = """CASE WHEN k.must_hold > 1 THEN (SELECT count(*) FROM verification v
    WHERE v.incident_id = k.incident_id AND v.verdict <> 'not_right' AND v.entry_seq > greatest(
      k.changed_seq,
      (SELECT max(work_seq) FROM action a
        WHERE a.incident_id = k.incident_id AND a.kind = 'puts_right'),
      (SELECT max(n.entry_seq) FROM verification n
        WHERE n.incident_id = k.incident_id AND n.verdict = 'not_right'))) ELSE 0 END"""

# Missed criteria `k` while nothing that owner and confirmer agreed makes them good.
_NOT_MADE_GOOD = """k.withdrawn_at IS NULL AND k.missed_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM criterion good WHERE good.instead_of = k.id AND good.withdrawn_at IS NULL
    AND NOT good.is_pending)"""

_GATE = text(f"""
    SELECT
      (SELECT count(*) FROM action WHERE incident_id = :id AND kind = 'puts_right'
         AND state IN ('waiting', 'open')) AS unsettled,
      (SELECT coalesce(max(work_seq), 0) FROM action
         WHERE incident_id = :id AND kind = 'puts_right') AS work_seq,
      (SELECT coalesce(max(changed_seq), 0) FROM criterion
         WHERE incident_id = :id) AS criteria_seq,
      (SELECT count(*) FROM target t WHERE t.incident_id = :id AND t.outcome <> 'done'
         AND t.accepted_by IS NULL AND (SELECT kind = 'puts_right' AND state = 'done'
           FROM action WHERE id = t.action_id)) AS unaccepted,
      (SELECT json_agg(json_build_array(measure, verified_seq, must_hold, {_HELD})
           ORDER BY position)
         FROM criterion k WHERE incident_id = :id AND {IN_FORCE}) AS criteria,
      (SELECT json_agg(measure ORDER BY position)
         FROM criterion k WHERE incident_id = :id AND {_NOT_MADE_GOOD}) AS missed,
      (SELECT json_build_array(p.name, d.decided, d.entry_seq, d.reason, d.authority, d.person_id)
         FROM decision d JOIN person p ON p.id = d.person_id
         WHERE d.incident_id = :id ORDER BY d.entry_seq DESC LIMIT 1) AS decision
""")  # noqa: S608 - constants of this module

_CONFIRMERS = text("""
    SELECT c.person_id, p.name, p.organisation_id IS NOT NULL AS is_outside,
      a.answer, coalesce(a.entry_seq, 0) AS entry_seq, a.grade, a.id AS confirmation_id,
      coalesce(a.is_withdrawal, false) AS withdraws
    FROM confirmer c JOIN person p ON p.id = c.person_id
    LEFT JOIN LATERAL (SELECT * FROM confirmation x WHERE x.incident_id = c.incident_id
      AND x.person_id = c.person_id ORDER BY x.entry_seq DESC LIMIT 1) a ON true
    WHERE c.incident_id = :id AND c.withdrawn_at IS NULL ORDER BY c.named_at, p.name
""")


def confirmers(conn: Connection, incident_id: UUID) -> tuple[Confirmer, ...]:
    """Return the confirmers in force, in the order they were named."""
    return tuple(
        Confirmer(
            row.person_id,
            row.name,
            row.is_outside,
            Answer(row.answer) if row.answer else None,
            row.entry_seq,
            Grade(row.grade) if row.grade else Grade.SIGNED_IN,
            row.confirmation_id,
            row.withdraws,
        )
        for row in conn.execute(_CONFIRMERS, {"id": incident_id})
    )


def confirmer_facts(named: Sequence[Confirmer], had: Hands) -> tuple[ConfirmerFacts, ...]:
    """Return the confirmers as the gate sees them."""
    return tuple(
        ConfirmerFacts(
            who.name,
            who.answer,
            who.entry_seq,
            who.grade,
            who.person_id in had.everybody,
            who.withdraws,
        )
        for who in named
    )


def gate_facts(
    conn: Connection, incident: Incident, named: Sequence[Confirmer], had: Hands
) -> GateFacts:
    """Return everything that the gate of this incident depends on."""
    row = conn.execute(_GATE, {"id": incident.id}).mappings().one()
    return GateFacts(
        unsettled=row["unsettled"],
        work_seq=row["work_seq"],
        criteria=tuple(CriterionFacts(*pair) for pair in row["criteria"] or ()),
        confirmers=confirmer_facts(named, had),
        decision=_decision(row, incident, had),
        unaccepted=row["unaccepted"],
        criteria_seq=row["criteria_seq"],
        missed=tuple(row["missed"] or ()),
        uncovered=coverage(conn, incident).unaccepted,
        needs_signature=needs_signature(incident),
    )


def needs_signature(incident: Incident) -> bool:
    """Whether an answer by phone is not enough: P1, P2 and anything with money."""
    return (
        Priority(incident.highest_priority) in (Priority.P1, Priority.P2)
        or incident.money is not None
    )


def _decision(row: RowMapping, incident: Incident, had: Hands) -> DecisionFacts | None:
    if row["decision"] is None:
        return None
    name, decided, seq, reason, authority, person = row["decision"]
    grave = Priority(incident.highest_priority) in (Priority.P1, Priority.P2)
    barred = had.led | had.worked | (had.verified if grave else frozenset())
    return DecisionFacts(
        name, Decided(decided), seq, reason, bool(authority), is_barred=UUID(person) in barred
    )


_BLOCKED = text(
    "SELECT EXISTS (SELECT FROM action WHERE incident_id = :id"
    " AND kind = 'puts_right' AND state IN ('waiting', 'open'))"
)


def is_blocked(conn: Connection, incident_id: UUID) -> bool:
    """Whether an action that puts right is still waiting or open."""
    return bool(conn.scalar(_BLOCKED, {"id": incident_id}))


@dataclass(frozen=True)
class TargetFacts:
    """One of those an action reaches, in the order listed."""

    id: UUID
    label: str
    outcome: TargetOutcome | None
    note: str | None


@dataclass(frozen=True)
class ActionFacts:
    """An action beside what its end could move: followers, and the incident's own run."""

    action: Action
    own_run: Run
    others_block: bool
    has_followers: bool
    targets: tuple[TargetFacts, ...]


_ACTION_FACTS = (
    select(
        t.action,
        t.run,
        text(
            "EXISTS (SELECT FROM action other WHERE other.incident_id = :incident"
            " AND other.id <> :action AND other.kind = 'puts_right'"
            " AND other.state IN ('waiting', 'open')) AS others_block"
        ),
        text("EXISTS (SELECT FROM action_after WHERE before_id = :action) AS has_followers"),
        text(
            "(SELECT json_agg(json_build_array(id, label, outcome, note) ORDER BY position)"
            " FROM target WHERE action_id = :action)"
        ),
    )
    .join_from(t.action, t.run, t.run.c.incident_id == t.action.c.incident_id)
    .where(t.action.c.id == bindparam("action", type_=Uuid), t.run.c.action_id.is_(None))
)


def action_facts(conn: Connection, action_id: UUID, incident_id: UUID) -> ActionFacts:
    """Return the action and what depends on it, without reading the incident's other actions."""
    row = conn.execute(_ACTION_FACTS, {"incident": incident_id, "action": action_id}).one()
    action, own_run = split(row[:-3], (t.action, Action), (t.run, Run))
    listed = tuple(
        TargetFacts(UUID(one), label, TargetOutcome(outcome) if outcome else None, note)
        for one, label, outcome, note in row[-1] or ()
    )
    return ActionFacts(action, own_run, row[-3], row[-2], listed)


def rows(conn: Connection, sql: str, **values: Any) -> Sequence[RowMapping]:
    """Return the rows of a read that is used in one place only."""
    return conn.execute(text(sql), values).mappings().all()


def is_anybody_outside(conn: Connection, people: Sequence[UUID]) -> bool:
    """Whether one of these people belongs to a customer or a supplier."""
    found = select(t.person.c.id).where(
        t.person.c.id.in_(people), t.person.c.organisation_id.is_not(None)
    )
    return conn.execute(found.limit(1)).first() is not None


_ANSWERS_SINCE = text(
    "SELECT greatest((SELECT max(work_seq) FROM action WHERE incident_id = :id"
    " AND kind = 'puts_right'), (SELECT max(changed_seq) FROM criterion"
    " WHERE incident_id = :id), 0)"
)


def answers_since(conn: Connection, incident_id: UUID) -> int:
    """Return the entry that answers must be newer than: the last work or wording of a criterion."""
    return int(conn.scalar(_ANSWERS_SINCE, {"id": incident_id}) or 0)


def latest_decision(conn: Connection, incident_id: UUID) -> UUID:
    """Return the id of the latest closing decision."""
    found: UUID = conn.execute(
        select(t.decision.c.id)
        .where(t.decision.c.incident_id == incident_id)
        .order_by(t.decision.c.entry_seq.desc())
        .limit(1)
    ).scalar_one()
    return found


_UNDER_WAY = text("""
    SELECT a.number FROM action a WHERE a.incident_id = :id AND a.kind = 'puts_right'
    AND a.state = 'open' AND (EXISTS (SELECT FROM work_item w WHERE w.action_id = a.id
        AND (w.claimed_by IS NOT NULL OR w.how = 'completed'))
      OR EXISTS (SELECT FROM target t WHERE t.action_id = a.id AND t.outcome IS NOT NULL))
    ORDER BY a.number
""")


def work_under_way(conn: Connection, incident_id: UUID) -> list[int]:
    """Return the numbers of actions that put right which have begun and are not settled."""
    return list(conn.execute(_UNDER_WAY, {"id": incident_id}).scalars())
