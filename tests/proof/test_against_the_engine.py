"""Random diagrams, run by the engine along random ways: it never waits for what is excluded.

Every stable state of a run is looked up in what the proof says a run can wait for.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from engine.errors import DiagramRefused, WorkflowFault
from engine.proof import Bound
from engine.proof.reaching import Waits, waits_for
from engine.runtime import Advanced, Answered, Specs, advance, start
from tests.proof.chance import Chance
from tests.proof.drawing import draw

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WAYS = ("w0", "w1", "w2")
WORDS = (*WAYS, "other")
RUNS, WALKS, LENGTH = 40, 3, 30


def walks(specs: Specs, seed: int) -> Iterator[Advanced]:
    """Yield every stable state of some random runs, to its end or until it goes round for ever."""
    for walk in range(WALKS):
        dice, now = random.Random(seed * 100 + walk), NOW
        try:
            state = start(specs, "p", data={"word": dice.choice(WORDS)}, facts={}, now=now)
            yield state
            for _ in range(LENGTH):
                if not state.waiting:
                    break
                state, now = step_on(specs, state, dice, now + timedelta(minutes=7))
                yield state
        except WorkflowFault:
            continue


def waits(state: Advanced) -> Waits:
    return tuple(sorted(one.element for one in state.waiting)) if state.snapshot else ()


def step_on(
    specs: Specs, state: Advanced, dice: random.Random, now: datetime
) -> tuple[Advanced, datetime]:
    """Let something that is waited for happen, and return when it did."""
    one = dice.choice(state.waiting)
    how: dict[str, object] = {}
    if one.kind == "step":
        how["answered"] = Answered(one.task_id, one.element, {"way": dice.choice(WAYS)})
    elif one.kind == "message":
        how["message"] = one.message
    else:
        now = max(now, one.due_at + timedelta(seconds=1))
    return advance(specs, "p", state.snapshot, facts={}, now=now, **how), now


def proved(seed: int, *, lengths: bool) -> tuple[Specs, frozenset[Waits]] | None:
    """What a random diagram can wait for; None if it is refused, undecided, or not safe."""
    chance = Chance(seed, depth=2, defects=seed % 3, throws=True, lengths=lengths)
    try:
        specs = Specs.parse({"p.bpmn": draw(chance.text)})
    except DiagramRefused:
        return None
    domains = {step: {"way": WAYS} for step in chance.steps}
    found = waits_for(specs.release, "p", domains=domains, bound=Bound(60, 20_000))
    return None if found is None else (specs, found)


@pytest.mark.parametrize("lengths", [False, True], ids=["data say when", "the diagram says when"])
@pytest.mark.parametrize("turn", range(RUNS))
def test_the_engine_never_waits_for_what_the_proof_excludes(turn, lengths):
    drawn = ((seed, proved(seed, lengths=lengths)) for seed in count(turn, RUNS))
    seed, (specs, can_wait) = next((seed, found) for seed, found in drawn if found is not None)

    assert {waits(state) for state in walks(specs, seed)} <= can_wait
