"""Who is away, who stands in for whom, and who is above whom: read when somebody is asked."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.deciding import Candidate
from engine.domain.silence import Line, Reachable
from engine.domain.standing import Standing
from engine.store.calendars import THEIR_TEAMS

# How far a line is followed: a deputy of a deputy of a deputy.
_LONGEST = 5

# True of person `p` who signs in nowhere, so that nothing but mail reaches them.
BY_MAIL_ONLY = "(p.password_hash IS NULL)"
# True of person `p` who has not left, and whose mail, if nothing else reaches them, does.
IS_THERE = f"(p.is_active AND NOT (p.unreachable_since IS NOT NULL AND {BY_MAIL_ONLY}))"
# True of person `p` who is neither gone for good nor away at `:now`.
IS_HERE = f"""({IS_THERE} AND NOT EXISTS (SELECT FROM absence a WHERE a.person_id = p.id
  AND a.since <= :now AND :now < least(a.until, coalesce(a.ended_at, a.until))))"""

_LINES = text(f"""
    WITH RECURSIVE line (first, up, place, id) AS (
      SELECT id, up, 0, id FROM person, unnest(ARRAY[false, true]) up WHERE id = ANY (:people)
      UNION ALL
      SELECT l.first, l.up, l.place + 1, CASE WHEN l.up THEN p.superior_id ELSE p.deputy_id END
      FROM line l JOIN person p ON p.id = l.id
      WHERE l.place < {_LONGEST}
        AND CASE WHEN l.up THEN p.superior_id ELSE p.deputy_id END IS NOT NULL)
    SELECT l.first, l.up, l.place, p.id, p.name, {IS_THERE} AS is_there, {IS_HERE} AS is_here,
      {BY_MAIL_ONLY} AS by_mail_only
    FROM line l JOIN person p ON p.id = l.id ORDER BY l.place
""")  # noqa: S608 - constants of this module


_REACHABLE = text(f"""
    SELECT p.id, p.name, {IS_THERE} AS is_there, {IS_HERE} AS is_here,
      {BY_MAIL_ONLY} AS by_mail_only FROM person p WHERE p.id = ANY (:people)
""")  # noqa: S608 - a constant


def reachable(conn: Connection, people: Iterable[UUID], now: datetime) -> dict[UUID, Reachable]:
    """Return whether each of these people can be asked at `now` (aware).  One statement."""
    rows = conn.execute(_REACHABLE, {"people": list(people), "now": now})
    return {row.id: _reachable(row) for row in rows}


def lines_of(conn: Connection, people: Iterable[UUID], now: datetime) -> dict[UUID, Line]:
    """Return the line of each of these people as it is at `now` (aware).  One statement."""
    asked = list(people)
    found: defaultdict[tuple[UUID, bool], list[Reachable]] = defaultdict(list)
    for row in conn.execute(_LINES, {"people": asked, "now": now}):
        found[row.first, row.up].append(_reachable(row))
    # the first of each line is who it begins with; a circle may come back to them
    return {
        who: Line(found[who, False][0], found[who, False][1:], found[who, True][1:])
        for who in asked
    }


_CANDIDATES = text(f"""
    WITH process AS (SELECT * FROM business_process WHERE id = :process),
    offices (person_id, of, place) AS (
      SELECT coalesce(CAST(:owner AS uuid), owner_id), 'owner', 0 FROM process UNION ALL
      SELECT coalesce(CAST(:authority AS uuid), authority_id), 'authority', 0 FROM process UNION ALL
      SELECT CAST(:delegate AS uuid), 'delegate', 1 UNION ALL
      SELECT d.person_id, 'deputy_' || d.of, 2 FROM deputy d
        JOIN process ON d.process_id = process.id WHERE d.of IN ('owner', 'authority'))
    SELECT p.id, p.name, {IS_THERE} AS is_there, {IS_HERE} AS is_here,
      {BY_MAIL_ONLY} AS by_mail_only, o.offices,
      EXISTS (SELECT FROM {THEIR_TEAMS} WHERE theirs.party = 'it')
      OR EXISTS (SELECT FROM team t WHERE t.head_id = p.id AND t.party = 'it') AS is_in_it
    FROM (SELECT person_id, array_agg(of) AS offices, min(place) AS place
      FROM offices GROUP BY person_id) o JOIN person p ON p.id = o.person_id
    ORDER BY o.place, p.name
""")  # noqa: S608 - constants of this module


def candidates(
    conn: Connection,
    process_id: UUID,
    delegate_id: UUID | None,
    now: datetime,
    *,
    owner_id: UUID | None = None,
    authority_id: UUID | None = None,
) -> tuple[Candidate, ...]:
    """Return who could decide: who holds an office of the process, a delegate, deputies.

    `owner_id` and `authority_id` answer in place of who holds the office (`offices`); None: who
    holds it.  One statement.
    """
    asked = {"process": process_id, "delegate": delegate_id, "now": now}
    asked |= {"owner": owner_id, "authority": authority_id}
    return tuple(
        Candidate(
            _reachable(row),
            frozenset(Standing(office) for office in row.offices if office != "delegate"),
            is_in_it=row.is_in_it,
            is_delegate="delegate" in row.offices,
        )
        for row in conn.execute(_CANDIDATES, asked)
    )


def _reachable(row: Any) -> Reachable:
    return Reachable(row.id, row.name, row.is_here, not row.is_there, row.by_mail_only)
