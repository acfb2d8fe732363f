"""Confirmation debt: answers that have been missing for longer than the ladder allows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder, debt_from


@dataclass(frozen=True)
class Debt:
    """How many answers are missing, and how many of them count as debt, by business process.

    `asked_longest_at` is when the oldest answer in debt was asked for; None without debt.
    """

    missing: int
    debt: int
    by_process: Mapping[UUID, int]
    asked_longest_at: datetime | None


_MISSING = text("""
    SELECT w.opened_at, i.highest_priority, i.process_id,
      coalesce((SELECT p.time_zone FROM person p WHERE p.id = w.people[1]), 'UTC') AS zone
    FROM work_item w JOIN incident i ON i.id = w.incident_id
    WHERE w.mark = 'confirmation' AND w.ended_at IS NULL
""")


def confirmation_debt(conn: Connection, now: datetime, *, ladder: Ladder = DEFAULT) -> Debt:
    """Return the debt at `now` (aware).  Working days are those of the person asked."""
    rows = conn.execute(_MISSING).all()
    owed = [
        row
        for row in rows
        if debt_from(
            Priority(row.highest_priority), row.opened_at, ZoneInfo(row.zone), ladder=ladder
        )
        <= now
    ]
    return Debt(
        len(rows),
        len(owed),
        dict(Counter(row.process_id for row in owed)),
        min((row.opened_at for row in owed), default=None),
    )
