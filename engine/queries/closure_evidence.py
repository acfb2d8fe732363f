"""What one closed incident was closed on: everything that an auditor holds against the rule.

Nothing here is taken from the use case that closed it: criteria, answers and the decision are read
from their rows, the rule is judged again on what was on record then and on what is now, and the
chain is verified.  A newcomer would show one verdict: an objection after the closing changes what
holds now, and nothing of what held then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.duties import Duty, Overlap
from engine.domain.gate import Gate, judge
from engine.errors import NotFound
from engine.language import say
from engine.queries.closed import NOW_SEQ, Closed, facts_of, this_closed
from engine.queries.closures import findings
from engine.queries.hands import CLOSED_COLUMNS, HANDS_SQL, Combination
from engine.queries.masked_words import as_shown
from engine.queries.rights import Right, offices_at


@dataclass(frozen=True)
class CriterionEvidence:
    """A criterion as it was at the closing; `stands` is `in_force`, `missed`, `withdrawn`, or
    `not_agreed`."""

    measure: str
    threshold: str
    evidence: str
    must_hold: int
    measured: str | None
    verified_by: str | None
    verified_at: datetime | None
    verified_seq: int
    stands: str
    missed_because: str | None


@dataclass(frozen=True)
class SaidOfCriterion:
    """What a confirmer said of one criterion."""

    measure: str
    answer: str
    words: str | None


@dataclass(frozen=True)
class AnswerEvidence:
    """One answer; `is_last`: the last of this person before the closing, which counts.

    `is_late`: given after it.  `is_confirmer` is False of one who was no confirmer at the end.
    """

    person: str
    stands_for: str | None
    answer: str
    words: str | None
    grade: str
    recorded_by: str | None
    answered_at: datetime
    entry_seq: int
    is_withdrawal: bool
    is_last: bool
    is_late: bool
    is_confirmer: bool
    lines: tuple[SaidOfCriterion, ...]


@dataclass(frozen=True)
class DecisionEvidence:
    """The decision that closed it, and why this person could take it at that moment.

    `asked_at`: when the ladder asked somebody to decide, None if it asked nobody; `was_asked`:
    this person was among them.  `offices` are what the register says they were for the business
    process then; `delegated_by` named them for this one.
    """

    person: str
    authority: str
    reason: str
    decided_at: datetime
    entry_seq: int
    asked_at: datetime | None
    was_asked: bool
    offices: tuple[Right, ...]
    delegated_by: str | None
    list_number: int | None


@dataclass(frozen=True)
class FileProof:
    """A diagram of a release that the incident ran on; `verdict` None: no proof was kept."""

    name: str
    hash: str
    verdict: str | None
    closure: bool | None


@dataclass(frozen=True)
class ReleaseEvidence:
    """A release the incident ran on, and its proof; `is_left`: it was moved to a later one."""

    number: int
    proved_at: datetime | None
    proved_with: str | None
    files: tuple[FileProof, ...]
    is_left: bool


@dataclass(frozen=True)
class Hand:
    """One person with every duty that they had, and each two of them as the rules have it."""

    person_id: UUID
    person: str
    duties: tuple[Duty, ...]
    overlaps: tuple[Overlap, ...]


@dataclass(frozen=True)
class Judged:
    """What the gate says of the facts of an instant; `reasons` say what does not hold."""

    gate: Gate
    holds: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ClosureEvidence:
    """All of it.  `then` holds only if gate, records and chain do; `now` is the gate's word."""

    incident_id: UUID
    number: int
    closed_by: str
    ended_at: datetime
    closing_seq: int | None
    highest_priority: str
    needs_signature: bool
    criteria: tuple[CriterionEvidence, ...]
    answers: tuple[AnswerEvidence, ...]
    silent: tuple[str, ...]
    decision: DecisionEvidence | None
    releases: tuple[ReleaseEvidence, ...]
    hands: tuple[Hand, ...]
    then: Judged
    now: Judged

    @property
    def is_separate(self) -> bool:
        """Whether no rule forbids what anybody did beside something else."""
        return not any(two.is_forbidden for hand in self.hands for two in hand.overlaps)


