"""How incidents ended within a period: how many each way, and which they are.

What the guard does not judge is shown here: what was closed by list, what a later answer has
contradicted, what was set aside or joined, and what of that was undone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.queries.paging import FIRST, Page, cursor, place_of


class Ending(StrEnum):
    """A way in which an incident ended, or in which such an end was undone."""

    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
    BY_LIST = "by_list"
    CONTRADICTED = "contradicted"
    CONFIRMED_LATE = "confirmed_late"
    SET_ASIDE = "set_aside"
    BROUGHT_BACK = "brought_back"
    MERGED = "merged"
    UNDONE = "undone"


# the last word of each who answered after the closing
_LATE = """
  late AS (
    SELECT incident_id, bool_or(answer <> 'yes') AS is_contradicted FROM (
      SELECT DISTINCT ON (c.incident_id, c.person_id) c.incident_id, c.answer
      FROM entry e JOIN confirmation c ON c.incident_id = e.incident_id AND c.entry_seq = e.seq
      WHERE e.verb = 'confirmation:late'
      ORDER BY c.incident_id, c.person_id, c.entry_seq DESC) said
    GROUP BY incident_id)
"""
_CLOSED = """
    SELECT i.id AS incident_id, {words} AS kind, i.ended_at AS at, {who} AS who_id,
      {reason} AS reason, CAST(NULL AS uuid) AS into_id, {list} AS list_id
    FROM incident i {joined}
    WHERE i.state = 'closed' AND i.ended_at >= :since AND i.ended_at < :until AND {such}
"""
_OUT = """
    SELECT w.incident_id, {words} AS kind, {at} AS at, {who} AS who_id, {reason} AS reason,
      w.into_id, CAST(NULL AS uuid) AS list_id
    FROM way_out w {joined} WHERE {at} >= :since AND {at} < :until AND {such}
"""
_ANSWERED = "JOIN confirmation c ON c.id = i.confirmation_id"
_DECIDED = "JOIN decision d ON d.id = i.decision_id"
_NOTHING = "CAST(NULL AS {})"


def _closed(kind: Ending, joined: str, such: str, *, who: str, reason: str) -> str:
    by_list = "d.list_id" if joined.startswith(_DECIDED) else _NOTHING.format("uuid")
    return _CLOSED.format(
        words=f"'{kind}'", joined=joined, such=such, who=who, reason=reason, list=by_list
    )


def _out(kind: Ending, way: str, *, undone: bool = False) -> str:
    joined = "JOIN way_back b ON b.way_out_id = w.id" if undone else ""
    at, who, why = ("b.returned_at", "b.person_id", "b.words") if undone else (
        "w.left_at", "w.person_id", "w.reason",
    )  # fmt: skip
    return _OUT.format(
        words=f"'{kind}'", joined=joined, such=f"w.kind = '{way}'", at=at, who=who, reason=why
    )


_LATE_ONES = f"{_DECIDED} JOIN late ON late.incident_id = i.id"
_THEY_DECIDED = {"who": "d.person_id", "reason": "d.reason"}
_EACH: Mapping[Ending, str] = {
    Ending.CONFIRMED: _closed(
        Ending.CONFIRMED,
        _ANSWERED,
        "NOT c.is_withdrawal",
        who="c.person_id",
        reason="c.words",
    ),
    Ending.WITHDRAWN: _closed(
        Ending.WITHDRAWN, _ANSWERED, "c.is_withdrawal", who="c.person_id", reason="c.words"
    ),
    Ending.ESCALATED: _closed(Ending.ESCALATED, _DECIDED, "true", **_THEY_DECIDED),
    Ending.BY_LIST: _closed(Ending.BY_LIST, _DECIDED, "d.list_id IS NOT NULL", **_THEY_DECIDED),
    Ending.CONTRADICTED: _closed(
        Ending.CONTRADICTED, _LATE_ONES, "late.is_contradicted", **_THEY_DECIDED
    ),
    Ending.CONFIRMED_LATE: _closed(
        Ending.CONFIRMED_LATE, _LATE_ONES, "NOT late.is_contradicted", **_THEY_DECIDED
    ),
    Ending.SET_ASIDE: _out(Ending.SET_ASIDE, "set_aside"),
    Ending.BROUGHT_BACK: _out(Ending.BROUGHT_BACK, "set_aside", undone=True),
    Ending.MERGED: _out(Ending.MERGED, "merged"),
    Ending.UNDONE: _out(Ending.UNDONE, "merged", undone=True),
}
_COUNTED = "SELECT '{}', count(*) FROM ({}) x"
_ALL_COUNTED = " UNION ALL ".join(_COUNTED.format(kind, sql) for kind, sql in _EACH.items())
_COUNTS = text(f"WITH {_LATE} {_ALL_COUNTED}")
_LINES = """
    WITH {late}
    SELECT x.*, i.number, i.is_restricted, CASE WHEN NOT i.is_restricted THEN i.title END AS title,
      p.name AS process, i.highest_priority AS priority,
      CASE WHEN NOT i.is_restricted THEN who.name END AS by, o.number AS into, l.number AS list
    FROM ({each}) x JOIN incident i ON i.id = x.incident_id
    JOIN business_process p ON p.id = i.process_id LEFT JOIN person who ON who.id = x.who_id
    LEFT JOIN incident o ON o.id = x.into_id LEFT JOIN closing_list l ON l.id = x.list_id
    WHERE CAST(:before_at AS timestamptz) IS NULL
      OR (x.at, i.number) < (CAST(:before_at AS timestamptz), CAST(:before AS bigint))
    ORDER BY x.at DESC, i.number DESC LIMIT :most
