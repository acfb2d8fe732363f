"""A small, immutable picture of diagrams: all that runtime, proof and studio need to know.

A newcomer would look for SpiffWorkflow's specs here: those live in `engine.runtime` only.  An
element's `process` is the diagram's process id even inside an embedded subprocess; `container`
names that subprocess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from engine.bpmn.tables import DecisionTable

_NOTHING: Mapping[str, str] = MappingProxyType({})

EventKind = Literal[
    "none",
    "message",
    "timer",
    "signal",
    "error",
    "escalation",
    "terminate",
    "cancel",
    "link",
    "compensate",
    "conditional",
    "multiple",
]
TimerKind = Literal["date", "duration", "cycle"]
Repeats = Literal["loop", "sequential", "parallel"]


@dataclass(frozen=True, slots=True)
class Event:
    """What an event (or a send or receive task) is about.

    `name` is the message's, signal's, error's or escalation's name, `code` the error's or
    escalation's; `timer` and `expression` belong to timers.  A `multiple` event has `parts`, and
    needs all of them if `all_parts`.
    """

    kind: EventKind
    name: str | None = None
    code: str | None = None
    timer: TimerKind | None = None
    expression: str | None = None
    parts: tuple["Event", ...] = ()
    all_parts: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node: `type` is its BPMN tag (`userTask`, `exclusiveGateway`, ...).

    `interrupting` is about events on a border and starts of event subprocesses; `on_event` marks
    an event subprocess, `compensates` a handler that only a compensation runs.
    """

    id: str
    name: str
    type: str
    process: str
    lane: str | None = None
    container: str | None = None
    event: Event | None = None
    attached_to: str | None = None
    interrupting: bool = True
    called: str | None = None
    decision: str | None = None
    script: str | None = None
    on_event: bool = False
    compensates: bool = False
    repeats: Repeats | None = None
    properties: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def mark(self) -> str | None:
        """What the element means for closing: agreement, work, verification, and so on."""
        return self.properties.get("mark")

    @property
    def does(self) -> str | None:
        """What an automatic task causes outside: remind, climb."""
        return self.properties.get("does")

    @property
    def closes(self) -> str | None:
        """How an end event closes the incident: confirmed, escalated."""
        return self.properties.get("closes")

    @property
    def is_step(self) -> bool:
        """Whether somebody answers a form here."""
        return self.type == "userTask"


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; `order` is its place among those of its source, in which they are tried."""

    id: str
    source: str
    target: str
    name: str
    condition: str | None
    is_default: bool
    order: int


@dataclass(frozen=True, slots=True)
class Process:
    """One diagram.  Elements and flows stand in the order of the file."""

    id: str
    name: str
    file: str
    elements: Mapping[str, Element]
    flows: tuple[Flow, ...]
    lanes: tuple[str, ...]

    def outgoing(self, element: str) -> tuple[Flow, ...]:
        """Return the flows that leave `element`, in the order in which they are tried."""
        return tuple(flow for flow in self.flows if flow.source == element)

    def incoming(self, element: str) -> tuple[Flow, ...]:
        """Return the flows that enter `element`."""
        return tuple(flow for flow in self.flows if flow.target == element)

    def boundary(self, element: str) -> tuple[Element, ...]:
        """Return the events on the border of `element`."""
        return tuple(one for one in self.elements.values() if one.attached_to == element)

    def flow_between(self, source: str, target: str) -> Flow | None:
        """Return the flow from one element to another; None if there is none."""
        for flow in self.flows:
            if flow.source == source and flow.target == target:
                return flow
        return None


@dataclass(frozen=True, slots=True)
class Release:
    """The diagrams and tables that belong together; `forms` are the step ids that have a form."""

    processes: Mapping[str, Process]
    decisions: Mapping[str, DecisionTable]
    forms: frozenset[str]

    def steps(self) -> tuple[Element, ...]:
        """Return every user task, by process and in the order of its file."""
        return tuple(
            element
            for process in self.processes.values()
            for element in process.elements.values()
            if element.is_step
        )


@dataclass(frozen=True, slots=True)
class MessageFlow:
    """What one pool tells another; an end is an element or a whole pool."""

    id: str
    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Collaboration:
    """Pools side by side: `pools` maps each to its process (None: nobody can look inside)."""

    id: str
    name: str
    pools: Mapping[str, str | None]
    message_flows: tuple[MessageFlow, ...]


@dataclass(frozen=True, slots=True)
class AnyFile:
    """A BPMN file from anywhere, read for its control flow only."""

    file: str
    processes: Mapping[str, Process]
    collaborations: tuple[Collaboration, ...]
