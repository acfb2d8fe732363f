"""Confirmation debt: answers that have been missing for longer than the ladder allows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder, debt_from
from engine.domain.permissions import Actor, Role
from engine.errors import NotAllowed
from engine.language import say
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


@dataclass(frozen=True)
class DebtLine:
    """An answer that is missing for too long; of an incident for named people only, its number.

    `owed_since` is from when it counts; `is_decidable`: a decision without it is open.
    """

    number: int
    title: str | None
    process: str
    priority: str
    asked: str
    asked_at: datetime
    owed_since: datetime
    reminders: int
    tries: int
    has_arrived: bool
    is_decidable: bool


@dataclass(frozen=True)
class DebtPage:
    """The debt of the processes that somebody answers for; the oldest lines first, `most` of them.

    `processes` are the names of those with debt, each with its number.
    """

    missing: int
    lines: tuple[DebtLine, ...]
    total: int
    processes: Mapping[str, int]


_LINES = text("""
    SELECT w.opened_at, i.highest_priority, w.people[1] AS asked, i.number, p.name AS process,
      CASE WHEN NOT i.is_restricted THEN i.title END AS title, who.name AS asked_name,
      w.reminders, NOT w.waits_for_mail AS has_arrived,
      (SELECT count(*) FROM tried t WHERE t.item_id = w.id) AS tries,
      EXISTS (SELECT FROM work_item d WHERE d.incident_id = i.id AND d.ended_at IS NULL
        AND d.mark = 'closing_decision') AS is_decidable
    FROM work_item w JOIN incident i ON i.id = w.incident_id
    JOIN business_process p ON p.id = i.process_id JOIN person who ON who.id = w.people[1]
    WHERE w.mark = 'confirmation' AND w.ended_at IS NULL
      AND (:sees_all OR p.owner_id = :me OR EXISTS (SELECT FROM deputy d
        WHERE d.process_id = p.id AND d.of = 'owner' AND d.person_id = :me))
    ORDER BY w.opened_at, i.number, w.id
""")
_OWNS = text("""
    SELECT EXISTS (SELECT FROM business_process WHERE owner_id = :me)
      OR EXISTS (SELECT FROM deputy WHERE person_id = :me AND "of" = 'owner')
""")


def owns_any(conn: Connection, actor: Actor) -> bool:
    """Whether somebody owns a business process, or stands in for who does."""
    return not actor.is_outside and bool(conn.scalar(_OWNS, {"me": actor.id}))


def debt_page(
    conn: Connection, actor: Actor, now: datetime, *, ladder: Ladder = DEFAULT, most: int = 200
) -> DebtPage:
    """Return what is owed at `now` (aware): to owners of their own processes, to auditors of all.

    Raises NotAllowed for anybody else.
    """
    sees_all = actor.has_role(Role.AUDITOR) or actor.has_role(Role.PROCESS_OWNER)
    if not sees_all and not owns_any(conn, actor):
        raise NotAllowed(say("Only auditors and owners of business processes can ask this."))
    rows = conn.execute(_LINES, {"me": actor.id, "sees_all": sees_all}).all()
    lines = [_line(row, since) for row, since in owed(conn, rows, now, ladder)]
    return DebtPage(
        len(rows), tuple(lines[:most]), len(lines), dict(Counter(one.process for one in lines))
    )


def _line(row: Any, since: datetime) -> DebtLine:
    return DebtLine(
        number=row.number,
        title=row.title,
        process=row.process,
        priority=row.highest_priority,
        asked=row.asked_name,
        asked_at=row.opened_at,
        owed_since=since,
        reminders=row.reminders,
        tries=row.tries,
        has_arrived=row.has_arrived,
        is_decidable=row.is_decidable,
    )


def confirmation_debt(conn: Connection, now: datetime, *, ladder: Ladder = DEFAULT) -> Debt:
    """Return the debt at `now` (aware).  Working days are those of the person asked."""
    rows = conn.execute(_MISSING).all()
    found = [row for row, _ in owed(conn, rows, now, ladder)]
    return Debt(
        len(rows),
        len(found),
        dict(Counter(row.process_id for row in found)),
        min((row.opened_at for row in found), default=None),
    )


def owed(
    conn: Connection, rows: Sequence[Any], now: datetime, ladder: Ladder
) -> Iterator[tuple[Any, datetime]]:
    """Yield the missing answers that count at `now`, each with the instant it counts from.

    Each row has `asked`, `opened_at` and `highest_priority`.
    """
    calendars, asked = load_calendars(conn, {row.asked for row in rows})
    for row in rows:
        calendar = calendars.at(asked[row.asked], row.opened_at)
        since = debt_from(Priority(row.highest_priority), row.opened_at, calendar, ladder=ladder)
        if since <= now:
            yield row, since
