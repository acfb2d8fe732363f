"""Draws what happens: events on the way, on borders, thrown and caught.

What an event waits for is written down as a `Catcher`; who wakes it is decided when everything is
drawn (`waking`).
"""

from dataclasses import replace

from engine.bpmn import Element, Event
from engine.proof.building import Catcher, Clearing
from engine.proof.clock import length
from engine.proof.drawing import Drawing, Exits, Level
from engine.proof.net import Catch, Mark
from engine.proof.shape import CATCHES

_NOTHING = Event("none")


def arm_borders(drawing: Drawing, level: Level, host: Element) -> dict[str, int]:
    """Add a place for each event on a border: a token in it means that the event may come.

    A repeating timer has another for the time before it has come once.
    """
    found = {}
    for one in level.shape.borders[host.id]:
        if one.event is None or one.event.kind != "compensate":
            found[one.id] = drawing.builder.place("armed", one.id, level.scope)
            if _is_counted(drawing, one):
                found[_unfired(one)] = drawing.builder.place("unfired", one.id, level.scope)
    return found


def _is_counted(drawing: Drawing, one: Element) -> bool:
    """Return whether it matters if a repeating timer has come: its length is written down."""
    event = one.event
    return (
        event is not None
        and event.timer == "cycle"
        and drawing.by_engine
        and (length(event) is not None)
    )


def _unfired(one: Element) -> str:
    return f"{one.id} has not come"  # no element's id holds a space


def draw_borders(
    drawing: Drawing,
    level: Level,
    host: Element,
    borders: dict[str, int],
    ended: Clearing,
    inner: int | None,
) -> None:
    """Draw the events on a host's border; `ended` is what an interrupting one clears.

    The host's own place stands first in it.
    """
    interrupting = [
        borders[one.id]
        for one in level.shape.borders[host.id]
        if one.id in borders and one.interrupting
    ]
    if len(interrupting) == 1 or not drawing.by_engine:  # in the engine two may come at once
        for place in interrupting:
            drawing.builder.together[place] = ended.places[0]
    for one in level.shape.borders[host.id]:
        if one.id in borders:
            clearing = ended if one.interrupting else Clearing()
            waiter, unfired = borders[one.id], borders.get(_unfired(one))
            _draw_arrival(
                drawing, level, one, waiter, clearing, inner, on_border=True, unfired=unfired
            )


def draw_catch(drawing: Drawing, level: Level, one: Element) -> None:
    """Draw an intermediate catch event or a receive task."""
    entries = drawing.entries(level, one)
    exits = drawing.exits(level, one)
    if one.event is None or one.event.kind in ("none", "link"):
        for entry in entries:
            drawing.move(level, one, (entry,), exits)
        return
    if not entries:
        return  # only an event-based gateway leads here
    waiter = drawing.builder.place("waiting", one.id, level.scope)
    borders = arm_borders(drawing, level, one)
    mark = _mark(drawing, one)
    for entry in entries:
        drawing.enter(level, one, entry, (waiter, *borders.values()), mark)
    clearing = Clearing(places=tuple(borders.values()))
    _draw_arrival(drawing, level, one, waiter, clearing, None, exits=exits)
    draw_borders(drawing, level, one, borders, Clearing((waiter, *borders.values())), None)


def draw_event_gateway(drawing: Drawing, level: Level, gateway: Element) -> None:
    """Draw an event-based gateway: what comes first goes on, the others are no longer awaited."""
    waiter = drawing.builder.place("waiting", gateway.id, level.scope)
    targets = [level.shape.process.elements[flow.target] for flow in level.shape.out[gateway.id]]
    mark = next((found for one in targets if (found := _mark(drawing, one))), None)
    for entry in drawing.entries(level, gateway):
        drawing.enter(level, gateway, entry, (waiter,), mark)
    for flow, one in zip(level.shape.out[gateway.id], targets, strict=True):
        if one.type in CATCHES:
            exits = drawing.exits(level, one)
            _draw_arrival(drawing, level, one, waiter, Clearing(), None, exits=exits)
        else:
            place = level.flows[flow.id]
            drawing.move(level, gateway, (waiter,), Exits((place,)), external=drawing.by_engine)
            drawing.move(level, one, (place,), drawing.exits(level, one))


def draw_event_start(drawing: Drawing, level: Level, start: Element, begun: tuple[int, ...]) -> int:
    """Draw what begins an event subprocess; return the place that says that it may come."""
    armed = drawing.builder.place("armed", start.id, level.scope)
    clears = Clearing(scopes=(level.scope,)) if start.interrupting else Clearing()
    drawing.builder.catchers.append(
        Catcher(
            start.event or _NOTHING,
            start.id,
            level.scope,
            level.scope,
            Catch(armed, begun, start.id),
            clears,
            drawing.told.get(start.id, ()),
            not start.interrupting,
        )
    )
    return armed


def draw_throw(drawing: Drawing, level: Level, one: Element) -> None:
    """Draw an end event, a throw event or a send task."""
    event = one.event or _NOTHING
    exits = drawing.exits(level, one)
    clearing = None
    if event.kind == "terminate":
        clearing = Clearing(scopes=(level.scope,))
    if event.kind == "link":
        named = [
            level.links[name]
            for name in level.links
            if (catch := level.shape.process.elements[name].event) and catch.name == event.name
        ]
        exits = Exits((named[0],)) if named else exits
    mark: Mark | None = None
    if drawing.by_engine and one.type == "endEvent" and one.closes in ("confirmed", "escalated"):
        if level.scope == 0:
            mark = "confirmed" if one.closes == "confirmed" else "escalated"
        else:
            drawing.closes_inside.append(one.id)
    for entry in drawing.entries(level, one):
        drawing.move(level, one, (entry,), exits, clearing=clearing, throws=event, mark=mark)


def _draw_arrival(
    drawing: Drawing,
    level: Level,
    one: Element,
    waiter: int,
    clearing: Clearing,
    inner: int | None,
    *,
    exits: Exits | None = None,
    on_border: bool = False,
    unfired: int | None = None,
) -> None:
    """Draw that what `one` waits for comes: at once, or, as in the engine, `ready` first."""
    builder = drawing.builder
    exits = exits or drawing.exits(level, one)
    outputs = exits.places
    if drawing.by_engine or exits.choice is not None:
        ready = builder.place("ready", one.id, level.scope)
        drawing.move(
            level,
            one,
            (ready,),
            exits,
            clearing=clearing if drawing.by_engine else None,
            interrupts=on_border and one.interrupting,
            by_timer=one.event is not None and one.event.kind == "timer",
            mark=_mark(drawing, one),
        )
        outputs = (ready,)
    clears = Clearing() if drawing.by_engine else clearing
    if unfired is not None:
        clears = replace(clears, places=(*clears.places, unfired))
    event, told = one.event or _NOTHING, drawing.told.get(one.id, ())
    catcher = Catcher(
        event,
        one.id,
        level.scope,
        inner,
        Catch(waiter, outputs, one.id),
        clears,
        told,
        comes_beside=on_border and not one.interrupting,
        host=one.attached_to if on_border else None,
        unfired=unfired,
    )
    builder.catchers.append(catcher)
    if drawing.by_engine and event.timer == "cycle":
        # it goes on waiting as long as there are repetitions left
        again = Catch(waiter, (*outputs, waiter), one.id)
        builder.catchers.append(replace(catcher, catch=again))


def _mark(drawing: Drawing, one: Element) -> Mark | None:
    """Waiting for work, and its end, overtake what was answered before."""
    return "work" if drawing.by_engine and one.mark == "work" else None
