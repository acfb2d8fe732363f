"""A few figures for those who run the installation: is anything late, is anything stuck.

They count and name nothing: no title, no person (rules, Restricted incidents).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Figures:
    """What there is now; `late_by` is how late the oldest overdue timer is, zero if none is, and
    `items_late_by` the to-do that is overdue for longest.

    `jobs` counts the jobs that are kept, by their status.
    """

    late_timers: int
    late_by: timedelta
    faulted_runs: int
    open_incidents: int
    open_items: int
    overdue_items: int
    items_late_by: timedelta
    jobs: Mapping[str, int]


@dataclass(frozen=True)
class Counted:
    """How many incidents there are of a business process and priority, and where they stand.

    `state` is `open`, or the way out: `confirmed`, `escalated`, `set_aside`, `merged`.
    """

    process: str
    priority: str
    state: str
    number: int


_COUNTED = text("""
    SELECT p.name AS process, c.priority, c.state, c.number FROM (
      SELECT process_id, priority, coalesce(closed_by, state) AS state, count(*) AS number
      FROM incident GROUP BY 1, 2, 3) c
    JOIN business_process p ON p.id = c.process_id ORDER BY 1, 2, 3
""")
_NOW = text("""
    SELECT
      (SELECT count(*) FROM run WHERE due_at <= :now) AS late_timers,
      (SELECT min(due_at) FROM run WHERE due_at <= :now) AS oldest,
      (SELECT count(*) FROM run WHERE fault IS NOT NULL) AS faulted_runs,
      (SELECT count(*) FROM incident WHERE state = 'open') AS open_incidents,
      (SELECT count(*) FROM work_item WHERE ended_at IS NULL) AS open_items,
      (SELECT count(*) FROM work_item WHERE ended_at IS NULL AND due_at < :now) AS overdue_items,
      (SELECT min(due_at) FROM work_item WHERE ended_at IS NULL AND due_at < :now) AS oldest_item,
      (SELECT json_object_agg(status, number) FROM
        (SELECT status, count(*) AS number FROM procrastinate_jobs GROUP BY status) j) AS jobs
""")


def figures(conn: Connection, now: datetime) -> Figures:
    """Return the figures at `now` (aware).  One statement."""
    row = conn.execute(_NOW, {"now": now}).one()
    return Figures(
        row.late_timers,
        now - row.oldest if row.oldest else timedelta(0),
        row.faulted_runs,
        row.open_incidents,
        row.open_items,
        row.overdue_items,
        now - row.oldest_item if row.oldest_item else timedelta(0),
        row.jobs or {},
    )


def counted(conn: Connection) -> tuple[Counted, ...]:
    """Return how many incidents stand where.  One statement, from an index alone."""
    return tuple(Counted(*row) for row in conn.execute(_COUNTED))
