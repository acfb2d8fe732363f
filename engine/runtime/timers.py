"""Timers that live in the caller's time.

SpiffWorkflow's own read the machine's clock, take `-PT5M` for plus five minutes, and fire every
missed cycle at once.  These ask the run's interpreter for `now`, refuse what is no instant or
duration, and make one firing of any number of missed cycles.  A timer reads its expression once,
when it is entered; once that is over it fires as soon as the run lets it: what was due first goes
first, however late anybody looks, and an answer that arrives before that counts before it.
"""

from datetime import datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    TimeDateEventDefinition,
    TimerEventDefinition,
)
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.timing import parse_due, parse_repetition
from engine.errors import WorkflowFault


def _read(timer: TimerEventDefinition, task: Any) -> Any:
    """Return what the timer's expression says for this task."""
    return task.workflow.script_engine.evaluate(task, timer.expression)


def _fault(task: Any, error: ValueError | OverflowError) -> WorkflowFault:
    name = task.task_spec.bpmn_id
    return WorkflowFault(f"The timer “{name}” cannot run: {error}.", step=name)


class Date(TimeDateEventDefinition):
    """Due at an instant, or so long after it was entered."""

    def has_fired(self, my_task: Any) -> bool:
        """Return whether it is due, reading the expression if that was not done yet."""
        engine = my_task.workflow.script_engine
        due = my_task.internal_data.get("event_value")
        if due is None:
            try:
                due = parse_due(_read(self, my_task), engine.now, engine.calendar).isoformat()
            except (ValueError, OverflowError) as error:
                raise _fault(my_task, error) from error
            my_task.internal_data["event_value"] = due
        if engine.due_by is not None and datetime.fromisoformat(due) <= engine.due_by:
            my_task.internal_data["event_fired"] = True
        return bool(my_task.internal_data.get("event_fired", False))


class Duration(Date, DurationTimerEventDefinition):
    """Due so long after it was entered."""


class Cycle(CycleTimerEventDefinition):
    """Fires again and again, beside what it stands on, until that is done."""

    def update_task(self, my_task: Any) -> None:
        """Fire once if one or more cycles are due; the next is the next one still ahead.

        However many were missed, one firing uses up one of a counted repetition: nobody on a
        line of three is passed over because the machine was down.
        """
        engine = my_task.workflow.script_engine
        state = my_task.internal_data.get("event_value")
        if state is None:
            try:
                cycles, first, apart = parse_repetition(_read(self, my_task), engine.now)
            except (ValueError, OverflowError) as error:
                raise _fault(my_task, error) from error
            state = {"cycles": cycles, "next": first.isoformat(), "apart": apart.total_seconds()}
            my_task.internal_data["event_value"] = state
        due = datetime.fromisoformat(state["next"])
        if engine.due_by is None or state["cycles"] == 0 or due > engine.due_by:
            return
        apart = timedelta(seconds=state["apart"])
        due += apart * ((engine.now - due) // apart + 1)
        my_task.internal_data["event_value"] = {
            "cycles": max(state["cycles"] - 1, -1),
            "next": due.isoformat(),
            "apart": state["apart"],
        }
        engine.fired.append(my_task)
        for output in self._branches(my_task):
            child = my_task._add_child(output, TaskState.FUTURE)
            child.task_spec._predict(child, mask=TaskState.NOT_FINISHED_MASK)
            child.task_spec._update(child)

    @staticmethod
    def _branches(my_task: Any) -> list[Any]:
        """Return what follows the event on the diagram; the engine's own joins would pile up."""
        return [output for output in my_task.task_spec.outputs if output.bpmn_id or _split(output)]


def _split(spec: Any) -> bool:
    return bool(spec.name.endswith(".BoundaryEventSplit"))


def next_due(task: Any) -> datetime | None:
    """Return when a waiting task's timer is due; None if it has none or has run out."""
    value = task.internal_data.get("event_value")
    if isinstance(value, dict):
        return datetime.fromisoformat(value["next"]) if value["cycles"] != 0 else None
    return datetime.fromisoformat(value) if isinstance(value, str) else None
