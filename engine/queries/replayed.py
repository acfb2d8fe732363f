"""What an older tool's log closed, and what became of it here: who was asked, whose time it was.

The log's machine tried, and the gate refused: each try is an entry that the machine signed.  Whose
time it was stands in the last entry of a replay.  A newcomer would cut every ledger again: of a
whole log that takes minutes, and nothing of it moves any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from engine.domain.party import Party
from engine.queries.paging import FIRST, Page, cursor, place_of


@dataclass(frozen=True)
class ReplayedCounts:
    """All that was replayed: `tried_on` incidents the log closed, `tried` times in all.

    `asked` confirmers were asked, `reminded` so often, `told` are owners or superiors told that an
    answer or a decision is missing, `to_decide` decisions asked for.  `untold` are incidents whose
    replay has not come to its end, or came to it before this was put on record.
    """

    machines: tuple[str, ...]
    incidents: int
    tried: int
    tried_on: int
    closed: int
    asked: int
    reminded: int
    told: int
    to_decide: int
    decided: int
    seconds: Mapping[Party, int]
    untold: int

    @property
    def lengths(self) -> Mapping[Party, timedelta]:
        """Whose time it was."""
        return {party: timedelta(seconds=one) for party, one in self.seconds.items()}


@dataclass(frozen=True)
class ReplayedLine:
    """One incident of a log; for named people only it has neither title nor anybody's name.

    `missing` is what the gate said at the last try.
    """

    number: int
    reference: str
    title: str | None
    priority: str
    state: str
    tried: int
    first_at: datetime | None
    last_at: datetime | None
    missing: tuple[str, ...]
    asked_at: datetime | None
    reminded: int
    told: int
    to_decide_at: datetime | None
    decided_at: datetime | None
    seconds: Mapping[Party, int] | None

    @property
    def lengths(self) -> Mapping[Party, timedelta]:
        """Whose time it was, who had most of it first."""
        told = sorted((self.seconds or {}).items(), key=lambda one: -one[1])
        return {party: timedelta(seconds=seconds) for party, seconds in told if seconds}


_TRIES = """
    SELECT e.incident_id, count(*) AS tried, min(e.at) AS first_at, max(e.at) AS last_at,
      max(e.seq) AS last_seq, array_agg(DISTINCT e.actor) AS machines
    FROM entry e JOIN incident i ON i.id = e.incident_id AND i.source_reference IS NOT NULL
    WHERE e.verb = 'closure:refused' AND e.person_id IS NULL
"""
_COUNTS = text(f"""
    WITH replayed AS (SELECT id, state FROM incident WHERE source_reference IS NOT NULL),
    tries AS ({_TRIES} GROUP BY e.incident_id),
    items AS (SELECT count(*) FILTER (WHERE w.mark = 'confirmation') AS asked,
        coalesce(sum(w.reminders) FILTER (WHERE w.mark = 'confirmation'), 0) AS reminded,
        count(*) FILTER (WHERE w.mark = 'closing_decision') AS to_decide,
        count(*) FILTER (WHERE w.mark = 'closing_decision' AND w.how = 'completed') AS decided
      FROM work_item w JOIN replayed r ON r.id = w.incident_id
      WHERE w.mark IN ('confirmation', 'closing_decision')),
    told AS (SELECT count(*) AS told FROM rung g JOIN work_item w ON w.id = g.item_id
      JOIN replayed r ON r.id = w.incident_id)
    SELECT (SELECT count(*) FROM replayed) AS incidents,
      (SELECT count(*) FROM replayed WHERE state = 'closed') AS closed,
      coalesce((SELECT sum(tried) FROM tries), 0) AS tried,
      (SELECT count(*) FROM tries) AS tried_on,
      (SELECT array_agg(DISTINCT m) FROM tries, unnest(machines) m) AS machines,
      items.*, told.told FROM items, told
""")  # noqa: S608 - constants of this module
_SECONDS = text("""
    SELECT s.key AS party, sum(CAST(s.value AS bigint)) AS seconds,
      count(DISTINCT e.incident_id) AS incidents
    FROM entry e CROSS JOIN LATERAL jsonb_each_text(e.content -> 'seconds') s
    WHERE e.verb = 'incident:observed' GROUP BY s.key
