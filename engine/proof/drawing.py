"""Turns a process's elements into places and transitions, one level after the other.

Two semantics share it.  In *interleaving* everything moves at any time, and conditions hold or do
not.  In *run to completion* what waits (steps, timers, messages) is external, an event that has
come is `ready` first, and gateways evaluate.  A newcomer would forget the borders: entering an
activity arms the events on it, leaving it in any way disarms them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from engine.bpmn import DecisionTable, Element, Event, Flow, Process
from engine.errors import ExpressionRefused
from engine.expressions import Expression, expression
from engine.proof.building import Builder, Clearing
from engine.proof.net import Choice, Mark, Transition, Way
from engine.proof.shape import Shape

MAX_WAYS = 8
"""An inclusive gateway with more ways has too many sets of ways to try."""

GATEWAYS = frozenset(
    {
        "complexGateway",
        "eventBasedGateway",
        "exclusiveGateway",
        "inclusiveGateway",
        "parallelGateway",
    }
)


@dataclass(slots=True)
class Level:
    """One process or subprocess being drawn: its scope, and the places of its flows."""

    shape: Shape
    container: str | None
    scope: int
    flows: dict[str, int] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    armed: list[int] = field(default_factory=list)  # event subprocesses that may come


@dataclass(frozen=True, slots=True)
class Exits:
    """Where tokens go when an element is left."""

    places: tuple[int, ...]
    choice: Choice | None = None


class Drawing:
    """What is known while processes are drawn; `called` are those that call activities may name.

    `told` says which messages of other pools an element hears, by element.
    """

    def __init__(
        self,
        builder: Builder,
        called: Mapping[str, Process],
        tables: Mapping[str, DecisionTable],
        told: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        self.builder = builder
        self.called = called
        self.tables = tables
        self.told = told or {}
        self.calling: list[str] = []  # processes around what is being drawn
        self.leaving: dict[str, list[Transition]] = {}
        self.missing: dict[str, str] = {}  # call activity: what it calls in vain
        self.undecided: dict[str, str] = {}  # element: why its meaning is open
        self.drawn: dict[str, Element] = {}
        self.come_again: list[str] = []  # events beside an activity that may come twice
        self.ends_together = False  # ends behind such events are not told from others
        self.dormant: set[str] = set()
        self.closes_inside: list[str] = []
        self.wakes_at_top = False  # an event subprocess of a whole process
        self._shapes: dict[str, Shape] = {}

    @property
    def by_engine(self) -> bool:
        """Whether this is the release's proof, by the rules of the engine."""
        return self.builder.run_to_completion

    def shape(self, process: Process) -> Shape:
        """Return a process's indexes."""
        if process.id not in self._shapes:
            self._shapes[process.id] = Shape(process)
            self.dormant |= self._shapes[process.id].dormant()
        return self._shapes[process.id]

    def shapes(self) -> list[Shape]:
        """Return the indexes of every process that was drawn."""
        return list(self._shapes.values())

    def level(self, shape: Shape, container: str | None, scope: int) -> Level:
        """Return a level with the places of its flows, and note what is on it."""
        level = Level(shape, container, scope)
        for one in shape.inside[container]:
            self.drawn[one.id] = one
            for flow in shape.out[one.id]:
                level.flows[flow.id] = self.builder.place("flow", flow.id, scope)
        return level

    def entries(self, level: Level, one: Element) -> list[int]:
        """Return the places from which an element is entered, one for each way to it."""
        found = [
            level.flows[flow.id]
            for flow in level.shape.into[one.id]
            if level.shape.process.elements[flow.source].type != "eventBasedGateway"
        ]
        if one.id in level.begun:
            found.append(level.begun[one.id])
        if one.id in level.links:
            found.append(level.links[one.id])
        return found

    def exits(self, level: Level, one: Element) -> Exits:
        """Return where tokens go from an element; nowhere to go is an end."""
        flows = level.shape.out[one.id]
        if not flows:
            return Exits((self.builder.place("end", one.id, level.scope),))
        places = tuple(level.flows[flow.id] for flow in flows)
        if one.type in ("parallelGateway", "eventBasedGateway"):
            return Exits(places)
        chooses = one.type in ("exclusiveGateway", "inclusiveGateway", "complexGateway")
        if not chooses and self.by_engine:
            return Exits(places)  # the engine looks at no condition here
        if len(flows) == 1 and (flows[0].condition is None or not self.by_engine):
            return Exits(places)
        if not chooses and not any(flow.condition is not None for flow in flows):
            return Exits(places)
        return Exits((), self._choice(level, one, flows, every=chooses))

    def _choice(self, level: Level, one: Element, flows: list[Flow], *, every: bool) -> Choice:
        """Return the choice between flows: of a gateway every one, else those with conditions."""
        chosen = [one for one in flows if every or one.condition is not None or one.is_default]
        always = tuple(level.flows[one.id] for one in flows if one not in chosen)
        ways = [
            Way(level.flows[flow.id], flow.id, self._condition(flow), flow.is_default)
            for flow in chosen
        ]
        many = one.type != "exclusiveGateway"
        if many and len(ways) > MAX_WAYS:
            self.undecided[one.id] = f"has more than {MAX_WAYS} ways that may be taken together"
            ways = ways[:MAX_WAYS]
        return Choice(many, tuple(ways), always)

    def move(
        self,
        level: Level,
        one: Element,
        inputs: tuple[int, ...],
        exits: Exits,
        *,
        clearing: Clearing | None = None,
        throws: Event | None = None,
        **more: object,
    ) -> None:
        """Add what leaves an element: one transition, or one for each way where nobody evaluates.

        `more` are further fields of the transition.
        """
        for outputs, choice, flow in self._alternatives(exits):
            transition = Transition(
                one.id,
                inputs,
                outputs,
                choice=choice,
                flow=flow,
                **more,  # type: ignore[arg-type]
            )
            self.builder.add(transition, level.scope, clearing, throws)
            self.leaving.setdefault(one.id, []).append(transition)

    def enter(
        self, level: Level, one: Element, entry: int, outputs: tuple[int, ...], mark: Mark | None
    ) -> None:
        """Add what enters an element in which something waits or goes on."""
        enters = one.id if one.is_step else None
        transition = Transition(one.id, (entry,), outputs, enters=enters, mark=mark)
        self.builder.add(transition, level.scope)

    def _alternatives(
        self, exits: Exits
    ) -> list[tuple[tuple[int, ...], Choice | None, str | None]]:
        choice = exits.choice
        if choice is None or self.by_engine:
            return [(exits.places, choice, None)]
        if not choice.many:
            return [((way.place,), None, way.flow) for way in choice.ways]
        found: list[tuple[tuple[int, ...], Choice | None, str | None]] = []
        plain = [way for way in choice.ways if not way.is_default]
        for size in range(1, len(plain) + 1):
            found += [
                (choice.always + tuple(way.place for way in ways), None, None)
                for ways in combinations(plain, size)
            ]
        defaults = tuple(way.place for way in choice.ways if way.is_default)
        if defaults or choice.always:
            found.append((choice.always + defaults, None, None))
        return found

    def _condition(self, flow: Flow) -> Expression | None:
        if not self.by_engine or flow.condition is None:
            return None
        try:
            return expression(flow.condition)
        except ExpressionRefused:
            return None
