"""A run as bytes: compact JSON without the spec, in a version of our own.

A newcomer would use SpiffWorkflow's serializer: it embeds the spec, accepts future versions
silently, evaluates the timer strings of version 1.1, shares a mutable registry between threads
and breaks on a key called `typename`.  Process data here is JSON and stays JSON.

Tasks stand in tree order as `[spec, state, parent, data, internal, rank, alive]`: `parent` is an
index into the list, `data` is 0 if it equals the parent's, `rank` orders tasks by their last
change (joins merge data in that order) and `alive` holds `[id, since, from]` of what is waiting.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import WorkflowFault
from engine.runtime.specs import Specs

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """How and when a task's element was entered."""

    element: str
    diagram: str
    from_element: str | None
    since: datetime


def dump(
    specs: Specs, diagram: str, workflow: BpmnWorkflow, entries: Mapping[UUID, Entry]
) -> bytes:
    """Return the snapshot.  Raises WorkflowFault if process data is no plain JSON."""
    trees = [_tree(workflow, entries)]
    trees += [
        {"parent": parent.hex, **_tree(subprocess, entries)}
        for parent, subprocess in workflow.subprocesses.items()
    ]
    content = {"v": VERSION, "specs": specs.content_hash, "diagram": diagram, "trees": trees}
    try:
        text = json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise WorkflowFault(f"Process data cannot be saved: {error}.") from error
    return text.encode()


def load(specs: Specs, diagram: str, snapshot: bytes) -> tuple[BpmnWorkflow, dict[UUID, Entry]]:
    """Return the workflow and its entries as they were saved.

    Raises WorkflowFault for a snapshot of another version, release or diagram: guessing would
    put a run where it never was.
    """
    try:
        content = json.loads(snapshot)
    except ValueError as error:
        raise WorkflowFault("The run's snapshot is damaged.") from error
    if not isinstance(content, dict):
        raise WorkflowFault("The run's snapshot is damaged.")
    found = (content.get("v"), content.get("specs"), content.get("diagram"))
    if found != (VERSION, specs.content_hash, diagram):
        raise WorkflowFault(
            "The run's snapshot belongs to another version, release or diagram.",
            version=found[0],
            diagram=found[2],
        )
    spec, subprocess_specs = specs.engine_specs(diagram)
    workflow = BpmnWorkflow(spec, subprocess_specs, deserializing=True)
    entries: dict[UUID, Entry] = {}
    first, *others = content["trees"]
    _restore(specs, workflow, first, entries)
    for tree in others:  # saved parents first
        parent_id = UUID(tree["parent"])
        parent = workflow.get_task_from_id(parent_id)
        subprocess = BpmnSubWorkflow(
            subprocess_specs[parent.task_spec.spec], parent_id, workflow, deserializing=True
        )
        workflow.subprocesses[parent_id] = subprocess
        _restore(specs, subprocess, tree, entries)
        subprocess.completed_event.connect(parent.task_spec._on_subworkflow_completed, parent)
    return workflow, entries


def _tree(workflow: Any, entries: Mapping[UUID, Entry]) -> dict[str, Any]:
    order: list[Task] = []
    waiting = [workflow.task_tree]
    while waiting:
        task = waiting.pop()
        order.append(task)
        waiting.extend(reversed(task.children))
    index = {task.id: place for place, task in enumerate(order)}
    ranks = {
        task.id: rank
        for rank, task in enumerate(sorted(order, key=lambda task: task.last_state_change))
    }
    last = workflow.last_task
    return {
        "tasks": [_row(task, index, ranks, entries) for task in order],
        "last": index.get(last.id) if last is not None else None,
        "completed": workflow.completed,
        "data": workflow.data,
    }


def _row(
    task: Task, index: Mapping[UUID, int], ranks: Mapping[UUID, int], entries: Mapping[UUID, Entry]
) -> list[Any]:
    parent = task.parent
    same = parent is not None and task.data == parent.data
    # A finished task's internal data is never read again and may hold event objects.
    internal = 0 if task.has_state(TaskState.FINISHED_MASK) else task.internal_data or 0
    entry = entries.get(task.id)
    alive: list[Any] | int = 0
    if entry is not None:
        alive = [task.id.hex, entry.since.isoformat(), entry.from_element]
    return [
        task.task_spec.name,
        task.state,
        index[parent.id] if parent is not None else None,
        0 if same else task.data,
        internal,
        ranks[task.id],
        alive,
    ]


def _restore(
    specs: Specs,
    workflow: Any,
    tree: Mapping[str, Any],
    entries: dict[UUID, Entry],
) -> None:
    known = workflow.spec.task_specs
    diagram = specs.diagram_of(workflow.spec.name)
    order: list[Task] = []
    for name, state, parent_place, data, internal, rank, alive in tree["tasks"]:
        parent = order[parent_place] if parent_place is not None else None
        task_id = UUID(alive[0]) if alive else None
        task = Task(workflow, known[name], parent, state=state, id=task_id)
        task.data = _copy(parent.data) if data == 0 and parent is not None else data
        task.internal_data = internal or {}
        task.last_state_change = float(rank)
        if alive:
            since = datetime.fromisoformat(alive[1])
            entries[task.id] = Entry(task.task_spec.bpmn_id, diagram, alive[2], since)
        if isinstance(task.task_spec, CatchingEvent) and state == TaskState.WAITING:
            workflow.top_workflow.event_manager.add_task(task)
        order.append(task)
    workflow.task_tree = order[0]
    workflow.last_task = order[tree["last"]] if tree["last"] is not None else None
    workflow.completed = tree["completed"]
    workflow.data = tree["data"]


def _copy(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data of its own, one level down: steps' answers are dicts, never deeper."""
    return {key: dict(value) if type(value) is dict else value for key, value in data.items()}
