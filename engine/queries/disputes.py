"""Disagreements about whose time it was that wait for a decision, for those who may decide them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.party import Party
from engine.domain.permissions import Actor, Role
from engine.queries.seen import named_sql
from engine.store.offices import answers_sql


@dataclass(frozen=True)
class ToDecide:
    """One that the reader may decide, being of neither party; why it was raised stands there.

    `is_late`: it should be decided by now.  `incident_title` and `raised_by` are None for an
    incident that is for named people only, for them too.
    """

    id: UUID
    incident_id: UUID
    incident_number: int
    incident_title: str | None
    since: datetime
    until: datetime
    party: Party
    should_be: Party
    raised_by: str | None
    raised_at: datetime
    decide_by: datetime
    is_late: bool


_TO_DECIDE = text(f"""
    SELECT d.id, d.incident_id, i.number AS incident_number,
      CASE WHEN NOT i.is_restricted THEN i.title END AS incident_title, d.since, d.until,
      d.party, d.should_be, CASE WHEN NOT i.is_restricted THEN raiser.name END AS raised_by,
      d.raised_at, d.decide_by, d.decide_by < :now AS is_late
    FROM dispute d JOIN incident i ON i.id = d.incident_id
    JOIN business_process p ON p.id = i.process_id JOIN person raiser ON raiser.id = d.raised_by
    WHERE NOT EXISTS (SELECT FROM dispute_end e WHERE e.dispute_id = d.id)
      AND i.state IN ('open', 'closed') AND d.raised_by <> :me
      AND NOT EXISTS (SELECT FROM team WHERE team.id = ANY (CAST(:teams AS uuid[]))
        AND team.party IN (d.party, d.should_be))
      AND (p.id IN (SELECT process_id FROM deputy
            WHERE person_id = :me AND of IN ('owner', 'authority'))
        OR :me IN ({answers_sql("owner", "i", "p")}, {answers_sql("authority", "i", "p")}))
      AND (NOT i.is_restricted OR {named_sql("i", "p")})
    ORDER BY d.decide_by, i.number, d.id LIMIT 100
""")  # noqa: S608 - of the queries' and the store's own modules


def disputes_to_decide(conn: Connection, actor: Actor, now: datetime) -> tuple[ToDecide, ...]:
    """Return what the actor may decide, soonest due first, at most 100.

    Nothing for an auditor, nor for who is not of our own organisation.  One statement.
    """
    if actor.is_outside or actor.has_role(Role.AUDITOR):
        return ()
    asked = {"me": actor.id, "teams": list(actor.team_ids), "now": now}
    return tuple(
        ToDecide(
            **{
                **row._mapping,
                "party": Party(row.party),
                "should_be": Party(row.should_be),
            }
        )
        for row in conn.execute(_TO_DECIDE, asked)
    )
