"""Draws what is done: tasks, steps, subprocesses, calls, and the gateways between them."""

from collections.abc import Callable

from engine.bpmn import Element, Process
from engine.errors import ExpressionRefused
from engine.expressions import Script, script
from engine.proof.building import Clearing
from engine.proof.drawing import Drawing, Exits, Level
from engine.proof.happenings import (
    arm_borders,
    draw_borders,
    draw_catch,
    draw_event_gateway,
    draw_event_start,
    draw_throw,
)
from engine.proof.net import Mark, Transition
from engine.proof.shape import CATCHES, SUBPROCESSES, THROWS

_PEOPLE = frozenset({"userTask", "manualTask"})
_ANSWERED: dict[str | None, Mark] = {
    "work": "work",
    "confirmation": "confirmation",
    "closing_decision": "closing_decision",
}
MAX_CALLS = 40
"""Calls within calls that are followed."""

Starts = list[tuple[tuple[int, ...], tuple[int, ...]]]
"""The ways to begin a level: messages one of which is needed (none: by itself), and places."""


def draw_process(drawing: Drawing, process: Process) -> int:
    """Draw a process that begins by itself, or when a message comes; return its scope."""
    builder = drawing.builder
    scope = builder.scope(None, process.id)
    drawing.calling.append(process.id)
    level, starts = _draw_level(drawing, process, None, scope)
    drawing.calling.pop()
    is_told = bool(starts) and all(told for told, _ in starts)
    idle = builder.place("armed" if is_told else "idle", process.id, scope)
    for told, places in starts:
        for message in told or (None,):
            inputs = (idle,) if message is None else (message, idle)
            outputs = (*places, *level.armed)
            builder.add(Transition(None, inputs, outputs, begins=drawing.by_engine), scope)
    drawing.wakes_at_top = drawing.wakes_at_top or bool(level.armed)
    builder.initial.append(idle)
    return scope


def _draw_level(
    drawing: Drawing, process: Process, container: str | None, scope: int
) -> tuple[Level, Starts]:
    shape = drawing.shape(process)
    level = drawing.level(shape, container, scope)
    events, others = shape.starts(container)
    is_free = container is not None and process.elements[container].type == "adHocSubProcess"
    for one in (*events, *others):
        level.begun[one.id] = drawing.builder.place("armed" if is_free else "start", one.id, scope)
    for one in shape.inside[container]:
        if one.event is not None and one.event.kind == "link" and one.type not in THROWS:
            name = one.event.name or ""
            level.links[one.id] = drawing.builder.place("flow", name, scope)
    for one in shape.inside[container]:
        _draw(drawing, level, one)
    starts: Starts = [(drawing.told.get(one.id, ()), (level.begun[one.id],)) for one in events]
    if not starts or is_free:
        starts = [((), tuple(level.begun.values()))] if level.begun else []
    return level, starts


def _draw(drawing: Drawing, level: Level, one: Element) -> None:
    if one.compensates or one.type == "boundaryEvent":
        return  # a border is drawn with what it stands on
    if one.on_event:
        _draw_event_subprocess(drawing, level, one)
    elif one.type in SUBPROCESSES:
        _draw_subprocess(drawing, level, one)
    elif one.type == "callActivity":
        _draw_call(drawing, level, one)
    elif one.type == "startEvent":
        drawing.move(level, one, (level.begun[one.id],), drawing.exits(level, one))
    elif one.type in THROWS or (one.type == "sendTask" and not level.shape.borders.get(one.id)):
        draw_throw(drawing, level, one)
    elif one.type in CATCHES:
        draw_catch(drawing, level, one)
    elif one.type == "eventBasedGateway":
        draw_event_gateway(drawing, level, one)
    elif one.type in ("parallelGateway", "inclusiveGateway", "complexGateway"):
        _draw_join(drawing, level, one)
    else:
        _draw_task(drawing, level, one)


def _draw_join(drawing: Drawing, level: Level, one: Element) -> None:
    entries, exits = drawing.entries(level, one), drawing.exits(level, one)
    if one.type == "parallelGateway":
        if entries:
            drawing.move(level, one, tuple(entries), exits)
        return
    if len(entries) < 2:
        for entry in entries:
            drawing.move(level, one, (entry,), exits)
        return
    if one.type == "complexGateway":
        drawing.undecided[one.id] = "is a complex gateway, and when it goes on is not drawn"
    drawing.move(level, one, (), exits, join=tuple(entries))


