"""Drives one case of a log through the real use cases, on the log's own clock.

Each row is one transaction, and what comes due before it is part of that, each at its own instant.
Whoever else moves an incident while it is replayed is noticed by the head of its chain: the replay
leaves it alone from there on.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import text

from engine.domain.incident import ClosedBy, IncidentState, Level
from engine.errors import Conflict, PutrightError, Unavailable
from engine.queries.ledger import incident_ledger
from engine.store.work import Case, Work
from engine.usecases.handling import Handling
from engine.usecases.replay.cases import Meaning, meanings
from engine.usecases.replay.deeds import Deeds
from engine.usecases.replay.people import People, Source
from engine.usecases.replay.reading import Row, as_read
from engine.usecases.replay.summary import Tally
from engine.usecases.replay.timers import Due, Timers
from engine.usecases.report import Report, report_incident
from engine.usecases.timing import fire

_STANDING = text("""
    SELECT i.state, i.observed_until, i.head_seq,
      (SELECT coalesce(max(CAST(content ->> 'row' AS integer)), 0) FROM entry e
         WHERE e.incident_id = i.id AND e.verb = 'incident:replayed') AS rows_done
    FROM incident i WHERE i.id = :id
""")


@dataclass
class Replayer:
    """Replays the cases of one source, one after the other; each process has its own.

    `last_at` is the log's last instant, where every ledger stops.
    """

    handling: Handling
    source: Source
    last_at: datetime
    people: People = field(init=False)

    def __post_init__(self) -> None:
        """Know nobody yet, and leave the workers out of it."""
        self.handling = replace(self.handling, wakes_workers=False)
        self.people = People(self.source)

    def found(self) -> None:
        """Write what every case needs, before the first one."""
        with self.handling.store.begin() as work:
            self.people.found(work.conn)

    def replay(self, rows: Sequence[Row]) -> Tally:
        """Replay one case, given all its rows in order; return what was done.

        A case that was interrupted goes on after its last row that stands; one that was replayed
        to the end stays as it is.  A case that cannot go on is named in the tally, and what was
        done of it stands.  Raises Unavailable.
        """
        case = _Case(self, rows)
        try:
            case.replay()
        except Unavailable:
            raise
        except PutrightError as error:
            case.tally.faults.append(f"{rows[0].number}: {error.sentence}")
        return case.tally


class _Case:
    """One case under way."""

    def __init__(self, replayer: Replayer, rows: Sequence[Row]) -> None:
        self.handling = replayer.handling
        self.source = replayer.source
        self.people = replayer.people
        self.last_at = replayer.last_at
        self.rows = rows
        self.tally = Tally(rows=len(rows))
        self.id = replayer.source.incident_id(rows[0].number)
        self.caller = replayer.source.caller(rows[0].caller)
        self.timers = Timers(replayer.handling)
        self.head_seq = 0

    def replay(self) -> None:
        """Replay what is left of it."""
        rows_done = self._find_place()
        if rows_done is None:
            self.tally.known += 1
            return
        self.tally.incidents += 1
        refused = 0
        for number, meaning in enumerate(meanings(self.rows), 1):
            if number <= rows_done:
                continue
            refused = 0 if meaning.goes_back else refused
            refused += self._take(number, meaning)
        self.tally.confirmation_debt += refused
        self._come_to_the_end()

    def _find_place(self) -> int | None:
        """Return how many rows stand already, 0 if the case is new; None if all do."""
        with self.handling.store.read() as conn:
            standing = conn.execute(_STANDING, {"id": self.id}).first()
        if standing is None:
            return 0
        if standing.observed_until is not None or standing.state != IncidentState.OPEN:
            return None
        self.head_seq = standing.head_seq
        with self.handling.store.begin() as work:
            # since the earlier run the log may have grown, and so may have those it names
            self.people.write_of(work.conn, self.rows)
            self.timers.take_up(work.incident(self.id))
        self.people.keep()
        return int(standing.rows_done)

    # --- transactions --------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[tuple[Work, Case]]:
        """One transaction with the incident locked, as this replay left it; new, it is reported."""
        is_new = self.head_seq == 0
        with self.handling.store.begin(now=self.rows[0].at) as work:
            case = self._report(work) if is_new else self._as_left(work.incident(self.id))
            yield work, case
            head_seq = case.incident.head_seq
        if is_new:
            self.people.keep()
        self.head_seq = head_seq

    def _as_left(self, case: Case) -> Case:
        if case.incident.head_seq != self.head_seq:
            raise Conflict("Somebody else has moved this incident meanwhile.")
        return case

    def _report(self, work: Work) -> Case:
        first = self.rows[0]
        work.pass_to(min(first.opened_at or first.at, first.at))
        self.people.write_of(work.conn, self.rows)
        report_incident(
            self.handling.within(work),
            Report(
                product_id=self.source.process_id,
                title=first.title or f"Case {first.number}",
                expected="The service as agreed",
                actual=first.title or "Not said in the record",
                harmed=self.caller.name,
                impact=first.impact or Level.MEDIUM,
                urgency=first.urgency or Level.MEDIUM,
                source_reference=first.number,
            ),
            actor=self.caller,
            by=self.source.machine,
            incident_id=self.id,
        )
        [case] = work.cases
        self.timers.look(case)
        return case

    def _take(self, number: int, meaning: Meaning) -> bool:
        """Let pass the time before the row, make it an entry and what it means so.

        Return whether a closure was refused.
        """
        with self._locked() as (work, case):
            self._pass_time(work, case, meaning.at)
            deeds = self._deeds(work, case, meaning.at)
            deeds.record("incident:replayed", {"row": number, **as_read(meaning.row)})
            was_refused = deeds.carry_out(meaning)
            if meaning.does_something:
                self.timers.look(case)
        self.tally.events += 1
        self.tally.reopened += meaning.goes_back
        self.tally.closures_tried += meaning.tries_to_close
        self.tally.closures_refused += was_refused
        return was_refused

    def _deeds(self, work: Work, case: Case, now: datetime) -> Deeds:
        work.pass_to(now)
        return Deeds(self.handling.within(work), work, case, self.source, self.caller)

    def _pass_time(self, work: Work, case: Case, until: datetime) -> None:
        """Fire what comes due before `until`, each at its own instant, in order."""
        while (due := self.timers.first_before(until)) is not None:
            self._fire(work, case, due)

    def _fire(self, work: Work, case: Case, due: Due) -> None:
        work.pass_to(due.at)
        fire(self.handling.within(work), case, due.run)
        self.timers.look(case)

    def _come_to_the_end(self) -> None:
        """Let pass what time is left until the log's last instant; there the ledger stops.

        Once only timers are left that repeat, reminding for ever, what they have missed comes
        as one, as after any downtime.
        """
        with self._locked() as (work, case):
            while (single := self.timers.last_single(self.last_at)) is not None:
                self._pass_time(work, case, single)
                due = self.timers.first_before(self.last_at)
                if due is None or due.at != single:
                    break
                self._fire(work, case, due)
            deeds = self._deeds(work, case, self.last_at)
            for run in self.timers.due_by(self.last_at):
                fire(deeds.handling, case, run)
            case.flush()
            ledger = incident_ledger(work.conn, self.id, self.last_at)
            self.tally.charge(ledger.totals)
            # nothing of it moves any more: whose time it was is found without cutting it again
            seconds = {party: int(one.total_seconds()) for party, one in ledger.totals.items()}
            deeds.record("incident:observed", {"until": self.last_at, "seconds": seconds})
            case.change(observed_until=self.last_at)
            closed_by = case.incident.closed_by
        self.tally.confirmed += closed_by == ClosedBy.CONFIRMED
        self.tally.escalated += closed_by == ClosedBy.ESCALATED
