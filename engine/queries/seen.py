"""Who may see which incident: for one of them by its standing, in lists by one SQL condition.

The two say the same.  A newcomer would filter a list in Python, after paging: pages would come
out short, and their lengths would tell how many there are that the reader may not see.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from engine.domain.permissions import Actor, Role, Verb
from engine.domain.standing import Standing
from engine.errors import NotFound
from engine.language import say
from engine.queries.permitted import towards
from engine.store import schema as t
from engine.store.offices import answers_sql
from engine.store.rows import Incident, split

# PostgreSQL's bigint ends here
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Seen:
    """An incident that the actor may see, what they are towards it and may do to it."""

    incident: Incident
    standing: frozenset[Standing]
    verbs: frozenset[Verb]


def seen_incident(
    conn: Connection, which: UUID | int, actor: Actor, now: datetime | None = None
) -> Seen:
    """Return the incident with this id or number, and what may be done at `now`.  Two statements.

    Raises NotFound for one that is not there and, in the same words, for one that the actor
    may not see.
    """
    column = t.incident.c.number if isinstance(which, int) else t.incident.c.id
    if isinstance(which, int) and which > _LARGEST:
        raise _not_found(which)
    row = conn.execute(select(t.incident).where(column == which)).first()
    if row is None:
        raise _not_found(which)
    incident: Incident = split(row, (t.incident, Incident))[0]
    standing, verbs = towards(conn, incident, actor, now)
    if Verb.SEE not in verbs:
        raise _not_found(which)
    return Seen(incident, standing, verbs)


def _not_found(which: UUID | int) -> NotFound:
    return NotFound(say("There is no such incident."), incident=str(which))


def _part_sql(i: str, p: str) -> str:
    """Return what is true of incident `i` of process `p` for those with a part in it by name.

    Standing.HAS_LED is left out: it would read the whole audit trail for a list; who has led is
    staff almost always.
    """
    return f"""(
  {i}.reporter_id = :me OR {i}.lead_id = :me
  OR {p}.owner_id = :me OR {p}.duty_lead_id = :me OR {p}.authority_id = :me
  OR {p}.id IN (SELECT process_id FROM deputy WHERE person_id = :me)
  OR {i}.id IN (SELECT incident_id FROM confirmer WHERE person_id = :me AND withdrawn_at IS NULL)
  OR {i}.id IN (SELECT incident_id FROM work_item
    WHERE (action_id IS NOT NULL OR ended_at IS NULL)
      AND (people @> ARRAY[CAST(:me AS uuid)] OR claimed_by = :me
       OR (ended_by = :me AND how = 'completed')))
  OR {i}.id IN (SELECT incident_id FROM verification WHERE person_id = :me)
  OR {i}.id IN (SELECT incident_id FROM work_item
      WHERE ended_at IS NULL AND people @> ARRAY[CAST(:me AS uuid)])
  OR {i}.id IN (SELECT w.incident_id FROM rung r JOIN work_item w ON w.id = r.item_id
      WHERE w.ended_at IS NULL AND r.people @> ARRAY[CAST(:me AS uuid)])
  OR {i}.lead_offered_to @> ARRAY[CAST(:me AS uuid)]
  OR ({p}.id IN (SELECT b.id FROM business_process b JOIN person h
        ON h.id IN (b.owner_id, b.authority_id) AND NOT h.is_active)
      AND :me IN ({answers_sql("owner", i, p)}, {answers_sql("authority", i, p)}))
)"""  # noqa: S608 - names of tables in the queries' own modules


def named_sql(i: str, p: str) -> str:
    """Return what is true of incident `i`, which is for named people only, for those: `by_name`."""
    return f"""coalesce(
  (SELECT is_named FROM restriction JOIN naming ON restriction_id = restriction.id
    WHERE incident_id = {i}.id AND lifted_at IS NULL AND person_id = :me
    ORDER BY entry_seq DESC LIMIT 1),
  :me IN ({i}.reporter_id, {i}.lead_id, {p}.duty_lead_id)
  OR :me IN ({answers_sql("owner", i, p)}, {answers_sql("authority", i, p)})
  OR EXISTS (SELECT FROM confirmer
    WHERE incident_id = {i}.id AND person_id = :me AND withdrawn_at IS NULL)
  OR EXISTS (SELECT FROM work_item WHERE incident_id = {i}.id AND ended_at IS NULL
    AND team_id IS NULL AND (people @> ARRAY[CAST(:me AS uuid)] OR claimed_by = :me))
  OR EXISTS (SELECT FROM rung r JOIN work_item w ON w.id = r.item_id
    WHERE w.incident_id = {i}.id AND w.ended_at IS NULL AND r.people @> ARRAY[CAST(:me AS uuid)])
  OR {i}.lead_offered_to @> ARRAY[CAST(:me AS uuid)]
)"""  # noqa: S608 - names of tables in the queries' own modules


def seen_sql(i: str, p: str) -> str:
    """Return what is true of those that the actor may see at all: as a number, or with a title."""
    return f"""(
  :sees_all
  OR CASE WHEN {i}.is_restricted THEN {named_sql(i, p)} ELSE {_part_sql(i, p)}
    OR {i}.customer_id = CAST(:organisation AS uuid)
    OR {p}.desk_id = ANY (CAST(:teams AS uuid[]))
    OR {i}.id IN (SELECT incident_id FROM work_item
                WHERE team_id = ANY (CAST(:teams AS uuid[])))
  END
)"""  # noqa: S608 - as above


def sees_all(actor: Actor) -> bool:
    """Whether lists show the actor every incident, restricted ones as a number only."""
    return actor.has_role(Role.STAFF) or actor.has_role(Role.AUDITOR)


def asking(actor: Actor) -> dict[str, Any]:
    """Return the parameters of the conditions above."""
    return {
        "me": actor.id,
        "teams": list(actor.team_ids),
        "organisation": actor.organisation_id,
        "sees_all": sees_all(actor),
    }
