"""What somebody is asked beside their to-dos: no step of a diagram, but a word that is waited for.

A lead that is offered, those harmed whom nobody covers, a priority that a second person may lower,
a make-good that waits for a signature, and a restriction that a second person may lift.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor, Role
from engine.queries.seen import named_sql
from engine.store.coverage import ACCEPTED, ANSWER, CONFIRM, SPOKEN_FOR
from engine.store.offices import answers_sql


class What(StrEnum):
    """What is asked."""

    LEAD = "lead"
    UNCOVERED = "uncovered"
    LOWERING = "lowering"
    MAKE_GOOD = "make_good"
    LIFT = "lift"


@dataclass(frozen=True)
class AskedBeside:
    """One line; `title` is None for an incident that is for named people only, for them too."""

    incident_id: UUID
    number: int
    title: str | None
    priority: str
    what: What


_OFFICES = """
    SELECT p.id AS process_id, 'owner' AS office FROM business_process p WHERE p.owner_id = :me
    UNION SELECT p.id, 'duty_lead' FROM business_process p WHERE p.duty_lead_id = :me
    UNION SELECT process_id, of FROM deputy WHERE person_id = :me
"""
# Where the reader answers as the owner, as who holds that office has left or was taken off.
_INSTEAD = f"""
    SELECT i.id FROM business_process p JOIN person h ON h.id = p.owner_id AND NOT h.is_active
      JOIN incident i ON i.process_id = p.id AND i.state = 'open'
      WHERE {answers_sql("owner", "i", "p")} = :me
    UNION SELECT i.id FROM restriction r JOIN naming n ON n.restriction_id = r.id
      JOIN incident i ON i.id = r.incident_id AND i.state = 'open'
      JOIN business_process p ON p.id = i.process_id AND p.owner_id = n.person_id
      WHERE r.lifted_at IS NULL AND NOT n.is_named AND {answers_sql("owner", "i", "p")} = :me
"""  # noqa: S608 - of the store's own module
_IS_OWNER = """(i.process_id IN (SELECT process_id FROM office WHERE office = 'owner')
      OR i.id IN (SELECT id FROM instead))"""
_UNCOVERED = f"""i.harmed_count - ({CONFIRM}) - ({SPOKEN_FOR}) - ({ANSWER})
    > greatest(0, ({ACCEPTED}))"""
_ASKED = text(f"""
    WITH office AS ({_OFFICES}), instead AS ({_INSTEAD}),
    asked AS (
      SELECT i.id, 'lead' AS what FROM incident i
        WHERE i.lead_offered_to <> '{{}}' AND i.lead_offered_to @> ARRAY[CAST(:me AS uuid)]
      UNION SELECT i.id, 'uncovered' FROM incident i
        JOIN office o ON o.process_id = i.process_id AND o.office = 'owner'
        WHERE i.state = 'open' AND i.harmed_count > 0 AND {_UNCOVERED}
      UNION SELECT i.id, 'uncovered' FROM instead JOIN incident i ON i.id = instead.id
        WHERE i.harmed_count > 0 AND {_UNCOVERED}
      UNION SELECT i.id, 'lowering' FROM priority_lowering l
        JOIN incident i ON i.id = l.incident_id
        WHERE l.proposed_by <> :me AND (i.lead_id = :me OR {_IS_OWNER}
          OR i.process_id IN (SELECT process_id FROM office WHERE office = 'duty_lead'))
      UNION SELECT k.incident_id, 'make_good' FROM criterion k
        JOIN incident i ON i.id = k.incident_id
        WHERE k.is_pending AND k.withdrawn_at IS NULL
        AND NOT EXISTS (SELECT FROM criterion_signature s
          WHERE s.criterion_id = k.id AND s.person_id = :me)
        AND (({_IS_OWNER}
              AND NOT EXISTS (SELECT FROM criterion_signature s
                WHERE s.criterion_id = k.id AND s.signs_as = 'owner'))
          OR (EXISTS (SELECT FROM confirmer c WHERE c.incident_id = k.incident_id
                AND c.person_id = :me AND c.withdrawn_at IS NULL)
              AND NOT EXISTS (SELECT FROM criterion_signature s
                WHERE s.criterion_id = k.id AND s.signs_as = 'confirmer')))
      UNION SELECT i.id, 'lift' FROM restriction r JOIN incident i ON i.id = r.incident_id
        JOIN business_process p ON p.id = i.process_id
        WHERE r.lifted_at IS NULL AND r.lift_asked_by <> :me AND r.declined_at IS NULL
        AND (:me IN (i.lead_id, i.reporter_id, p.duty_lead_id)
          OR :me IN ({answers_sql("owner", "i", "p")}, {answers_sql("authority", "i", "p")})
          OR (SELECT is_named FROM naming n WHERE n.restriction_id = r.id AND n.person_id = :me
              ORDER BY n.entry_seq DESC LIMIT 1)))
    SELECT i.id AS incident_id, i.number, CASE WHEN NOT i.is_restricted THEN i.title END AS title,
      i.priority, asked.what
    FROM asked JOIN incident i ON i.id = asked.id JOIN business_process p ON p.id = i.process_id
    WHERE i.state = 'open' AND (NOT i.is_restricted OR {named_sql("i", "p")})
    ORDER BY i.priority, i.number, asked.what LIMIT 100
""")  # noqa: S608 - constants of the queries' own modules


def asked_beside(conn: Connection, actor: Actor) -> tuple[AskedBeside, ...]:
    """Return what the actor is asked beside their to-dos, gravest first, at most 100.

    An auditor is asked for nothing.  One statement.
    """
    if actor.has_role(Role.AUDITOR):
        return ()
    return tuple(
        AskedBeside(row.incident_id, row.number, row.title, row.priority, What(row.what))
        for row in conn.execute(_ASKED, {"me": actor.id})
    )
