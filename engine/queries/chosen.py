"""Which incidents figures are of, and by what they are put together: one condition for all of them.

What came back is one line: told of when it was first, and as it is the last time (rules, Ways out).
A newcomer would count rows of `incident`, and see what comes back every week as many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import Priority


class By(StrEnum):
    """What figures are put together by."""

    PROCESS = "process"
    PRODUCT = "product"
    TEAM = "team"
    PRIORITY = "priority"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    # only where the house has switched on that figures name people
    LEAD = "lead"


@dataclass(frozen=True)
class Chosen:
    """First told of in [`since`, `until`), aware; None leaves a question out.

    The team is that of whoever leads the incident; the priority the highest it ever had.  Days,
    weeks and months begin in the time zone `zone`.
    """

    since: datetime | None = None
    until: datetime | None = None
    process_id: UUID | None = None
    product_id: UUID | None = None
    team_id: UUID | None = None
    priority: Priority | None = None
    zone: str = "UTC"

    @property
    def asked(self) -> dict[str, Any]:
        """Return the parameters of the statements."""
        return {
            "since": self.since,
            "until": self.until,
            "process": self.process_id,
            "product": self.product_id,
            "team": self.team_id,
            "priority": self.priority,
            "zone": self.zone,
        }


# The team of a lead is of the process's desk where they are in it, as on the ledger.
TEAM_OF_LEAD = """(SELECT m.team_id FROM membership m JOIN team ON team.id = m.team_id
  WHERE m.person_id = i.lead_id ORDER BY team.id <> p.desk_id, team.name LIMIT 1)"""
# What is true of incident `i` of process `p`, whenever it was told of.
OF_THESE = f"""(CAST(:process AS uuid) IS NULL OR i.process_id = :process)
  AND (CAST(:product AS uuid) IS NULL OR i.product_id = :product)
  AND (CAST(:priority AS text) IS NULL OR i.highest_priority = :priority)
  AND (CAST(:team AS uuid) IS NULL OR {TEAM_OF_LEAD} = :team)"""
_WITHIN = """(CAST(:since AS timestamptz) IS NULL OR {at} >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR {at} < :until)"""
_COLUMNS = """i.id, i.number, i.is_restricted, i.process_id, i.product_id, i.lead_id,
  i.highest_priority, i.state, i.closed_by, i.ended_at, i.repaired_at, i.right_since,
  i.answered_at, p.desk_id, p.name AS process_name"""
_IS_LAST = """NOT EXISTS (SELECT FROM incident n
  WHERE n.origin_id = i.id AND n.origin = 'recurs' AND n.state <> 'set_aside')"""
_FIRST_TOLD = """(WITH RECURSIVE back (told_at, origin, origin_id) AS (
    SELECT i.told_at, i.origin, i.origin_id
    UNION ALL SELECT b.told_at, b.origin, b.origin_id FROM back
      JOIN incident b ON b.id = back.origin_id WHERE back.origin = 'recurs')
  SELECT min(told_at) FROM back)"""
CHOSEN = f"""
  SELECT {_COLUMNS}, i.told_at, false AS is_back
  FROM incident i JOIN business_process p ON p.id = i.process_id
  WHERE {_WITHIN.format(at="i.told_at")} AND i.origin IS DISTINCT FROM 'recurs'
    AND {OF_THESE} AND {_IS_LAST}
  UNION ALL
  SELECT {_COLUMNS}, first.told_at, true
  FROM incident i JOIN business_process p ON p.id = i.process_id
  CROSS JOIN LATERAL (SELECT {_FIRST_TOLD} AS told_at) first
  WHERE i.origin = 'recurs' AND {_WITHIN.format(at="first.told_at")}
    AND {OF_THESE} AND {_IS_LAST}"""  # noqa: S608 - constants of this module
_PERIOD = "to_char(date_trunc('{0}', {1} AT TIME ZONE :zone), '{2}')"
# what a group is known by, of a row `i` of `CHOSEN` or of `incident` with its process `p`
KEYS: Mapping[By, str] = {
    By.PROCESS: "i.process_id::text",
    By.PRODUCT: "i.product_id::text",
    By.TEAM: "of_lead.team_id::text",
    By.PRIORITY: "i.highest_priority",
    By.DAY: _PERIOD.format("day", "i.told_at", "YYYY-MM-DD"),
    By.WEEK: _PERIOD.format("week", "i.told_at", "YYYY-MM-DD"),
    By.MONTH: _PERIOD.format("month", "i.told_at", "YYYY-MM"),
    By.LEAD: "i.lead_id::text",
}
# What a key needs beside it: leads are few, and PostgreSQL remembers the team of each.
BESIDE: Mapping[By, str] = {
    By.TEAM: f"""LEFT JOIN LATERAL (SELECT one.team_id FROM
      {TEAM_OF_LEAD.replace("p.desk_id", "i.desk_id")} one) of_lead ON true"""  # noqa: S608 - constants of this module
}
_NAMES: Mapping[By, str] = {
    By.PROCESS: "SELECT id::text AS key, name FROM business_process",
    By.PRODUCT: """SELECT p.id::text AS key, CASE WHEN p.name = b.name THEN p.name
      ELSE b.name || ': ' || p.name END AS name
      FROM product p JOIN business_process b ON b.id = p.process_id""",
    By.TEAM: "SELECT id::text AS key, name FROM team",
    By.LEAD: "SELECT id::text AS key, name FROM person",
}


def names_of(conn: Connection, by: By) -> Mapping[str, str]:
    """Return what groups are called, by what they are known by; empty where that is their name.

    They come by name.
    """
    if by not in _NAMES:
        return {}
    sql = f"SELECT key, name FROM ({_NAMES[by]}) named ORDER BY name, key"  # noqa: S608 - constants
    return {row.key: row.name for row in conn.execute(text(sql))}
