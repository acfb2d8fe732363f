"""Random diagrams, run by the engine along random ways: it never waits for what is excluded.

Every stable state of a run is looked up in what the proof says a run can wait for; and what the
proof says can stop for ever is walked, and stops.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import DiagramRefused, WorkflowFault
from engine.proof import Bound, ProofFinding, prove_release
from engine.proof.reaching import waits_for
from engine.runtime import Advanced, Answered, Specs, advance, start
from tests.proof.chance import Chance
from tests.proof.drawing import draw

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WAYS = ("w0", "w1", "w2")
WORDS = (*WAYS, "other")
WALKS, LENGTH = 3, 30


def drawn(seed: int, **how: bool) -> tuple[Chance, Specs | None]:
    chance = Chance(seed, depth=2, defects=seed % 3, throws=True, **how)
    try:
        return chance, Specs.parse({"p.bpmn": draw(chance.text)})
    except DiagramRefused:
        return chance, None


def waits(state: Advanced) -> tuple[str, ...]:
    return tuple(sorted(one.element for one in state.waiting)) if state.snapshot else ()


def step_on(specs: Specs, state: Advanced, dice: random.Random, now: datetime) -> Advanced:
    """Let something that is waited for happen."""
    one = dice.choice(state.waiting)
    if one.kind == "step":
        answered = Answered(one.task_id, one.element, {"way": dice.choice(WAYS)})
        return go(specs, state, now, answered=answered)
    if one.kind == "message":
        return go(specs, state, now, message=one.message)
    return go(specs, state, max(now, one.due_at + timedelta(seconds=1)))


def go(specs: Specs, state: Advanced, now: datetime = NOW, **how: object) -> Advanced:
    return advance(specs, "p", state.snapshot, facts={}, now=now, **how)


@pytest.mark.parametrize("seed", range(40))
def test_the_engine_never_waits_for_what_the_proof_excludes(seed):
    chance, specs = drawn(seed)
    if specs is None:
        return
    domains = {step: {"way": WAYS} for step in chance.steps}
    proved = waits_for(specs.release, "p", domains=domains, bound=Bound(60, 20_000))
    if proved is None:
        return
    for walk in range(WALKS):
        dice, now = random.Random(seed * 100 + walk), NOW
        try:
            state = start(specs, "p", data={"word": dice.choice(WORDS)}, facts={}, now=now)
            for _ in range(LENGTH):
                assert waits(state) in proved
                if not state.waiting:
                    break
                state = step_on(specs, state, dice, now)
                now += timedelta(minutes=7)
        except WorkflowFault:
            continue  # round and round without waiting


def replayed(specs: Specs, finding: ProofFinding, word: str) -> Advanced:
    """Walk a finding's path."""
    state = start(specs, "p", data={"word": word}, facts={}, now=NOW)
    elements = specs.release.processes["p"].elements
    for name, answers in zip(finding.path, finding.answers, strict=True):
        waiting = [one for one in state.waiting if one.element == name]
        if waiting and elements[name].is_step:
            answered = Answered(waiting[0].task_id, name, dict(answers))
            state = go(specs, state, answered=answered)
        elif waiting:
            state = go(specs, state, message=waiting[0].message)
    return state


# without timers, which come due together, and found by trying: their conditions agree
@pytest.mark.parametrize("seed", [13, 121, 143, 176, 184, 208, 224, 254, 269])
def test_what_can_stop_for_ever_stops_in_the_engine(seed):
    chance, specs = drawn(seed, events=False)
    assert specs is not None
    domains = {step: {"way": WAYS} for step in chance.steps}
    (proved,) = prove_release(specs.release, domains=domains)
    (finding,) = [one for one in proved.findings if one.rule == "dead_end"]
    ends = [replayed(specs, finding, word) for word in WORDS]

    assert any(end.snapshot is not None and not end.waiting for end in ends)
