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
- *closure* and the owner's rules are, but only where option to complete holds.  Monitor and rules
  are places that the transitions concerned look at, so these keep their order; and a run that
  breaks a rule, led on to an end, has a run in the reduced graph that differs by nothing but
  orders that make no difference.  Where some run has no end, what it breaks may be left out.

In run to completion the order of what is external is reduced over whole moves: what a person or
timer does, together with all that may follow by itself, counts as one.  Among what moves by
itself one that nothing else can touch goes first; what opens a deeper level, or throws, never
does, because it changes what has priority.
"""

from collections.abc import Set

from engine.proof.machine import Machine, State
from engine.proof.net import Transition

SEEDS = 4
"""So many sets are tried in a state; more cost more than they save."""


class Stubborn:
    """Chooses what is fired in a state of one machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.net = machine.net
        self._touching = machine.touching
        self._index = self._touching.single
        if self.net.run_to_completion:
            self._index = self._touching.whole
        self._looked_at: dict[int, set[int]] = {}
        self._untouchable: dict[int, bool] = {}

    def choose(self, state: State, enabled: list[Transition]) -> list[Transition]:
        """Return a stubborn part of what is enabled in a state; all of it if none is smaller."""
        if len(enabled) < 2:
            return enabled
        if self.net.run_to_completion and not enabled[0].external:
            return self._untouched(enabled)
        numbers = {one.number for one in enabled}
        places = self.machine.places(state)
        enabling: dict[int, Set[int]] = {}
        best = enabled
        for one in enabled[:SEEDS]:
            inside = self._closed(one.number, numbers, places, enabling)
            if inside is None:
                continue
            chosen = [other for other in enabled if other.number in inside]
            if len(chosen) < len(best):
                best = chosen
            if len(best) == 1:
                break
        return best

    def _untouched(self, enabled: list[Transition]) -> list[Transition]:
        for one in enabled:
            if one.number not in self._untouchable:
                is_free = self._touching.is_free(one, beside_ends=self._goes_on(one))
                self._untouchable[one.number] = (
                    is_free and not one.levels and self._keeps_level(one)
                )
            if self._untouchable[one.number]:
                return [other for other in enabled if other.inputs == one.inputs]
        return enabled

    def _goes_on(self, one: Transition) -> bool:
        """Whether a closing end would still see that something is going on afterwards."""
        ways = [way.place for way in one.choice.ways] if one.choice is not None else []
        return any(not self.net.places[place].is_still for place in (*one.outputs, *ways[:1])) and (
            not any(self.net.places[place].is_still for place in ways)
        )

    def _keeps_level(self, one: Transition) -> bool:
        depths = (
            self.net.scopes[self.net.places[place].scope].depth
            for place in self._touching.single.touches[one.number].adds
            if self.net.places[place].scope >= 0
        )
        return all(depth == one.depth for depth in depths)

    def _closed(
        self, seed: int, enabled: set[int], places: list[int], enabling: dict[int, Set[int]]
    ) -> set[int] | None:
        """Return the smallest stubborn set around `seed`; None if it holds all that is enabled.

        `enabling` is kept for other seeds.
        """
        inside = {seed}
        waiting = [seed]
        while waiting:
            number = waiting.pop()
            if number in enabled:
                needed: Set[int] = self._index.dependent(number)
            else:
                if number not in enabling:
                    enabling[number] = self._enabling(number, places)
                needed = enabling[number]
            more = needed - inside
            if more:
                inside |= more
                if enabled <= inside:
                    return None
                waiting.extend(more)
        return inside

    def _enabling(self, number: int, places: list[int]) -> Set[int]:
        """Return all of which one must fire before a disabled transition can."""
        one = self.net.transitions[number]
        missing = [place for place in one.inputs if place not in places]
        if missing:
            return self._bringing(missing[0], places)
        if one.still is not None:
            inside = set(self.net.scopes[one.still].places)
            blocking = [
                place for place in places if place in inside and not self.net.places[place].is_still
            ]
            return set(self._index.removes[blocking[0]])
        # a join that is blocked, or nobody who waits: whatever it looks at
        if number not in self._looked_at:
            sees = self._touching.single.touches[number].sees
            touching = ((*self._index.adds[place], *self._index.removes[place]) for place in sees)
            self._looked_at[number] = set().union(*touching)
        return self._looked_at[number]

    def _bringing(self, place: int, places: list[int]) -> Set[int]:
        """Return all of which one must fire before a token comes to an empty place.

        In run to completion what moves by itself is followed back, one missing token at a time,
        to what is external: all of it is disabled where this is asked.
        """
        if not self.net.run_to_completion:
            return set(self._index.adds[place])
        found: set[int] = set()
        seen = {place}
        waiting = [place]
        while waiting:
            for number in self._touching.single.adds[waiting.pop()]:
                one = self.net.transitions[number]
                missing = [other for other in one.inputs if other not in places]
                if one.external:
                    found.add(number)
                elif not missing:  # held up by something else than a token
                    found.update(self._index.adds[place])
                elif seen.isdisjoint(missing):
                    seen.add(missing[0])
                    waiting.append(missing[0])
        return found
