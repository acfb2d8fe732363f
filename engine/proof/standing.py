"""Whether a release itself comes to stand just as a run of another one stands.

Who moves a run to a release that is sound must not leave it where no run of that release ever is:
a token at a join whose other way was passed before would wait for ever.  So the run's marking is
looked up among all that the release reaches; from there on what was proved of it holds.

The monitor of closure is no place where a run stands, and yet the proof reads the gate off it.  A
run is carried over as one whose gate is shut, and only what the release reaches with the gate shut
counts.  That takes no place away: wherever anything waits, a proposal may come and make whatever
was answered stale, and the proof follows that, too (`prove.release_case`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from engine.bpmn import Release
from engine.proof.data import UNKNOWN, Unknown
from engine.proof.firing import gate_of
from engine.proof.judging import judge
from engine.proof.machine import Machine, State
from engine.proof.net import Variable
from engine.proof.prove import release_case
from engine.proof.search import Effort, explore
from engine.proof.values import Bound, Domains, Scalar, Verdict

_STANDS = frozenset({"active", "armed", "flow", "scope", "waiting"})
_Known = tuple[tuple[str, Mapping[Variable, Scalar]], ...]


@dataclass
class Stands:
    """Every way in which runs of one process of a release stand; `verdict` is its proof's.

    `is_whole`: all of them are known.
    """

    verdict: Verdict
    is_whole: bool
    found: Mapping[tuple[str, ...], Sequence[_Known]] = field(repr=False)

    def include(self, standing: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
        """Return whether runs come to stand just there, knowing what this one knows.

        `standing` are places (elements, or flows at joins) with the process data of each.
        """
        ordered = sorted(standing, key=lambda one: one[0])
        places = tuple(place for place, _ in ordered)
        return any(_agrees(known, ordered) for known in self.found.get(places, ()))

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; what may be anything is left out."""
        return {
            "verdict": self.verdict.value,
            "is_whole": self.is_whole,
            "found": [_listed(one) for known in self.found.values() for one in known],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Stands":
        """Return what `as_json` was asked of."""
        found: dict[tuple[str, ...], list[_Known]] = {}
        for one in kept["found"]:
            known = tuple(
                (place, {(name, field_): value for name, field_, value in values})
                for place, values in one
            )
            found.setdefault(tuple(place for place, _ in known), []).append(known)
        return cls(Verdict(kept["verdict"]), kept["is_whole"], found)


NOT_KNOWN = Stands(Verdict.UNKNOWN, False, {})
"""What is known of a diagram that took too long to prove."""


def stands(release: Release, process: str, domains: Domains, bound: Bound | None = None) -> Stands:
    """Return how runs of `process` stand, whatever it calls included, exploring all of it."""
    limits = bound or Bound()
    called = {one.called for other in release.processes.values() for one in other.elements.values()}
    case = release_case(release.processes[process], release, domains, is_called=process in called)
    machine = Machine(case.net)
    whole = explore(machine, Effort(limits, monotonic() + limits.seconds, limits.states))
    found: dict[tuple[str, ...], list[_Known]] = {}
    for state in whole.states:
        if machine.is_stable(state) and gate_of(machine.monitored(state)) == "shut":
            known = tuple(sorted(_known(machine, state), key=lambda one: one[0]))
            found.setdefault(tuple(place for place, _ in known), []).append(known)
    is_whole = whole.is_complete and not case.drawing.undecided and not case.drawing.missing
    return Stands(judge(case, whole).verdict, is_whole, found)


def _known(machine: Machine, state: State) -> list[tuple[str, Mapping[Variable, Scalar]]]:
    return [
        (machine.net.places[place].element, _told(machine, place, token))
        for token, place in zip(state, machine.places(state), strict=True)
        if machine.net.places[place].kind in _STANDS
    ]


def _told(machine: Machine, place: int, token: int) -> Mapping[Variable, Scalar]:
    """Return what a token knows; answers that may still be read and were not given are None."""
    absent = {one: None for one in machine.known.live[place] if one[0] in machine.net.steps}
    return absent | dict(machine.values_of[token])


def _listed(known: _Known) -> list[list[Any]]:
    return [
        [place, [[*name, value] for name, value in values.items() if value is not UNKNOWN]]
        for place, values in known
    ]


def _agrees(known: _Known, standing: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    return all(
        _fits(name, field_, value, data)
        for (_, values), (_, data) in zip(known, standing, strict=True)
        for (name, field_), value in values.items()
    )


def _fits(name: str, field_: str | None, value: object, data: Mapping[str, Any]) -> bool:
    if isinstance(value, Unknown):
        return True
    found = data.get(name)
    if field_ is not None:
        found = found.get(field_) if isinstance(found, Mapping) else None
    return type(found) is type(value) and found == value  # True is not 1
