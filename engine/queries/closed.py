"""What stands in the tables about each closed incident, and the gate's facts made of it.

The facts are those of an instant, told by an entry's number: of the closing, or of all that is on
record by now.  A newcomer would take today's rows for both: what was answered, checked or accepted
after the closing says nothing of whether it could be closed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.action import BLOCKING, ActionKind, ActionState
from engine.domain.coverage import Coverage
from engine.domain.gate import (
    ConfirmerFacts,
    CriterionFacts,
    DecisionFacts,
    GateFacts,
    Grade,
)
from engine.domain.incident import Answer, Decided, Priority, Verdict
from engine.domain.mark import Mark
from engine.queries.chains import ENTRIES_SQL

BATCH = 200
# no entry has a higher number: all that is on record
NOW_SEQ = 2**31 - 1

_COLUMNS = """
    SELECT id, number, closed_by, lead_id, reporter_id, highest_priority, money, confirmation_id,
      decision_id, ended_at, head_seq, head_hash, size, harmed_count, is_restricted,
      greatest(size, harmed_count, 1) <= 1 AND NOT EXISTS (SELECT FROM target t
        JOIN action a ON a.id = t.action_id
        WHERE a.incident_id = incident.id AND a.kind = 'puts_right') AS is_one_harmed
    FROM incident WHERE state = 'closed'"""
_CLOSED = text(f"{_COLUMNS} AND number > :after ORDER BY number LIMIT :most")
_THIS_ONE = text(f"{_COLUMNS} AND id = :id")
_TABLES = {
    "entries": ENTRIES_SQL,
    "actions": """SELECT incident_id, kind, state, work_seq FROM action
        WHERE incident_id = ANY (:ids)""",
    "targets": """SELECT a.incident_id, t.outcome, t.accepted_by FROM target t
        JOIN action a ON a.id = t.action_id WHERE a.incident_id = ANY (:ids)
        AND a.kind = 'puts_right' AND a.state = 'done' AND t.outcome IS DISTINCT FROM 'done'""",
    "criteria": """SELECT incident_id, id, measure, verified_by, verified_seq, changed_seq,
        withdrawn_at, missed_at, must_hold, instead_of, is_pending
        FROM criterion WHERE incident_id = ANY (:ids) ORDER BY position""",
    "signatures": """SELECT incident_id, criterion_id, person_id, entry_seq
        FROM criterion_signature WHERE incident_id = ANY (:ids)""",
    "answering": """SELECT DISTINCT a.incident_id, t.label FROM target t
        JOIN action a ON a.id = t.action_id WHERE a.incident_id = ANY (:ids)
        AND a.kind = 'puts_right' AND a.targets_answer AND a.state = 'done'
        AND (t.outcome IN ('done', 'not_needed') OR t.accepted_by IS NOT NULL)""",
    "left_out": """SELECT incident_id, number, person_id, entry_seq FROM uncovered_accepted
        WHERE incident_id = ANY (:ids) ORDER BY entry_seq""",
    "confirmers": """SELECT c.incident_id, c.person_id, p.name, c.stands_for_count FROM confirmer c
        JOIN person p ON p.id = c.person_id
        WHERE c.incident_id = ANY (:ids) AND c.withdrawn_at IS NULL""",
    "confirmations": """SELECT c.incident_id, c.id, c.person_id, c.recorded_by, c.answer, c.grade,
        c.is_withdrawal, c.entry_seq, array(SELECT l.criterion_id FROM confirmation_line l
          WHERE l.confirmation_id = c.id AND l.answer = 'yes') AS yes_to
        FROM confirmation c WHERE c.incident_id = ANY (:ids) ORDER BY c.entry_seq""",
    "decisions": """SELECT d.incident_id, d.id, d.person_id, p.name, d.authority, d.decided,
        d.reason, d.entry_seq, d.decided_at FROM decision d JOIN person p ON p.id = d.person_id
        WHERE d.incident_id = ANY (:ids) ORDER BY d.entry_seq""",
    "verifications": """SELECT incident_id, person_id, verdict, entry_seq FROM verification
        WHERE incident_id = ANY (:ids)""",
    "items": """SELECT incident_id, action_id, lane, mark, people, ended_by, ended_at
        FROM work_item WHERE incident_id = ANY (:ids) AND how = 'completed'
        AND ((action_id IS NOT NULL AND lane <> 'customer') OR mark = 'closing_decision')
        -- who noted whom an action reached has worked on it
        UNION SELECT a.incident_id, a.id, a.party, NULL, NULL, t.answered_by, t.answered_at
        FROM target t JOIN action a ON a.id = t.action_id
        WHERE a.incident_id = ANY (:ids) AND a.party <> 'customer'
        AND t.answered_by IS NOT NULL""",
}


@dataclass(frozen=True)
class Closed:
    """One closed incident with its rows by table."""

    row: Any
    rows: Mapping[str, Sequence[Any]]

    @property
    def is_grave(self) -> bool:
        return Priority(self.row.highest_priority) in (Priority.P1, Priority.P2)

    def entry(self, seq: int) -> Any:
        return next((one for one in self.rows["entries"] if one.seq == seq), None)


def all_closed(conn: Connection, size: int, *, after: int = 0) -> Iterator[Closed]:
    """Yield every closed incident by its number, beyond `after`, `size` of them at a time."""
    while rows := conn.execute(_CLOSED, {"after": after, "most": size}).all():
        yield from _with_rows(conn, rows)
        after = rows[-1].number


def this_closed(conn: Connection, incident_id: UUID) -> Closed | None:
    """Return one closed incident; None while it is not."""
    return next(_with_rows(conn, conn.execute(_THIS_ONE, {"id": incident_id}).all()), None)


def _with_rows(conn: Connection, rows: Sequence[Any]) -> Iterator[Closed]:
    by_table: dict[str, dict[UUID, list[Any]]] = {}
    for table, sql in _TABLES.items():
        by_table[table] = defaultdict(list)
        for row in conn.execute(text(sql), {"ids": [one.id for one in rows]}):
            by_table[table][row.incident_id].append(row)
    for row in rows:
        yield Closed(row, {table: found[row.id] for table, found in by_table.items()})


def facts_of(closed: Closed, closing_seq: int) -> GateFacts:
    """Return the facts on record before the entry with this number."""
    rows = closed.rows
    led = {closed.row.lead_id} | {
        one.person_id for one in rows["entries"] if one.verb == "incident:lead_taken"
    }
    # work that prevents goes on after closing: it takes nothing from who closed
    worked = {
        one.ended_by
        for one in rows["items"]
        if one.action_id is not None and one.ended_at <= closed.row.ended_at
    }
    verified = {one.person_id for one in rows["verifications"]}
    right = [one for one in rows["actions"] if one.kind == ActionKind.PUTS_RIGHT]
    work_seq = max((one.work_seq for one in right), default=0)
    return GateFacts(
        unsettled=sum(1 for one in right if ActionState(one.state) in BLOCKING),
        work_seq=work_seq,
        criteria=tuple(
            CriterionFacts(
                one.measure,
                one.verified_seq if one.verified_by and one.verified_seq < closing_seq else 0,
                one.must_hold,
                _held(closed, max(one.changed_seq, work_seq), closing_seq),
            )
            for one in in_force(closed)
        ),
        confirmers=tuple(
            _confirmer(closed, one, closing_seq, one.person_id in led | worked | verified)
            for one in rows["confirmers"]
        ),
        decision=_decision(closed, closing_seq, led | worked, verified),
        unaccepted=sum(1 for one in rows["targets"] if one.accepted_by is None),
        criteria_seq=max((one.changed_seq for one in rows["criteria"]), default=0),
        missed=tuple(one.measure for one in _missed(closed)),
        uncovered=_coverage(closed, closing_seq).unaccepted,
        needs_signature=closed.is_grave or closed.row.money is not None,
    )


def in_force(closed: Closed) -> list[Any]:
    """Return the criteria that count: neither replaced nor missed, and agreed."""
    return [
        one
        for one in closed.rows["criteria"]
        if one.withdrawn_at is None and one.missed_at is None and not one.is_pending
    ]


def _held(closed: Closed, since_seq: int, closing_seq: int) -> int:
    """Return at how many checks in a row it was right, each with a record of its own."""
    held: set[int] = set()
    for one in sorted(closed.rows["verifications"], key=lambda one: one.entry_seq):
        if not since_seq < one.entry_seq < closing_seq:
            continue
        if one.verdict == Verdict.NOT_RIGHT:
            held.clear()
        elif _is_recorded(closed, one):
            held.add(one.entry_seq)
    return len(held)


def _is_recorded(closed: Closed, check: Any) -> bool:
    record = closed.entry(check.entry_seq)
    return (
        record is not None
        and record.verb in ("outcome:verified", "outcome:watching")
        and record.person_id in (check.person_id, None)
    )


def _coverage(closed: Closed, closing_seq: int) -> Coverage:
    """Return who of those harmed had a say; what was accepted counts only with its record."""
    accepted = 0
    for one in closed.rows["left_out"]:
        record = closed.entry(one.entry_seq)
        if one.entry_seq > closing_seq:
            continue
        if record is not None and (record.verb, record.person_id) == (
            "coverage:accepted",
            one.person_id,
        ):
            accepted = one.number
    return Coverage(
        closed.row.harmed_count,
        len(closed.rows["confirmers"]),
        len(closed.rows["answering"]),
        sum(one.stands_for_count for one in closed.rows["confirmers"]),
        accepted,
    )


def _missed(closed: Closed) -> Iterator[Any]:
    """Return the missed criteria that nothing makes good that two people signed on record."""
    signed = defaultdict(set)
    for one in closed.rows["signatures"]:
        record = closed.entry(one.entry_seq)
        if record is not None and (record.verb, record.person_id) == (
            "criterion:signed",
            one.person_id,
        ):
            signed[one.criterion_id].add(one.person_id)
    agreed = {
        one.instead_of
        for one in closed.rows["criteria"]
        if one.withdrawn_at is None and not one.is_pending and len(signed[one.id]) > 1
    }
    for one in closed.rows["criteria"]:
        if one.withdrawn_at is None and one.missed_at is not None and one.id not in agreed:
            yield one


def answer_of(closed: Closed, person_id: UUID, closing_seq: int) -> Any:
    """Return the person's last answer from before the closing; a later one changes nothing."""
    said = [
        one
        for one in closed.rows["confirmations"]
        if one.person_id == person_id and one.entry_seq < closing_seq
    ]
    return said[-1] if said else None


