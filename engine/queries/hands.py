"""Who had which duty towards closed incidents: each person once for each duty, by sets.

Here is the one place that says so for reports, controls and the evidence of one closure.  A
newcomer would count a customer's own action as work on the incident (`facts.Hands` says why not),
or work that prevents and went on after the closing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.duties import Duty, Overlap, overlaps

# `closed` is a query of the incidents asked for.  A duty is a bit: so many rows are put together
# without being sorted.  `code` is all that one person's overlaps depend on, see `Combination`.
_HANDS = """
  hand (incident_id, person_id, duty) AS NOT MATERIALIZED (
    SELECT id, lead_id, 1 FROM closed
    UNION ALL SELECT e.incident_id, e.person_id, 1 FROM closed c
      JOIN entry e ON e.incident_id = c.id AND e.verb = 'incident:lead_taken'
      WHERE e.person_id IS NOT NULL
    UNION ALL SELECT w.incident_id, w.ended_by, 2 FROM closed c
      JOIN work_item w ON w.incident_id = c.id AND w.action_id IS NOT NULL
        AND w.lane <> 'customer' AND w.how = 'completed'
      WHERE w.ended_by IS NOT NULL AND w.ended_at <= c.ended_at
    UNION ALL SELECT t.incident_id, t.answered_by, 2 FROM closed c
      JOIN target t ON t.incident_id = c.id AND t.answered_by IS NOT NULL
      JOIN action a ON a.id = t.action_id AND a.party <> 'customer'
      WHERE t.answered_at <= c.ended_at
    UNION ALL SELECT v.incident_id, v.person_id, 4 FROM closed c
      JOIN verification v ON v.incident_id = c.id
    UNION ALL SELECT f.incident_id, f.recorded_by, 8 FROM closed c
      JOIN confirmation f ON f.incident_id = c.id
      WHERE f.recorded_by IS NOT NULL AND f.recorded_by <> f.person_id
    UNION ALL SELECT f.incident_id, f.person_id, 16 FROM closed c
      JOIN confirmation f ON f.incident_id = c.id AND f.answer = 'yes'
      WHERE f.answered_at <= c.ended_at
    UNION ALL SELECT d.incident_id, d.person_id, 32 FROM closed c
      JOIN decision d ON d.id = c.decision_id),
  combined AS (
    SELECT incident_id, person_id, bit_or(duty) AS duties FROM hand
    GROUP BY incident_id, person_id HAVING {kept}),
  lone AS (
    SELECT incident_id FROM hand WHERE duty = 2 GROUP BY incident_id
    HAVING min(CAST(person_id AS text)) = max(CAST(person_id AS text))),
  judged AS (
    SELECT m.incident_id, m.person_id, m.duties
      + CASE WHEN c.highest_priority IN ('P1', 'P2') THEN 64 ELSE 0 END
      + CASE WHEN m.duties & 2 > 0 AND lone.incident_id IS NOT NULL THEN 128 ELSE 0 END
      -- the answer came with the report, in one transaction
      + CASE WHEN m.duties & 8 > 0 AND c.highest_priority IN ('P3', 'P4') AND c.money IS NULL
          AND NOT EXISTS (SELECT FROM confirmation f
            JOIN entry r ON r.incident_id = f.incident_id AND r.seq = 1
            WHERE f.incident_id = m.incident_id AND f.recorded_by = m.person_id
            AND f.answered_at <> r.at) THEN 256 ELSE 0 END AS code
    FROM combined m JOIN closed c ON c.id = m.incident_id
    LEFT JOIN lone ON lone.incident_id = m.incident_id)
"""
HANDS_SQL = _HANDS.format(kept="true")
# of those who had more than one duty alone: most have one, and are let go while they are counted
OVERLAPS_SQL = _HANDS.format(kept="bit_or(duty) & (bit_or(duty) - 1) <> 0")

# what `closed` selects
CLOSED_COLUMNS = """i.id, i.number, i.lead_id, i.highest_priority, i.money, i.closed_by, i.ended_at,
      i.decision_id, i.confirmation_id, i.process_id, i.is_restricted"""

_BITS = {duty: 1 << place for place, duty in enumerate(Duty)}
_GRAVE, _ALONE, _ONE_CALL = 64, 128, 256


@dataclass(frozen=True)
class Combination:
    """What one person did towards one incident, with all that the rules of it depend on."""

    code: int

    @property
    def duties(self) -> tuple[Duty, ...]:
        """The duties, in the order in which they come."""
        return tuple(duty for duty, bit in _BITS.items() if self.code & bit)

    @property
    def overlaps(self) -> Sequence[Overlap]:
        """Each two of them, as the rules have it."""
        return tuple(
            overlaps(
                self.duties,
                is_grave=bool(self.code & _GRAVE),
                is_only_worker=bool(self.code & _ALONE),
                was_in_one_call=bool(self.code & _ONE_CALL),
            )
        )
