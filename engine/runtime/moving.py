"""Moves a run's snapshot to another release: each token stays where it stands, by element id.

A newcomer would use SpiffWorkflow's own migration: it begins what waits again, so timers start
anew and answers in the making are lost.  Here the rows of the snapshot are written anew for the
other release: what is still to come is predicted again, what is over is kept only where something
open hangs on it, and events on the border of what is open come and go with the new drawing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, ParallelGateway
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.errors import Conflict, WorkflowFault
from engine.language import Said, say
from engine.runtime.interpreter import Interpreter
from engine.runtime.run import Run
from engine.runtime.snapshot import dump, load
from engine.runtime.specs import Specs
from engine.runtime.values import Waiting

_PREDICTED = TaskState.PREDICTED_MASK | TaskState.FUTURE
_FINISHED = TaskState.FINISHED_MASK
_SPLIT = ".BoundaryEventSplit"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a token stands, an element or the flow on which it waits at a join; what it knows."""

    place: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """A run on its new release.  `changes` says what is otherwise there from now on.

    `has_new_events`: some begin to wait now, and an advance finds out when they are due.
    """

    snapshot: bytes
    waiting: tuple[Waiting, ...]
    due_at: datetime | None
    standing: tuple[Standing, ...]
    changes: tuple[Said, ...]
    has_new_events: bool


@dataclass(slots=True)
class _Row:
    """A row of a snapshot, with its data and parent resolved."""

    spec: str
    state: int
    parent: "_Row | None"
    data: dict[str, Any]
    internal: Any
    rank: int
    alive: Any
    children: list["_Row"] = field(default_factory=list)


def move(old: Specs, new: Specs, diagram: str, snapshot: bytes, *, now: datetime) -> Moved:
    """Return the run on `new` as it stands on `old`; the same goes in, the same comes out but ids.

    Due instants, answers and the ids of what waits stay.  Raises Conflict, with a sentence, if it
    stands where the new release has nothing of the kind, or the snapshot is not of `old`.
    """
    content = json.loads(snapshot)
    if (content.get("specs"), content.get("diagram")) != (old.content_hash, diagram):
        raise Conflict(say("It is not on the release that it is to be moved from."))
    if diagram not in new.diagrams():
        raise Conflict(say("The new release has no diagram “%(name)s”.", name=diagram))
    moving = _Moving(old, new, diagram, now)
    try:
        content["trees"] = moving.trees(content["trees"])
        content["specs"] = new.content_hash
        written = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        workflow, entries = load(new, diagram, written)
        for tree in (workflow, *workflow.subprocesses.values()):
            for task in list(tree.tasks.values()):
                if not task.children and task.has_state(TaskState.DEFINITE_MASK):
                    task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
        run = Run(new, workflow, entries, Interpreter(now, {"gate": "shut"}, new.no_answers))
        made = dump(new, diagram, workflow, entries)
        load(new, diagram, made)
        waiting = run.waiting()
    except (SpiffWorkflowException, WorkflowFault, KeyError, RecursionError) as error:
        raise Conflict(say("The engine cannot carry it over as it stands.")) from error
    due = [one.due_at for one in waiting if one.due_at is not None]
    return Moved(
        made,
        waiting,
        min(due, default=None),
        tuple(moving.standing),
        tuple(moving.changes),
        moving.has_new_events,
    )


