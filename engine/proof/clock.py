"""What is known of time: how long timers run, and whether a path could be walked by any clock.

The runtime lets go first what was due first, however late anybody looks.  So where two timers
begin to wait together and both lengths are written in the diagram, the longer one never comes
first (`held_back`).  Timers that began at different moments are compared only where a path rests on
their order: it is walked by some clock if no chain of waits leads back to its own beginning later
than it began (difference constraints, as Bellman and Ford solve them).  Where a length depends on
data, any may be due first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from engine.bpmn import Event
from engine.bpmn.timing import parse_due, parse_repetition, working_days
from engine.expressions import evaluate, expression
from engine.proof.building import Builder, Catcher
from engine.proof.case import Case
from engine.proof.firing import Fired, Move
from engine.proof.machine import Machine, State
from engine.proof.net import Transition

_INSTANT = 0.001  # seconds: two that are not due together are at least so far apart
_START = datetime(2026, 1, 1, tzinfo=UTC)
_LATER = _START.replace(year=2027)


def length(event: Event) -> float | None:
    """Return after how many seconds a timer is due (first); None if that depends on anything."""
    if event.kind != "timer" or event.expression is None:
        return None
    try:
        known = expression(event.expression)
        if known.reads:
            return None
        value = evaluate(known, {})
        if working_days(value):
            return None  # how long they last depends on the day they begin
        lengths = {
            (_due(event, value, begun) - begun).total_seconds() for begun in (_START, _LATER)
        }
    except (ValueError, OverflowError):
        return None
    return lengths.pop() if len(lengths) == 1 else None  # an instant is no length


def _due(event: Event, value: object, begun: datetime) -> datetime:
    if event.timer == "cycle":
        return parse_repetition(value, begun)[1]
    return parse_due(value, begun)


def held_back(builder: Builder) -> dict[int, dict[int, str]]:
    """Return what holds each timer back: the shorter ones on the same activity that still wait.

    By the `id` of a catcher: the places in which they wait to come for the first time, each with
    its element.
    """
    together: defaultdict[tuple[str, int], list[tuple[float, Catcher]]] = defaultdict(list)
    for one in builder.catchers:
        known = length(one.event) if one.host is not None else None
        if one.host is not None and known is not None:
            together[one.host, one.scope].append((known, one))
    return {
        id(one): {other.first_place: other.element for their, other in timers if their < own}
        for timers in together.values()
        for own, one in timers
    }


@dataclass(slots=True)
class _Clock:
    """The moments of a path, and by how much each comes after another at least."""

    machine: Machine
    lengths: dict[int, float]  # by the place in which a timer waits
    moment: int = 0
    begun: dict[int, int] = field(default_factory=dict)  # waiting timers: since which moment
    apart: list[tuple[int, int, float]] = field(default_factory=list)
    _due: list[tuple[Transition, int, float]] = field(default_factory=list)  # what comes together

    def take(self, move: Move, before: set[int], after: set[int]) -> None:
        """Take in a move that leads from waiting timers to others."""
        one = move.transition
        is_timer = one.external and one.by_timer
        if not is_timer:
            self._come_to_nothing_else()
        if one.external:
            if not is_timer:
                self._let_nothing_be_due()
            self.apart.append((self.moment, self.moment + 1, 0))
            self.moment += 1
            if is_timer:
                self._come(move)
        for place in before - after:
            self.begun.pop(place, None)
        for place in after - before:
            self.begun[place] = self.moment

    def _come(self, move: Move) -> None:
        """Let a timer come: nothing that waits was due before it."""
        places = [
            catch.waiter
            for level in move.transition.levels
            for catch in level
            if catch.element in move.woke and catch.waiter in self.begun
        ]
        if not places:
            return
        place = places[0]
        begun, own = self.begun.pop(place), self.lengths[place]  # when it repeats is open
        self.apart.append((begun, self.moment, own))
        self._wait(begun, own)
        for _, since, their in self._due:
            self.apart.append((begun, since, own - their))
            self.apart.append((since, begun, their - own))
        self._due.append((move.transition, begun, own))

    def _wait(self, begun: int, own: float) -> None:
        for other, since in self.begun.items():
            self.apart.append((begun, since, own - self.lengths[other]))

    def _come_to_nothing_else(self) -> None:
        """What is due together is so at once: what touches it and still waits is due later."""
        for timer, begun, own in self._due:
            near = self.machine.near(timer)
            for other, since in self.begun.items():
                if self.machine.net.places[other].element in near:
                    self.apart.append((begun, since, own - self.lengths[other] + _INSTANT))
        self._due.clear()

    def _let_nothing_be_due(self) -> None:
        """Whatever was due when somebody last looked has come before anybody acts again."""
        for other, since in self.begun.items():
            self.apart.append((self.moment, since, _INSTANT - self.lengths[other]))

    def is_possible(self) -> bool:
        """Return whether there are instants for all moments."""
        at = [0.0] * (self.moment + 1)
        for _ in range(self.moment + 2):
            has_moved = False
            for earlier, later, least in self.apart:
                if at[later] < at[earlier] + least:
                    at[later] = at[earlier] + least
                    has_moved = True
            if not has_moved:
                return True
        return False


def can_be_walked(case: Case, machine: Machine, fired: Sequence[Fired]) -> bool:
    """Return whether some clock leads along a path, by the lengths of timers that are known."""
    lengths = dict(_lengths(case))
    if not lengths or not case.net.run_to_completion:
        return True
    clock = _Clock(machine, lengths)
    before: set[int] = set()
    for move, state in fired:
        after = _waiting(machine, state, lengths)
        clock.take(move, before, after)
        before = after
    return clock.is_possible()


def _lengths(case: Case) -> Iterator[tuple[int, float]]:
    for one in case.drawing.builder.catchers:
        known = length(one.event)
        if known is not None:
            yield one.catch.waiter, known


def _waiting(machine: Machine, state: State, lengths: dict[int, float]) -> set[int]:
    return {place for place in machine.places(state) if place in lengths}
