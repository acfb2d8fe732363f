"""Moves a run's snapshot to another release: each token stays where it stands, by element id.

A newcomer would use SpiffWorkflow's own migration: it begins what waits again, so timers start
anew and answers in the making are lost.  Here the rows of the snapshot are written anew for the
other release: what is still to come is predicted again, what is over is kept only where something
open hangs on it, and events on the border of what is open come and go with the new drawing.  What
somebody has mapped by hand stands under its new name before anything else is looked at.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, ParallelGateway
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import Element
from engine.bpmn.counterparts import is_asked_alike, is_of_one_kind
from engine.errors import Conflict, WorkflowFault
from engine.language import Said, say
from engine.runtime.interpreter import Interpreter
from engine.runtime.moving_rows import Row, below, drop, listed, rows_of, take_out
from engine.runtime.run import Run
from engine.runtime.snapshot import dump, load
from engine.runtime.specs import Specs
from engine.runtime.values import Waiting

Mapped = Mapping[str, Mapping[str, str]]
"""By diagram: which element of the new release one of the old one stands for.

One that stands for itself is accepted as it is now, in another lane or with another mark.
"""

_PREDICTED = TaskState.PREDICTED_MASK | TaskState.FUTURE
_FINISHED = TaskState.FINISHED_MASK
_SPLIT = ".BoundaryEventSplit"
_JOIN = ".BoundaryEventJoin"
_NOTHING: Mapped = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a token stands, an element or the flow on which it waits at a join; what it knows."""

    place: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """A run on its new release.  `changes` says what is otherwise there from now on.

    `has_new_events`: some begin to wait now, and an advance finds out when they are due.
    `reoffered`: the steps, by their new ids, that are asked of others or for something else now.
    `unmatched`: events on a border that are left out, each a diagram and an element of the old
    release; they could be mapped.
    """

    snapshot: bytes
    waiting: tuple[Waiting, ...]
    due_at: datetime | None
    standing: tuple[Standing, ...]
    changes: tuple[Said, ...]
    has_new_events: bool
    reoffered: frozenset[str] = frozenset()
    unmatched: tuple[tuple[str, str], ...] = ()


def unmatched_of(refusal: Conflict) -> tuple[tuple[str, str], ...]:
    """Return where a run stands that `move` has refused, as far as that could be mapped.

    Each place is a diagram and an element of the old release.
    """
    places = refusal.context.get("unmatched")
    return places if isinstance(places, tuple) else ()


def move(
    old: Specs,
    new: Specs,
    diagram: str,
    snapshot: bytes,
    *,
    now: datetime,
    mapped: Mapped = _NOTHING,
) -> Moved:
    """Return the run on `new` as it stands on `old`; the same goes in, the same comes out but ids.

    Due instants, answers and the ids of what waits stay.  Raises Conflict, with a sentence, if it
    stands where the new release has nothing of the kind (`unmatched_of`), or the snapshot is not
    of `old`.
    """
    content = json.loads(snapshot)
    if (content.get("specs"), content.get("diagram")) != (old.content_hash, diagram):
        raise Conflict(say("It is not on the release that it is to be moved from."))
    if diagram not in new.diagrams():
        raise Conflict(say("The new release has no diagram “%(name)s”.", name=diagram))
    moving = _Moving(old, new, diagram, now, mapped)
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
        frozenset(moving.reoffered),
        tuple(moving.left_out),
    )


class _Moving:
    """Writes the trees of one run anew."""

    def __init__(self, old: Specs, new: Specs, diagram: str, now: datetime, mapped: Mapped) -> None:
        self.old, self.new, self.now, self.mapped = old, new, now, mapped
        self.spec, self.subprocesses = new.engine_specs(diagram)
        self.old_spec, self.old_subprocesses = old.engine_specs(diagram)
        # a called process knows the answers of its caller's steps
        self.names_of_data = {
            old: new
            for process, names in mapped.items()
            for old, new in names.items()
            if (element := _elements(self.old, process).get(old)) is not None and element.is_step
        }
        self.changes: list[Said] = []
        self.standing: list[Standing] = []
        self.reoffered: set[str] = set()
        self.left_out: list[tuple[str, str]] = []
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
                spec, before = self.subprocesses[now], self.old_subprocesses[was]
            one = _Tree(self, spec, before)
            rows = one.written(rows_of(tree["tasks"]))
            for row in rows:
                called = getattr(spec.task_specs[row.spec], "spec", None)
                if row.alive and called is not None and row.was is not None:
                    calls[row.alive[0]] = (one.calls_alike(row, called), called)
            data = one.known_as(tree["data"])
            made.append({**tree, "tasks": listed(rows), "last": None, "data": data})
        return made


