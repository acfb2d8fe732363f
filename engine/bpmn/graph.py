"""Questions about the shape of one diagram: what can come after what."""

from collections.abc import Iterable, Mapping

from engine.bpmn.model import Element, Process

JOINS = frozenset({"parallelGateway", "inclusiveGateway"})


class Graph:
    """The elements of one process or embedded subprocess, with the ways between them.

    An event on a border comes after the activity it stands on.
    """

    def __init__(self, process: Process, container: str | None) -> None:
        self.process = process
        self.elements: Mapping[str, Element] = {
            name: one for name, one in process.elements.items() if one.container == container
        }
        self.after: dict[str, list[str]] = {name: [] for name in self.elements}
        for flow in process.flows:
            if flow.source in self.elements and flow.target in self.elements:
                self.after[flow.source].append(flow.target)
        for one in self.elements.values():
            if one.attached_to in self.elements:
                self.after[str(one.attached_to)].append(one.id)

    def reachable(self, sources: Iterable[str], without: frozenset[str] = frozenset()) -> set[str]:
        """Return all that can come after `sources`, not going through `without`."""
        found: set[str] = set()
        waiting = [after for source in sources for after in self.after[source]]
        while waiting:
            name = waiting.pop()
            if name in found or name in without:
                continue
            found.add(name)
            waiting.extend(self.after[name])
        return found

    def loops(self) -> list[set[str]]:
        """Return the loops, each with all elements that can come round to each other."""
        after = {name: self.reachable([name]) for name in self.elements}
        found: list[set[str]] = []
        for name in self.elements:
            if name in after[name] and not any(name in loop for loop in found):
                found.append({one for one in after[name] if name in after[one]})
        return found

    def splits(self) -> list[str]:
        """Return what can make two tokens of one."""
        return [
            one.id
            for one in self.elements.values()
            if (one.type in JOINS and len(self.after[one.id]) > 1)
            or any(
                event.attached_to == one.id and not event.interrupting
                for event in self.elements.values()
            )
        ]


def graphs(process: Process) -> list[Graph]:
    """Return the graph of the process and of each subprocess in it."""
    containers = [None] + [one.id for one in process.elements.values() if one.type == "subProcess"]
    return [Graph(process, container) for container in containers]
