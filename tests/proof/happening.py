"""Says whether what the proof refutes happens in the engine, rule by rule."""

import random
from collections.abc import Sequence
from datetime import timedelta

from engine.proof import After, ProofFinding, Proved, Severity
from engine.runtime import Specs
from tests.proof.marking import ANSWERS
from tests.proof.replaying import Lost, Replay

ROUNDS, WALKS = 12, 5
APART = (timedelta(hours=1), timedelta(seconds=1), timedelta(days=2))
_BY_FAILING = frozenset({"no_way_out", "safe", "fails"})  # it goes round for ever, or fails


def walkable(proved: Proved) -> list[ProofFinding]:
    """Return what is refuted by a path."""
    return [one for one in proved.findings if one.severity is Severity.REFUTED and one.path]


def happens(specs: Specs, finding: ProofFinding, rules: Sequence[After] = ()) -> bool:
    """Return whether the engine, led along a finding's path, does what the finding says."""
    return any(
        _happened(specs, finding, rules, steps_first=first, apart=apart)
        for apart in APART
        for first in (True, False)
    )


def _happened(
    specs: Specs,
    finding: ProofFinding,
    rules: Sequence[After],
    *,
    steps_first: bool,
    apart: timedelta,
) -> bool:
    try:
        replay = Replay(specs, finding, steps_first=steps_first, apart=apart)
    except Lost:
        return False
    if replay.fault is not None:  # of some loops without a way out the engine cannot even begin
        return finding.rule in _BY_FAILING or not replay.ran
    name = str(finding.element)
    if finding.rule == "dead_end":
        return _stopped(replay, name)
    if finding.rule == "no_way_out":
        return not any(_ends(replay, seed) for seed in range(WALKS))
    if finding.rule == "safe":
        return _is_twice_at(replay, name)
    if finding.rule == "proper_completion":
        return replay.ran.count(name) > 1
    return name in replay.ran[replay.last :] and _broke(replay, name, rules)


def _stopped(replay: Replay, name: str) -> bool:
    """Whether nothing is waited for, or a join that had gone on let a late token through alone.

    The engine looks for the other token in the run's past, which is not always cut.
    """
    if replay.state.snapshot is None:
        return replay.ran.count(name) > 1
    return not replay.state.waiting


def _ends(replay: Replay, seed: int) -> bool:
    """Whether a run that goes on at random comes to an end; leaves the replay as it was."""
    dice = random.Random(seed)
    state, now = replay.state, replay.now
    for _ in range(ROUNDS):
        if not replay.state.waiting or replay.fault is not None:
            break
        answers = {name: dice.choice(values) for name, values in ANSWERS.items()}
        replay.go(dice.choice(replay.state.waiting), answers, len(replay.finding.path))
    has_ended = replay.fault is None and replay.state.snapshot is None
    replay.state, replay.now, replay.fault = state, now, None
    return has_ended


def _is_twice_at(replay: Replay, name: str) -> bool:
    """Whether an element is waited in twice, or was come to twice before it went on once."""
    flows = replay.specs.release.processes["p"].flows
    sources = {one.source for one in flows if one.target == name}
    return (
        replay.open()[name] > 1
        or replay.ran[replay.last :].count(name) > 1
        or any(_came_twice(replay.ran, source, name) for source in sources)
    )


def _came_twice(ran: list[str], source: str, name: str) -> bool:
    at = [index for index, one in enumerate(ran) if one == source]
    return len(at) > 1 and name not in ran[at[-2] : at[-1]]


def _broke(replay: Replay, name: str, rules: Sequence[After]) -> bool:
    """Whether the end that the last move completed broke the rule."""
    at = replay.ran.index(name, replay.last)
    gate, closes = replay.gates[at], replay.elements[name].closes
    rule = replay.finding.rule
    if rule == "closes_beside_work":
        return replay.state.snapshot is not None or at < len(replay.ran) - 1
    if rule == "after":
        return any(one.end == name and one.step not in replay.ran[:at] for one in rules)
    if rule == "closes_stale":
        return gate == "shut"
    if rule == "closes_otherwise":
        return gate not in ("shut", closes)
    return rule == "waits_before_closing" and replay.answered_in < replay.last
