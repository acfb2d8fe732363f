"""Closures drawn at random, to be looked at: the seed that they were drawn with draws them again.

What is drawn from is said beside it: the same seed, period and choices draw the same ones as long
as nothing else is closed within the period, and the past of a period that is over never changes.
"""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import ClosedBy, Priority


@dataclass(frozen=True)
class ClosureChoice:
    """What to draw from: closed from `since` until before `until` (aware); None: all of them."""

    since: datetime
    until: datetime
    process_id: UUID | None = None
    priority: Priority | None = None
    closed_by: ClosedBy | None = None


@dataclass(frozen=True)
class DrawnClosure:
    """One that was drawn; for named people only it has no title."""

    number: int
    title: str | None
    process: str
    priority: str
    closed_by: str
    ended_at: datetime


@dataclass(frozen=True)
class ClosureSample:
    """What was drawn with `seed` from so many, by number."""

    seed: int
    drawn_from: int
    lines: tuple[DrawnClosure, ...]


_FROM = text("""
    SELECT number FROM incident
    WHERE state = 'closed' AND ended_at >= :since AND ended_at < :until
      AND (CAST(:process AS uuid) IS NULL OR process_id = :process)
      AND (CAST(:priority AS text) IS NULL OR highest_priority = :priority)
      AND (CAST(:closed_by AS text) IS NULL OR closed_by = :closed_by)
    ORDER BY number
""")
_LINES = text("""
    SELECT i.number, CASE WHEN NOT i.is_restricted THEN i.title END AS title, p.name AS process,
      i.highest_priority AS priority, i.closed_by, i.ended_at
    FROM incident i JOIN business_process p ON p.id = i.process_id
    WHERE i.number = ANY (:numbers) ORDER BY i.number
""")
_PROCESSES = text("SELECT id, name FROM business_process ORDER BY name, id")


def process_names(conn: Connection) -> list[tuple[UUID, str]]:
    """Return the business processes there are, by name."""
    return [(row.id, row.name) for row in conn.execute(_PROCESSES)]


def sample_closures(
    conn: Connection, choice: ClosureChoice, *, most: int, seed: int
) -> ClosureSample:
    """Return at most `most` closures of those, the same ones with the same `seed`.

    By the highest priority that each ever had.  Two statements.
    """
    numbers = conn.scalars(
        _FROM,
        {
            "since": choice.since,
            "until": choice.until,
            "process": choice.process_id,
            "priority": choice.priority,
            "closed_by": choice.closed_by,
        },
    ).all()
    draw = Random(seed)  # noqa: S311 - to be drawn again by everybody, and no secret
    drawn = draw.sample(numbers, min(most, len(numbers)))
    lines = conn.execute(_LINES, {"numbers": drawn})
    return ClosureSample(seed, len(numbers), tuple(DrawnClosure(**row._mapping) for row in lines))