class _Moving:
    """Writes the trees of one run anew."""

    def __init__(self, old: Specs, new: Specs, diagram: str, now: datetime) -> None:
        self.old, self.new, self.now = old, new, now
        self.spec, self.subprocesses = new.engine_specs(diagram)
        self.old_spec, self.old_subprocesses = old.engine_specs(diagram)
        self.changes: list[Said] = []
        self.standing: list[Standing] = []
        self.has_new_events = False

    def trees(self, trees: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the trees for the new release; parents come first."""
        calls: dict[str, tuple[str, str]] = {}
        made = []
        for place, tree in enumerate(trees):
            if place == 0:
                spec, before = self.spec, self.old_spec
            else:
                was, now = calls[tree["parent"]]
                if was != now:
                    said = say(
                        "It is in “%(was)s”, and the new release calls “%(now)s”.", was=was, now=now
                    )
                    raise Conflict(said)
                spec, before = self.subprocesses[now], self.old_subprocesses[was]
            rows = _rows(tree["tasks"])
            rows = self._written(rows, spec, before)
            for row in rows:
                called = getattr(spec.task_specs[row.spec], "spec", None)
                if row.alive and called is not None:
                    calls[row.alive[0]] = (before.task_specs[row.spec].spec, called)
            made.append({**tree, "tasks": _listed(rows), "last": None})
        return made

    def _written(self, rows: list[_Row], spec: Any, before: Any) -> list[_Row]:
        """Return a tree's rows for the new spec."""
        root = rows[0]
        open_rows = [row for row in rows if row.alive]
        for row in [row for row in rows if row.state & _PREDICTED]:
            _drop(row)
        for row in [one for one in _below(root) if one is not root]:
            self._check(row, spec, before, has_one_branch=len(open_rows) == 1)
        for row in [one for one in _below(root) if one.alive]:
            self._borders(row, spec)
        found = _below(root)
        process = self.new.release.processes[self.new.diagram_of(spec.name)]
        for row in found:
            if row.alive:
                task_spec = spec.task_specs[row.spec]
                flow = process.flow_between(row.alive[2] or "", row.spec)
                place = flow.id if _is_join(task_spec) and flow is not None else row.spec
                self.standing.append(Standing(place, row.data))
        return found

    def _check(self, row: _Row, spec: Any, before: Any, *, has_one_branch: bool) -> None:
        """Keep, take out or refuse a row by what the new spec has under its name."""
        was, now = before.task_specs[row.spec], spec.task_specs.get(row.spec)
        is_same = now is not None and type(now) is type(was)
        if row.state & _FINISHED:
            if is_same:
                return
            # what is over is kept only for what hangs on it: at a join, that counts
            is_split = isinstance(was, BoundaryEventSplit)
            if not (is_split or has_one_branch or not _joins(spec)):
                said = say(
                    "What it passed at “%(name)s” is drawn otherwise, and a join counts it.",
                    name=self._name(row),
                )
                raise Conflict(said)
            _take_out(row)
            return
        if is_same and self._is_asked_alike(row, was):
            return
        if isinstance(was, BoundaryEvent) and not is_same:
            self.changes.append(say("“%(name)s” no longer comes.", name=self._name(row)))
            _drop(row)
            return
        raise Conflict(
            say(
                "It stands at “%(name)s”, which the new release does not have in the same kind.",
                name=self._name(row),
            )
        )

    def _is_asked_alike(self, row: _Row, was: Any) -> bool:
        """Refuse a step that is asked of others by now: who holds it would keep it."""
        if not row.alive or was.bpmn_id is None:
            return True
        old, new = self._element(self.old, row.spec), self._element(self.new, row.spec)
        if old is None or new is None:
            return False
        if old.is_step and (old.lane, old.mark) != (new.lane, new.mark):
            raise Conflict(
                say(
                    "“%(name)s” is open, and the new release asks it of others, or means something"
                    " else by it.",
                    name=old.name,
                )
            )
        return (old.type, old.event and old.event.kind) == (new.type, new.event and new.event.kind)

    def _borders(self, row: _Row, spec: Any) -> None:
        """Let the events on the border of what is open be those of the new release."""
        parent = row.parent
        if parent is None or isinstance(spec.task_specs[row.spec], BoundaryEvent):
            return
        split = spec.task_specs.get(f"{row.spec}{_SPLIT}")
        if split is None:
            return
        if parent.spec != split.name:
            made = _Row(split.name, TaskState.COMPLETED, parent, dict(row.data), 0, row.rank, 0)
            parent.children[parent.children.index(row)] = made
            made.children, row.parent = [row], made
            parent = made
        there = {one.spec for one in parent.children}
        for event in split.outputs:
            name = event if isinstance(event, str) else event.name
            if name in there or not isinstance(spec.task_specs[name], BoundaryEvent):
                continue
            if self._element(self.old, name) is not None:
                continue  # it has come before, and does not come twice
            alive = [uuid4().hex, self.now.isoformat(), row.alive[2]]
            added = _Row(name, TaskState.WAITING, parent, dict(parent.data), 0, row.rank, alive)
            parent.children.append(added)
            self.has_new_events = True
            self.changes.append(say("“%(name)s” begins to wait now.", name=self._name(added)))

    def _element(self, specs: Specs, name: str) -> Any:
        for process in specs.release.processes.values():
            if name in process.elements:
                return process.elements[name]
        return None

    def _name(self, row: _Row) -> str:
        name = row.spec.partition(".")[0]
        element = self._element(self.old, name) or self._element(self.new, name)
        return element.name if element is not None and element.name else name.replace("_", " ")


def _joins(spec: Any) -> bool:
    return any(_is_join(one) for one in spec.task_specs.values() if len(one.inputs) > 1)


def _is_join(task_spec: Any) -> bool:
    """Return whether it waits for what comes in by its several flows."""
    return isinstance(task_spec, ParallelGateway) or "Inclusive" in type(task_spec).__name__


def _rows(tasks: Sequence[Sequence[Any]]) -> list[_Row]:
    rows: list[_Row] = []
    for name, state, place, data, internal, rank, alive in tasks:
        parent = rows[place] if place is not None else None
        own = dict(parent.data) if data == 0 and parent is not None else data
        row = _Row(name, state, parent, own, internal, rank, alive)
        if parent is not None:
            parent.children.append(row)
        rows.append(row)
    return rows


def _below(row: _Row) -> list[_Row]:
    """Return a row and all below it, in the order of the tree."""
    found, waiting = [], [row]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(reversed(one.children))
    return found


def _drop(row: _Row) -> None:
    if row.parent is not None and row in row.parent.children:
        row.parent.children.remove(row)


def _take_out(row: _Row) -> None:
    """Put what hangs below a row in its place."""
    parent = row.parent
    if parent is None:
        return
    at = parent.children.index(row)
    for child in row.children:
        child.parent = parent
    parent.children[at : at + 1] = row.children


def _listed(rows: Sequence[_Row]) -> list[list[Any]]:
    index = {id(row): place for place, row in enumerate(rows)}
    return [
        [
            row.spec,
            row.state,
            index[id(row.parent)] if row.parent is not None else None,
            0 if row.parent is not None and row.parent.data == row.data else row.data,
            row.internal,
            row.rank,
            row.alive,
        ]
        for row in rows
    ]
