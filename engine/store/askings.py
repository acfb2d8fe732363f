"""Who was asked for an answer or a decision and has not given it, and what was done about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import Priority
from engine.domain.mark import Mark
from engine.domain.silence import Rung
from engine.domain.working_calendar import WorkingCalendar
from engine.store.calendars import A_HOLDER, ALL_CALENDARS, WHERE_THEY_WORK, holder, parsed
from engine.store.lines import IS_HERE

# Since when the people of to-do `w` count as asked; what has not reached them is asked just now.
ASKED_AT = """coalesce(w.asked_again_at, CASE WHEN w.waits_for_mail THEN CAST(:now AS timestamptz)
  ELSE coalesce(w.delivered_at, w.opened_at) END)"""
# So many of somebody's askings are looked back upon.
_LOOKED_BACK = 20


@dataclass(frozen=True)
class Asking:
    """An open to-do that waits for a confirmer, or for somebody who decides.

    `people` begin with who was asked first.  `since` is when they were asked, or last asked
    again; `rungs` are those reached since then, each with when it last was.  What is known of
    `people`: whether all of them `are_here`, neither away nor gone, and whether the first one
    `has_deputy`.
    """

    id: UUID
    mark: Mark
    people: tuple[UUID, ...]
    since: datetime
    reminders: int = 0
    rungs: Mapping[Rung, datetime] = field(default_factory=dict)
    are_here: bool = False
    has_deputy: bool = True

    @property
    def asked(self) -> UUID:
        """Who was asked first; the ladder counts their working days."""
        return self.people[0]


_OPEN = text(f"""
    SELECT w.id, w.mark, w.people, {ASKED_AT} AS since, w.reminders,
      NOT EXISTS (SELECT FROM person p
        WHERE p.id = ANY (w.people) AND NOT {IS_HERE}) AS are_here,
      p.deputy_id IS NOT NULL AS has_deputy, {A_HOLDER} AS holder,
      {ALL_CALENDARS} AS calendars,
      (SELECT json_object_agg(kind, at) FROM (
         SELECT r.kind, max(r.reached_at) AS at FROM rung r WHERE r.item_id = w.id
         AND r.reached_at >= coalesce(w.asked_again_at, w.opened_at) GROUP BY r.kind) x) AS rungs
    FROM work_item w JOIN person p ON p.id = w.people[1] {WHERE_THEY_WORK}
    WHERE w.run_id = :run AND w.ended_at IS NULL
      AND w.mark IN ('confirmation', 'closing_decision') ORDER BY w.opened_at, w.id
""")  # noqa: S608 - constants


def open_askings(
    conn: Connection, run_id: UUID, now: datetime
) -> list[tuple[Asking, WorkingCalendar]]:
    """Return what the run still waits for at `now` (aware), and when who was asked first works.

    One statement.
    """
    return [
        (
            Asking(
                row.id,
                Mark(row.mark),
                tuple(row.people),
                row.since,
                row.reminders,
                {Rung(kind): datetime.fromisoformat(at) for kind, at in (row.rungs or {}).items()},
                are_here=row.are_here,
                has_deputy=row.has_deputy,
            ),
            parsed(row.calendars).at(holder(*row.holder), now),
        )
        for row in conn.execute(_OPEN, {"run": run_id, "now": now})
    ]


_LAST = text("""
    SELECT max(asked_again_at) FROM work_item
    WHERE run_id = :run AND ended_at IS NULL AND mark = 'confirmation'
""")


def last_asked(conn: Connection, run_id: UUID) -> datetime | None:
    """Return when the last who is to answer is, or was, asked again; None if nobody is."""
    found: datetime | None = conn.scalar(_LAST, {"run": run_id})
    return found


_TRIED = text("""
    SELECT NOT EXISTS (SELECT FROM work_item w WHERE w.run_id = :run AND w.ended_at IS NULL
      AND w.mark = 'confirmation' AND :needed > (SELECT count(*) FROM tried
        WHERE tried.item_id = w.id AND tried_at >= coalesce(w.asked_again_at, w.opened_at)))
""")


def is_tried_enough(conn: Connection, run_id: UUID, needed: int) -> bool:
    """Whether each who has not answered was tried so often since they were last asked."""
    return needed == 0 or bool(conn.scalar(_TRIED, {"run": run_id, "needed": needed}))


@dataclass(frozen=True)
class Unanswered:
    """An asking that its person has not answered, from when until when."""

    priority: Priority
    asked_at: datetime
    until: datetime


_BEFORE = text(f"""
    SELECT p.who, x.* FROM unnest(CAST(:people AS uuid[])) p (who) CROSS JOIN LATERAL (
      SELECT i.highest_priority, coalesce(w.ended_at, :now) AS until,
        -- what never reached them is no silence of theirs
        CASE WHEN w.waits_for_mail THEN coalesce(w.ended_at, :now)
          ELSE coalesce(w.delivered_at, w.opened_at) END AS asked_at,
        w.ended_by IS NOT DISTINCT FROM p.who AS is_answered
      FROM work_item w JOIN incident i ON i.id = w.incident_id
      WHERE w.mark = 'confirmation' AND w.people[1] = p.who AND w.opened_at < :now
      ORDER BY w.opened_at DESC LIMIT {_LOOKED_BACK}) x
    ORDER BY x.asked_at DESC
""")  # noqa: S608 - constants of this module


def unanswered_by(
    conn: Connection, people: Iterable[UUID], now: datetime
) -> dict[UUID, list[Unanswered]]:
    """Return what each was asked since the last time they answered, newest first.

    One statement; it looks back on a score of askings of each.
    """
    found: dict[UUID, list[Unanswered]] = {who: [] for who in people}
    has_answered: set[UUID] = set()
    for row in conn.execute(_BEFORE, {"people": list(found), "now": now}):
        if row.is_answered:
            has_answered.add(row.who)
        elif row.who not in has_answered:
            found[row.who].append(
                Unanswered(Priority(row.highest_priority), row.asked_at, row.until)
            )
    return found
