"""Who has a part in an incident, and what of it permissions depend on."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.standing import IncidentPeople
from engine.store.offices import answers_sql

_PEOPLE = text(f"""
    SELECT i.reporter_id, i.lead_id, p.duty_lead_id, p.desk_id, i.customer_id,
      {answers_sql("owner", "i", "p")} AS owner_id,
      {answers_sql("authority", "i", "p")} AS authority_id,
      ARRAY(SELECT person_id FROM deputy d WHERE d.process_id = p.id AND d.of = 'owner') AS o,
      ARRAY(SELECT person_id FROM deputy d WHERE d.process_id = p.id AND d.of = 'duty_lead') AS l,
      ARRAY(SELECT person_id FROM deputy d WHERE d.process_id = p.id AND d.of = 'authority') AS a,
      ARRAY(SELECT person_id FROM entry e WHERE e.incident_id = i.id
        AND e.verb = 'incident:lead_taken' AND person_id IS NOT NULL) AS leads,
      ARRAY(SELECT unnest(w.people) FROM work_item w
              WHERE w.incident_id = i.id AND w.action_id IS NOT NULL
            UNION SELECT ended_by FROM work_item w WHERE w.incident_id = i.id
              AND w.action_id IS NOT NULL AND ended_by IS NOT NULL AND w.how = 'completed'
            UNION SELECT claimed_by FROM work_item w WHERE w.incident_id = i.id
              AND w.action_id IS NOT NULL AND claimed_by IS NOT NULL) AS workers,
      ARRAY(SELECT DISTINCT person_id FROM verification v WHERE v.incident_id = i.id) AS verifiers,
      ARRAY(SELECT person_id FROM confirmer c
        WHERE c.incident_id = i.id AND c.withdrawn_at IS NULL) AS confirmers,
      ARRAY(SELECT unnest(w.people) FROM work_item w
              WHERE w.incident_id = i.id AND w.ended_at IS NULL AND w.team_id IS NULL
            UNION SELECT claimed_by FROM work_item w WHERE w.incident_id = i.id
              AND w.ended_at IS NULL AND w.team_id IS NULL AND claimed_by IS NOT NULL
            UNION SELECT unnest(r.people) FROM work_item w JOIN rung r ON r.item_id = w.id
              WHERE w.incident_id = i.id AND w.ended_at IS NULL
            UNION SELECT unnest(i.lead_offered_to)) AS asked,
      CASE WHEN i.is_restricted THEN ARRAY(SELECT DISTINCT ON (n.person_id)
          json_build_array(n.person_id, n.is_named)
        FROM restriction r JOIN naming n ON n.restriction_id = r.id
        WHERE r.incident_id = i.id AND r.lifted_at IS NULL
        ORDER BY n.person_id, n.entry_seq DESC) END AS namings,
      ARRAY(SELECT DISTINCT team_id FROM work_item w
        WHERE w.incident_id = i.id AND team_id IS NOT NULL) AS teams,
      (EXISTS (SELECT FROM work_item w WHERE w.incident_id = i.id AND w.action_id IS NOT NULL
          AND (w.claimed_by IS NOT NULL OR w.how = 'completed'))
        OR EXISTS (SELECT FROM target t JOIN action a ON a.id = t.action_id
          WHERE a.incident_id = i.id AND t.outcome IS NOT NULL)) AS has_begun,
      (greatest(i.size, i.harmed_count, 1) <= 1
        AND NOT EXISTS (SELECT FROM target t JOIN action a ON a.id = t.action_id
          WHERE a.incident_id = i.id AND a.kind = 'puts_right')
        AND NOT EXISTS (SELECT FROM verification v
          WHERE v.incident_id = i.id AND v.person_id = i.reporter_id)
        AND NOT EXISTS (SELECT FROM work_item w WHERE w.incident_id = i.id
          AND w.action_id IS NOT NULL AND w.lane <> 'customer' AND w.how = 'completed'
          AND w.ended_by = i.reporter_id)
        AND NOT EXISTS (SELECT FROM target t JOIN action a ON a.id = t.action_id
          WHERE a.incident_id = i.id AND a.party <> 'customer'
          AND t.answered_by = i.reporter_id)) AS is_alone
    FROM incident i JOIN business_process p ON p.id = i.process_id WHERE i.id = :id
""")  # noqa: S608 - constants of the store


@dataclass(frozen=True)
class Involved:
    """Everybody who has a part, whether an action has begun, and whether one alone is harmed."""

    people: IncidentPeople
    has_begun: bool
    is_reporter_alone_harmed: bool


def involved(conn: Connection, incident_id: UUID) -> Involved:
    """Return who is involved in the incident, which must exist.  One statement."""
    row = conn.execute(_PEOPLE, {"id": incident_id}).one()
    namings = {UUID(person): is_named for person, is_named in row.namings or ()}
    people = IncidentPeople(
        reporter_id=row.reporter_id,
        lead_id=row.lead_id,
        owner_id=row.owner_id,
        duty_lead_id=row.duty_lead_id,
        authority_id=row.authority_id,
        desk_id=row.desk_id,
        customer_id=row.customer_id,
        deputy_owners=frozenset(row.o),
        deputy_duty_leads=frozenset(row.l),
        deputy_authorities=frozenset(row.a),
        leads=frozenset(row.leads),
        workers=frozenset(row.workers),
        verifiers=frozenset(row.verifiers),
        confirmers=frozenset(row.confirmers),
        asked=frozenset(row.asked),
        named=frozenset(who for who, is_named in namings.items() if is_named),
        taken_off=frozenset(who for who, is_named in namings.items() if not is_named),
        team_ids=frozenset(row.teams),
    )
    # the only one who is to answer, and with no hand in it
    is_sole = people.confirmers == {row.reporter_id} and row.reporter_id not in (
        people.leads | {row.lead_id}
    )
    return Involved(people, row.has_begun, is_sole and row.is_alone)
