"""Who has a part in an incident."""

from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.standing import IncidentPeople

_PEOPLE = text("""
    SELECT i.reporter_id, i.lead_id, p.owner_id, p.duty_lead_id, p.authority_id, p.desk_id,
      i.customer_id,
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
              WHERE w.incident_id = i.id AND w.ended_at IS NULL
            UNION SELECT unnest(r.people) FROM work_item w JOIN rung r ON r.item_id = w.id
              WHERE w.incident_id = i.id AND w.ended_at IS NULL) AS asked,
      ARRAY(SELECT DISTINCT team_id FROM work_item w
        WHERE w.incident_id = i.id AND team_id IS NOT NULL) AS teams
    FROM incident i JOIN business_process p ON p.id = i.process_id WHERE i.id = :id
""")


def incident_people(conn: Connection, incident_id: UUID) -> IncidentPeople:
    """Return everybody who has a part in the incident, which must exist."""
    row = conn.execute(_PEOPLE, {"id": incident_id}).one()
    return IncidentPeople(
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
        team_ids=frozenset(row.teams),
    )
