"""Moves runs: every advance of a diagram, and everything that follows from it, goes through here.

A newcomer would complete the engine's task and then ask what to do next.  Here the engine moves,
its passages become visits, what it waits for becomes work items, and then the facts are asked
again (`settle`) until they have nothing new to tell it.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Uuid, bindparam, insert, select, update

from engine.domain.gate import Gate, judge
from engine.domain.incident import IncidentState, Priority
from engine.domain.ladder import decide_at, next_look_after, tries_needed
from engine.domain.mark import Mark
from engine.domain.message import URGENT, MessageKind, Way
from engine.domain.permissions import Actor, Machine
from engine.domain.silence import Line
from engine.domain.standing import IncidentPeople
from engine.domain.working_calendar import WorkingCalendar
from engine.queries.people import involved
from engine.runtime import Advanced, Answered, Passage, Waiting, advance, start
from engine.store import facts as ask
from engine.store import schema as t
from engine.store.askings import is_tried_enough, last_asked
from engine.store.rows import Action, Run, split
from engine.store.work import Case
from engine.usecases import actions, asking, climbing, closing
from engine.usecases.handling import Handling, Release
from engine.usecases.offers import Offer, by_name
from engine.usecases.run_facts import RunFacts
from engine.usecases.waiting import as_json

SETTLED = "actions_settled"
PROPOSED = "action_proposed"
TRIED = "tried"

# built once: building a statement costs as much as running it
_THE_ID = bindparam("the_id", type_=Uuid)
_OWN_RUN = select(t.run).where(t.run.c.incident_id == _THE_ID, t.run.c.action_id.is_(None))
_ONE_ACTION = select(t.action).where(t.action.c.id == _THE_ID)
_ADD_ITEM = insert(t.work_item)


@dataclass
class Mover:
    """Everything that moves within one locked incident, on behalf of one actor."""

    handling: Handling
    case: Case
    by: Actor | Machine
    _own_run: Run | None = None
    # when the last of those asked counts as asked, where that lies ahead
    _asked_from: datetime | None = None
    # emptied once something was written that the memorised facts depend on
    _memory: dict[Hashable, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Tell the case how long the lead may go without looking."""
        self.case.next_look = self.next_look

    @property
    def next_look(self) -> timedelta:
        """How long the lead may go without looking, by the highest priority it ever had."""
        priority = Priority(self.case.incident.highest_priority)
        return next_look_after(priority, ladder=self.handling.ladder)

    # --- facts, asked at most once between two writes ------------------------------------------

    def once(self, what: Hashable, read: Callable[[], Any]) -> Any:
        """Return what `read` gives, read once between two writes of what it depends on."""
        if what not in self._memory:
            self._memory[what] = read()
        return self._memory[what]

    @property
    def process(self) -> ask.ProcessPeople:
        """Who answers for the incident's business process, as far as they may read it."""
        found = self.case.around.process(self.case.incident.process_id)
        return by_name(found, self.involved) if self.involved is not None else found

    @property
    def involved(self) -> IncidentPeople | None:
        """Who has a part in it, where it is for named people only; else None."""
        if not self.case.incident.is_restricted:
            return None
        found: IncidentPeople = self.once(
            "involved", lambda: involved(self.case.conn, self.case.incident.id).people
        )
        return found

    @property
    def taken_off(self) -> frozenset[UUID]:
        """Who is asked for nothing here, whatever they are towards it: they may not read it."""
        return self.involved.taken_off if self.involved is not None else frozenset()

    @property
    def hands(self) -> ask.Hands:
        """Who led, worked on or verified it, as far as this transaction has come."""
        incident = self.case.incident
        found: ask.Hands = self.once(
            "hands", lambda: ask.hands(self.case.conn, incident.id, incident.lead_id)
        )
        return found

    @property
    def confirmers(self) -> tuple[ask.Confirmer, ...]:
        """The confirmers in force with their latest answers."""
        found: tuple[ask.Confirmer, ...] = self.once(
            "confirmers", lambda: ask.confirmers(self.case.conn, self.case.incident.id)
        )
        return found

    @property
    def answers_since(self) -> int:
        """The entry that answers must be newer than."""
        found: int = self.once(
            "answers_since", lambda: ask.answers_since(self.case.conn, self.case.incident.id)
        )
        return found

    @property
    def is_blocked(self) -> bool:
        """Whether an action that puts right is still waiting or open."""
        found: bool = self.once(
            "blocked", lambda: ask.is_blocked(self.case.conn, self.case.incident.id)
        )
        return found

    def working_days(self) -> WorkingCalendar:
        """Return whose working days timers of the diagrams count in: the process owner's."""
        owner = self.process.owner_id
        return self.calendars_of([owner]).get(owner) or WorkingCalendar(UTC)

    def calendars_of(self, people: Iterable[UUID]) -> dict[UUID, WorkingCalendar]:
        """Return the calendar that each of these people has now."""
        return self.case.around.calendars_of(people)

    def lines_of(self, people: Iterable[UUID]) -> dict[UUID, Line]:
        """Return who stands in for each of these people and who is above.

        Nobody who was taken off it: they are passed over.
        """
        lines = self.case.around.lines_of(people)
        off = self.taken_off
        return {who: line.without(off) for who, line in lines.items()} if off else lines

    def is_tried_enough(self) -> bool:
        """Whether a closing decision may open as far as logged tries to reach people go."""
        needed = tries_needed(
            Priority(self.case.incident.highest_priority), ladder=self.handling.ladder
        )
        return is_tried_enough(self.case.conn, self.own_run.id, needed)

    def decide_at(self) -> datetime:
        """Return when a closing decision may open: each of those asked now has had their days."""
        asked = self.calendars_of(who.person_id for who in self.confirmers)
        return max(
            decide_at(
                Priority(self.case.incident.highest_priority),
                max(self._asked_from or self.case.now, self.case.now),
                calendar,
                ladder=self.handling.ladder,
            )
            for calendar in asked.values() or [WorkingCalendar(UTC)]
        )

    def forget(self, *, hands: bool = True) -> None:
        """Ask the facts anew: something they depend on was written, perhaps not by new `hands`."""
        self._memory = {
            what: found for what, found in self._memory.items() if what == "hands" and not hands
        }

    def judged(self) -> tuple[Gate, tuple[str, ...]]:
        """Return the gate as the tables have it now, and what is missing."""
        facts = ask.gate_facts(self.case.conn, self.case.incident, self.confirmers, self.hands)
        return judge(facts)

    @property
    def own_run(self) -> Run:
        """The incident's own run."""
        if self._own_run is None:
            row = self.case.conn.execute(_OWN_RUN, {"the_id": self.case.incident.id}).one()
            self._own_run = self.case.as_moved(split(row, (t.run, Run))[0])
        return self._own_run

    @own_run.setter
    def own_run(self, run: Run) -> None:
        self._own_run = self.case.as_moved(run)

    def load_action(self, action_id: UUID) -> Action:
        """Return one of the incident's actions."""
        row = self.case.conn.execute(_ONE_ACTION, {"the_id": action_id}).one()
        action: Action = split(row, (t.action, Action))[0]
        return action

    def release(self, run: Run) -> Release:
        """The release that the run keeps for life."""
        return self.handling.releases.get(self.case.conn, run.release_id)

    # --- moving --------------------------------------------------------------------------------

    def begin(
        self, diagram: str, release: Release, data: Mapping[str, object], action: Action | None
    ) -> tuple[Run, Advanced]:
        """Start a run of `diagram` for the incident, or for one of its actions."""
        run = Run(
            id=uuid4(),
            incident_id=self.case.incident.id,
            action_id=action.id if action else None,
            release_id=release.id,
            diagram=diagram,
            snapshot=b"",
            waiting=[],
            due_at=None,
            started_at=self.case.now,
            ended_at=None,
            end_element=None,
            handed_out_at=None,
            fault=None,
        )
        moved = start(
            release.specs,
            diagram,
            data=data,
            facts=RunFacts(self, action),
            now=self.case.now,
            calendar=self.working_days,
        )
        return run, moved

    def move(
        self,
        run: Run,
        *,
        action: Action | None = None,
        answered: Answered | None = None,
        message: str | None = None,
        data: Mapping[str, object] | None = None,
        rereads_timers: bool = False,
    ) -> Advanced:
        """Advance the run and write everything that follows from it."""
        assert run.snapshot is not None  # noqa: S101 - callers never move a run that has ended
        moved = advance(
            self.release(run).specs,
            run.diagram,
            run.snapshot,
            facts=RunFacts(self, action),
            now=self.case.now,
            answered=answered,
            message=message,
            data=data,
            rereads_timers=rereads_timers,
            calendar=self.working_days,
        )
        self.apply(run, moved, action=action, answered=answered)
        return moved

    def apply(
        self,
        run: Run,
        moved: Advanced,
        *,
        action: Action | None,
        answered: Answered | None = None,
        is_new: bool = False,
    ) -> None:
        """Write what an advance brought: history, work items, the run's row, and its end."""
        self.case.visited([_visit(run, passage) for passage in moved.passages])
        before = {
            waiting["task"]: waiting["mark"] for waiting in run.waiting if waiting["kind"] == "step"
        }
        steps = {str(step.task_id): step for step in moved.waiting if step.kind == "step"}
        gone = before.keys() - steps.keys()
        # a confirmation is one step with an item for each confirmer: the others' end with it
        is_shared = Mark.CONFIRMATION in {before[task] for task in gone}
        run.waiting = [as_json(waiting) for waiting in moved.waiting]
        run.snapshot = moved.snapshot
        run.due_at = moved.due_at if self.handling.wakes_workers else None
        run.handed_out_at, run.fault = None, None
        if moved.end_element is not None:
            run.ended_at, run.end_element = self.case.now, moved.end_element
        if is_new:
            self.case.started(run)
        else:
            self.case.moved(run)
        self._cancel(run, gone, answered, is_shared=is_shared)
        self.ask(run, [steps[task] for task in steps.keys() - before.keys()], action)
        for passage in moved.passages:
            if passage.does is not None:
                _DOES[passage.does](self, run, passage, action)
        if moved.end_element is not None:
            if action is not None:
                actions.settle_action(self, action)
            elif moved.closes is not None:
                closing.close(self, moved.closes)

    def reread_timers(self) -> None:
        """Let what the incident's run waits for count anew, as people are asked anew."""
        self._asked_from = last_asked(self.case.conn, self.own_run.id)
        self.move(self.own_run, rereads_timers=True)

    def settle(self) -> None:
        """Tell the incident's run what the facts say, until they have nothing new to tell.

        What prevents lives on after the incident is over: then nothing is told.
        """
        if self.case.incident.state != IncidentState.OPEN:
            return
        # what the incident's run is told is no work, no answer and no new wording
        while (told := self._next_message()) is not None:
            self.move(self.own_run, message=told)
        closing.finish_confirmation(self)

    def check_again(self) -> None:
        """Take the incident back from being checked, watched or confirmed, by its diagram's way.

        What is still settled is then found so, and it is checked anew.
        """
        if any(at["message"] == PROPOSED for at in self.own_run.waiting):
            self.move(self.own_run, message=PROPOSED)
        self.forget()
        self.settle()

    def _next_message(self) -> str | None:
        awaited = {waiting["message"] for waiting in self.own_run.waiting}
        if not awaited & {SETTLED, PROPOSED}:
            return None
        if self.is_blocked:
            return PROPOSED if PROPOSED in awaited else None
        if TRIED in awaited and self.is_tried_enough():
            return TRIED
        return SETTLED if SETTLED in awaited else None

    def know_blocked(self, is_blocked: bool) -> None:
        """Take what a use case has read already, to spare the statement."""
        self._memory["blocked"] = is_blocked

    # --- writing -------------------------------------------------------------------------------

    def _cancel(
        self, run: Run, gone: set[str], answered: Answered | None, *, is_shared: bool
    ) -> None:
        """End the items of steps that the diagram has left; a step's other confirmers' too."""
        if answered is not None and not is_shared:
            gone = gone - {str(answered.task_id)}
        if gone:
            self.case.conn.execute(
                update(t.work_item)
                .where(
                    t.work_item.c.run_id == run.id,
                    t.work_item.c.task_id.in_([UUID(task) for task in gone]),
                    t.work_item.c.ended_at.is_(None),
                )
                .values(ended_at=self.case.now, how="cancelled")
            )

    def ask(self, run: Run, steps: Iterable[Waiting], action: Action | None) -> None:
        """Open the work items of steps that the run waits at, for whom they are offered to."""
        rows = []
        for step in steps:
            if step.mark == Mark.CONFIRMATION:
                closing.ask_confirmers(self)
            rows += [
                _item_row(run, step, offer, self.case.now)
                for offer in asking.offers(self, step, action)
            ]
            if step.mark == Mark.CLOSING_DECISION:
                self.case.record("decision:opened", {"step": step.element}, self.by)
        self.add_items(rows)

    def add_items(self, rows: list[dict[str, Any]]) -> None:
        """Write new work items, and ask at once whoever is next where somebody is not here."""
        if rows:
            for row in rows:
                row["waits_for_mail"] = self._is_reached_by_mail(row)
            self.case.conn.execute(_ADD_ITEM, rows)
            for row in rows:
                self.tell(MessageKind.ASKED, row["people"], row["id"])
            climbing.begin(self, rows)

    def tell(
        self,
        kind: MessageKind,
        people: Iterable[UUID],
        item_id: UUID | None = None,
        *,
        at: datetime | None = None,
    ) -> None:
        """Write to people, but not to whoever does it, nor to those who may not read it.

        What is said `at` a later time is said to whoever asked for that, too.  A replay writes to
        nobody: what it tells was long ago.
        """
        if self.handling.wakes_workers:
            does_it = self.by.id if isinstance(self.by, Actor) and at is None else None
            left_out = {*self.taken_off, does_it}
            self.case.tell(
                kind,
                [who for who in people if who not in left_out],
                item_id=item_id,
                is_called=self._is_called,
                at=at,
            )

    @property
    def _is_called(self) -> bool:
        """Whether what is written goes by the second way, too."""
        if Way.CALL not in self.handling.ways:
            return False
        return Priority(self.case.incident.highest_priority) in URGENT or self.process.carries_mail

    def _is_reached_by_mail(self, row: Mapping[str, Any]) -> bool:
        """Whether nobody whom a new to-do is offered to sees it before mail has reached them."""
        if Way.MAIL not in self.handling.ways or row["team_id"] or not row["people"]:
            return False
        them = self.case.around.reachable(row["people"])
        return all(them[who].by_mail_only for who in row["people"])


# What automatic elements cause, by their `does` property.
_DOES: dict[str, Callable[[Mover, Run, Passage, Action | None], None]] = {
    "remind": climbing.tick,
    "climb": actions.climb,
}


def _visit(run: Run, passage: Passage) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "diagram": passage.diagram,
        "element": passage.element,
        "from_element": passage.from_element,
        "flow": passage.flow,
        "entered_at": passage.entered_at,
        "left_at": passage.left_at,
        "how": passage.how,
    }


def _item_row(run: Run, step: Waiting, offer: Offer, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "incident_id": run.incident_id,
        "run_id": run.id,
        "action_id": run.action_id,
        "task_id": step.task_id,
        "step": step.element,
        "mark": step.mark,
        "title": step.title,
        "lane": offer.lane,
        "party": offer.party,
        "team_id": offer.team_id,
        "people": list(offer.people),
        "opened_at": now,
        "due_at": offer.due_at,
    }
