"""Starts runs and moves them on: bytes in, bytes out, nothing kept in between.

If anything fails, nothing has happened: the run in memory is thrown away with the exception.
"""

from collections import ChainMap
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import PutrightError, WorkflowFault
from engine.expressions import FACTS, is_reserved
from engine.runtime.interpreter import Calendar, Interpreter
from engine.runtime.past import cut
from engine.runtime.run import Run
from engine.runtime.snapshot import dump, load
from engine.runtime.specs import Specs
from engine.runtime.values import Advanced, Answered

_CLOSES: Mapping[str | None, Literal["confirmed", "escalated"]] = {
    "confirmed": "confirmed",
    "escalated": "escalated",
}


def start(
    specs: Specs,
    diagram: str,
    *,
    data: Mapping[str, object],
    facts: Mapping[str, object],
    now: datetime,
    calendar: Calendar | None = None,
    check: bool = True,
) -> Advanced:
    """Start a run of `diagram` and run it until it waits.

    `data` is process data: texts, numbers, truth values; never a key that is a fact, a function
    or a step.  `facts` are read-only names beside it (`gate` is `shut` unless given).  `now` is
    aware and the run's only clock; `calendar` has the working days that timers count.  With
    `check` the snapshot is loaded back before returning
    (0.1 ms well spent).
    Raises WorkflowFault; KeyError if there is no such diagram.
    """
    spec, subprocess_specs = specs.engine_specs(diagram)
    interpreter = _interpreter(specs, facts, now, calendar)
    _check_data(specs, data)
    try:
        run = Run(specs, BpmnWorkflow(spec, subprocess_specs), {}, interpreter)
        run.update(data)
        return _finish(specs, diagram, run, check=check)
    except (SpiffWorkflowException, RecursionError) as error:
        raise _fault(error) from error


def advance(
    specs: Specs,
    diagram: str,
    snapshot: bytes,
    *,
    facts: Mapping[str, object],
    now: datetime,
    answered: Answered | None = None,
    message: str | None = None,
    data: Mapping[str, object] | None = None,
    rereads_timers: bool = False,
    calendar: Calendar | None = None,
    check: bool = True,
) -> Advanced:
    """Move a run on: set `data`, file an answer, deliver a message, then fire what is due.

    An answer that comes in before a timer was noticed counts first.  A message nobody waits for
    is ignored; an answer nobody waits for raises Conflict.  With `rereads_timers` those that wait
    read their expressions again, as dates may have moved.  Without any of them only timers fire.
    Raises WorkflowFault if an expression fails or the snapshot is not of this release.
    """
    interpreter = _interpreter(specs, facts, now, calendar)
    _check_data(specs, data or {})
    try:
        workflow, entries = load(specs, diagram, snapshot)
        run = Run(specs, workflow, entries, interpreter)
        if data:
            run.update(data)
        if answered is not None:
            _check_decisions(answered)
            run.answer(answered)
        if message is not None:
            run.tell(message)
        if rereads_timers:
            run.rewind_timers()
        return _finish(specs, diagram, run, check=check)
    except (SpiffWorkflowException, RecursionError) as error:
        raise _fault(error) from error


def _finish(specs: Specs, diagram: str, run: Run, *, check: bool) -> Advanced:
    run.go_on()
    passages = tuple(run.passages)
    if run.has_ended():
        end = run.end_element
        return Advanced(
            snapshot=None,
            waiting=(),
            passages=passages,
            due_at=None,
            end_element=end.id if end else None,
            closes=_CLOSES.get(end.closes) if end else None,
            data=run.data(),
        )
    cut(run.workflow)
    snapshot = dump(specs, diagram, run.workflow, run.entries)
    if check:
        _check_loads(specs, diagram, snapshot)
    waiting = run.waiting()
    due = [one.due_at for one in waiting if one.due_at is not None]
    return Advanced(
        snapshot=snapshot,
        waiting=waiting,
        passages=passages,
        due_at=min(due, default=None),
        end_element=None,
        closes=None,
        data=run.data(),
    )


def _check_loads(specs: Specs, diagram: str, snapshot: bytes) -> None:
    """Raise WorkflowFault if what is about to be saved would not come back as it is."""
    workflow, entries = load(specs, diagram, snapshot)
    if dump(specs, diagram, workflow, entries) != snapshot:
        raise WorkflowFault("The run's snapshot does not come back as it was saved.")


def _interpreter(
    specs: Specs, facts: Mapping[str, object], now: datetime, calendar: Calendar | None
) -> Interpreter:
    if now.tzinfo is None:
        raise ValueError("now is naive")
    if unknown := facts.keys() - FACTS:
        raise ValueError(f"{min(unknown)} is not a fact")
    # not copied: a fact is asked for only if an expression reads it
    asked: Mapping[str, object] = ChainMap(facts, {"gate": "shut"})  # type: ignore[arg-type]
    return Interpreter(now, asked, specs.no_answers, calendar)


def _check_data(specs: Specs, data: Mapping[str, object]) -> None:
    """Refuse process data that would stand before a fact, a function or a step's answers."""
    for name, value in data.items():
        if is_reserved(name) or name in specs.no_answers:
            raise WorkflowFault(f"Process data cannot be called “{name}”.", name=name)
        if not isinstance(value, str | int | float | bool | None):
            raise WorkflowFault(f"“{name}” is no text, number or truth value.", name=name)


def _check_decisions(answered: Answered) -> None:
    for name, value in answered.decisions.items():
        if not isinstance(value, str | bool):
            raise WorkflowFault(f"“{name}” is no decision.", step=answered.step, name=name)


def _fault(error: Exception) -> WorkflowFault:
    """Return the fault behind an exception of SpiffWorkflow's, which may wrap one of ours."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, WorkflowFault):
            return cause
        if isinstance(cause, PutrightError):
            return WorkflowFault(cause.sentence, **cause.context)
        cause = cause.__cause__ or cause.__context__
    return WorkflowFault(f"The diagram failed: {error}.")