""")
_TOLD = text("""
    SELECT count(DISTINCT incident_id) FROM entry
    WHERE verb = 'incident:observed' AND content ? 'seconds'
""")
_LINES = text(f"""
    WITH page AS (SELECT * FROM incident WHERE source_reference IS NOT NULL AND number > :after
      AND (NOT :tried_only OR EXISTS (SELECT FROM entry e WHERE e.incident_id = incident.id
        AND e.verb = 'closure:refused' AND e.person_id IS NULL))
      ORDER BY number LIMIT :most),
    tries AS ({_TRIES} AND e.incident_id IN (SELECT id FROM page) GROUP BY e.incident_id),
    items AS (SELECT w.incident_id,
        min(w.opened_at) FILTER (WHERE w.mark = 'confirmation') AS asked_at,
        sum(w.reminders) FILTER (WHERE w.mark = 'confirmation') AS reminded,
        min(w.opened_at) FILTER (WHERE w.mark = 'closing_decision') AS to_decide_at,
        sum((SELECT count(*) FROM rung g WHERE g.item_id = w.id)) AS told
      FROM work_item w JOIN page ON page.id = w.incident_id
      WHERE w.mark IN ('confirmation', 'closing_decision') GROUP BY w.incident_id)
    SELECT p.number, p.source_reference AS reference, p.is_restricted, p.title, p.priority,
      p.state, t.tried, t.first_at, t.last_at, last.content -> 'missing' AS missing, n.asked_at,
      n.reminded, n.told, n.to_decide_at, d.decided_at, o.content -> 'seconds' AS seconds
    FROM page p LEFT JOIN tries t ON t.incident_id = p.id
    LEFT JOIN entry last ON last.incident_id = p.id AND last.seq = t.last_seq
    LEFT JOIN items n ON n.incident_id = p.id LEFT JOIN decision d ON d.id = p.decision_id
    LEFT JOIN LATERAL (SELECT e.content FROM entry e WHERE e.incident_id = p.id
      AND e.verb = 'incident:observed' ORDER BY e.seq DESC LIMIT 1) o ON true
    ORDER BY p.number
""")  # noqa: S608 - as above


def replayed_counts(conn: Connection) -> ReplayedCounts:
    """Return what came of everything that was ever replayed.  Three statements."""
    counted = dict(conn.execute(_COUNTS).one()._mapping)
    machines = tuple(sorted(counted.pop("machines") or ()))
    seconds = {Party(row.party): int(row.seconds) for row in conn.execute(_SECONDS)}
    told = conn.scalar(_TOLD) or 0
    return ReplayedCounts(
        machines=machines,
        seconds={party: seconds.get(party, 0) for party in Party},
        untold=int(counted["incidents"]) - told,
        **{name: int(one) for name, one in counted.items()},
    )


def replayed_lines(
    conn: Connection, page: Page = FIRST, *, tried_only: bool = True
) -> tuple[Sequence[ReplayedLine], str | None]:
    """Return incidents of logs by number, and the cursor of the page behind this one.

    Those that a log closed, unless `tried_only` is False.  One statement.  Raises InvalidAnswers
    for a bad cursor.
    """
    (after,) = place_of(page.after, (int,)) if page.after else (0,)
    asked = {"after": min(after, 2**62), "most": page.size + 1, "tried_only": tried_only}
    rows = conn.execute(_LINES, asked).all()
    lines = [_line(row) for row in rows[: page.size]]
    return lines, cursor(lines[-1].number) if len(rows) > page.size else None


def _line(row: Any) -> ReplayedLine:
    seconds = row.seconds and {Party(party): int(one) for party, one in row.seconds.items()}
    return ReplayedLine(
        row.number,
        row.reference,
        None if row.is_restricted else row.title,
        row.priority,
        row.state,
        row.tried or 0,
        row.first_at,
        row.last_at,
        () if row.is_restricted else tuple(row.missing or ()),
        row.asked_at,
        int(row.reminded or 0),
        int(row.told or 0),
        row.to_decide_at,
        row.decided_at,
        seconds,
    )
