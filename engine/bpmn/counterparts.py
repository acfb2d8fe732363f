"""Which element of another release one stands for: of the same kind, and asked of the same people.

Two elements are of one kind if the engine waits in the same way at both.  A newcomer would compare
their ids only: who waits at a timer waits at no message, whatever that is called.
"""

from engine.bpmn.model import Element, Event, Process

WAITS = frozenset(
    {"userTask", "intermediateCatchEvent", "receiveTask", "callActivity", "boundaryEvent"}
    | {"eventBasedGateway", "subProcess"}
)
"""Where a run may stand for long."""


def is_of_one_kind(one: Element, other: Element) -> bool:
    """Return whether what waits at one can wait at the other just so."""
    return (one.type, _kind(one.event), one.repeats) == (
        other.type,
        _kind(other.event),
        other.repeats,
    )


def is_asked_alike(one: Element, other: Element) -> bool:
    """Return whether the same people are asked for the same: the lane and the mark are equal."""
    return (one.lane, one.mark) == (other.lane, other.mark)


def counterparts(old: Element, process: Process) -> tuple[Element, ...]:
    """Return what `old` may stand for in another release's diagram, in the order of its file."""
    return tuple(one for one in process.elements.values() if is_of_one_kind(old, one))


def _kind(event: Event | None) -> tuple[object, ...]:
    return (event.kind, event.timer, event.all_parts) if event is not None else ()
