"""One run in memory for the length of one advance.

A newcomer would call `do_engine_steps` and trust `is_completed()`.  The loop here stops after a
bounded number of steps, never runs a task that another has just cancelled, notes every passage,
and clears a step's earlier answers as the step is entered.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.spiff.specs.defaults import UserTask
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import Element
from engine.errors import Conflict, WorkflowFault
from engine.language import say
from engine.runtime.interpreter import Interpreter
from engine.runtime.snapshot import Entry
from engine.runtime.specs import Specs
from engine.runtime.timers import next_due
from engine.runtime.values import Answered, Passage, Waiting

MAX_STEPS = 500
"""Most tasks that one advance may run: a loop in which nothing waits ends here."""

_ALIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
_LEFT_BY_CANCELLING = frozenset(
    {"userTask", "intermediateCatchEvent", "receiveTask", "callActivity", "eventBasedGateway"}
)


class Run:
    """A workflow, what it has entered, and what it has passed in this advance."""

    def __init__(
        self,
        specs: Specs,
        workflow: BpmnWorkflow,
        entries: dict[UUID, Entry],
        interpreter: Interpreter,
    ) -> None:
        self.specs = specs
        self.workflow = workflow
        self.entries = entries
        self.interpreter = interpreter
        self.passages: list[Passage] = []
        self.end_element: Element | None = None
        self.steps_left = MAX_STEPS
        self._last_data: Mapping[str, object] | None = None
        workflow.script_engine = interpreter

    def update(self, data: Mapping[str, object]) -> None:
        """Set process data on every branch: what is decided outside holds everywhere at once."""
        for tree in self._trees():
            tree.data.update(data)
            for task in tree.tasks.values():
                task.data.update(data)

    def answer(self, answered: Answered) -> None:
        """Complete a step; raises Conflict if it does not wait for this answer."""
        entry = self.entries.get(answered.task_id)
        task = self._task(answered.task_id)
        if (
            entry is None
            or task is None
            or entry.element != answered.step
            or task.state != TaskState.READY
            or not isinstance(task.task_spec, UserTask)
        ):
            raise Conflict(
                say("This step was finished or cancelled meanwhile."), step=answered.step
            )
        task.data[answered.step] = dict(answered.decisions)
        self._run(task)

    def tell(self, message: str) -> None:
        """Deliver a message to whatever waits for it; nobody waiting is no error."""
        event = BpmnEvent(MessageEventDefinition(message), payload={})
        self.workflow.event_manager.catch(event, internal=False)

    def rewind_timers(self) -> None:
        """Have each timer that waits read its expression again, as if it were just entered."""
        for task in self.workflow.event_manager.tasks.values():
            if isinstance(task.task_spec.event_definition, TimerEventDefinition):
                task.internal_data.pop("event_value", None)

    def go_on(self) -> None:
        """Run until everything waits: first what was caused from outside, then what is due.

        What was due first goes first, so that coming late changes nothing of the order.
        """
        self._note(None)
        self._settle()
        self._update_timers()  # they read their expressions
        while (due := self._first_due()) is not None:
            self.interpreter.due_by = due
            self._update_timers()
            self._settle()

    def has_ended(self) -> bool:
        """Return whether the run is over: an end event was reached and nothing is alive.

        Raises WorkflowFault if nothing is alive and no end was reached.  The engine's own
        `is_completed` is not asked: beyond its depth limit it says True while work is open.
        """
        alive = any(
            task.has_state(_ALIVE) for tree in self._trees() for task in tree.tasks.values()
        )
        if alive:
            return False
        if self.end_element is None:
            raise WorkflowFault("The run stopped without reaching an end event.")
        return True

    def data(self) -> dict[str, object]:
        """Return process data where the run last moved, or else where it waits.

        A step that is open has not been answered, whatever an earlier round said.
        """
        found = self._last_data
        if found is None:
            alive = (
                task.data
                for task in self.workflow.tasks.values()
                if task.has_state(_ALIVE) and task.task_spec.bpmn_id is not None
            )
            found = next(alive, {})
        open_steps = {entry.element for entry in self.entries.values()}
        return {name: value for name, value in found.items() if name not in open_steps}

    def waiting(self) -> tuple[Waiting, ...]:
        """Return all that the run waits for, in tree order."""
        return tuple(
            one
            for tree in self._trees()
            for task in tree.tasks.values()
            if task.id in self.entries
            for one in self._waiting_of(task, self.entries[task.id])
        )

    def _trees(self) -> Iterator[Any]:
        yield self.workflow
        yield from self.workflow.subprocesses.values()

    def _task(self, task_id: UUID) -> Task | None:
        for tree in self._trees():
            if task_id in tree.tasks:
                return tree.tasks[task_id]
        return None

    def _settle(self) -> bool:
        """Run automatic tasks until there are none; return whether there were any."""
        moved = False
        while (task := self._next()) is not None:
            self._run(task)
            moved = True
        return moved

    def _next(self) -> Task | None:
        """Return the automatic task to run next; None if there is none."""
        return next(iter(self._movable()), None)

    def _movable(self) -> list[Task]:
        """Return the automatic tasks that may go next, in the order of their trees.

        What interrupts goes first, so that nothing more happens in what it ends; then the deepest
        process.  Steps are left out by class: `manual` is set on plain tasks, too.
        """
        ready = [
            task
            for tree in sorted(self._trees(), key=lambda tree: -tree.depth)
            for task in tree.tasks.values()
            if task.state == TaskState.READY and not isinstance(task.task_spec, UserTask)
        ]
        interrupting = [task for task in ready if _interrupts(task)]
        if interrupting:
            return interrupting
        return [task for task in ready if task.workflow.depth == ready[0].workflow.depth]

    def _run(self, task: Task) -> None:
        self.steps_left -= 1
        if self.steps_left < 0:
            raise WorkflowFault(
                f"The diagram goes round without waiting ({MAX_STEPS} steps).",
                step=task.task_spec.bpmn_id,
            )
        if isinstance(task.task_spec, BoundaryEventSplit):
            # The events on a step's border must not see its earlier answers either.
            task.data.pop(task.task_spec.name.removesuffix(".BoundaryEventSplit"), None)
        task.run()
        self._note(task)
        if task.workflow is self.workflow and task.task_spec.bpmn_id is not None:
            self._last_data = task.data

    def _timers(self) -> list[Task]:
        """Return the timers; the event manager keeps some that were removed with their branch."""
        return [
            task
            for task in self.workflow.event_manager.tasks.values()
            if task.id in task.workflow.tasks
            and isinstance(
                task.task_spec.event_definition, TimerEventDefinition | MultipleEventDefinition
            )
        ]

    def _update_timers(self) -> None:
        for task in self._timers():
            task.task_spec._update(task)
        self._note(None)

    def _first_due(self) -> datetime | None:
        """Return when the first of the timers was due that are due by now; None if none is."""
        waiting = (task for task in self._timers() if task.state == TaskState.WAITING)
        due = [at for at in map(next_due, waiting) if at is not None]
        return min((at for at in due if at <= self.interpreter.now), default=None)

    def _note(self, ran: Task | None) -> None:
        """Note what was entered and left since the last time; `ran` before all others."""
        if ran is not None and ran.id in self.entries:
            self._leave(ran, self.entries.pop(ran.id))
        for task in self.interpreter.fired:
            self._fire(task)
        self.interpreter.fired.clear()
        seen = set()
        for tree in list(self._trees()):
            for task in list(tree.tasks.values()):
                if task.task_spec.bpmn_id is None:
                    continue
                seen.add(task.id)
                entry = self.entries.get(task.id)
                if task.has_state(_ALIVE):
                    if entry is None:
                        self._enter(task)
                elif entry is not None:
                    self._leave(task, self.entries.pop(task.id))
        for task_id in [one for one in self.entries if one not in seen]:
            self._pass(self.entries.pop(task_id), "cancelled")  # removed with its branch

    def _enter(self, task: Task) -> None:
        diagram = self.specs.diagram_of(task.workflow.spec.name)
        name = task.task_spec.bpmn_id
        self.entries[task.id] = Entry(name, diagram, _previous(task), self.interpreter.now)
        if self.specs.elements(diagram)[name].is_step:
            task.data.pop(name, None)

    def _leave(self, task: Task, entry: Entry) -> None:
        completed = task.state == TaskState.COMPLETED
        self._pass(entry, "completed" if completed else "cancelled")
        element = self.specs.elements(entry.diagram)[entry.element]
        if completed and element.type == "endEvent" and task.workflow is self.workflow:
            self.end_element = element

    def _fire(self, task: Task) -> None:
        """A repeating timer is passed each time it fires, and goes on waiting."""
        entry = self.entries.get(task.id)
        if entry is None:
            return
        self._pass(entry, "completed")
        self.entries[task.id] = Entry(
            entry.element, entry.diagram, entry.from_element, self.interpreter.now
        )

    def _pass(self, entry: Entry, how: Literal["completed", "cancelled"]) -> None:
        process = self.specs.release.processes[entry.diagram]
        element = process.elements[entry.element]
        if how == "cancelled" and element.type not in _LEFT_BY_CANCELLING:
            return  # an event on the border that never came, an automatic task never begun
        source = entry.from_element
        if element.attached_to is not None:
            source, flow = element.attached_to, None
        else:
            flow = process.flow_between(source, entry.element) if source else None
        self.passages.append(
            Passage(
                diagram=entry.diagram,
                element=entry.element,
                from_element=source,
                flow=flow.id if flow else None,
                entered_at=entry.since,
                left_at=self.interpreter.now,
                how=how,
                does=element.does,
            )
        )

    def _waiting_of(self, task: Task, entry: Entry) -> Iterator[Waiting]:
        process = self.specs.release.processes[entry.diagram]
        element = process.elements[entry.element]
        if element.is_step:
            yield _waiting(task, element, "step", entry.since)
        elif element.type == "eventBasedGateway":
            for flow in process.outgoing(element.id):
                branch = process.elements[flow.target]
                yield from self._event(task, branch, entry.since)
        else:
            yield from self._event(task, element, entry.since)

    @staticmethod
    def _event(task: Task, element: Element, since: datetime) -> Iterator[Waiting]:
        if element.event is None or task.state != TaskState.WAITING:
            return
        if element.event.kind == "timer":
            due = next_due(task)
            if due is not None:
                yield _waiting(task, element, "timer", since, due_at=due)
        elif element.event.kind == "message":
            yield _waiting(task, element, "message", since)


def _waiting(
    task: Task,
    element: Element,
    kind: Literal["step", "timer", "message"],
    since: datetime,
    due_at: datetime | None = None,
) -> Waiting:
    return Waiting(
        task_id=task.id,
        element=element.id,
        diagram=element.process,
        kind=kind,
        title=element.name,
        lane=element.lane,
        mark=element.mark,
        message=element.event.name if kind == "message" and element.event else None,
        due_at=due_at,
        since=since,
    )


def _interrupts(task: Task) -> bool:
    """Return whether running this task cancels the activity that an event stands on."""
    spec = task.task_spec
    return isinstance(spec, BoundaryEventJoin) or (
        isinstance(spec, BoundaryEvent) and spec.cancel_activity
    )


def _previous(task: Task) -> str | None:
    """Return the element before this one; the engine's own tasks between do not count."""
    parent = task.parent
    while parent is not None and parent.task_spec.bpmn_id is None:
        parent = parent.parent
    return parent.task_spec.bpmn_id if parent is not None else None
