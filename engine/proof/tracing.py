"""Turns moves into a path of elements that people can walk, and that the engine can replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.proof.case import Case
from engine.proof.clock import can_be_walked
from engine.proof.firing import Fired, Move
from engine.proof.machine import Machine
from engine.proof.net import Transition
from engine.proof.search import Explored
from engine.proof.values import ProofFinding, Scalar, Severity
from engine.proof.waking import PROPOSED

_NO_CLOCK = (
    " It takes one timer to come before another that is due first, so that it could not be decided."
)
_MAY_GO_ON = " But the engine may not wait at {} until then, so that it could not be decided."
Path = tuple[tuple[str, ...], tuple[Mapping[str, Scalar], ...]]


def refuted(
    case: Case,
    found: Explored,
    rule: str,
    element: str | None,
    message: str,
    fired: Sequence[Fired],
) -> ProofFinding:
    """Return that a path refutes something; *unknown* if the engine may not go along it.

    There may be another path then, or none.
    """
    path, answers = trace(case, found.machine, [move for move, _ in fired])
    doubt = ""
    joins = (found.machine.doubted_in(state, {*path}) for _, state in fired)
    if not can_be_walked(case, found.machine, fired):
        doubt = _NO_CLOCK
    elif (join := next((one for one in joins if one), None)) is not None:
        doubt = _MAY_GO_ON.format(case.words.of(join))
    severity = Severity.UNKNOWN if doubt else Severity.REFUTED
    return ProofFinding(rule, severity, element, message + doubt, path, answers)


def trace(case: Case, machine: Machine, moves: Sequence[Move]) -> Path:
    """Return the elements passed, each when it was left, and what was answered at each.

    A subprocess or call stands where it was entered.  What still waits is not in the path.
    """
    path = _Path(case, machine)
    for move in moves:
        path.add(move)
    return tuple(path.elements), tuple(path.answers)


@dataclass(slots=True)
class _Path:
    """A path in the making; what has no element of its own is told at the next one passed."""

    case: Case
    machine: Machine
    elements: list[str] = field(default_factory=list)
    answers: list[Mapping[str, Scalar]] = field(default_factory=list)
    _told_next: dict[str, Scalar] = field(default_factory=dict)
    _due: list[str] = field(default_factory=list)  # timers of this moment
    _together: dict[str, str] = field(default_factory=dict)  # timer: others due at its moment
    _leaving: set[int] = field(init=False)

    def __post_init__(self) -> None:
        """Look up which moves leave an element."""
        many = self.case.drawing.leaving.values()
        self._leaving = {one.number for moves in many for one in moves}

    def add(self, move: Move) -> None:
        """Add what a move passes."""
        one = move.transition
        if one.begins:
            self._told_next |= move.answers
        if one.mark == "proposal" and one.element is None and not one.wakes:
            self._told_next["meanwhile"] = PROPOSED
        self._note_due(move)
        if one.element is not None and self._passes(one):
            said = move.answers or ({"flow": one.flow} if one.flow else {})
            others = self._together.pop(one.element, None)
            together = {"together": others} if others is not None else {}
            self._append(one.element, {**self._told_next, **said, **together})
            self._told_next = {}
        if not self.machine.net.run_to_completion:  # the engine makes them `ready` first
            for element in move.woke:
                if element != one.element:
                    self._append(element, {})

    def _append(self, element: str, answers: Mapping[str, Scalar]) -> None:
        self.elements.append(element)
        self.answers.append(answers)

    def _note_due(self, move: Move) -> None:
        """Timers that come one straight after the other are due at the same moment."""
        if move.transition.by_timer and move.transition.external:
            self._due += move.woke
            return
        if len(self._due) > 1:
            for element in self._due:
                self._together[element] = " ".join(one for one in self._due if one != element)
        self._due = []

    def _passes(self, one: Transition) -> bool:
        if one.wakes or (one.number in self._leaving and one.still is None):
            return True
        kinds = {self.machine.net.places[place].kind for place in one.outputs}
        return one.number not in self._leaving and "scope" in kinds
