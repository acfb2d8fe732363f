"""Confirmation debt: answers that have been missing for longer than the ladder allows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder, debt_from
from engine.store.calendars import load_calendars


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
    SELECT w.opened_at, i.highest_priority, i.process_id, w.people[1] AS asked
    FROM work_item w JOIN incident i ON i.id = w.incident_id
    WHERE w.mark = 'confirmation' AND w.ended_at IS NULL
""")


def confirmation_debt(conn: Connection, now: datetime, *, ladder: Ladder = DEFAULT) -> Debt:
    """Return the debt at `now` (aware).  Working days are those of the person asked."""
    rows = conn.execute(_MISSING).all()
    calendars, asked = load_calendars(conn, {row.asked for row in rows})

    def is_owed(row: Any) -> bool:
        calendar = calendars.at(asked[row.asked], row.opened_at)
        return (
            debt_from(Priority(row.highest_priority), row.opened_at, calendar, ladder=ladder) <= now
        )

    owed = [row for row in rows if is_owed(row)]
    return Debt(
        len(rows),
        len(owed),
        dict(Counter(row.process_id for row in owed)),
        min((row.opened_at for row in owed), default=None),
    )
