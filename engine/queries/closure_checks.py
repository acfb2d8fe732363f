"""The last check of all closures: what it found, when, by which version, or how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.queries.closures import Unproven
from engine.queries.paging import FIRST, Page, cursor, place_of


@dataclass(frozen=True)
class ClosureCheck:
    """A check; while `ended_at` is None it has come to `closed` of `total`."""

    id: UUID
    asked_by: str
    asked_at: datetime
    version: str
    total: int
    closed: int
    set_aside: int
    merged: int
    ended_at: datetime | None
    found: int


_CHECK = """
    SELECT c.id, p.name AS asked_by, c.asked_at, c.version, c.total, c.closed, c.set_aside,
      c.merged, c.ended_at,
      (SELECT count(*) FROM closure_finding f WHERE f.check_id = c.id) AS found
    FROM closure_check c JOIN person p ON p.id = c.asked_by
"""
_UNDER_WAY = text(f"{_CHECK} WHERE c.ended_at IS NULL")
_LAST = text(f"{_CHECK} WHERE c.ended_at IS NOT NULL ORDER BY c.ended_at DESC LIMIT 1")
_FINDINGS = text("""
    SELECT number, incident_id AS id, why FROM closure_finding
    WHERE check_id = :check AND number > :after ORDER BY number LIMIT :most
""")


def last_check(conn: Connection) -> ClosureCheck | None:
    """Return the last check that has come to its end; None if there was none yet."""
    row = conn.execute(_LAST).first()
    return None if row is None else ClosureCheck(**row._mapping)


def check_under_way(conn: Connection) -> ClosureCheck | None:
    """Return the check that has not come to its end; None if there is none."""
    row = conn.execute(_UNDER_WAY).first()
    return None if row is None else ClosureCheck(**row._mapping)


def check_findings(
    conn: Connection, check_id: UUID, page: Page = FIRST
) -> tuple[Sequence[Unproven], str | None]:
    """Return what a check found, by number, and the cursor of the page behind this one.

    Raises InvalidAnswers for a bad cursor.
    """
    (after,) = place_of(page.after, (int,)) if page.after else (0,)
    asked = {"check": check_id, "after": min(after, 2**62), "most": page.size + 1}
    rows = conn.execute(_FINDINGS, asked).all()
    lines = [Unproven(**row._mapping) for row in rows[: page.size]]
    return lines, cursor(lines[-1].number) if len(rows) > page.size else None
