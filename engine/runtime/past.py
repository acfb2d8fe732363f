"""Cuts off what a run will never look at again, so that a step costs the same in round 1,000.

SpiffWorkflow keeps every task for ever; from depth 1,000 on it overlooks open ones and says
*completed*, and joins inside loops fire early.  History lives in visits, never in the tree.
"""

from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.runtime.timers import Cycle

_ALIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def cut(workflow: BpmnWorkflow) -> None:
    """Keep, in each tree, the root and the lowest common ancestor of all unfinished tasks.

    Cutting inside open branches would break their joins.  Finished called processes and events
    nobody caught go too, and so do the finished branches of repeating timers: those hang below a
    task that is still waiting, where the common ancestor keeps everything.
    """
    workflow.get_events()
    for parent_id in list(workflow.subprocesses):
        parent = workflow.get_task_from_id(parent_id) if _exists(workflow, parent_id) else None
        if parent is None or parent.has_state(TaskState.FINISHED_MASK):
            workflow.subprocesses.pop(parent_id, None)
    for tree in (workflow, *workflow.subprocesses.values()):
        _drop_fired(tree)
        _cut_tree(tree)


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
