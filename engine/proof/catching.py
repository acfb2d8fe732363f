"""Finds who catches a throw.

The engine hands a message or signal to all who wait for it in the run, an error or escalation to
those who wait at the level where it was thrown, else one level up, whatever activity they stand
on.  BPMN has errors and escalations caught at the border of what they were thrown in, by an event
subprocess inside it first; and a message goes to another pool, never round in the same.
"""

from collections import defaultdict
from dataclasses import replace

from engine.bpmn import Event
from engine.proof.building import Builder, Catcher
from engine.proof.net import Catch

Levels = tuple[tuple[Catch, ...], ...]


class Catching:
    """The catchers of one drawing, found by what they wait for and where."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.caught: set[int] = set()  # ids of the catchers that some throw reaches
        self._named: defaultdict[tuple[str, str | None], list[Catcher]] = defaultdict(list)
        self._placed: defaultdict[tuple[str, int | None], list[Catcher]] = defaultdict(list)
        self._catches: dict[int, Catch] = {}
        self._all_named: dict[tuple[str, str | None], Levels] = {}
        for one in builder.catchers:
            self._named[one.event.kind, one.event.name].append(one)
            where = one.scope if builder.run_to_completion else one.guards
            self._placed[one.event.kind, where].append(one)

    def catch(self, one: Catcher) -> Catch:
        """Return what happens to a catcher, with what it clears."""
        found = self._catches.get(id(one))
        if found is None:
            found = replace(one.catch, clears=self.builder.cleared(one.clears))
            self._catches[id(one)] = found
        return found

    def levels(self, event: Event, scope: int) -> Levels:
        """Return who may catch a throw: the first level at which anybody waits gets it."""
        if event.kind in ("signal", "message"):
            return self._broadcast(event)
        if event.kind not in ("error", "escalation", "cancel"):
            return ()
        found = [
            level
            for around in self.builder.above(scope)
            for level in self._around(event, around)
            if level
        ]
        self.caught.update(id(one) for level in found for one in level)
        return tuple(tuple(self.catch(one) for one in level) for level in found)

    def _broadcast(self, event: Event) -> Levels:
        if event.kind == "message" and not self.builder.run_to_completion:
            return ()
        key = (event.kind, event.name)
        if key not in self._all_named:
            catchers = self._named[key]
            self.caught.update(id(one) for one in catchers)
            self._all_named[key] = (tuple(self.catch(one) for one in catchers),) if catchers else ()
        return self._all_named[key]

    def _around(self, event: Event, scope: int) -> list[list[Catcher]]:
        fitting = [one for one in self._placed[event.kind, scope] if _fits(one.event, event)]
        if self.builder.run_to_completion:
            return [fitting]
        inside = [one for one in fitting if one.scope == scope]
        return [inside, [one for one in fitting if one.scope != scope]]


def _fits(waits: Event, thrown: Event) -> bool:
    return waits.kind == "cancel" or waits.code is None or waits.code == thrown.code
