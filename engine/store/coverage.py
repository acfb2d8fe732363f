"""Who of those harmed has a say, counted from rows; see `engine/domain/coverage.py`."""

from sqlalchemy import Connection, text

from engine.domain.coverage import Coverage
from engine.store.rows import Incident

# Of incident `i`, as SQL: how many confirm, for how many others, and how many targets answer for
# themselves, or will.  One that did not is left out, unless the owner has accepted that.
CONFIRM = "SELECT count(*) FROM confirmer c WHERE c.incident_id = i.id AND c.withdrawn_at IS NULL"
SPOKEN_FOR = """SELECT coalesce(sum(c.stands_for_count), 0) FROM confirmer c
    WHERE c.incident_id = i.id AND c.withdrawn_at IS NULL"""
ANSWER = """SELECT count(DISTINCT t.label) FROM target t JOIN action a ON a.id = t.action_id
    WHERE a.incident_id = i.id AND a.kind = 'puts_right' AND a.targets_answer
    AND a.state NOT IN ('proposed', 'dropped', 'refused') AND (t.outcome IS NULL
      OR t.outcome IN ('done', 'not_needed') OR t.accepted_by IS NOT NULL)"""
ACCEPTED = """SELECT u.number FROM uncovered_accepted u WHERE u.incident_id = i.id
    ORDER BY u.entry_seq DESC LIMIT 1"""

_COVERAGE = text(f"""
    SELECT ({CONFIRM}), ({ANSWER}), ({SPOKEN_FOR}), coalesce(({ACCEPTED}), 0)
    FROM incident i WHERE i.id = :id
""")  # noqa: S608 - constants of this module


def coverage(conn: Connection, incident: Incident) -> Coverage:
    """Return who of those harmed has a say; asks nothing while nobody has counted them."""
    if incident.harmed_count is None:
        return Coverage(None)
    row = conn.execute(_COVERAGE, {"id": incident.id}).one()
    return Coverage(incident.harmed_count, *row)
