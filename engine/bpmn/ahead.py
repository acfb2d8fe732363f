"""What a run can still come to from where it stands, and the ways that led it there.

A newcomer would look at one diagram: what a called one is left for, and what it is called from,
lies ahead too.
"""

from collections.abc import Mapping, Sequence, Set

from engine.bpmn.model import Element, Process

Place = tuple[str, str]
"""A diagram and an element of it."""


class Ways:
    """Where each element of some diagrams leads, called diagrams and borders included."""

    def __init__(self, processes: Mapping[str, Process]) -> None:
        """Find all ways once: they are asked for many places."""
        self._processes = processes
        self._known: dict[frozenset[Place], frozenset[Place]] = {}
        # to what follows first: what a called diagram is left for is what follows its caller
        self._next: dict[Place, list[Place]] = {}
        for process in processes.values():
            self._follow(process)
        follows = {place: tuple(others) for place, others in self._next.items()}
        for process in processes.values():
            left_for = [one for place in self.callers(process.id) for one in follows.get(place, ())]
            for element in process.elements.values():
                self._next.setdefault((process.id, element.id), []).extend(left_for)
                self._call(process, element)

    def ahead(self, standing: frozenset[Place]) -> frozenset[Place]:
        """Return where the run stands and all that it can still come to from there."""
        if standing not in self._known:
            found: set[Place] = set()
            todo = list(standing)
            while todo:
                place = todo.pop()
                if place not in found:
                    found.add(place)
                    todo += self._next.get(place, ())
            self._known[standing] = frozenset(found)
        return self._known[standing]

    def callers(self, diagram: str) -> list[Place]:
        """Return what calls the diagram."""
        return [
            (process.id, element.id)
            for process in self._processes.values()
            for element in process.elements.values()
            if element.called == diagram
        ]

    def _lead(self, process: Process, source: str, target: str) -> None:
        self._next.setdefault((process.id, source), []).append((process.id, target))

    def _follow(self, process: Process) -> None:
        for flow in process.flows:
            self._lead(process, flow.source, flow.target)
        for element in process.elements.values():
            if element.attached_to is not None:
                self._lead(process, element.attached_to, element.id)
            if element.container is not None:
                # what is inside is entered with it, and left for what follows it
                self._lead(process, element.id, element.container)
                if element.type == "startEvent":
                    self._lead(process, element.container, element.id)

    def _call(self, process: Process, element: Element) -> None:
        called = self._processes.get(element.called or "")
        if called is not None:
            self._next[process.id, element.id] += [
                (one.process, one.id)
                for one in called.elements.values()
                if one.type == "startEvent" and one.container is None
            ]


def led_here(process: Process, passed: Sequence[str], waiting: Set[str]) -> dict[str, str]:
    """Return the ways taken to where it waits now, each with the element it led to.

    History has them only once that is passed.  `passed` are the elements in the order in which
    they were.
    """
    led = {}
    for element in waiting:
        ways = {flow.source: flow for flow in process.incoming(element)}
        last = next((source for source in reversed(passed) if source in ways), None)
        if last is not None:
            led[ways[last].id] = element
    return led
