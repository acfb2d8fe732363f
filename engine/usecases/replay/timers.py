"""The timers of one replayed incident, fired on the log's clock.

A newcomer would leave `run.due_at` to the workers: they would fire a log's timers today.  So it is
never written, and what is due is read from what the runs wait for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import Priority
from engine.domain.ladder import next_reminder_at, owner_told_at, remind_every
from engine.domain.mark import Mark
from engine.domain.working_calendar import WorkingCalendar
from engine.usecases.handling import Handling

# nobody in a log has a calendar
_DAYS = WorkingCalendar(UTC)
_WAITING = text("""
    SELECT r.id, r.release_id, r.waiting, i.highest_priority,
      (SELECT json_agg(json_build_array(w.opened_at, w.reminders,
           EXISTS (SELECT FROM rung WHERE item_id = w.id AND kind = 'owner_told')))
         FROM work_item w WHERE w.run_id = r.id AND w.mark = 'confirmation'
           AND w.ended_at IS NULL) AS asked
    FROM run r JOIN incident i ON i.id = r.incident_id
    WHERE r.incident_id = :id AND r.ended_at IS NULL
""")


@dataclass(frozen=True)
class Due:
    """A timer and when something comes of it; `repeats` is true of one that comes again."""

    run_id: UUID
    at: datetime
    repeats: bool


class Timers:
    """What is due of one incident, as last looked at."""

    def __init__(self, handling: Handling, incident_id: UUID) -> None:
        self._handling = handling
        self._id = incident_id
        self._due: list[Due] = []

    def look(self, conn: Connection) -> None:
        """Remember when the runs are due."""
        self._due = [
            due
            for row in conn.execute(_WAITING, {"id": self._id})
            for due in self._of_run(conn, row)
        ]

    def first_before(self, at: datetime) -> Due | None:
        """Return what is due first, if that is before `at`."""
        first = min(self._due, key=lambda due: due.at, default=None)
        return first if first is not None and first.at < at else None

    def last_single(self, until: datetime) -> datetime | None:
        """Return the last instant up to `until` at which a timer fires that does not repeat."""
        return max(
            (due.at for due in self._due if not due.repeats and due.at <= until), default=None
        )

    def due_by(self, until: datetime) -> set[UUID]:
        """Return the runs of which something is due by `until`."""
        return {due.run_id for due in self._due if due.at <= until}

    def _of_run(self, conn: Connection, row: Any) -> Iterator[Due]:
        specs = self._handling.releases.get(conn, row.release_id).specs
        for waiting in row.waiting:
            if waiting["due_at"] is None:
                continue
            due_at = datetime.fromisoformat(waiting["due_at"])
            elements = specs.elements(waiting["diagram"])
            element = elements[waiting["element"]]
            repeats = element.event is not None and element.event.timer == "cycle"
            host = elements.get(element.attached_to or "")
            if repeats and host is not None and host.mark == Mark.CONFIRMATION:
                tick = self._next_tick(due_at, row.highest_priority, row.asked or ())
                if tick is not None:
                    yield Due(row.id, tick, repeats=True)
            else:
                yield Due(row.id, due_at, repeats)

    def _next_tick(
        self, due_at: datetime, priority: str, asked: Sequence[tuple[str, int, bool]]
    ) -> datetime | None:
        """Return when the reminding timer next finds somebody whose turn it is by the ladder.

        In between it ticks for nobody; that it did comes as one passage with the next.  Nobody in
        a log has a deputy or a superior.
        """
        grave, ladder = Priority(priority), self._handling.ladder
        turns = []
        for since, sent, is_told in asked:
            at = datetime.fromisoformat(since)
            turns.append(next_reminder_at(grave, at, sent, _DAYS, ladder=ladder))
            if not is_told:
                turns.append(owner_told_at(grave, at, _DAYS, ladder=ladder))
        turn = min((at for at in turns if at is not None), default=None)
        if turn is None or turn <= due_at:
            return None if turn is None else due_at
        every = remind_every(grave, ladder=ladder)
        return due_at + -(-(turn - due_at) // every) * every
