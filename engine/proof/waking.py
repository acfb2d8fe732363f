"""Decides who wakes what waits: a throw in the same run, another pool, or the world outside.

The two semantics differ here: in the engine signals never come from outside; in BPMN one that
nobody here throws may come from anywhere, and so may the errors of tasks.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.bpmn import Event
from engine.proof.building import Builder, Catcher, Clearing
from engine.proof.catching import Catching
from engine.proof.clock import held_back
from engine.proof.drawing import Drawing
from engine.proof.net import Transition

PROPOSED = "action_proposed"
"""The message that may come while an incident is open; it takes earlier answers back."""

MOST_BESIDE = 100
"""Of more events beside activities the ends are not told apart: it takes a walk for each.

Whether an end is come to twice is then unknown."""


def wake(drawing: Drawing) -> None:
    """Connect throws with catchers, and let the world do the rest."""
    builder = drawing.builder
    builder.catchers = [part for one in builder.catchers for part in _parts(one)]
    beside = [one for one in builder.catchers if one.comes_beside]
    after = _after(builder) if beside else {}
    if not drawing.by_engine:  # the engine lets each come once, a repeating timer excepted
        drawing.come_again = [one.element for one in beside if _may_come_again(one.event)]
    drawing.ends_together = len(beside) > MOST_BESIDE
    for one in beside[:MOST_BESIDE]:
        ends = _own_ends(builder, one, after)
        one.clears = replace(one.clears, places=(*one.clears.places, *ends))
    catching = Catching(builder)
    for number, event, scope in builder.throws:
        levels = catching.levels(event, scope)
        builder.transitions[number].levels = levels
        if event.kind == "error" and not levels and not builder.run_to_completion:
            _abort(builder, number, scope)
    if builder.run_to_completion:
        world = [one for one in builder.catchers if one.event.kind in _ALWAYS]
    else:
        thrown = {event.name for _, event, _ in builder.throws if event.kind == "signal"}
        left = [one for one in builder.catchers if id(one) not in catching.caught]
        world = [one for one in left if _by_world(one, thrown)]
    _let_the_world_act(builder, catching, world)


def _may_come_again(event: Event) -> bool:
    return event.kind != "timer" or event.timer == "cycle"


_ALWAYS = frozenset({"timer", "conditional", "message", "multiple", "none"})


def _parts(one: Catcher) -> list[Catcher]:
    """Return one catcher for each part of a multiple event."""
    if one.event.all_parts or not one.event.parts:
        return [one]
    return [replace(one, event=part) for part in one.event.parts]


def _own_ends(builder: Builder, beside: Catcher, after: Mapping[int, list[int]]) -> set[int]:
    """Return the ends that only lie behind an event that comes beside an activity.

    It counts once for each activation: what it ended before is forgotten when it comes again.
    """
    behind = _reached(after, beside.catch.outputs, frozenset())
    without = _reached(after, builder.initial, frozenset({beside.catch.waiter}))
    return {place for place in behind - without if builder.places[place].kind == "end"}


def _after(builder: Builder) -> Mapping[int, list[int]]:
    """Return the places to which a token of each place may go next."""
    after: defaultdict[int, list[int]] = defaultdict(list)
    for one in builder.transitions:
        for place in (*one.inputs, *one.join):
            after[place].extend(one.outputs)
            if one.choice is not None:
                after[place].extend((*one.choice.always, *(way.place for way in one.choice.ways)))
    for catcher in builder.catchers:
        after[catcher.catch.waiter].extend(catcher.catch.outputs)
    return after


def _reached(
    after: Mapping[int, list[int]], sources: Iterable[int], without: frozenset[int]
) -> set[int]:
    found, waiting = set(sources), list(sources)
    while waiting:
        for place in after.get(waiting.pop(), ()):
            if place not in found and place not in without:
                found.add(place)
                waiting.append(place)
    return found


def _abort(builder: Builder, number: int, scope: int) -> None:
    """An error that nobody catches ends the whole process."""
    root = builder.above(scope)[-1]
    transition = builder.transitions[number]
    builder.clearings[number] = Clearing(scopes=(root,))
    end = builder.place("end", transition.element or "", root)
    transition.outputs = (end,)


def _by_world(one: Catcher, thrown: set[str | None]) -> bool:
    """Return whether what nobody in the diagram throws may come from outside it."""
    kind = one.event.kind
    if kind == "signal":
        return one.event.name not in thrown
    if kind == "escalation":
        return one.guards is None  # a task's own
    return kind in _ALWAYS or kind in ("error", "cancel")


def _let_the_world_act(builder: Builder, catching: Catching, catchers: list[Catcher]) -> None:
    held = held_back(builder) if builder.run_to_completion else {}
    together: defaultdict[tuple[str, str | None], list[Catcher]] = defaultdict(list)
    for one in catchers:
        is_broadcast = one.event.kind == "signal" or (
            one.event.kind == "message" and builder.run_to_completion
        )
        if is_broadcast:
            together[one.event.kind, one.event.name].append(one)
            continue
        for message in one.told_by or (None,):
            inputs = () if message is None else (message,)
            waking = _wakes(builder, catching, [one], inputs)
            if one.event.kind == "timer":
                waking.by_timer = True
                waking.held_by = held.get(id(one), {})
    for (_, name), many in together.items():
        transition = _wakes(builder, catching, many, ())
        if name == PROPOSED:
            transition.mark = "proposal"


def _wakes(
    builder: Builder, catching: Catching, catchers: list[Catcher], inputs: tuple[int, ...]
) -> Transition:
    by_engine = builder.run_to_completion
    element = catchers[0].element if not by_engine and len(catchers) == 1 else None
    level = tuple(catching.catch(one) for one in catchers)
    transition = Transition(
        element, inputs, (), external=True, wakes=True, levels=(level,) if level else ()
    )
    return builder.add(transition, catchers[0].scope)
