"""Turns moves into a path of elements that people can walk, and that the engine can replay."""

from collections.abc import Mapping, Sequence

from engine.proof.case import Case
from engine.proof.firing import Move
from engine.proof.machine import Machine
from engine.proof.values import Scalar

Path = tuple[tuple[str, ...], tuple[Mapping[str, Scalar], ...]]
_NOTHING: Mapping[str, Scalar] = {}


def trace(case: Case, machine: Machine, moves: Sequence[Move]) -> Path:
    """Return the elements passed, each when it was left, and what was answered at each.

    A subprocess or call stands where it was entered.  What still waits is not in the path.
    """
    elements: list[str] = []
    answers: list[Mapping[str, Scalar]] = []
    left = {one.number for many in case.drawing.leaving.values() for one in many}
    for move in moves:
        one = move.transition
        if one.element is None:
            _add_woken(machine, move, elements, answers)
            continue
        is_scope = one.still is not None
        enters = one.number not in left and _enters_scope(machine, one.outputs)
        if (one.number in left and not is_scope) or enters or (one.wakes and one.element):
            elements.append(one.element)
            answers.append(move.answers or ({"flow": one.flow} if one.flow else _NOTHING))
        _add_woken(machine, move, elements, answers)
    return tuple(elements), tuple(answers)


def _add_woken(
    machine: Machine, move: Move, elements: list[str], answers: list[Mapping[str, Scalar]]
) -> None:
    """Add the events that came at once; in the engine they are `ready` first and pass later."""
    if not machine.net.run_to_completion:
        new = [one for one in move.woke if one != move.transition.element]
        elements += new
        answers += [_NOTHING] * len(new)


def _enters_scope(machine: Machine, outputs: tuple[int, ...]) -> bool:
    return any(machine.net.places[place].kind == "scope" for place in outputs)
