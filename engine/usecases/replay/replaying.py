"""Drives one case of a log through the real use cases, on the log's own clock.

Each row is one transaction, in which several use cases are composed; timers that come due between
two rows are transactions of their own, at their own instant.  A newcomer would leave `run.due_at`
to the workers: they would fire a log's timers today.  So it is emptied in the transaction that
sets it, and what is due is read from what the runs wait for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy import Row as Fetched

from engine.domain.action import ActionKind
from engine.domain.incident import IncidentState, Level, Verdict
from engine.domain.mark import Mark
from engine.domain.party import Party
from engine.errors import Conflict, PutrightError, Unavailable
from engine.queries.ledger import incident_ledger
from engine.store.work import Work
from engine.usecases.complete import complete
from engine.usecases.handling import Handling
from engine.usecases.holding import hand_over
from engine.usecases.lead import take_lead
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.refusing import try_to_close
from engine.usecases.replay.cases import Meaning, Task, meanings
from engine.usecases.replay.people import CRITERION, People, Source, doer, verifier
from engine.usecases.replay.reading import Row, as_read
from engine.usecases.replay.summary import Tally
from engine.usecases.report import Report, report_incident
from engine.usecases.timing import fire_timers

_STANDING = text("""
    SELECT i.state, i.observed_until, i.head_seq,
      (SELECT coalesce(max(CAST(content ->> 'row' AS integer)), 0) FROM entry e
         WHERE e.incident_id = i.id AND e.verb = 'incident:replayed') AS rows_done
    FROM incident i WHERE i.id = :id
""")

# What is due is kept by the replay alone: no worker finds these runs.
_DUE = text("""
    WITH hidden AS (UPDATE run SET due_at = NULL WHERE incident_id = :id AND due_at IS NOT NULL)
    SELECT r.id, array(SELECT CAST(w ->> 'due_at' AS timestamptz)
      FROM jsonb_array_elements(r.waiting) w WHERE w ->> 'due_at' IS NOT NULL ORDER BY 1) AS due
    FROM run r WHERE r.incident_id = :id AND r.ended_at IS NULL
""")

_OPEN_ITEMS = text("""
    SELECT id, mark, action_id, party FROM work_item
    WHERE incident_id = :id AND ended_at IS NULL ORDER BY opened_at, id
