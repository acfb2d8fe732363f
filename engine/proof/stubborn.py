"""Leaves out orders that make no difference: strong stubborn sets, computed for each state.

In a state only a stubborn set of what is enabled is fired.  A set is stubborn if what is outside
it can, in whatever order, neither disable nor enable what is inside, nor come out differently when
the inside goes first (Valmari, *Stubborn sets for reduced state space generation*; Valmari and
Vogler, *Fair testing and stubborn sets*).  Then the reduced graph has every state in which nothing
follows, and an end can be reached from every reachable state if and only if it can from every
state of the reduced graph.  So

- *option to complete* is read off the reduced graph;
- *no dead elements* is, as far as elements were seen to move: what happens there happens;
- *safe* and *proper completion* are not: two tokens may meet in a state that was left out.  They
  are proved by weights (`weighing`), or else without reduction;
- *closure* and the owner's rules are not either: nets with a monitor or a rule are never reduced.

In run to completion the order of what is external is reduced over whole moves: what a person or
timer does, together with all that may follow by itself, counts as one.  Among what moves by
itself one that nothing else can touch goes first; what opens a deeper level, or throws, never
does, because it changes what has priority.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.proof.machine import Machine, State
from engine.proof.net import Net, Transition

SEEDS = 4
"""So many sets are tried in a state; more cost more than they save."""


@dataclass(slots=True)
class Touch:
    """What a transition needs (`takes`), looks at (`sees`), and changes."""

    takes: set[int] = field(default_factory=set)
    sees: set[int] = field(default_factory=set)
    removes: set[int] = field(default_factory=set)
    adds: set[int] = field(default_factory=set)

    def add(self, other: "Touch") -> None:
        """Take in what another touches."""
        self.takes |= other.takes
        self.sees |= other.sees
        self.removes |= other.removes
        self.adds |= other.adds


class _Index:
    """Who touches a place, and how."""

    def __init__(self, touches: dict[int, Touch], places: int) -> None:
        self.touches = touches
        self.takes: list[list[int]] = [[] for _ in range(places)]
        self.sees: list[list[int]] = [[] for _ in range(places)]
        self.removes: list[list[int]] = [[] for _ in range(places)]
        self.adds: list[list[int]] = [[] for _ in range(places)]
        self._dependent: dict[int, set[int]] = {}
        for number, touch in touches.items():
            for at, by in (
                (touch.takes, self.takes),
                (touch.sees, self.sees),
                (touch.removes, self.removes),
                (touch.adds, self.adds),
            ):
                for place in at:
                    by[place].append(number)

    def dependent(self, number: int) -> set[int]:
        """Return what does not commute with a transition, or disables it or is disabled."""
        found = self._dependent.get(number)
        if found is None:
            touch = self.touches[number]
            found = set()
            for place in touch.removes:
                found.update(self.takes[place], self.sees[place])
            for place in touch.takes:
                found.update(self.removes[place])
            for place in touch.sees:
                found.update(self.removes[place], self.adds[place])
            for place in touch.adds:
                found.update(self.sees[place])
            found.discard(number)
            self._dependent[number] = found
        return found


class Stubborn:
    """Chooses what is fired in a state of one machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.net = machine.net
        self._single = _Index(
            {one.number: touched(self.net, one) for one in self.net.transitions},
            len(self.net.places),
        )
        self._index = self._single
        if self.net.run_to_completion:
            external = [one for one in self.net.transitions if one.external]
            self._index = _Index(
                {one.number: self._whole_move(one) for one in external}, len(self.net.places)
            )

    def choose(self, state: State, enabled: list[Transition]) -> list[Transition]:
        """Return a stubborn part of what is enabled in a state; all of it if none is smaller."""
        if len(enabled) < 2:
            return enabled
        if self.net.run_to_completion and not enabled[0].external:
            return self._untouched(enabled)
        numbers = {one.number for one in enabled}
        places = self.machine.places(state)
        best = enabled
        for one in enabled[:SEEDS]:
            inside = self._closed(one.number, numbers, places)
            chosen = [other for other in enabled if other.number in inside]
            if len(chosen) < len(best):
                best = chosen
            if len(best) == 1:
                break
        return best

    def _untouched(self, enabled: list[Transition]) -> list[Transition]:
        for one in enabled:
            if self._is_free(one) and not one.levels and self._keeps_level(one):
                return [other for other in enabled if other.inputs == one.inputs]
        return enabled

    def _keeps_level(self, one: Transition) -> bool:
        depths = (
            self.net.scopes[self.net.places[place].scope].depth
            for place in self._single.touches[one.number].adds
            if self.net.places[place].scope >= 0
        )
        return all(depth == one.depth for depth in depths)

    def _is_free(self, one: Transition) -> bool:
        """Whether only transitions with the very same inputs can touch this one."""
        touch = self._single.touches[one.number]
        if touch.sees or one.interrupts:
            return False
        others = self._single.dependent(one.number)
        return all(self.net.transitions[other].inputs == one.inputs for other in others)

    def _closed(self, seed: int, enabled: set[int], places: list[int]) -> set[int]:
        """Return the smallest stubborn set around `seed`."""
        inside = {seed}
        waiting = [seed]
        while waiting:
            number = waiting.pop()
            if number in enabled:
                needed: Iterable[int] = self._index.dependent(number)
            else:
                needed = self._enabling(number, places)
            for other in needed:
                if other not in inside:
                    inside.add(other)
                    waiting.append(other)
        return inside

    def _enabling(self, number: int, places: list[int]) -> Iterator[int]:
        """Yield all of which one must fire before a disabled transition can."""
        one = self.net.transitions[number]
        index = self._index
        missing = [place for place in one.inputs if place not in places]
        if missing:
            yield from min((index.adds[place] for place in missing), key=len)
        elif one.still is not None:
            inside = set(self.net.scopes[one.still].places)
            blocking = [
                place for place in places if place in inside and not self.net.places[place].is_still
            ]
            yield from index.removes[blocking[0]]
        else:
            # a join that is blocked, or nobody who waits: whatever it looks at
            for place in self._single.touches[number].sees:
                yield from index.adds[place]
                yield from index.removes[place]

    def _whole_move(self, one: Transition) -> Touch:
        """Return what an external transition touches with all that may follow by itself."""
        whole = Touch()
        whole.add(self._single.touches[one.number])
        seen: set[int] = set()
        waiting = list(whole.adds)
        reached = set(waiting)
        while waiting:
            place = waiting.pop()
            for number in (*self._single.takes[place], *self._single.sees[place]):
                other = self.net.transitions[number]
                if number in seen or other.external:
                    continue
                seen.add(number)
                touch = self._single.touches[number]
                if self._is_free(other):
                    whole.adds |= touch.adds
                else:
                    whole.add(touch)
                waiting.extend(touch.adds - reached)
                reached |= touch.adds
        return whole


def touched(net: Net, one: Transition) -> Touch:
    """Return what one transition touches."""
    touch = Touch(takes=set(one.inputs), removes=set(one.inputs), adds=set(one.outputs))
    touch.sees |= set(one.join) | one.clears
    touch.removes |= set(one.join) | one.clears
    if one.choice is not None:
        touch.adds |= {*one.choice.always, *(way.place for way in one.choice.ways)}
    for level in one.levels:
        for catch in level:
            touch.sees |= {catch.waiter, *catch.clears}
            touch.removes |= {catch.waiter, *catch.clears}
            touch.adds |= set(catch.outputs)
    watched = [one.still] if one.still is not None else []
    if one.join:
        watched.append(net.places[one.join[0]].scope)
    for scope in watched:
        touch.sees |= {
            place for place in net.scopes[scope].places if not net.places[place].is_still
        }
    return touch
