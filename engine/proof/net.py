"""The small transition system that a diagram becomes: places hold tokens, transitions move them.

A newcomer would expect one transition for each element.  An activity has several: entered, done,
interrupted; and one transition may wake many that wait for the same message.  Called processes
and subprocesses are scopes: what ends a scope clears all of its places at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.bpmn.tables import DecisionTable
from engine.expressions import Expression, Script
from engine.proof.values import Scalar

PlaceKind = Literal[
    "idle",  # a process that has not started
    "start",
    "flow",
    "active",  # an activity that is being done
    "scope",  # a subprocess or called process that is running
    "waiting",  # an event that has not come
    "armed",  # an event on a border that has not come
    "unfired",  # a repeating timer that has not come yet
    "ready",  # an event that has come and has not been acted on
    "end",  # an end that was reached: its token stays until the scope is over
    "message",  # told by one pool, not yet heard by another
    "monitor",
    "rule",  # an owner's rule that is not fulfilled yet
]
_STILL = frozenset({"armed", "end", "message", "monitor", "rule", "unfired"})
Variable = tuple[str, str | None]
"""A step and a field of its answers, or the name of process data and None."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token may stand; `element` is a flow's id for flows."""

    kind: PlaceKind
    element: str
    scope: int

    @property
    def is_still(self) -> bool:
        """Whether a token here keeps nothing from being over."""
        return self.kind in _STILL


@dataclass(slots=True)
class Scope:
    """A process, or one activity's subprocess or called process."""

    parent: int | None
    depth: int
    element: str
    places: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Catch:
    """What happens to something that waits (a token in `waiter`) when what it waits for comes."""

    waiter: int
    outputs: tuple[int, ...]
    element: str
    clears: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Way:
    """A flow out of a gateway that chooses; without a condition it may be taken or not."""

    place: int
    flow: str
    condition: Expression | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """How a gateway chooses: one way (tried in this order), or as many as hold."""

    many: bool
    ways: tuple[Way, ...]
    always: tuple[int, ...] = ()


Mark = Literal["work", "confirmation", "closing_decision", "confirmed", "escalated", "proposal"]
DECIDES: Mapping[str | None, tuple[str, str, str]] = {
    "confirmation": ("answer", "yes", "confirmed"),
    "closing_decision": ("decided", "close", "escalated"),
}
"""By mark: the field that decides, the answer that closes, and what it makes of the monitor."""


@dataclass(slots=True, eq=False)
class Transition:
    """One move.

    Consumes `inputs`, clears, produces `outputs` (and what `choice` adds), and wakes whom
    `levels` name: the first level at which anybody waits.  `still` is a scope in which nothing
    may be going on, whose ends are gathered; `join` are the flows into an inclusive join.
    """

    element: str | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    depth: int = 0
    external: bool = False
    interrupts: bool = False
    clears: frozenset[int] = frozenset()
    still: int | None = None
    join: tuple[int, ...] = ()
    choice: Choice | None = None
    levels: tuple[tuple[Catch, ...], ...] = ()
    wakes: bool = False  # does nothing unless it wakes somebody
    by_timer: bool = False  # a timer that is due, or what follows at once
    held_by: Mapping[int, str] = field(default_factory=dict)  # where timers wait that come before
    flow: str | None = None  # the flow taken, where each way is a transition of its own
    mark: Mark | None = None
    begins: bool = False  # the run, with the process data that it is given
    enters: str | None = None  # a step whose answers are forgotten
    answers: str | None = None  # a step whose answers come in
    forgets_all: bool = False  # what is not there may have set any data
    script: Script | None = None
    table: DecisionTable | None = None
    fulfils: frozenset[int] = frozenset()
    must_fulfil: frozenset[int] = frozenset()
    number: int = 0

    @property
    def moves_only(self) -> bool:
        """Whether it takes tokens and puts tokens, and at most changes what they know."""
        special = (
            self.clears,
            self.join,
            self.levels,
            self.fulfils,
            self.must_fulfil,
            self.choice,
            self.mark,
            self.script,
            self.table,
        )
        return bool(self.inputs) and self.still is None and not any(special)

    @property
    def anchors(self) -> tuple[int, ...]:
        """Places of which one must hold a token for this to be worth a look."""
        if self.join:
            return self.join
        if self.wakes:
            return tuple(catch.waiter for level in self.levels for catch in level)
        return self.inputs[:1]


@dataclass(slots=True)
class Net:
    """Places, scopes and transitions, and where tokens stand at first."""

    places: list[Place]
    scopes: list[Scope]
    transitions: list[Transition]
    initial: tuple[int, ...]
    run_to_completion: bool
    monitor: int | None = None
    steps: frozenset[str] = frozenset()
    domains: Mapping[str, Mapping[str, tuple[Scalar, ...]]] = field(default_factory=dict)
    imagined: Mapping[Variable, tuple[Scalar, ...]] = field(default_factory=dict)  # no domain
    given: Mapping[Variable, tuple[Scalar, ...]] = field(default_factory=dict)  # at the start
    together: Mapping[int, int] = field(default_factory=dict)  # holds a token if the other does
