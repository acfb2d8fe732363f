"""Refuses what is too large for the engine to carry, before anybody waits for it.

Measured on SpiffWorkflow 3.2.0: between 450 and 500 tasks in a row end in a RecursionError, a fan
of 200 ways takes seconds, and the engine unfolds parallel ways to their ends as soon as it comes
near: seven splits of two in a row are 1,000 tasks, a run's limit.
"""

from collections import Counter
from collections.abc import Mapping

from engine.bpmn.findings import Findings
from engine.bpmn.graph import Graph, graphs
from engine.bpmn.model import Element, Process, Release

MAX_PROCESSES = 200
MAX_ELEMENTS = 250
MAX_FLOWS = 2 * MAX_ELEMENTS
MAX_FAN = 50
WARN_UNFOLDED = 200
# a run holds 900 tasks (`runtime.past`); the rest is for what has happened and is still needed
MAX_UNFOLDED = 800
MAX_CALLS_DEEP = 20
# an advance takes 500 steps at most (`runtime.run`), some of them the engine's own
MAX_STEPS = 450

# where a way is chosen the engine prepares nothing beyond
_CHOSEN = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway"})
_WAITS = frozenset({"userTask", "receiveTask", "intermediateCatchEvent"})
# the engine's own tasks around each process
_AROUND = 2


def is_small(process: Process, findings: Findings) -> bool:
    """Return whether a process is small enough to be looked at further; add that it is not."""
    for what, count, most in (
        ("elements", len(process.elements), MAX_ELEMENTS),
        ("flows", len(process.flows), MAX_FLOWS),
    ):
        if count > most:
            findings.refuse(
                process.file,
                process.id,
                f"too_many_{what}",
                f"It has more than {most} {what}.",
                "Call a process of its own for a part of it.",
            )
            return False
    return True


def check_fans(process: Process, findings: Findings) -> None:
    """Add what splits into too many ways, and parallel ways that unfold too far."""
    for element, count in Counter(flow.source for flow in process.flows).items():
        if count > MAX_FAN:
            findings.refuse(
                process.file,
                element,
                "fan",
                f"More than {MAX_FAN} flows leave it.",
                "Make each a run of its own.",
            )
    for graph in graphs(process):
        _check_unfolding(graph, findings)


def _check_unfolding(graph: Graph, findings: Findings) -> None:
    unfolded = _unfolded(graph)
    splits = [
        one.id
        for one in graph.elements.values()
        if one.type not in _CHOSEN and len(graph.process.outgoing(one.id)) > 1
    ]
    if not splits:
        return
    widest = max(splits, key=lambda name: unfolded[name])
    if unfolded[widest] > MAX_UNFOLDED:
        findings.refuse(
            graph.process.file,
            widest,
            "parallel_pairs",
            "From this split on the engine would prepare more tasks than a run can hold.",
            "Call a process of its own for a part of it.",
        )
    elif unfolded[widest] > WARN_UNFOLDED:
        findings.warn(
            graph.process.file,
            widest,
            "parallel_pairs",
            f"The engine prepares {unfolded[widest]} tasks from this split on; each step is slow.",
            "Call a process of its own for a part of it.",
        )


def _unfolded(graph: Graph) -> Mapping[str, int]:
    """Return how many tasks the engine prepares as soon as it comes to each element.

    Every way is followed by itself, past joins, up to a choice.
    """
    counted: dict[str, int] = {}

    def count(name: str) -> int:
        if name not in counted:
            # also what counts where a way comes back to itself
            counted[name] = 1 + _AROUND * (graph.elements[name].type == "endEvent")
            if graph.elements[name].type not in _CHOSEN:
                counted[name] += sum(map(count, _following(graph, name)))
        return counted[name]

    for name in graph.elements:
        count(name)
    return counted


def _following(graph: Graph, name: str) -> list[str]:
    return [flow.target for flow in graph.process.outgoing(name) if flow.target in graph.elements]


def check_calls(release: Release, findings: Findings) -> None:
    """Add what calls too much: deeper than the engine is quick, or longer than one advance.

    Processes that call themselves are for another rule; here they count once.
    """
    counted: dict[str, tuple[int, int]] = {}

    def count(name: str) -> tuple[int, int]:
        """Return how deep a process calls, and how many steps it can take without waiting."""
        if name not in counted:
            counted[name] = 0, 0
            called = [count(one) for one in _called(release, name)]
            counted[name] = (
                1 + max((deep for deep, _ in called), default=0),
                _own_steps(release.processes[name]) + sum(steps for _, steps in called),
            )
        return counted[name]

    for name, process in release.processes.items():
        deep, steps = count(name)
        if deep > MAX_CALLS_DEEP:
            sentence = f"It calls more than {MAX_CALLS_DEEP} processes within each other."
            findings.refuse(process.file, name, "calls_deep", sentence, "Draw them flatter.")
        if steps > MAX_STEPS:
            sentence = "With all that it calls, it can go on too long without waiting for anybody."
            mend = "Call less often, or let actions do what is done many times."
            findings.refuse(process.file, name, "too_many_steps", sentence, mend)


def _called(release: Release, name: str) -> list[str]:
    called = [
        one.called or ""
        for one in release.processes[name].elements.values()
        if one.type == "callActivity"
    ]
    return [one for one in called if one in release.processes]


def _own_steps(process: Process) -> int:
    return _AROUND + sum(map(_steps, process.elements.values()))


def _steps(element: Element) -> int:
    if element.type in _WAITS:
        return 0
    return 1 + _AROUND * (element.type == "subProcess")
