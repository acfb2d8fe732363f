"""Judges the choices of gateways: conditions that never hold, or hold together."""

from collections import defaultdict
from collections.abc import Iterator

from engine.bpmn import Flow
from engine.proof.case import Case
from engine.proof.net import Transition, Way
from engine.proof.search import Explored
from engine.proof.sentences import sentence
from engine.proof.values import ProofFinding, Severity


def judge_choices(case: Case, found: Explored) -> Iterator[ProofFinding]:
    """Yield what is odd about gateways whose conditions were evaluated."""
    flows = case.flows()
    for gateway, first, second in sorted(found.firing.overlaps):
        said = f"at {case.words.of(gateway)} two conditions can hold at once, of the ways to "
        said += f"{case.words.of(flows[first].target)} and {case.words.of(flows[second].target)}."
        message = sentence("overlapping", said)
        yield ProofFinding("overlapping", Severity.WARNING, second, message)
    if not found.is_complete or found.is_reduced or found.cut:
        return
    for one in case.net.transitions:
        if one.choice is not None and one.number in found.fired:
            for way in one.choice.ways:
                if way.flow not in found.flows and way.flow in flows:
                    yield _untaken(case, one, way, flows[way.flow].target)


def _untaken(case: Case, one: Transition, way: Way, target: str) -> ProofFinding:
    rule = "dead_default" if way.is_default else "never_true"
    severity = Severity.HINT if way.is_default else Severity.WARNING
    said = f"the way from {case.words.of(one.element)} to {case.words.of(target)} is never taken."
    return ProofFinding(rule, severity, way.flow, sentence(rule, said))


def behind_defaults(case: Case, dead: set[str]) -> set[str]:
    """Return the dead elements that only lie behind default flows never needed."""
    into: defaultdict[str, list[Flow]] = defaultdict(list)
    after: defaultdict[str, list[str]] = defaultdict(list)
    for flow in case.flows().values():
        into[flow.target].append(flow)
        after[flow.source].append(flow.target)
    behind: set[str] = set()
    waiting = list(dead)
    while waiting:
        name = waiting.pop()
        if name in dead and name not in behind and into[name]:
            spared = (one.is_default and one.source not in dead for one in into[name])
            known = (one.source in behind for one in into[name])
            if all(one or other for one, other in zip(spared, known, strict=True)):
                behind.add(name)
                waiting.extend(after[name])
    return behind