def _draw_task(drawing: Drawing, level: Level, one: Element) -> None:
    waits = drawing.by_engine and one.type in _PEOPLE
    exits = drawing.exits(level, one)
    entries = drawing.entries(level, one)
    does = _script(one) if one.type == "scriptTask" else None
    decides = drawing.tables.get(one.decision or "") if one.type == "businessRuleTask" else None
    if not waits and not level.shape.borders.get(one.id):
        for entry in entries:
            drawing.move(level, one, (entry,), exits, script=does, table=decides)
        return
    active = drawing.builder.place("active", one.id, level.scope)
    borders = arm_borders(drawing, level, one)
    mark = _ANSWERED.get(one.mark) if drawing.by_engine else None
    for entry in entries:
        drawing.enter(
            level, one, entry, (active, *borders.values()), "work" if mark == "work" else None
        )
    drawing.move(
        level,
        one,
        (active,),
        exits,
        clearing=Clearing(places=tuple(borders.values())),
        throws=one.event if one.type == "sendTask" else None,
        external=waits,
        answers=one.id if one.is_step else None,
        mark=mark,
        script=does,
        table=decides,
    )
    draw_borders(drawing, level, one, borders, Clearing(places=(active, *borders.values())), None)


def _script(one: Element) -> Script | None:
    try:
        return script(one.script or "")
    except ExpressionRefused:
        return None


def _draw_subprocess(drawing: Drawing, level: Level, one: Element) -> None:
    process = level.shape.process
    if not level.shape.inside[one.id]:
        _draw_task(drawing, level, one)  # nobody has drawn what is in it
        return
    _draw_scope(drawing, level, one, lambda scope: _draw_level(drawing, process, one.id, scope))


def _draw_call(drawing: Drawing, level: Level, one: Element) -> None:
    called = drawing.called.get(one.called or "")
    if called is None or called.id in drawing.calling or len(drawing.calling) > MAX_CALLS:
        drawing.missing[one.id] = one.called or ""
        _draw_black_box(drawing, level, one)
        return

    def draw(scope: int) -> tuple[Level, Starts]:
        drawing.calling.append(called.id)
        drawn = _draw_level(drawing, called, None, scope)
        drawing.calling.pop()
        return drawn

    _draw_scope(drawing, level, one, draw)


def _draw_black_box(drawing: Drawing, level: Level, one: Element) -> None:
    active = drawing.builder.place("active", one.id, level.scope)
    borders = arm_borders(drawing, level, one)
    for entry in drawing.entries(level, one):
        drawing.enter(level, one, entry, (active, *borders.values()), None)
    drawing.move(
        level,
        one,
        (active,),
        drawing.exits(level, one),
        clearing=Clearing(places=tuple(borders.values())),
        external=drawing.by_engine,
        forgets_all=True,
    )
    draw_borders(drawing, level, one, borders, Clearing(places=(active, *borders.values())), None)


def _draw_scope(
    drawing: Drawing,
    level: Level,
    one: Element,
    draw: Callable[[int], tuple[Level, Starts]],
) -> None:
    builder = drawing.builder
    inner = builder.scope(level.scope, one.id)
    running = builder.place("scope", one.id, level.scope)
    borders = arm_borders(drawing, level, one)
    below, starts = draw(inner)
    mark: Mark | None = "work" if drawing.by_engine and one.mark == "work" else None
    for _, places in starts:
        begun = (running, *places, *below.armed)
        for entry in drawing.entries(level, one):
            drawing.enter(level, one, entry, (*begun, *borders.values()), mark)
        if one.repeats is not None:
            again = Transition(one.id, (running,), begun, still=inner)
            builder.add(again, level.scope, Clearing(scopes=(inner,)))
    drawing.move(
        level,
        one,
        (running,),
        drawing.exits(level, one),
        clearing=Clearing(tuple(borders.values()), (inner,)),
        still=inner,
        mark=mark,
    )
    ended = Clearing((running, *borders.values()), (inner,))
    draw_borders(drawing, level, one, borders, ended, inner)


def _draw_event_subprocess(drawing: Drawing, level: Level, one: Element) -> None:
    builder = drawing.builder
    inner = builder.scope(level.scope, one.id)
    running = builder.place("scope", one.id, level.scope)
    below, _ = _draw_level(drawing, level.shape.process, one.id, inner)
    for start in level.shape.inside[one.id]:
        if start.type == "startEvent":
            begun = (running, below.begun[start.id], *below.armed)
            level.armed.append(draw_event_start(drawing, level, start, begun))
    over = Exits((builder.place("end", one.id, level.scope),))
    drawing.move(level, one, (running,), over, clearing=Clearing(scopes=(inner,)), still=inner)