def _confirmer(closed: Closed, named: Any, closing_seq: int, is_barred: bool) -> ConfirmerFacts:
    said = answer_of(closed, named.person_id, closing_seq)
    if said is None:
        return ConfirmerFacts(named.name, is_barred=is_barred)
    answer = Answer(said.answer)
    is_own = said.is_withdrawal and named.person_id == closed.row.reporter_id
    if is_own and closed.row.is_one_harmed:
        facts = named.name, answer, said.entry_seq, Grade(said.grade), is_barred
        return ConfirmerFacts(*facts, withdraws=True)
    record = closed.entry(said.entry_seq)
    # who answers after the closing is asked for one word over all
    is_late = record is not None and record.verb == "confirmation:late"
    open_to = {one.id for one in in_force(closed)} - set(said.yes_to)
    if answer is Answer.YES and open_to and not is_late:
        # a yes over all that leaves a criterion open is no yes
        answer = Answer.PARTLY
    return ConfirmerFacts(named.name, answer, said.entry_seq, Grade(said.grade), is_barred)


def _decision(
    closed: Closed, closing_seq: int, handled: set[UUID], verified: set[UUID]
) -> DecisionFacts | None:
    made = [one for one in closed.rows["decisions"] if one.entry_seq < closing_seq]
    if not made:
        return None
    last = made[-1]
    # Offices change hands; whom the ladder asked then is kept on the to-do.
    was_asked = any(
        one.mark == Mark.CLOSING_DECISION
        and one.ended_by == last.person_id
        and one.ended_at == last.decided_at
        and last.person_id in one.people
        for one in closed.rows["items"]
    )
    return DecisionFacts(
        last.name,
        Decided(last.decided),
        last.entry_seq,
        last.reason,
        has_authority=was_asked and last.authority == ("authority" if closed.is_grave else "owner"),
        is_barred=last.person_id in (handled | verified if closed.is_grave else handled),
    )