class _Tree:
    """Writes one tree anew: of the run's own process, or of one that it calls or contains."""

    def __init__(self, moving: _Moving, spec: Any, before: Any) -> None:
        self.moving, self.spec, self.before = moving, spec, before
        diagram = moving.old.diagram_of(before.name)
        self.diagram = diagram
        self.old: Mapping[str, Element] = moving.old.elements(diagram)
        self.process = moving.new.release.processes[moving.new.diagram_of(spec.name)]
        self.new: Mapping[str, Element] = self.process.elements
        self.names = moving.mapped.get(diagram, {})
        self.refused: list[tuple[Said, str]] = []

    def written(self, rows: list[Row]) -> list[Row]:
        """Return the rows for the new spec.  Raises Conflict."""
        root = rows[0]
        for row in rows:
            self._rename(row)
        open_rows = [row for row in rows if row.alive]
        for row in [row for row in rows if row.state & _PREDICTED]:
            drop(row)
        for row in [one for one in below(root) if one is not root]:
            self._check(row, has_one_branch=len(open_rows) == 1)
        if self.refused:
            places = tuple((self.diagram, element) for _, element in self.refused)
            raise Conflict(self.refused[0][0], unmatched=places)
        for row in [one for one in below(root) if one.alive]:
            self._borders(row)
        found = below(root)
        for row in found:
            if row.alive:
                flow = self.process.flow_between(row.alive[2] or "", row.spec)
                is_on_its_way = _is_join(self.spec.task_specs[row.spec]) and flow is not None
                place = flow.id if is_on_its_way and flow is not None else row.spec
                self.moving.standing.append(Standing(place, row.data))
        return found

    def calls_alike(self, row: Row, called: str) -> str:
        """Return what a row called on the old release.  Raises Conflict if it is another now."""
        was: str = self.before.task_specs[row.was].spec
        if called not in (was, self.names.get(was)):
            said = say(
                "It is in “%(was)s”, and the new release calls “%(now)s”.", was=was, now=called
            )
            raise Conflict(said)
        return was

    def known_as(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return process data with the answers of steps under their new names."""
        names = self.moving.names_of_data
        return {names.get(name, name): value for name, value in data.items()}

    def _now_called(self, element: str) -> str:
        return self.names.get(element, element)

    def _rename(self, row: Row) -> None:
        """Let a row stand under the name that somebody has mapped it to."""
        if not self.moving.mapped:
            return
        element, dot, part = row.spec.partition(".")
        row.spec = f"{self._now_called(element)}{dot}{part}"
        row.data = self.known_as(row.data)
        if row.alive and row.alive[2]:
            row.alive = [*row.alive[:2], self._now_called(row.alive[2])]

    def _check(self, row: Row, *, has_one_branch: bool) -> None:
        """Keep, take out or refuse a row by what the new spec has under its name."""
        was, now = self.before.task_specs[row.was], self.spec.task_specs.get(row.spec)
        is_same = now is not None and type(now) is type(was)
        if row.state & _FINISHED:
            if is_same:
                return
            # what is over is kept only for what hangs on it: at a join, that counts
            is_split = isinstance(was, BoundaryEventSplit)
            if not (is_split or has_one_branch or not _joins(self.spec)):
                said = say(
                    "What it passed at “%(name)s” is drawn otherwise, and a join counts it.",
                    name=self._name(row),
                )
                raise Conflict(said)
            if isinstance(was, BoundaryEvent):
                _take_off_border(row)
            else:
                take_out(row)
            return
        if isinstance(was, BoundaryEventJoin) and not is_same:
            drop(row)  # it has waited for nothing but its border
        elif isinstance(was, BoundaryEvent):
            self._check_border(row)
        elif not is_same or not self._stays(row, was):
            self.refused.append(
                (
                    say(
                        "It stands at “%(name)s”, which the new release does not have in the"
                        " same kind.",
                        name=self._name(row),
                    ),
                    str(row.was).partition(".")[0],
                )
            )

    def _stays(self, row: Row, was: Any) -> bool:
        """Return whether what waits can wait there; refuse a step that is asked of others."""
        if not row.alive or was.bpmn_id is None:
            return True
        old, new = self.old.get(was.bpmn_id), self.new.get(row.spec)
        if old is None or new is None or not is_of_one_kind(old, new):
            return False
        if old.is_step and not is_asked_alike(old, new):
            if old.id not in self.names:
                said = say(
                    "“%(name)s” is open, and the new release asks it of others, or means something"
                    " else by it.",
                    name=old.name,
                )
                self.refused.append((said, old.id))
            self.moving.reoffered.add(new.id)
        self._tell_of(old, new, row)
        return True

    def _check_border(self, row: Row) -> None:
        """Let an event on a border wait on if it is still there, on the same element's."""
        old, new = self.old[str(row.was)], self.new.get(row.spec)
        if new is not None and self._is_there_still(old, new):
            self._tell_of(old, new, row)
            return
        self.moving.changes.append(say("“%(name)s” no longer comes.", name=self._name(row)))
        self.moving.left_out.append((self.diagram, old.id))
        drop(row)

    def _is_there_still(self, old: Element, new: Element) -> bool:
        host = self._now_called(old.attached_to or "")
        return is_of_one_kind(old, new) and new.attached_to == host

    def _tell_of(self, old: Element, new: Element, row: Row) -> None:
        """Say what is otherwise about an event that waits."""
        was, now = old.event, new.event
        if was is None or now is None or was == now:
            return
        if was.expression != now.expression and row.internal:
            said = say("“%(name)s” keeps the time that it was set to.", name=new.name or new.id)
            self.moving.changes.append(said)
        elif was.name != now.name:
            self.moving.changes.append(
                say("“%(name)s” waits for another message now.", name=new.name or new.id)
            )

    def _borders(self, row: Row) -> None:
        """Let the events on the border of what is open be those of the new release."""
        parent = row.parent
        if parent is None or isinstance(self.spec.task_specs[row.spec], BoundaryEvent):
            return
        split = self.spec.task_specs.get(f"{row.spec}{_SPLIT}")
        if split is None:
            return
        if parent.spec != split.name:
            made = Row(split.name, TaskState.COMPLETED, parent, dict(row.data), 0, row.rank, 0)
            parent.children[parent.children.index(row)] = made
            made.children, row.parent = [row], made
            parent = made
        there = {one.spec for one in parent.children}
        for event in split.outputs:
            name = event if isinstance(event, str) else event.name
            if name in there or not isinstance(self.spec.task_specs[name], BoundaryEvent):
                continue
            if self._has_come(self.new[name]):
                continue  # and does not come twice
            alive = [uuid4().hex, self.moving.now.isoformat(), row.alive[2]]
            added = Row(name, TaskState.WAITING, parent, dict(parent.data), 0, row.rank, alive)
            parent.children.append(added)
            self.moving.has_new_events = True
            self.moving.changes.append(
                say("“%(name)s” begins to wait now.", name=self.new[name].name or name)
            )

    def _has_come(self, event: Element) -> bool:
        """Return whether an event that does not wait was on that border, and so has come.

        Where it stood elsewhere, or was an event of another kind, nothing has come here yet.
        """
        return any(
            self._now_called(old.id) == event.id and self._is_there_still(old, event)
            for old in self.old.values()
            if old.attached_to is not None
        )

    def _name(self, row: Row) -> str:
        name = (row.was or row.spec).partition(".")[0]
        element = self.old.get(name) or self.new.get(name)
        return element.name if element is not None and element.name else name.replace("_", " ")


def _elements(specs: Specs, process: str) -> Mapping[str, Element]:
    found = specs.release.processes.get(process)
    return found.elements if found is not None else {}


def _take_off_border(row: Row) -> None:
    """Let what follows an event that has come go on beside the step, no longer on its border.

    The engine takes whatever stands below a split and is no event for the step itself.
    """
    for child in [one for one in row.children if one.spec.endswith(_JOIN)]:
        drop(child)
    split = row.parent
    take_out(row)
    if split is None or split.parent is None or not split.spec.endswith(_SPLIT):
        return
    for child in row.children:
        drop(child)
        child.parent = split.parent
        split.parent.children.append(child)


def _joins(spec: Any) -> bool:
    return any(_is_join(one) for one in spec.task_specs.values() if len(one.inputs) > 1)


def _is_join(task_spec: Any) -> bool:
    """Return whether it waits for what comes in by its several flows."""
    return isinstance(task_spec, ParallelGateway) or "Inclusive" in type(task_spec).__name__
