"""The timers of one replayed incident, fired on the log's clock.

A newcomer would leave `run.due_at` to the workers: they would fire a log's timers today.  So it is
never written, and what is due is found from what the runs wait for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text

from engine.domain.incident import Priority
from engine.domain.ladder import next_reminder_at, owner_told_at, remind_every
from engine.domain.mark import Mark
from engine.domain.working_calendar import WorkingCalendar
from engine.store import schema as t
from engine.store.rows import Run, split
from engine.store.work import Case
from engine.usecases.handling import Handling

# nobody in a log has a calendar
_DAYS = WorkingCalendar(UTC)
_ALIVE = select(t.run).where(
    t.run.c.incident_id == bindparam("id", type_=Uuid), t.run.c.ended_at.is_(None)
)
_ASKED = text("""
    SELECT w.opened_at, w.reminders,
      EXISTS (SELECT FROM rung WHERE item_id = w.id AND kind = 'owner_told') AS is_told
    FROM work_item w
    WHERE w.run_id = :run AND w.mark = 'confirmation' AND w.ended_at IS NULL
""")


@dataclass(frozen=True)
class Due:
    """A timer and when something comes of it; `repeats` is true of one that comes again."""

    run: Run
    at: datetime
    repeats: bool


class Timers:
    """What is due of one incident, as last looked at."""

    def __init__(self, handling: Handling) -> None:
        self._handling = handling
        self._runs: dict[UUID, Run] = {}
        self._due: list[Due] = []

    def take_up(self, case: Case) -> None:
        """Remember when the runs of an incident are due that was replayed in part before."""
        rows = case.conn.execute(_ALIVE, {"id": case.incident.id})
        self._remember(case, [split(row, (t.run, Run))[0] for row in rows])

    def look(self, case: Case) -> None:
        """Remember when the runs are due, as far as this transaction has moved them."""
        self._remember(case, case.runs)

    def _remember(self, case: Case, runs: Iterable[Run]) -> None:
        self._runs |= {run.id: run for run in runs}
        alive = [run for run in self._runs.values() if run.ended_at is None]
        # all of them: who was asked is reminded without a move, too
        self._due = [due for run in alive for due in self._of_run(case, run)]

    def first_before(self, at: datetime) -> Due | None:
        """Return what is due first, if that is before `at`."""
        first = min(self._due, key=lambda due: due.at, default=None)
        return first if first is not None and first.at < at else None

    def last_single(self, until: datetime) -> datetime | None:
        """Return the last instant up to `until` at which a timer fires that does not repeat."""
        return max(
            (due.at for due in self._due if not due.repeats and due.at <= until), default=None
        )

    def due_by(self, until: datetime) -> list[Run]:
        """Return the runs of which something is due by `until`."""
        return list({due.run.id: due.run for due in self._due if due.at <= until}.values())

    def _of_run(self, case: Case, run: Run) -> Iterator[Due]:
        specs = self._handling.releases.get(case.conn, run.release_id).specs
        for waiting in run.waiting:
            if waiting["due_at"] is None:
                continue
            due_at = datetime.fromisoformat(waiting["due_at"])
            elements = specs.elements(waiting["diagram"])
            element = elements[waiting["element"]]
            repeats = element.event is not None and element.event.timer == "cycle"
            host = elements.get(element.attached_to or "")
            if repeats and host is not None and host.mark == Mark.CONFIRMATION:
                tick = self._next_tick(due_at, case, run)
                if tick is not None:
                    yield Due(run, tick, repeats=True)
            else:
                yield Due(run, due_at, repeats)

    def _next_tick(self, due_at: datetime, case: Case, run: Run) -> datetime | None:
        """Return when the reminding timer next finds somebody whose turn it is by the ladder.

        In between it ticks for nobody; that it did comes as one passage with the next.  Nobody in
        a log has a deputy or a superior.
        """
        grave, ladder = Priority(case.incident.highest_priority), self._handling.ladder
        turns = []
        for since, sent, is_told in case.conn.execute(_ASKED, {"run": run.id}):
            turns.append(next_reminder_at(grave, since, sent, _DAYS, ladder=ladder))
            if not is_told:
                turns.append(owner_told_at(grave, since, _DAYS, ladder=ladder))
        turn = min((at for at in turns if at is not None), default=None)
        if turn is None or turn <= due_at:
            return None if turn is None else due_at
        every = remind_every(grave, ladder=ladder)
        return due_at + -(-(turn - due_at) // every) * every
