"""Which moves touch each other: what one needs, looks at, adds or removes, of the other's places.

A newcomer would compare inputs only.  A move that clears a scope, waits until it is empty, or wakes
whoever waits also looks at places that it takes nothing from, and then it matters what others add.
"""

from dataclasses import dataclass, field
from functools import cached_property

from engine.proof.net import Net, Transition

CLOSING = frozenset({"confirmed", "escalated"})
"""The marks of closing ends."""


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


class Index:
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


class Touching:
    """Who touches whom in one net: transition by transition, or by whole external moves."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.single = Index(
            {one.number: touched(net, one) for one in net.transitions}, len(net.places)
        )
        self._free: dict[tuple[int, bool], bool] = {}

    @cached_property
    def whole(self) -> Index:
        """External transitions, each with all that may follow by itself."""
        external = [one for one in self.net.transitions if one.external]
        return Index({one.number: self._whole_move(one) for one in external}, len(self.net.places))

    def is_free(self, one: Transition, *, beside_ends: bool = False) -> bool:
        """Return whether only transitions with the very same inputs can touch this one.

        With `beside_ends` closing ends are left aside, which look at everything.
        """
        key = (one.number, beside_ends)
        if key not in self._free:
            is_seen = self.single.touches[one.number].sees or one.interrupts
            others = () if is_seen else self.single.dependent(one.number)
            self._free[key] = not is_seen and all(
                other.inputs == one.inputs or (beside_ends and other.mark in CLOSING)
                for other in map(self.net.transitions.__getitem__, others)
            )
        return self._free[key]

    def _whole_move(self, one: Transition) -> Touch:
        """Return what an external transition touches with all that may follow by itself."""
        whole = Touch()
        whole.add(self.single.touches[one.number])
        seen: set[int] = set()
        waiting = list(whole.adds)
        reached = set(waiting)
        while waiting:
            place = waiting.pop()
            for number in (*self.single.takes[place], *self.single.sees[place]):
                other = self.net.transitions[number]
                if number in seen or other.external:
                    continue
                if other.mark in CLOSING and place not in other.inputs:
                    continue  # it only looks whether anything is there
                seen.add(number)
                touch = self.single.touches[number]
                if self.is_free(other, beside_ends=True):
                    whole.adds |= touch.adds
                else:
                    whole.add(touch)
                waiting.extend(touch.adds - reached)
                reached |= touch.adds
        return whole


def touched(net: Net, one: Transition) -> Touch:
    """Return what one transition touches."""
    touch = Touch(takes=set(one.inputs), removes=set(one.inputs), adds=set(one.outputs))
    touch.sees |= set(one.join) | one.clears | one.held_by.keys()
    touch.removes |= set(one.join) | one.clears
    if one.choice is not None:
        touch.adds |= {*one.choice.always, *(way.place for way in one.choice.ways)}
    for level in one.levels:
        for catch in level:
            touch.sees |= {catch.waiter, *catch.clears}
            touch.removes |= {catch.waiter, *catch.clears}
            touch.adds |= set(catch.outputs)
    touch.sees |= one.fulfils | one.must_fulfil
    touch.removes |= one.fulfils
    if net.monitor is not None:
        _touch_monitor(net, net.monitor, one, touch)
    watched = [one.still] if one.still is not None else []
    if one.join:
        watched.append(net.places[one.join[0]].scope)
    for scope in watched:
        touch.sees |= {
            place for place in net.scopes[scope].places if not net.places[place].is_still
        }
    return touch


def _touch_monitor(net: Net, monitor: int, one: Transition, touch: Touch) -> None:
    """The monitor is a place that marks change, and that gates and the passing of time look at.

    A closing end also looks at everything: nothing else may be going on.
    """
    if one.mark is not None:
        touch.sees.add(monitor)
        touch.removes.add(monitor)
        touch.adds.add(monitor)
    if one.external or _reads_gate(one):
        touch.sees.add(monitor)
    if one.mark in CLOSING:
        touch.sees |= {number for number, place in enumerate(net.places) if not place.is_still}


def _reads_gate(one: Transition) -> bool:
    told = [way.condition for way in one.choice.ways] if one.choice is not None else []
    told += [value for _, value in one.script.assignments] if one.script is not None else []
    told += list(one.table.inputs) if one.table is not None else []
    return any(expression is not None and "gate" in expression.reads for expression in told)
