"""Says which transitions may fire in a state.

A state is the sorted tuple of its tokens, and equal means equal.  A token is a number: the place
it stands in and what it knows.  A newcomer would let everything enabled fire: in run to completion
people, timers and messages act only when nothing moves by itself, what interrupts goes first, then
what lies deepest, as `runtime.run` does it.
"""

from collections.abc import Iterator, Set
from functools import cached_property

from engine.proof.data import Knowledge, Values
from engine.proof.net import Net, Transition, Variable
from engine.proof.touching import Touching

State = tuple[int, ...]
STALE = "stale"
MONITORED: Variable = ("", None)
MAX_TOKENS = 2
"""Most tokens that one place is followed with: a second one is a fault already."""


class Machine:
    """Fires a net's transitions."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.known = Knowledge(net)
        self.place_of: list[int] = list(range(len(net.places)))
        self.values_of: list[Values] = [()] * len(net.places)
        self._tokens: dict[tuple[int, Values, tuple[type, ...]], int] = {}
        self._seen: tuple[State, list[int]] = ((), [])  # the last state, and its places
        self._still = [place.is_still for place in net.places]
        self._scope = [-1 if place.is_still else place.scope for place in net.places]
        self._automatic: list[tuple[Transition, ...]] = [()] * len(net.places)
        self._external: list[tuple[Transition, ...]] = [()] * len(net.places)
        for one in net.transitions:
            outside = net.run_to_completion and one.external
            for place in set(one.anchors):
                (self._external if outside else self._automatic)[place] += (one,)
        self.plain = [self._is_plain(one) for one in net.transitions]
        self._is_ready = [  # as soon as a token is where it is looked for
            plain and len(one.inputs) == 1
            for plain, one in zip(self.plain, net.transitions, strict=True)
        ]
        self.doubted: set[str] = set()  # joins that the engine may take otherwise
        self._reach: dict[tuple[int, int], frozenset[int]] = {}
        self._after: list[list[Transition]] | None = None
        self._near: dict[int, set[str]] = {}
        self._timers = sum(one.by_timer and one.external for one in net.transitions)

    def initial(self) -> State:
        """Return the first state."""
        tokens = [self.token(place, ()) for place in self.net.initial]
        if self.net.monitor is not None:
            tokens.append(self.monitor(STALE))
        return tuple(sorted(tokens))

    def token(self, place: int, values: Values) -> int:
        """Return the token that stands in `place` and knows `values`."""
        if not values:
            return place
        key = (place, values, tuple(type(value) for _, value in values))  # True is not 1
        found = self._tokens.get(key)
        if found is None:
            found = self._tokens[key] = len(self.place_of)
            self.place_of.append(place)
            self.values_of.append(values)
        return found

    def places(self, state: State) -> list[int]:
        """Return the places of a state's tokens, in their order; not to be changed."""
        if state is not self._seen[0]:
            self._seen = (state, list(map(self.place_of.__getitem__, state)))
        return self._seen[1]

    def is_final(self, state: State) -> bool:
        """Return whether nothing is going on any more."""
        return all(map(self._still.__getitem__, self.places(state)))

    def is_single(self, place: int) -> bool:
        """Return whether a second token in a place is a fault of what is drawn there."""
        return self.net.places[place].kind not in ("end", "message")

    def monitored(self, state: State) -> str:
        """Return the monitor's value."""
        monitor = self.net.monitor
        if monitor is None:
            return STALE
        places = self.places(state)
        if monitor not in places:
            return STALE
        return str(self.values_of[state[places.index(monitor)]][0][1])

    def monitor(self, value: str) -> int:
        """Return the token of a monitor's value."""
        return self.token(self.net.monitor or 0, ((MONITORED, value),))

    # --- what may fire -------------------------------------------------------------------------

    def enabled(self, state: State) -> list[Transition]:
        """Return what may fire, with the priorities of the semantics."""
        places = self.places(state)
        moving = self._ready(self._automatic, places, state)
        if not self.net.run_to_completion:
            return moving
        if not moving:
            return self._ready(self._external, places, state)
        together = self._due_together(moving, places, state)
        if len(moving) == 1:
            return moving + together
        interrupting = [one for one in moving if one.interrupts]
        if interrupting:
            return interrupting + together
        deepest = max(one.depth for one in moving)
        return [one for one in moving if one.depth == deepest] + together

    def _due_together(
        self, moving: list[Transition], places: list[int], state: State
    ) -> list[Transition]:
        """Return the timers that may be due at the same moment, where that makes a difference.

        The engine makes every due timer ready before anything moves: two that interrupt the same
        activity then both go on.
        """
        if self._timers < 2 or not all(one.by_timer for one in moving):
            return []
        pending = {self.net.places[one.inputs[0]].element for one in moving}
        due = [one for one in self._ready(self._external, places, state) if one.by_timer]
        return [one for one in due if self._meets(one, pending)]

    def _meets(self, timer: Transition, pending: set[str]) -> bool:
        """Return whether a timer touches another of those pending, by their elements."""
        if _woken(timer) & pending or not pending.isdisjoint(timer.held_by.values()):
            return False  # it is due once at a time, and after those that are shorter
        return not pending.isdisjoint(self.near(timer))

    def near(self, timer: Transition) -> set[str]:
        """Return the elements of the timers that touch one, with all that follows by itself."""
        found = self._near.get(timer.number)
        if found is None:
            numbers = self.touching.whole.dependent(timer.number)
            timers = (self.net.transitions[number] for number in numbers)
            found = {element for one in timers if one.by_timer for element in _woken(one)}
            self._near[timer.number] = found
        return found

    @cached_property
    def touching(self) -> Touching:
        """Which transitions touch each other."""
        return Touching(self.net)

    def is_stable(self, state: State) -> bool:
        """Return whether nothing moves by itself."""
        return not self._ready(self._automatic, self.places(state), state)

    def _ready(
        self, of_place: list[tuple[Transition, ...]], places: list[int], state: State
    ) -> list[Transition]:
        is_ready = self._is_ready
        found: list[Transition] = []
        seen: set[int] = set()
        for place in places:
            for one in of_place[place]:
                if is_ready[one.number]:
                    found.append(one)
                elif one.number not in seen and self._may_fire(one, places, state):
                    seen.add(one.number)
                    found.append(one)
        return found

    def _may_fire(self, one: Transition, places: list[int], state: State) -> bool:
        """Return whether a transition may fire of which one of `anchors` holds a token."""
        for place in one.inputs:
            if place not in places:
                return False
        if one.still is not None:
            return one.still not in map(self._scope.__getitem__, places)
        if one.wakes:
            return not one.held_by or one.held_by.keys().isdisjoint(places)
        if one.join:
            return self._may_join(one, places)
        if one.mark == "proposal":
            return self.monitored(state) != STALE
        return True

    def _may_join(self, one: Transition, places: list[int]) -> bool:
        """BPMN's rule: no token that can still reach an empty way in, unless also a full one.

        In the engine it depends on the drawing whether that keeps the join waiting: it is doubted.
        """
        full = {place for place in one.join if place in places}
        if len(full) == len(one.join):
            return True
        for place in places:
            if place in full:
                continue
            reach = self._reaches(one, place)
            if not reach - full:
                continue
            if self.net.run_to_completion and reach & full:
                self.doubted.add(one.element or "")
            if self.net.run_to_completion or not reach & full:
                return False
        return True

    def doubted_in(self, state: State, passed: Set[str | None]) -> str | None:
        """Return a join that keeps tokens waiting here, and perhaps not in the engine.

        An inclusive one may not wait there; and one that is `passed`, too, may bring tokens
        together otherwise, or lose a late one, where another can come to where one waits.
        """
        if not self.net.run_to_completion:
            return None
        places = self.places(state)
        for one in self._joins:
            full = set(one.join or one.inputs).intersection(places)
            if not full:
                continue
            if one.element in self.doubted and not self._may_join(one, places):
                return one.element
            others = (place for place in places if place not in full)
            if one.element in passed and any(self._reaches(one, place) & full for place in others):
                return one.element
        return None

    @cached_property
    def _joins(self) -> list[Transition]:
        flows = {number for number, place in enumerate(self.net.places) if place.kind == "flow"}
        return [
            one
            for one in self.net.transitions
            if one.join or (len(one.inputs) > 1 and flows.issuperset(one.inputs))
        ]

    def _reaches(self, join: Transition, place: int) -> frozenset[int]:
        """Return the ways into a join that a token can reach without passing the join."""
        key = ((join.join or join.inputs)[0], place)
        found = self._reach.get(key)
        if found is None:
            found = self._reach[key] = self._walk(join, place)
        return found

    def _walk(self, join: Transition, place: int) -> frozenset[int]:
        if self._after is None:
            self._after = [[] for _ in self.net.places]
            for one in self.net.transitions:
                waiters = [catch.waiter for level in one.levels for catch in level]
                for source in {*one.inputs, *one.join, *waiters}:
                    self._after[source].append(one)
        ways = join.join or join.inputs
        goals, hit = set(ways), set()
        scope = self.net.places[ways[0]].scope
        seen, waiting = {place}, [place]
        while waiting:
            here = waiting.pop()
            if here in goals:
                hit.add(here)
                continue
            for one in self._after[here]:
                for there in outputs_of(one, here):
                    if there not in seen and self.net.places[there].scope == scope:
                        seen.add(there)
                        waiting.append(there)
        return frozenset(hit)

    def _is_plain(self, one: Transition) -> bool:
        """Whether firing only moves tokens that know nothing."""
        if not one.moves_only:
            return False
        return not any(self.known.live[place] for place in (*one.inputs, *one.outputs))


def _woken(one: Transition) -> set[str]:
    """Return the elements that a transition may wake."""
    return {catch.element for level in one.levels for catch in level}


def outputs_of(one: Transition, place: int) -> Iterator[int]:
    """Yield where a token of `place` may go by a transition."""
    if place in one.inputs or place in one.join:
        yield from one.outputs
        if one.choice is not None:
            yield from one.choice.always
            for way in one.choice.ways:
                yield way.place
    for level in one.levels:
        for catch in level:
            if catch.waiter == place:
                yield from catch.outputs
