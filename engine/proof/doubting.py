"""What the engine does otherwise than BPMN, so that nothing is claimed of it.

SpiffWorkflow lets an inclusive gateway go on if no open task can reach it *any more than it can
reach a way that has come already*, and looks back through the gateway itself: inside a loop
everything can.  So there it goes on too early, and which branches it loses depends on the drawing.
"""

from engine.proof.drawing import Drawing
from engine.proof.net import Transition


def doubt_joins(drawing: Drawing) -> None:
    """Note each inclusive gateway that brings ways together inside a loop."""
    after: dict[int, set[int]] = {}
    for one in drawing.builder.transitions:
        waiters = [catch.waiter for level in one.levels for catch in level]
        for place in (*one.inputs, *one.join, *waiters):
            after.setdefault(place, set()).update(_outputs(one))
    for one in drawing.builder.transitions:
        if one.join and one.element is not None and _comes_back(one, after):
            why = "brings ways together inside a loop, where the engine may go on too early"
            drawing.undecided.setdefault(one.element, why)


def _outputs(one: Transition) -> set[int]:
    found = set(one.outputs)
    if one.choice is not None:
        found |= {*one.choice.always, *(way.place for way in one.choice.ways)}
    for level in one.levels:
        for catch in level:
            found |= set(catch.outputs)
    return found


def _comes_back(join: Transition, after: dict[int, set[int]]) -> bool:
    seen = _outputs(join)
    waiting = list(seen)
    while waiting:
        for place in after.get(waiting.pop(), set()) - seen:
            seen.add(place)
            waiting.append(place)
    return not seen.isdisjoint(join.join)
