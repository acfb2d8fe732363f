"""Who answers for what, stands in for whom and works when: read once in a transaction.

No use case of an incident changes any of it, so that what one of several use cases composed into
one transaction has read holds for the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from engine.domain.silence import Line, Reachable
from engine.domain.working_calendar import WorkingCalendar
from engine.store.calendars import Calendars, load_calendars
from engine.store.facts import ProcessPeople, process_people
from engine.store.lines import lines_of, reachable


@dataclass
class Around:
    """What is around the incidents of one transaction, as it is at `now` (aware)."""

    conn: Connection
    now: datetime
    _calendars: Calendars | None = None
    _at_work: dict[UUID, WorkingCalendar] = field(default_factory=dict)
    _reachable: dict[UUID, Reachable] = field(default_factory=dict)
    _lines: dict[UUID, Line] = field(default_factory=dict)
    _processes: dict[UUID, ProcessPeople] = field(default_factory=dict)

    @property
    def calendars(self) -> Calendars:
        """Every working calendar."""
        if self._calendars is None:
            self._calendars, _ = load_calendars(self.conn)
        return self._calendars

    def calendars_of(self, people: Iterable[UUID]) -> dict[UUID, WorkingCalendar]:
        """Return the calendar that each of these people has now."""
        asked = set(people)
        if new := asked - self._at_work.keys():
            self._calendars, holders = load_calendars(self.conn, new)
            for who in new:
                self._at_work[who] = self._calendars.at(holders[who], self.now)
        return {who: self._at_work[who] for who in asked}

    def reachable(self, people: Iterable[UUID]) -> dict[UUID, Reachable]:
        """Return whether each of these people can be asked; cheaper than their whole lines."""
        asked = set(people)
        if new := asked - self._reachable.keys():
            self._reachable |= reachable(self.conn, new, self.now)
        return {who: self._reachable[who] for who in asked}

    def lines_of(self, people: Iterable[UUID]) -> dict[UUID, Line]:
        """Return who stands in for each of these people and who is above."""
        asked = set(people)
        if new := asked - self._lines.keys():
            self._lines |= lines_of(self.conn, new, self.now)
        return {who: self._lines[who] for who in asked}

    def process(self, process_id: UUID) -> ProcessPeople:
        """Return who answers for the business process."""
        if process_id not in self._processes:
            self._processes[process_id] = process_people(self.conn, process_id)
        return self._processes[process_id]