""")

_CRITERIA = text(
    "SELECT id FROM criterion WHERE incident_id = :id AND withdrawn_at IS NULL ORDER BY position"
)


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
        """Know nobody yet."""
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
        tally = Tally(rows=len(rows))
        case = _Case(self, rows, tally)
        try:
            case.replay()
        except Unavailable:
            raise
        except PutrightError as error:
            tally.faults.append(f"{rows[0].number}: {error.sentence}")
        return tally


class _Case:
    """One case under way."""

    def __init__(self, replayer: Replayer, rows: Sequence[Row], tally: Tally) -> None:
        self.handling = replayer.handling
        self.source = replayer.source
        self.people = replayer.people
        self.last_at = replayer.last_at
        self.rows = rows
        self.tally = tally
        self.machine = replayer.source.machine
        self.id = replayer.source.incident_id(rows[0].number)
        self.caller = replayer.source.caller(rows[0].caller)
        # by run: the instants its timers are due, in order
        self.due: dict[UUID, list[datetime]] = {}
        self.head_seq = 0
        self.debt = 0

    def replay(self) -> None:
        with self.handling.store.read() as conn:
            standing = conn.execute(_STANDING, {"id": self.id}).first()
        if standing is not None and (
            standing.observed_until is not None or standing.state != IncidentState.OPEN
        ):
            self.tally.known += 1
            return
        if standing is None:
            self._report()
        self._go_on(standing.rows_done if standing is not None else 0, standing)
        self.tally.confirmation_debt += self.debt
        self._come_to_the_end()

    def _go_on(self, rows_done: int, standing: Fetched[Any] | None) -> None:
        if standing is not None:
            self.head_seq = standing.head_seq
            with self.handling.store.begin() as work:
                self.people.write_of(work.conn, self.rows)
                self._look_at_timers(work.conn)
            self.people.keep()
        self.tally.incidents += 1
        for number, meaning in enumerate(meanings(self.rows), 1):
            if number > rows_done:
                self._fire_before(meaning.at)
                self._take(number, meaning)
                self._count(meaning)

    # --- transactions --------------------------------------------------------------------------

    @contextmanager
    def _transaction(self, now: datetime) -> Iterator["_Moment"]:
        """One transaction with the incident locked, as this replay left it."""
        with self.handling.store.begin(now=now) as work:
            case = work.incident(self.id)
            if case.incident.head_seq != self.head_seq:
                raise Conflict("Somebody else has moved this incident meanwhile.")
            yield _Moment(self, work)
            head_seq = case.incident.head_seq
        self.head_seq = head_seq

    def _report(self) -> None:
        first = self.rows[0]
        told_at = min(first.opened_at or first.at, first.at)
        with self.handling.store.begin(now=told_at) as work:
            self.people.write_of(work.conn, self.rows)
            report_incident(
                self.handling.within(work),
                Report(
                    process_id=self.source.process_id,
                    title=first.title or f"Case {first.number}",
                    expected="The service as agreed",
                    actual=first.title or "Not said in the record",
                    harmed=self.caller.name,
                    impact=first.impact or Level.MEDIUM,
                    urgency=first.urgency or Level.MEDIUM,
                    source_reference=first.number,
                ),
                actor=self.caller,
                by=self.machine,
                incident_id=self.id,
            )
            head_seq = work.cases[0].incident.head_seq
        self.people.keep()
        self.head_seq = head_seq

    def _take(self, number: int, meaning: Meaning) -> None:
        with self._transaction(meaning.at) as moment:
            moment.record("incident:replayed", {"row": number, **as_read(meaning.row)})
            moment.carry_out(meaning)
            if meaning.does_something:
                self._look_at_timers(moment.work.conn)

    def _count(self, meaning: Meaning) -> None:
        self.tally.events += 1
        if meaning.goes_back:
            self.tally.reopened += 1
            self.debt = 0

    def _come_to_the_end(self) -> None:
        """Let pass what time is left until the log's last instant; there the ledger stops.

        The next timer of each run fires at its instant; of those that would go on and on,
        reminding, the missed ones come as one, as after any downtime.
        """
        for run_id, due in list(self.due.items()):
            last = max((at for at in due if at <= self.last_at), default=None)
            if last is not None:
                self._fire(run_id, last)
        with self._transaction(self.last_at) as moment:
            for run_id, due in self.due.items():
                if due and due[0] <= self.last_at:
                    fire_timers(moment.within, run_id, now=self.last_at)
            moment.record("incident:observed", {"until": self.last_at})
            moment.case.change(observed_until=self.last_at)
            self._look_at_timers(moment.work.conn)
            ledger = incident_ledger(moment.work.conn, self.id, self.last_at)
            self.tally.charge(ledger.totals)
            closed_by = moment.case.incident.closed_by
        self.tally.confirmed += closed_by == "confirmed"
        self.tally.escalated += closed_by == "escalated"

    # --- timers --------------------------------------------------------------------------------

    def _fire_before(self, at: datetime) -> None:
        """Fire what comes due before `at`, each at its own instant, in order."""
        while True:
            upcoming = [(due[0], run_id) for run_id, due in self.due.items() if due]
            if not upcoming:
                return
            due_at, run_id = min(upcoming)
            if due_at >= at:
                return
            self._fire(run_id, due_at)

    def _fire(self, run_id: UUID, at: datetime) -> None:
        with self._transaction(at) as moment:
            fire_timers(moment.within, run_id, now=at)
            self._look_at_timers(moment.work.conn)

    def _look_at_timers(self, conn: Connection) -> None:
        """Take what the runs wait for out of the workers' sight, and remember it."""
        self.due = {row.id: list(row.due) for row in conn.execute(_DUE, {"id": self.id})}


