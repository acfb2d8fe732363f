"""Explores every reachable state, breadth first, so that the first path to a fault is a shortest.

A newcomer would stop at the first fault: each property is answered by itself, so the search goes
on.  Only a third token in one place is not followed; the state before it is then `cut`.  In run to
completion a second one is not followed either: which of two the engine moves, loses at a join, or
ends with an event is its own affair, and a path through it is one that nobody can walk.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from engine.proof.firing import Fired, Firing, Move
from engine.proof.machine import MAX_TOKENS, Machine, State
from engine.proof.net import Transition
from engine.proof.stubborn import Stubborn
from engine.proof.values import Bound

_LOOK_AT_CLOCK = 64


@dataclass(slots=True)
class Explored:
    """What was found: states in the order found, what follows each, and how it was reached."""

    machine: Machine
    firing: Firing
    states: list[State] = field(default_factory=list)
    index: dict[State, int] = field(default_factory=dict)
    after: list[Sequence[int]] = field(default_factory=list)
    before: list[int] = field(default_factory=list)  # the state from which each was reached,
    come_by: list[Move | None] = field(default_factory=list)  # and by which move
    fired: set[int] = field(default_factory=set)
    woke: set[str] = field(default_factory=set)
    ways: set[str] = field(default_factory=set)  # flows taken, of an inclusive gateway together
    doubled: dict[int, int] = field(default_factory=dict)  # place: the state that has two tokens
    broken: dict[tuple[str, str | None], tuple[int, Fired]] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)
    final: set[int] = field(default_factory=set)
    looked_at: int = 0  # so many of the states have been followed
    widest: int = 0  # most tokens in a state
    reason: str | None = None  # why the search ended early
    is_reduced: bool = False
    is_weighed: bool = False  # that no place holds two tokens was proved without looking

    @property
    def is_complete(self) -> bool:
        """Whether every reachable state was looked at."""
        return self.reason is None

    @property
    def flows(self) -> set[str]:
        """The flows that gateways were seen to choose."""
        return {flow for way in self.ways for flow in way.split()}

    def path(self, state: int) -> list[Fired]:
        """Return the moves that lead to a state, each with the state that it makes."""
        found: list[Fired] = []
        while (move := self.come_by[state]) is not None:
            found.append((move, self.states[state]))
            state = self.before[state]
        found.reverse()
        return found

    def dead_ends(self) -> list[int]:
        """Return the states from which no end can be reached any more, in the order found."""
        good = self.final | self.cut
        left = []
        for state in reversed(range(len(self.states))):  # nearly all lead on to one found later
            if state in good:
                continue
            if good.isdisjoint(self.after[state]):
                left.append(state)
            else:
                good.add(state)
        before: defaultdict[int, list[int]] = defaultdict(list)
        for state in left:
            for one in self.after[state]:
                before[one].append(state)
        waiting = list(good & before.keys())
        while waiting:
            for state in before.get(waiting.pop(), ()):
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


def explore(
    machine: Machine,
    effort: Effort,
    stubborn: Stubborn | None = None,
    begun: Explored | None = None,
) -> Explored:
    """Return all that can be reached; with `stubborn`, in few of the possible orders.

    `begun` is an earlier search of the same machine's that ended early: it goes on from there.
    """
    found = begun
    if found is None:
        found = Explored(machine, Firing(machine))
        _add(found, machine.initial(), 0, None)
    while found.looked_at < len(found.states):
        found.reason = _exhausted(found, effort)
        if found.reason is not None:
            break
        if found.looked_at not in found.cut:
            _follow(found, _chosen(found, stubborn))
        found.looked_at += 1
    return found


def goes_like(found: Explored, stubborn: Stubborn, effort: Effort) -> bool:
    """Return whether a search with `stubborn` would have gone like a full one that ended early.

    False, too, if there is no time left to say so.
    """
    for here in range(found.looked_at):
        if here % _LOOK_AT_CLOCK == 0 and monotonic() > effort.until:
            return False
        enabled = [] if here in found.cut else _enabled(found, here)
        if len(stubborn.choose(found.states[here], enabled)) < len(enabled):
            return False
    return True


def _enabled(found: Explored, here: int) -> list[Transition]:
    """Return what may fire in a state, of which is noted whether it is final."""
    state = found.states[here]
    enabled = found.machine.enabled(state)
    if found.machine.is_final(state):  # it is over: nobody listens any more
        found.final.add(here)
        return [one for one in enabled if not one.wakes]
    return enabled


def _chosen(found: Explored, stubborn: Stubborn | None) -> list[Transition]:
    """Return what to fire in the state that is looked at."""
    enabled = _enabled(found, found.looked_at)
    if stubborn is None:
        return enabled
    chosen = stubborn.choose(found.states[found.looked_at], enabled)
    found.is_reduced = found.is_reduced or len(chosen) < len(enabled)
    return chosen


def _follow(found: Explored, chosen: list[Transition]) -> None:
    """Fire what was chosen in the state that is looked at."""
    here, state = found.looked_at, found.states[found.looked_at]
    following: list[int] = []
    for one in chosen:
        found.fired.add(one.number)  # reached, even if its expressions fail
        for move, after in found.firing.fire(state, one):
            number = found.index.get(after)
            if number is None:
                number = _reach(found, here, move, after)
            if number is not None:
                following.append(number)
            if move.woke or move.broke or move.answers:
                _note(found, here, move, after)
    found.after[here] = tuple(following)


def explore_within(machine: Machine, bound: Bound) -> Explored:
    """Return all that can be reached within a bound, in every order."""
    return explore(machine, Effort(bound, monotonic() + bound.seconds, bound.states))


def _exhausted(found: Explored, effort: Effort) -> str | None:
    """Return why the search ends here; None if it goes on."""
    if len(found.states) > effort.states:
        return f"it has more than {effort.bound.states} states"
    if effort.width is not None and found.widest > effort.width:
        return "too much goes on at once"
    if found.looked_at % _LOOK_AT_CLOCK == 0 and monotonic() > effort.until:
        return f"the search took longer than {effort.bound.seconds:g} seconds"
    return None


def _add(found: Explored, state: State, before: int, move: Move | None) -> int:
    found.index[state] = number = len(found.states)
    found.widest = max(found.widest, len(state))
    found.states.append(state)
    found.after.append(())
    found.before.append(before)
    found.come_by.append(move)
    return number


def _reach(found: Explored, here: int, move: Move, state: State) -> int | None:
    """Add a new state; return its number, or None if it is not followed."""
    machine = found.machine
    crowded = _crowded(machine, state)
    if crowded and max(crowded.values()) > MAX_TOKENS:
        found.cut.add(here)
        return None
    number = _add(found, state, here, move)
    for place in crowded:
        found.doubled.setdefault(place, number)
    if machine.net.run_to_completion and any(machine.is_single(place) for place in crowded):
        found.cut.add(number)
    return number


def _note(found: Explored, here: int, move: Move, state: State) -> None:
    found.woke.update(move.woke)
    if "flow" in move.answers:
        found.ways.add(str(move.answers["flow"]))
    for rule in move.broke:
        found.broken.setdefault((rule, move.transition.element), (here, (move, state)))


def _crowded(machine: Machine, state: State) -> dict[int, int]:
    """Return the places that hold more than one token, with how many."""
    place_of = machine.place_of
    if len({place_of[token] for token in state}) == len(state):
        return {}
    counted = Counter(place_of[token] for token in state)
    return {place: count for place, count in counted.items() if count > 1}
