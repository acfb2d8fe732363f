"""Where a ladder has nobody left on it: offices that everybody has left, to-dos for nobody."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, text

from engine.domain.deciding import who_may
from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder
from engine.store.lines import candidates

_PROCESSES = text("""
    SELECT b.id, b.name, NOT EXISTS (SELECT FROM person p WHERE p.is_active
      AND (p.id = b.duty_lead_id OR p.id IN (SELECT person_id FROM deputy d
        WHERE d.process_id = b.id AND d.of = 'duty_lead'))) AS is_unled
    FROM business_process b ORDER BY b.name
""")
# by number only: the title may be for named people
_ITEMS = text("""
    SELECT i.number, count(*) AS many FROM work_item w JOIN incident i ON i.id = w.incident_id
    WHERE w.ended_at IS NULL
      AND NOT EXISTS (SELECT FROM person p WHERE p.id = ANY (w.people) AND p.is_active)
      AND NOT EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person_id
        WHERE m.team_id = w.team_id AND p.is_active)
    GROUP BY i.number ORDER BY i.number
""")


def stranded(conn: Connection, now: datetime, *, ladder: Ladder = DEFAULT) -> Iterator[str]:
    """Yield a plain sentence for each place where nobody is left to be asked."""
    for process in conn.execute(_PROCESSES).all():
        known = candidates(conn, process.id, None, now)
        without = [one for one in Priority if not who_may(one, known, ladder=ladder)]
        if without:
            listed = ", ".join(without)
            yield f"“{process.name}”: nobody is left who may decide on {listed} without an answer"
        if process.is_unled:
            yield f"“{process.name}”: the duty lead and every deputy have left"
    for row in conn.execute(_ITEMS):
        what = "a to-do waits" if row.many == 1 else f"{row.many} to-dos wait"
        yield f"incident {row.number}: {what} for people who have all left"