"""
_OF_EACH = {kind: text(_LINES.format(late=_LATE, each=sql)) for kind, sql in _EACH.items()}
_AUTHORITIES = text(f"""
    WITH {_LATE}
    SELECT d.person_id, p.name AS person, count(*) AS decided,
      count(*) FILTER (WHERE d.list_id IS NOT NULL) AS by_list,
      count(*) FILTER (WHERE late.is_contradicted) AS contradicted,
      count(*) FILTER (WHERE NOT late.is_contradicted) AS confirmed_late
    FROM incident i {_DECIDED} JOIN person p ON p.id = d.person_id
    LEFT JOIN late ON late.incident_id = i.id
    WHERE i.state = 'closed' AND i.ended_at >= :since AND i.ended_at < :until
    GROUP BY d.person_id, p.name ORDER BY p.name, d.person_id
""")  # noqa: S608 - constants of this module


@dataclass(frozen=True)
class EndingLine:
    """One incident that ended so; for named people only it has a number, and nobody's words."""

    number: int
    is_restricted: bool
    title: str | None
    process: str
    priority: str
    kind: Ending
    at: datetime
    by: str | None
    reason: str | None
    into: int | None
    list: int | None


@dataclass(frozen=True)
class AuthorityLine:
    """How often somebody decided without the customer's answer, and what was answered later."""

    person_id: UUID
    person: str
    decided: int
    by_list: int
    contradicted: int
    confirmed_late: int


def ending_counts(conn: Connection, since: datetime, until: datetime) -> Mapping[Ending, int]:
    """Return how many ended each way from `since` until before `until` (aware).  One statement.

    Withdrawn are not counted as confirmed; those by list, contradicted or confirmed late are
    counted as decided, too.
    """
    rows = conn.execute(_COUNTS, {"since": since, "until": until})
    return {Ending(kind): count for kind, count in rows}


def authorities(conn: Connection, since: datetime, until: datetime) -> Sequence[AuthorityLine]:
    """Return who decided without the customer's answer in this time, by name.  One statement."""
    rows = conn.execute(_AUTHORITIES, {"since": since, "until": until})
    return [AuthorityLine(**row._mapping) for row in rows]


def endings(
    conn: Connection, kind: Ending, since: datetime, until: datetime, page: Page = FIRST
) -> tuple[Sequence[EndingLine], str | None]:
    """Return what ended so in this time, the latest first, and the cursor behind this page.

    One statement.  Raises InvalidAnswers for a bad cursor.
    """
    at, number = place_of(page.after, (datetime.fromisoformat, int)) if page.after else (None, None)
    asked = {"since": since, "until": until, "before_at": at, "before": number}
    rows = conn.execute(_OF_EACH[kind], asked | {"most": page.size + 1}).all()
    lines = [_line(row) for row in rows[: page.size]]
    more = len(rows) > page.size
    return lines, cursor(lines[-1].at, lines[-1].number) if more else None


def _line(row: Any) -> EndingLine:
    return EndingLine(
        row.number,
        row.is_restricted,
        row.title,
        row.process,
        row.priority,
        Ending(row.kind),
        row.at,
        row.by,
        None if row.is_restricted else row.reason,
        row.into,
        row.list,
    )
