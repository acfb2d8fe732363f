"""A process indexed: what is inside what, what leaves what, what stands on which border.

The model's own look-ups go through all flows each time; with thousands of elements that is most
of a proof.
"""

from collections import defaultdict

from engine.bpmn import Element, Flow, Process

SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
THROWS = frozenset({"endEvent", "intermediateThrowEvent"})
CATCHES = frozenset({"intermediateCatchEvent", "receiveTask"})


class Shape:
    """Indexes of one process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.inside: defaultdict[str | None, list[Element]] = defaultdict(list)
        self.borders: defaultdict[str, list[Element]] = defaultdict(list)
        self.out: defaultdict[str, list[Flow]] = defaultdict(list)
        self.into: defaultdict[str, list[Flow]] = defaultdict(list)
        for one in process.elements.values():
            self.inside[one.container].append(one)
            if one.type == "boundaryEvent" and one.attached_to in process.elements:
                self.borders[str(one.attached_to)].append(one)
        for flow in process.flows:
            source = process.elements.get(flow.source)
            target = process.elements.get(flow.target)
            if source is not None and target is not None and source.container == target.container:
                self.out[flow.source].append(flow)
                self.into[flow.target].append(flow)

    def starts(self, container: str | None) -> tuple[list[Element], list[Element]]:
        """Return the start events of a level, and what else nothing leads to."""
        events, others = [], []
        for one in self.inside[container]:
            if one.type == "startEvent":
                events.append(one)
            elif not self.into[one.id] and self.runs_by_itself(one):
                others.append(one)
        return events, others

    def runs_by_itself(self, one: Element) -> bool:
        """Whether an element without a way to it is begun with its process."""
        if one.type == "boundaryEvent" or one.on_event or one.compensates:
            return False
        return not (one.event is not None and one.event.kind == "link" and one.type not in THROWS)

    def dormant(self) -> frozenset[str]:
        """Return compensation handlers and all that is in them: no token comes there by itself."""
        found = {one.id for one in self.process.elements.values() if one.compensates}
        for one in self.process.elements.values():
            if one.event is not None and one.event.kind == "compensate" and one.attached_to:
                found.add(one.id)
        for one in self.process.elements.values():  # containers stand before what they contain
            if one.container in found:
                found.add(one.id)
        return frozenset(found)
