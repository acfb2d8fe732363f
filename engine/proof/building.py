"""Collects places and transitions while a diagram is read, and ties them together at the end.

A newcomer would resolve a throw when it is met: who catches it may be drawn later, so throws and
clearings are written down and resolved by `finish`.
"""

from dataclasses import dataclass, field

from engine.bpmn import Event
from engine.proof.net import Catch, Net, Place, PlaceKind, Scope, Transition

MAX_PLACES = 60_000
MAX_TRANSITIONS = 120_000
MAX_DEPTH = 110


class TooLarge(Exception):
    """What was drawn, with all that it calls, is more than can be looked at."""


@dataclass(slots=True)
class Catcher:
    """Somebody who waits for `event`: at the border of scope `guards`, or on the way (None)."""

    event: Event
    element: str
    scope: int
    guards: int | None
    catch: Catch
    clears: "Clearing"
    told_by: tuple[int, ...] = ()  # messages of other pools that it hears
    comes_beside: bool = False  # what it stands on goes on
    host: str | None = None  # the activity on whose border it waits
    unfired: int | None = None  # of a repeating timer: that it has not come yet

    @property
    def first_place(self) -> int:
        """The place that holds a token until it has come once."""
        return self.catch.waiter if self.unfired is None else self.unfired


@dataclass(frozen=True, slots=True)
class Clearing:
    """Places to clear: single ones, and all of some scopes except of others."""

    places: tuple[int, ...] = ()
    scopes: tuple[int, ...] = ()
    sparing: tuple[int, ...] = ()


@dataclass(slots=True)
class Builder:
    """A net in the making."""

    run_to_completion: bool
    places: list[Place] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    clearings: dict[int, Clearing] = field(default_factory=dict)
    catchers: list[Catcher] = field(default_factory=list)
    throws: list[tuple[int, Event, int]] = field(default_factory=list)
    initial: list[int] = field(default_factory=list)
    together: dict[int, int] = field(default_factory=dict)  # an event on a border: what it ends

    def scope(self, parent: int | None, element: str) -> int:
        """Add a scope; it clears with its parent."""
        number = len(self.scopes)
        depth = self.scopes[parent].depth + 1 if parent is not None else 0
        if depth > MAX_DEPTH:
            raise TooLarge
        self.scopes.append(Scope(parent, depth, element))
        if parent is not None:
            self.scopes[parent].children.append(number)
        return number

    def place(self, kind: PlaceKind, element: str, scope: int) -> int:
        """Add a place of a scope."""
        number = len(self.places)
        if number >= MAX_PLACES:
            raise TooLarge
        self.places.append(Place(kind, element, scope))
        if scope >= 0:
            self.scopes[scope].places.append(number)
            if kind == "end":
                self.scopes[scope].ends.append(number)
        return number

    def add(
        self,
        transition: Transition,
        scope: int,
        clearing: Clearing | None = None,
        throws: Event | None = None,
    ) -> Transition:
        """Add a transition of a scope; what it clears and whom it wakes is resolved at the end."""
        transition.number = len(self.transitions)
        if transition.number >= MAX_TRANSITIONS:
            raise TooLarge
        # in the engine a level is over at once, before anything around it moves
        within = scope if transition.still is None else transition.still
        transition.depth = self.scopes[within].depth
        self.transitions.append(transition)
        if clearing is not None:
            self.clearings[transition.number] = clearing
        if throws is not None:
            self.throws.append((transition.number, throws, scope))
        return transition

    def cleared(self, clearing: Clearing) -> frozenset[int]:
        """Return the places that a clearing means, now that all are known."""
        found = set(clearing.places)
        waiting = list(clearing.scopes)
        while waiting:
            number = waiting.pop()
            if number not in clearing.sparing:
                found.update(self.scopes[number].places)
                waiting.extend(self.scopes[number].children)
        return frozenset(found)

    def above(self, scope: int) -> list[int]:
        """Return a scope and all around it, the innermost first."""
        found = [scope]
        while (parent := self.scopes[found[-1]].parent) is not None:
            found.append(parent)
        return found

    def net(self, **more: object) -> Net:
        """Return what was built."""
        for number, clearing in self.clearings.items():
            self.transitions[number].clears = self.cleared(clearing)
        return Net(
            self.places,
            self.scopes,
            self.transitions,
            tuple(self.initial),
            self.run_to_completion,
            together=self.together,
            **more,  # type: ignore[arg-type]
        )