class _Moment:
    """One transaction under way: the deeds of one row."""

    def __init__(self, of: _Case, work: Work) -> None:
        self.of = of
        self.work = work
        self.within = of.handling.within(work)
        self.case = work.cases[0]
        self.source = of.source
        self.machine = of.machine

    def record(self, verb: str, content: dict[str, Any]) -> None:
        """Add an entry that the machine signs."""
        self.case.record(verb, content, self.machine)

    def carry_out(self, meaning: Meaning) -> None:
        """Do what the row means, in its order."""
        row = meaning.row
        if meaning.takes_lead:
            leader = self.source.staff(meaning.takes_lead)
            take_lead(self.within, self.of.id, actor=leader, by=self.machine)
        under_way = self._items() if meaning.settles and not meaning.begins else []
        if meaning.asks is not None:
            self._ask(meaning.asks, row, begins=meaning.begins)
        if meaning.settles:
            self._settle(under_way or self._items(), row)
        if meaning.hands_to is not None:
            self._hand(meaning.hands_to, row)
        if meaning.verifies:
            self._verify(row)
        if meaning.tries_to_close:
            self._try_to_close()

    def _items(self) -> Sequence[Fetched[Any]]:
        return self.work.conn.execute(_OPEN_ITEMS, {"id": self.of.id}).all()

    def _ask(self, task: Task, row: Row, *, begins: bool) -> None:
        if begins:
            self._agree(task, row)
            return
        propose_action(
            self.within,
            self.of.id,
            Proposal(
                title=task.title,
                party=task.party,
                kind=ActionKind.PUTS_RIGHT,
                team_id=self._team_of(task),
                person_id=self._person_of(task),
            ),
            actor=doer(self.source, row),
            by=self.machine,
        )

    def _agree(self, task: Task, row: Row) -> None:
        team, person = self._team_of(task), self._person_of(task)
        action: dict[str, Any] = {"title": task.title, "party": task.party.value}
        if team is not None:
            action["team"] = str(team)
        if person is not None:
            action["person"] = str(person)
        answers = {
            "criteria": [dict(CRITERION)],
            "confirmers": [str(self.of.caller.id)],
            "actions": [action],
        }
        self._complete(self._marked(Mark.AGREEMENT), answers, row)

    def _settle(self, items: Sequence[Fetched[Any]], row: Row) -> None:
        for item in items:
            if item.action_id is None:
                continue
            said = f"The record went on to “{row.state}”."
            self._complete(item.id, {"outcome": "done", "what_was_done": said}, row, item.party)

    def _hand(self, task: Task, row: Row) -> None:
        person = self._person_of(task)
        for item in self._items():
            if item.action_id is not None and item.party == task.party:
                hand_over(
                    self.within,
                    item.id,
                    actor=doer(self.source, row),
                    note="As the record says",
                    team_id=None if person else self._team_of(task),
                    person_id=person,
                    by=self.machine,
                )

    def _verify(self, row: Row) -> None:
        now, told_at = self.work.now, self.case.incident.told_at
        since = row.resolved_at if row.resolved_at and told_at <= row.resolved_at <= now else now
        criteria = self.work.conn.execute(_CRITERIA, {"id": self.of.id}).scalars()
        complete(
            self.within,
            self._marked(Mark.VERIFICATION),
            {
                "verdict": Verdict.RIGHT.value,
                "measured": [
                    {"criterion": str(one), "measured": "Not measured: the record's word"}
                    for one in criteria
                ],
                "right_since": since.isoformat(),
            },
            actor=verifier(self.source, row),
            by=self.machine,
        )

    def _try_to_close(self) -> None:
        missing = try_to_close(self.within, self.of.id, by=self.machine)
        self.of.tally.closures_tried += 1
        self.of.tally.closures_refused += bool(missing)
        self.of.debt += bool(missing)

    def _complete(
        self, item_id: UUID, answers: dict[str, Any], row: Row, party: str = Party.IT
    ) -> None:
        is_customers = party == Party.CUSTOMER and row.phase.value == "work"
        actor = self.of.caller if is_customers else doer(self.source, row)
        complete(self.within, item_id, answers, actor=actor, by=self.machine)

    def _marked(self, mark: Mark) -> UUID:
        for item in self._items():
            if item.mark == mark:
                found: UUID = item.id
                return found
        raise Conflict("The incident is not where the record has it: somebody has moved it.")

    def _person_of(self, task: Task) -> UUID | None:
        if task.party is Party.CUSTOMER:
            return self.of.caller.id
        return self.source.staff(task.person).id if task.person else None

    def _team_of(self, task: Task) -> UUID | None:
        if task.party is Party.EXTERNAL:
            return self.source.vendor_id(task.vendor)
        return self.source.team_id(task.group) if task.group else None
