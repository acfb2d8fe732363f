"""Running scenarios: does the release still tell each story, and what do all of them pass?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.bpmn import Process
from engine.bpmn.scenarios import SUFFIX, Answer, Scenario, Waits, read_scenarios
from engine.language import Said, say
from engine.proof import Domains
from engine.runtime import Specs
from engine.runtime.trial import Moved, try_out
from engine.usecases.form_rules import read_forms
from engine.usecases.verifying import domains_of


@dataclass(frozen=True)
class Outcome:
    """One scenario; `failed` says at which move (0: the beginning) and why, or is None."""

    file: str
    diagram: str
    name: str
    failed: str | None


@dataclass(frozen=True)
class Coverage:
    """What all scenarios pass of a diagram; `missed` are ids, in the order of the file."""

    elements: int
    flows: int
    missed_elements: tuple[str, ...]
    missed_flows: tuple[str, ...]

    @property
    def of_elements(self) -> float:
        """The share of elements passed; 1.0 for a diagram without any."""
        return 1.0 if not self.elements else 1 - len(self.missed_elements) / self.elements

    @property
    def of_flows(self) -> float:
        """The share of flows taken."""
        return 1.0 if not self.flows else 1 - len(self.missed_flows) / self.flows


@dataclass(frozen=True)
class Tried:
    """What came of all scenarios of a release; coverage by diagram."""

    outcomes: tuple[Outcome, ...]
    coverage: Mapping[str, Coverage]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Those that did not end as they say."""
        return tuple(one for one in self.outcomes if one.failed is not None)

    def as_json(self) -> dict[str, object]:
        """Return what the command prints and the release keeps."""
        return {
            "scenarios": len(self.outcomes),
            "failed": len(self.failed),
            "failures": [
                {"file": one.file, "name": one.name, "why": str(one.failed)} for one in self.failed
            ],
            "element_coverage": {
                name: round(one.of_elements, 4) for name, one in self.coverage.items()
            },
            "flow_coverage": {name: round(one.of_flows, 4) for name, one in self.coverage.items()},
            "missed": {
                name: [*one.missed_elements, *one.missed_flows]
                for name, one in self.coverage.items()
                if one.missed_elements or one.missed_flows
            },
        }


def run_scenarios(specs: Specs, files: Mapping[str, bytes]) -> Tried:
    """Return what comes of every scenario among the files; those that cannot be read are none."""
    domains = domains_of(specs.release, read_forms(files).forms)
    outcomes: list[Outcome] = []
    passed: set[tuple[str, str]] = set()
    for file, scenario in _scenarios(files):
        states = try_out(specs, scenario.diagram, scenario.given, scenario.moves)
        failed = _not_offered(scenario, domains) or failure(scenario, states)
        outcomes.append(Outcome(file, scenario.diagram, scenario.name, failed))
        for state in states:
            for one in state.passages:
                if one.how == "completed":
                    passed.add((one.diagram, one.element))
                if one.flow is not None:
                    passed.add((one.diagram, one.flow))
    coverage = {
        name: _covered(process, passed) for name, process in specs.release.processes.items()
    }
    return Tried(tuple(outcomes), coverage)


def _scenarios(files: Mapping[str, bytes]) -> Iterator[tuple[str, Scenario]]:
    for file, content in sorted(files.items()):
        if file.endswith(SUFFIX):
            yield from ((file, one) for one in read_scenarios(file, content)[0])


def _not_offered(scenario: Scenario, domains: Domains) -> Said | None:
    """Return which answer nobody could give, as no form offers it; None if there is none."""
    for place, move in enumerate(scenario.moves, 1):
        if not isinstance(move, Answer):
            continue
        offered = domains.get(move.step, {})
        for name, value in move.decisions.items():
            if value not in offered.get(name, ()):
                return say(
                    "Move %(place)s: “%(step)s” does not offer %(value)s as “%(name)s”.",
                    place=place,
                    step=move.step,
                    value=value,
                    name=name,
                )
    return None


def failure(scenario: Scenario, states: Sequence[Moved]) -> Said | None:
    """Return why a scenario did not go as it says; None if it did."""
    for place, state in enumerate(states):
        if state.wrong is not None:
            return say("Move %(place)s: %(why)s", place=place, why=state.wrong)
        expected = scenario.moves[place - 1] if place else None
        if isinstance(expected, Waits):
            waits = {one.element for one in state.waiting}
            if waits != expected.elements:
                return say(
                    "Move %(place)s: it waits for %(waits)s and not for %(expected)s.",
                    place=place,
                    waits=_listed(waits),
                    expected=_listed(expected.elements),
                )
    last = states[-1]
    if last.ends != scenario.ends:
        return say(
            "It ends at %(ends)s and not at %(expected)s.",
            ends=last.ends or say("nothing"),
            expected=scenario.ends or say("nothing"),
        )
    if scenario.closes is not None and last.closes != scenario.closes:
        return say(
            "It closes as %(closes)s and not as %(expected)s.",
            closes=last.closes or say("nothing"),
            expected=scenario.closes,
        )
    return None


def _listed(elements: set[str] | frozenset[str]) -> str | Said:
    return ", ".join(sorted(elements)) or say("nothing")


def _covered(process: Process, passed: set[tuple[str, str]]) -> Coverage:
    return Coverage(
        len(process.elements),
        len(process.flows),
        tuple(one for one in process.elements if (process.id, one) not in passed),
        tuple(one.id for one in process.flows if (process.id, one.id) not in passed),
    )
