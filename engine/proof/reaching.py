"""Says what a run can wait for, so that what the engine does can be held against the proof.

A state here is what `runtime.Advanced.waiting` lists: steps, timers and messages, also those on
borders; for an event-based gateway the events after it.
"""

from engine.bpmn import Release
from engine.proof.case import Case
from engine.proof.machine import Machine, State
from engine.proof.prove import release_case
from engine.proof.search import Explored, explore_within
from engine.proof.values import Bound, Domains

Waits = tuple[str, ...]
_SHOWN = frozenset({"timer", "message"})


def waits_for(
    release: Release, process: str, *, domains: Domains, bound: Bound | None = None
) -> frozenset[Waits] | None:
    """Return everything that a run of `process` can ever wait for, element ids in order.

    The empty tuple stands for a run that is over.  None if that is more than the bound allows, or
    is not decided, or if the diagram is not safe: which of two tokens in one activity an event
    ends is not followed.
    """
    case = release_case(release.processes[process], release, domains)
    if case.drawing.undecided:
        return None
    found = explore_within(Machine(case.net), bound or Bound())
    doubled = {case.net.places[place].kind for place in found.doubled}
    if not found.is_complete or found.cut or found.machine.doubted or doubled - {"end"}:
        return None
    return frozenset(
        _waits(case, found, state)
        for state in found.states
        if found.machine.is_final(state) or found.machine.is_stable(state)
    )


def _waits(case: Case, found: Explored, state: State) -> Waits:
    waits: list[str] = []
    if found.machine.is_final(state):
        return ()
    for number in found.machine.places(state):
        place = case.net.places[number]
        one = case.elements.get(place.element)
        if one is None:
            continue
        if place.kind == "waiting" and one.type == "eventBasedGateway":
            shape = next(
                shape for shape in case.drawing.shapes() if one.id in shape.process.elements
            )
            waits += [flow.target for flow in shape.out[one.id] if _is_shown(case, flow.target)]
        elif (place.kind == "active" and one.is_step) or (
            place.kind in ("waiting", "armed") and _is_shown(case, one.id)
        ):
            waits.append(one.id)
    return tuple(sorted(waits))


def _is_shown(case: Case, element: str) -> bool:
    event = case.elements[element].event
    return event is not None and event.kind in _SHOWN
