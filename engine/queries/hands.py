"""Who had which duty towards closed incidents: each person once for each duty, by sets.

Here is the one place that says so for reports, controls and the evidence of one closure.  A
newcomer would count a customer's own action as work on the incident (`facts.Hands` says why not),
or work that prevents and went on after the closing.
"""

# `closed` is a query of the incidents asked for: id, lead_id, ended_at, decision_id
HANDS_SQL = """
  hand (incident_id, person_id, duty) AS (
    SELECT id, lead_id, 'led' FROM closed
    UNION SELECT e.incident_id, e.person_id, 'led' FROM closed c
      JOIN entry e ON e.incident_id = c.id AND e.verb = 'incident:lead_taken'
      WHERE e.person_id IS NOT NULL
    UNION SELECT w.incident_id, w.ended_by, 'worked' FROM closed c
      JOIN work_item w ON w.incident_id = c.id AND w.action_id IS NOT NULL
        AND w.lane <> 'customer' AND w.how = 'completed'
      WHERE w.ended_by IS NOT NULL AND w.ended_at <= c.ended_at
    UNION SELECT t.incident_id, t.answered_by, 'worked' FROM closed c
      JOIN target t ON t.incident_id = c.id AND t.answered_by IS NOT NULL
      JOIN action a ON a.id = t.action_id AND a.party <> 'customer'
      WHERE t.answered_at <= c.ended_at
    UNION SELECT v.incident_id, v.person_id, 'verified' FROM closed c
      JOIN verification v ON v.incident_id = c.id
    UNION SELECT f.incident_id, f.recorded_by, 'recorded' FROM closed c
      JOIN confirmation f ON f.incident_id = c.id
      WHERE f.recorded_by IS NOT NULL AND f.recorded_by <> f.person_id
    UNION SELECT f.incident_id, f.person_id, 'confirmed' FROM closed c
      JOIN confirmation f ON f.incident_id = c.id AND f.answer = 'yes'
      WHERE f.answered_at <= c.ended_at
    UNION SELECT d.incident_id, d.person_id, 'decided' FROM closed c
      JOIN decision d ON d.id = c.decision_id),
  -- all that one person did towards one incident, with what its rules depend on
  combined AS (
    SELECT h.incident_id, h.person_id, array_agg(h.duty ORDER BY h.duty) AS duties
    FROM hand h GROUP BY h.incident_id, h.person_id),
  judged AS (
    SELECT m.*, c.highest_priority IN ('P1', 'P2') AS is_grave,
      'worked' = ANY (m.duties) AND count(*) FILTER (WHERE 'worked' = ANY (m.duties))
        OVER (PARTITION BY m.incident_id) = 1 AS is_only_worker,
      -- the answer came with the report, in one transaction
      'recorded' = ANY (m.duties) AND c.highest_priority IN ('P3', 'P4') AND c.money IS NULL
        AND NOT EXISTS (SELECT FROM confirmation f
          JOIN entry r ON r.incident_id = f.incident_id AND r.seq = 1
          WHERE f.incident_id = m.incident_id AND f.recorded_by = m.person_id
          AND f.answered_at <> r.at) AS was_in_one_call
    FROM combined m JOIN closed c ON c.id = m.incident_id)
"""

# what `closed` selects
CLOSED_COLUMNS = """i.id, i.number, i.lead_id, i.highest_priority, i.money, i.closed_by, i.ended_at,
      i.decision_id, i.confirmation_id, i.process_id, i.is_restricted"""
