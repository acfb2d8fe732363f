"""Explores every reachable state, breadth first, so that the first path to a fault is a shortest.

A newcomer would stop at the first fault: each property is answered by itself, so the search goes
on.  Only a third token in one place is not followed; the state before it is then `cut`.  In run to
completion a second one is not followed either: which of two the engine moves, loses at a join, or
ends with an event is its own affair, and a path through it is one that nobody can walk.
"""

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from engine.proof.firing import Firing, Move
from engine.proof.machine import MAX_TOKENS, Machine, State
from engine.proof.stubborn import Stubborn
from engine.proof.values import Bound

_LOOK_AT_CLOCK = 64


@dataclass(slots=True)
class Explored:
    """What was found: states in the order found, what follows each, and how it was reached."""

    machine: Machine
    firing: Firing
    states: list[State] = field(default_factory=list)
    after: list[list[int]] = field(default_factory=list)
    come_by: list[tuple[int, Move] | None] = field(default_factory=list)
    fired: set[int] = field(default_factory=set)
    woke: set[str] = field(default_factory=set)
    flows: set[str] = field(default_factory=set)
    doubled: dict[int, int] = field(default_factory=dict)  # place: the state that has two tokens
    broken: dict[tuple[str, str | None], tuple[int, Move]] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)
    final: list[int] = field(default_factory=list)
    looked_at: int = 0  # so many of the states have been followed
    reason: str | None = None  # why the search ended early
    is_reduced: bool = False
    is_weighed: bool = False  # that no place holds two tokens was proved without looking

    @property
    def is_complete(self) -> bool:
        """Whether every reachable state was looked at."""
        return self.reason is None

    def path(self, state: int) -> list[Move]:
        """Return the moves that lead to a state."""
        found: list[Move] = []
        step = self.come_by[state]
        while step is not None:
            found.append(step[1])
            step = self.come_by[step[0]]
        found.reverse()
        return found

    def dead_ends(self) -> list[int]:
        """Return the states from which no end can be reached any more, in the order found."""
        before: list[list[int]] = [[] for _ in self.states]
        for state, following in enumerate(self.after):
            for one in following:
                before[one].append(state)
        good = set(self.final) | self.cut
        waiting = list(good)
        while waiting:
            for state in before[waiting.pop()]:
                if state not in good:
                    good.add(state)
                    waiting.append(state)
        if not self.is_complete:  # where nothing follows at all is known even so
            return [one for one in range(self.looked_at) if one not in good and not self.after[one]]
        return [state for state in range(len(self.states)) if state not in good]


@dataclass(frozen=True, slots=True)
class Effort:
    """How far to go: until an instant of `monotonic`, and to so many states.

    A first try gives up where more than `width` tokens move at once; then a reduced search pays.
    """

    bound: Bound
    until: float
    states: int
    width: int | None = None


def explore(machine: Machine, effort: Effort, stubborn: Stubborn | None = None) -> Explored:
    """Return all that can be reached; with `stubborn`, in few of the possible orders."""
    firing = Firing(machine)
    found = Explored(machine, firing)
    index: dict[State, int] = {}
    _add(found, index, machine.initial(), None)
    here = 0
    while here < len(found.states):
        found.reason = _exhausted(found, here, effort)
        if found.reason is not None:
            return found
        state = found.states[here]
        if here in found.cut:
            here += 1
            continue
        is_final = machine.is_final(state)
        if is_final:
            found.final.append(here)
        enabled = machine.enabled(state)
        if is_final:  # it is over: nobody listens any more
            enabled = [one for one in enabled if not one.wakes]
        if stubborn is not None and len(enabled) > 1:
            chosen = stubborn.choose(state, enabled)
            found.is_reduced = found.is_reduced or len(chosen) < len(enabled)
            enabled = chosen
        for one in enabled:
            moves = firing.fire(state, one)
            if not moves:
                found.fired.add(one.number)  # reached, though its expressions fail
            for move in moves:
                _take(found, index, here, move)
        here += 1
        found.looked_at = here
    return found


def explore_within(machine: Machine, bound: Bound) -> Explored:
    """Return all that can be reached within a bound, in every order."""
    return explore(machine, Effort(bound, monotonic() + bound.seconds, bound.states))


def _exhausted(found: Explored, here: int, effort: Effort) -> str | None:
    """Return why the search ends here; None if it goes on."""
    if len(found.states) > effort.states:
        return f"it has more than {effort.bound.states} states"
    if effort.width is not None and len(found.states[here]) > effort.width:
        return "too much goes on at once"
    if here % _LOOK_AT_CLOCK == 0 and monotonic() > effort.until:
        return f"the search took longer than {effort.bound.seconds:g} seconds"
    return None


def _add(
    found: Explored, index: dict[State, int], state: State, come_by: tuple[int, Move] | None
) -> int:
    index[state] = number = len(found.states)
    found.states.append(state)
    found.after.append([])
    found.come_by.append(come_by)
    return number


def _take(found: Explored, index: dict[State, int], here: int, move: Move) -> None:
    found.fired.add(move.transition.number)
    found.woke.update(move.woke)
    if "flow" in move.answers:
        found.flows.update(str(move.answers["flow"]).split())
    for rule in move.broke:
        found.broken.setdefault((rule, move.transition.element), (here, move))
    number = index.get(move.state)
    if number is None:
        machine = found.machine
        crowded = _crowded(machine, move.state)
        if any(count > MAX_TOKENS for count in crowded.values()):
            found.cut.add(here)
            return
        number = _add(found, index, move.state, (here, move))
        for place in crowded:
            found.doubled.setdefault(place, number)
        if machine.net.run_to_completion and any(machine.is_single(place) for place in crowded):
            found.cut.add(number)
    found.after[here].append(number)


def _crowded(machine: Machine, state: State) -> dict[int, int]:
    """Return the places that hold more than one token, with how many."""
    if len(state) == 1:
        return {}
    places = machine.places(state)
    if len(set(places)) == len(places):
        return {}
    return {place: count for place, count in Counter(places).items() if count > 1}
