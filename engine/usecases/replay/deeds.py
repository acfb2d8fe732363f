"""Carries out what one row means: several use cases, composed in the row's one transaction.

A machine signs for all of it.  That somebody named in the record did it is the record's word; so
is that it is right again, which is why nothing counts as measured and nothing as confirmed.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row as Fetched
from sqlalchemy import text

from engine.domain.action import ActionKind
from engine.domain.incident import Verdict
from engine.domain.mark import Mark
from engine.domain.party import Party
from engine.domain.permissions import Actor
from engine.errors import Conflict
from engine.store.work import Case, Work
from engine.usecases.complete import complete
from engine.usecases.handling import Handling
from engine.usecases.holding import hand_over
from engine.usecases.lead import take_lead
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.refusing import try_to_close
from engine.usecases.replay.cases import Meaning, Task
from engine.usecases.replay.mapping import Phase
from engine.usecases.replay.people import CRITERION, Source, doer, verifier
from engine.usecases.replay.reading import Row

_OPEN_ITEMS = text("""
    SELECT id, mark, action_id, party FROM work_item
    WHERE incident_id = :id AND ended_at IS NULL ORDER BY opened_at, id
""")
_CRITERIA = text(
    "SELECT id FROM criterion WHERE incident_id = :id AND withdrawn_at IS NULL ORDER BY position"
)


class Deeds:
    """What can be done within one transaction on a locked incident, in the record's name."""

    def __init__(
        self, handling: Handling, work: Work, case: Case, source: Source, caller: Actor
    ) -> None:
        """`handling` is the one whose use cases are parts of `work`."""
        self.handling = handling
        self.case = case
        self._conn = work.conn
        self._now = work.now
        self._source = source
        self._machine = source.machine
        self._caller = caller
        self._id = case.incident.id

    def record(self, verb: str, content: Mapping[str, Any]) -> None:
        """Add an entry that the machine signs."""
        self.case.record(verb, content, self._machine)

    def carry_out(self, meaning: Meaning) -> bool:
        """Do what the row means, in its order; return whether a closure was refused."""
        row = meaning.row
        if meaning.takes_lead:
            leader = self._source.staff(meaning.takes_lead)
            take_lead(self.handling, self._id, actor=leader, by=self._machine)
        under_way = self._items() if meaning.settles and not meaning.begins else []
        if meaning.asks is not None:
            self._ask(meaning.asks, row, begins=meaning.begins)
        if meaning.settles:
            self._settle(under_way or self._items(), row)
        if meaning.hands_to is not None:
            self._hand(meaning.hands_to, row)
        if meaning.verifies:
            self._verify(row)
        if not meaning.tries_to_close:
            return False
        return bool(try_to_close(self.handling, self._id, by=self._machine))

    def _items(self) -> Sequence[Fetched[Any]]:
        return self._conn.execute(_OPEN_ITEMS, {"id": self._id}).all()

    def _ask(self, task: Task, row: Row, *, begins: bool) -> None:
        if begins:
            self._agree(task, row)
            return
        propose_action(
            self.handling,
            self._id,
            Proposal(
                title=task.title,
                party=task.party,
                kind=ActionKind.PUTS_RIGHT,
                team_id=self._team_of(task),
                person_id=self._person_of(task),
            ),
            actor=doer(self._source, row),
            by=self._machine,
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
            "confirmers": [str(self._caller.id)],
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
                    self.handling,
                    item.id,
                    actor=doer(self._source, row),
                    note="As the record says",
                    team_id=None if person else self._team_of(task),
                    person_id=person,
                    by=self._machine,
                )

    def _verify(self, row: Row) -> None:
        now, told_at = self._now, self.case.incident.told_at
        since = row.resolved_at if row.resolved_at and told_at <= row.resolved_at <= now else now
        criteria = self._conn.execute(_CRITERIA, {"id": self._id}).scalars()
        complete(
            self.handling,
            self._marked(Mark.VERIFICATION),
            {
                "verdict": Verdict.RIGHT.value,
                "measured": [
                    {"criterion": str(one), "measured": "Not measured: the record's word"}
                    for one in criteria
                ],
                "right_since": since.isoformat(),
            },
            actor=verifier(self._source, row),
            by=self._machine,
        )

    def _complete(
        self, item_id: UUID, answers: dict[str, Any], row: Row, party: str = Party.IT
    ) -> None:
        is_customers = party == Party.CUSTOMER and row.phase is Phase.WORK
        actor = self._caller if is_customers else doer(self._source, row)
        complete(self.handling, item_id, answers, actor=actor, by=self._machine)

    def _marked(self, mark: Mark) -> UUID:
        for item in self._items():
            if item.mark == mark:
                found: UUID = item.id
                return found
        raise Conflict("The incident is not where the record has it: somebody has moved it.")

    def _person_of(self, task: Task) -> UUID | None:
        if task.party is Party.CUSTOMER:
            return self._caller.id
        return self._source.staff(task.person).id if task.person else None

    def _team_of(self, task: Task) -> UUID | None:
        if task.party is Party.EXTERNAL:
            return self._source.vendor_id(task.vendor)
        return self._source.team_id(task.group) if task.group else None
