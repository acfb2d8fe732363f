"""Cuts off what a run will never look at again, so that a step costs the same in round 1,000.

SpiffWorkflow keeps every task for ever; from depth 1,000 on it overlooks open ones and says
*completed*, and joins inside loops fire early.  History lives in visits, never in the tree.
"""

from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import WorkflowFault
from engine.runtime.timers import Cycle

MAX_TASKS = 900
"""Below the depth of 1,000 at which SpiffWorkflow overlooks what is open."""

_ALIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def cut(workflow: BpmnWorkflow) -> None:
    """Keep, in each tree, the root and the lowest common ancestor of all unfinished tasks.

    Finished called processes and events nobody caught go too, and so do the finished branches of
    repeating timers: those hang below a task that is still waiting, where the common ancestor
    keeps everything.  A loop beside an open branch (asking again while the customer still may
    answer) is shortened too, but only where the diagram has no joins: those count the finished
    tasks inside open branches.  Raises WorkflowFault if a tree grows all the same.
    """
    workflow.get_events()
    for parent_id in list(workflow.subprocesses):
        parent = workflow.get_task_from_id(parent_id) if _exists(workflow, parent_id) else None
        if parent is None or parent.has_state(TaskState.FINISHED_MASK):
            workflow.subprocesses.pop(parent_id, None)
    for tree in (workflow, *workflow.subprocesses.values()):
        _drop_fired(tree)
        _cut_tree(tree)
        if not _has_joins(tree.spec):
            _shorten(tree)
        if len(tree.tasks) > MAX_TASKS:
            raise WorkflowFault("The run has grown too large: a loop stands beside an open branch.")


def _exists(workflow: BpmnWorkflow, task_id: Any) -> bool:
    return task_id in workflow.tasks or any(
        task_id in subprocess.tasks for subprocess in workflow.subprocesses.values()
    )


def _drop_fired(tree: Any) -> None:
    """Remove the branches of waiting repeating timers in which nothing is alive any more."""
    for task in list(tree.tasks.values()):
        definition = getattr(task.task_spec, "event_definition", None)
        if not isinstance(definition, Cycle) or task.state != TaskState.WAITING:
            continue
        for child in task.children:
            if not any(_lives(one) for one in _below(child)):
                tree._remove_task(child.id)


def _lives(task: Task) -> bool:
    """Return whether something on the diagram is going on; the engine's own joins only wait."""
    return bool(task.has_state(_ALIVE)) and task.task_spec.bpmn_id is not None


def _below(task: Task) -> list[Task]:
    found = [task]
    for one in found:
        found.extend(one.children)
    return found


def _cut_tree(tree: Any) -> None:
    unfinished = [task for task in tree.tasks.values() if task.has_state(_UNFINISHED)]
    if not unfinished:
        return
    root = tree.task_tree
    keep = _lowest_common_ancestor(unfinished)
    if keep is root or keep.parent is root:
        return
    staying = {root.id, *(task.id for task in _below(keep))}
    for task_id in [one for one in tree.tasks if one not in staying]:
        del tree.tasks[task_id]
    root.children = [keep]
    keep.parent = root
    if tree.last_task is not None and tree.last_task.id not in staying:
        tree.last_task = None


_UNFINISHED = TaskState.NOT_FINISHED_MASK


def _has_joins(spec: Any) -> bool:
    return any(
        isinstance(one, ParallelGateway | InclusiveGateway) and len(one.inputs) > 1
        for one in spec.task_specs.values()
    )


def _shorten(tree: Any) -> None:
    """Take out each finished task from which exactly one way is still being followed."""
    unfinished = [task for task in tree.tasks.values() if task.has_state(_UNFINISHED)]
    # The splits that the engine's joins on borders will still look up.  They look at what stands
    # right below, too: without an event that has come, what follows it would pass for the step.
    needed = {
        task.task_spec.split_task
        for task in unfinished
        if isinstance(task.task_spec, BoundaryEventJoin)
    }
    live = _with_ancestors(unfinished)
    for task in list(tree.tasks.values()):
        if task.id not in tree.tasks or task.parent is None or task.has_state(_UNFINISHED):
            continue  # gone with a branch, the root, or not finished
        if task.parent.task_spec.name in needed:
            continue
        following = [child for child in task.children if child.id in live]
        if len(following) == 1 and task.task_spec.name not in needed:
            _take_out(tree, task, following[0])


def _with_ancestors(tasks: list[Task]) -> set[Any]:
    """Return the ids of tasks and of all above them."""
    found = set()
    for task in tasks:
        one: Task | None = task
        while one is not None and one.id not in found:
            found.add(one.id)
            one = one.parent
    return found


def _take_out(tree: Any, task: Task, only: Task) -> None:
    """Put `only`, the one live child of a finished task, in that task's place."""
    for child in task.children:
        if child is not only:
            tree._remove_task(child.id)
    parent = task.parent
    parent.children = [only if child is task else child for child in parent.children]
    only.parent = parent
    del tree.tasks[task.id]
    if tree.last_task is task:
        tree.last_task = None


def _lowest_common_ancestor(tasks: list[Task]) -> Task:
    """Return the lowest task that is, or is above, each of `tasks`."""
    common = _line(tasks[0])
    for task in tasks[1:]:
        ancestors = {one.id for one in _line(task)}
        common = [one for one in common if one.id in ancestors]
    return common[0]


def _line(task: Task) -> list[Task]:
    """Return a task and its ancestors, the nearest first."""
    line = [task]
    while (parent := line[-1].parent) is not None:
        line.append(parent)
    return line