_CRITERIA = text("""
    SELECT c.*, p.name AS verifier FROM criterion c LEFT JOIN person p ON p.id = c.verified_by
    WHERE c.incident_id = :id ORDER BY c.position, c.changed_seq
""")
_ANSWERS = text("""
    SELECT c.id, c.person_id, p.name AS person, f.stands_for, c.answer, c.words, c.grade,
      r.name AS recorded_by, c.answered_at, c.entry_seq, c.is_withdrawal,
      f.person_id IS NOT NULL AND f.withdrawn_at IS NULL AS is_confirmer
    FROM confirmation c JOIN person p ON p.id = c.person_id
    LEFT JOIN person r ON r.id = c.recorded_by
    LEFT JOIN confirmer f ON f.incident_id = c.incident_id AND f.person_id = c.person_id
    WHERE c.incident_id = :id ORDER BY c.entry_seq
""")
_LINES = text("""
    SELECT l.confirmation_id, k.measure, l.answer, l.words FROM confirmation_line l
    JOIN confirmation c ON c.id = l.confirmation_id JOIN criterion k ON k.id = l.criterion_id
    WHERE c.incident_id = :id ORDER BY k.position
""")
_SILENT = text("""
    SELECT p.name FROM confirmer f JOIN person p ON p.id = f.person_id
    WHERE f.incident_id = :id AND f.withdrawn_at IS NULL AND NOT EXISTS (SELECT FROM confirmation c
      WHERE c.incident_id = f.incident_id AND c.person_id = f.person_id AND c.entry_seq < :closing)
    ORDER BY p.name
""")
_DECISION = text("""
    SELECT d.person_id, p.name AS person, d.authority, d.reason, d.decided_at, d.entry_seq,
      l.number AS list_number, i.process_id, w.opened_at AS asked_at,
      coalesce(d.person_id = ANY (w.people), false) AS was_asked,
      (SELECT e.actor FROM entry e WHERE e.incident_id = i.id AND e.verb = 'decision:delegated'
        AND e.seq < d.entry_seq AND e.content ->> 'person' = d.person_id::text
        ORDER BY e.seq DESC LIMIT 1) AS delegated_by
    FROM incident i JOIN decision d ON d.id = i.decision_id JOIN person p ON p.id = d.person_id
    LEFT JOIN closing_list l ON l.id = d.list_id
    LEFT JOIN work_item w ON w.incident_id = i.id AND w.mark = 'closing_decision'
      AND w.ended_by = d.person_id AND w.ended_at = d.decided_at
    WHERE i.id = :id
""")
# What it ran on at the end, and what it was moved from before.
_RELEASES = text("""
    WITH ran AS (
      SELECT release_id AS id, false AS is_left FROM run WHERE incident_id = :id
      UNION SELECT r.id, true FROM entry e JOIN release r
        ON r.number = CAST(e.content ->> 'from' AS integer)
      WHERE e.incident_id = :id AND e.verb = 'run:moved')
    SELECT r.number, bool_and(ran.is_left) AS is_left, f.proved_at, f.proved_with,
      coalesce(f.files, '[]') AS proved,
      (SELECT json_agg(json_build_array(p.name, encode(p.hash, 'hex')) ORDER BY p.name)
       FROM release_part p JOIN diagram_version v ON v.hash = p.hash
       WHERE p.release_id = r.id AND v.kind IN ('bpmn', 'dmn')) AS files
    FROM ran JOIN release r ON r.id = ran.id LEFT JOIN release_proof f ON f.release_id = r.id
    GROUP BY r.id, r.number, f.proved_at, f.proved_with, f.files ORDER BY r.number
""")
_HANDS = text(f"""
    WITH closed AS (SELECT {CLOSED_COLUMNS} FROM incident i WHERE i.id = :id), {HANDS_SQL}
    SELECT j.*, p.name FROM judged j JOIN person p ON p.id = j.person_id ORDER BY p.name, p.id
""")  # noqa: S608 - constants of the queries' own modules


