"""How we know that an incident is right again, and who says so: two lists of its page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class CriterionLine:
    """One way we know that it is right; `is_fresh`: checked, and since the last work.

    `missed_because` is set for one that can no longer be met; `instead_of` is the missed one
    that this makes good, `is_pending` while it is not agreed, `signed_by` who has signed.
    """

    id: UUID
    measure: str
    threshold: str
    evidence: str
    measured: str | None
    verified_by: str | None
    verified_at: datetime | None
    is_fresh: bool
    must_hold: int
    missed_because: str | None
    instead_of: str | None
    is_pending: bool
    signed_by: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Whether it is in force: not missed, and agreed if it makes another good."""
        return self.missed_because is None and not self.is_pending


@dataclass(frozen=True)
class AnswerLine:
    """What a confirmer said to one criterion, in the criterion's wording of then."""

    criterion_id: UUID
    measure: str
    answer: str
    words: str | None


@dataclass(frozen=True)
class ConfirmerLine:
    """Somebody named to answer, with their latest answer; `is_fresh`: it still counts."""

    person_id: UUID
    name: str
    organisation: str | None
    answer: str | None
    words: str | None
    grade: str | None
    answered_at: datetime | None
    is_fresh: bool
    stands_for: str | None
    stands_for_count: int
    lines: tuple[AnswerLine, ...] = ()


_CRITERIA = text("""
    SELECT c.id, c.measure, c.threshold, c.evidence, c.measured, c.verified_at, c.verified_seq,
      v.name AS verified_by, c.must_hold, c.missed_because, c.is_pending,
      missed.measure AS instead_of,
      ARRAY(SELECT who.name FROM criterion_signature s JOIN person who ON who.id = s.person_id
        WHERE s.criterion_id = c.id ORDER BY s.entry_seq) AS signed_by
    FROM criterion c LEFT JOIN person v ON v.id = c.verified_by
    LEFT JOIN criterion missed ON missed.id = c.instead_of
    WHERE c.incident_id = :id AND c.withdrawn_at IS NULL ORDER BY c.position, c.changed_seq, c.id
""")
_CONFIRMERS = text("""
    SELECT c.person_id, p.name, o.name AS organisation, a.answer, a.words, a.grade, a.answered_at,
      coalesce(a.entry_seq, 0) AS entry_seq, c.stands_for, c.stands_for_count,
      (SELECT json_agg(json_build_array(k.id, k.measure, l.answer, l.words) ORDER BY k.position)
         FROM confirmation_line l JOIN criterion k ON k.id = l.criterion_id
         WHERE l.confirmation_id = a.id) AS lines
    FROM confirmer c JOIN person p ON p.id = c.person_id
    LEFT JOIN organisation o ON o.id = p.organisation_id
    LEFT JOIN LATERAL (SELECT * FROM confirmation x WHERE x.incident_id = c.incident_id
      AND x.person_id = c.person_id ORDER BY x.entry_seq DESC LIMIT 1) a ON true
    WHERE c.incident_id = :id AND c.withdrawn_at IS NULL ORDER BY c.named_at, p.name
""")


def criteria_of(conn: Connection, incident_id: UUID, work_seq: int) -> tuple[CriterionLine, ...]:
    """Return the criteria in their order; `work_seq` is the entry of the last work."""
    return tuple(
        CriterionLine(
            row.id,
            row.measure,
            row.threshold,
            row.evidence,
            row.measured,
            row.verified_by,
            row.verified_at,
            row.verified_seq > work_seq,
            row.must_hold,
            row.missed_because,
            row.instead_of,
            row.is_pending,
            tuple(row.signed_by),
        )
        for row in conn.execute(_CRITERIA, {"id": incident_id})
    )


def confirmers_of(
    conn: Connection, incident_id: UUID, answers_since: int
) -> tuple[ConfirmerLine, ...]:
    """Return who is named to answer; an answer up to entry `answers_since` is over."""
    return tuple(
        ConfirmerLine(
            row.person_id,
            row.name,
            row.organisation,
            row.answer,
            row.words,
            row.grade,
            row.answered_at,
            row.entry_seq > answers_since,
            row.stands_for,
            row.stands_for_count,
            tuple(AnswerLine(UUID(line[0]), *line[1:]) for line in row.lines or ()),
        )
        for row in conn.execute(_CONFIRMERS, {"id": incident_id})
    )
