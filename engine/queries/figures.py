"""A few figures for those who run the installation: is anything late, is anything stuck.

They count and name nothing: no title, no person (rules, Restricted incidents).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Figures:
    """What there is now; `late_by` is how late the oldest overdue timer is, zero if none is.

    `jobs` counts the jobs that are kept, by their status.
    """

    late_timers: int
    late_by: timedelta
    faulted_runs: int
    open_incidents: int
    open_items: int
    overdue_items: int
    jobs: Mapping[str, int]


_NOW = text("""
    SELECT
      (SELECT count(*) FROM run WHERE due_at <= :now) AS late_timers,
      (SELECT min(due_at) FROM run WHERE due_at <= :now) AS oldest,
      (SELECT count(*) FROM run WHERE fault IS NOT NULL) AS faulted_runs,
      (SELECT count(*) FROM incident WHERE state = 'open') AS open_incidents,
      (SELECT count(*) FROM work_item WHERE ended_at IS NULL) AS open_items,
      (SELECT count(*) FROM work_item WHERE ended_at IS NULL AND due_at < :now) AS overdue_items,
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
        row.jobs or {},
    )