def closure_evidence(
    conn: Connection,
    incident_id: UUID,
    keys: Mapping[str, bytes],
    *,
    as_written: Connection | None = None,
) -> ClosureEvidence:
    """Return what a closed incident was closed on; who may see it was asked before.

    `keys` are the audit chain's secrets by key id.  What is judged is read from `as_written`,
    where that is another view of the same than what is shown.  Raises NotFound while it is not
    closed.
    """
    closed = this_closed(as_written or conn, incident_id)
    if closed is None:
        raise NotFound(say("This is not closed."), incident=str(incident_id))
    closing_seq = _closing_seq(closed)
    asked: dict[str, Any] = {"id": incident_id, "closing": closing_seq or NOW_SEQ}
    then = findings(closed, keys)
    now, missing = judge(facts_of(closed, NOW_SEQ))
    return ClosureEvidence(
        incident_id,
        closed.row.number,
        closed.row.closed_by,
        closed.row.ended_at,
        closing_seq,
        closed.row.highest_priority,
        closed.is_grave or closed.row.money is not None,
        tuple(_criterion(row) for row in conn.execute(_CRITERIA, asked)),
        _answers(conn, asked),
        tuple(conn.scalars(_SILENT, asked)),
        _decision(conn, asked),
        tuple(_release(row) for row in conn.execute(_RELEASES, asked)),
        _hands(conn, asked),
        Judged(judge(facts_of(closed, asked["closing"]))[0], not then, as_shown(conn, then)),
        Judged(now, now is not Gate.SHUT, as_shown(conn, missing)),
    )


def _closing_seq(closed: Closed) -> int | None:
    ending = [one.seq for one in closed.rows["entries"] if one.verb == "incident:closed"]
    return ending[0] if len(ending) == 1 else None


def _criterion(row: Any) -> CriterionEvidence:
    stands = "in_force"
    if row.withdrawn_at is not None:
        stands = "withdrawn"
    elif row.missed_at is not None:
        stands = "missed"
    elif row.is_pending:
        stands = "not_agreed"
    return CriterionEvidence(
        row.measure,
        row.threshold,
        row.evidence,
        row.must_hold,
        row.measured,
        row.verifier,
        row.verified_at,
        row.verified_seq,
        stands,
        row.missed_because,
    )


def _answers(conn: Connection, asked: Mapping[str, Any]) -> tuple[AnswerEvidence, ...]:
    lines: dict[UUID, list[SaidOfCriterion]] = {}
    for row in conn.execute(_LINES, asked):
        lines.setdefault(row.confirmation_id, []).append(
            SaidOfCriterion(row.measure, row.answer, row.words)
        )
    rows = conn.execute(_ANSWERS, asked).all()
    last = {row.person_id: row.id for row in rows if row.entry_seq < asked["closing"]}
    found = []
    for row in rows:
        said = dict(row._mapping)
        which, who = said.pop("id"), said.pop("person_id")
        found.append(
            AnswerEvidence(
                **said,
                is_last=last.get(who) == which,
                is_late=row.entry_seq > asked["closing"],
                lines=tuple(lines.get(which, ())),
            )
        )
    return tuple(found)


def _decision(conn: Connection, asked: Mapping[str, Any]) -> DecisionEvidence | None:
    row = conn.execute(_DECISION, asked).first()
    if row is None:
        return None
    said = dict(row._mapping)
    who, process_id = said.pop("person_id"), said.pop("process_id")
    offices = offices_at(conn, who, process_id, row.decided_at)
    return DecisionEvidence(**said, offices=tuple(offices))


def _release(row: Any) -> ReleaseEvidence:
    proved = {one["file"]: one["processes"] for one in row.proved}
    files = []
    for name, hashed in row.files or ():
        verdicts = [one["verdict"] for one in proved.get(name, ())]
        worst = next((one for one in verdicts if one != "sound"), "sound" if verdicts else None)
        closure = [one["properties"].get("closure") for one in proved.get(name, ())]
        says = [one for one in closure if one is not None]
        files.append(FileProof(name, hashed, worst, all(says) if says else None))
    return ReleaseEvidence(row.number, row.proved_at, row.proved_with, tuple(files), row.is_left)


def _hands(conn: Connection, asked: Mapping[str, Any]) -> tuple[Hand, ...]:
    found = []
    for row in conn.execute(_HANDS, asked):
        did = Combination(row.code)
        found.append(Hand(row.person_id, row.name, did.duties, tuple(did.overlaps)))
    return tuple(found)
