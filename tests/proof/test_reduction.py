"""The reduced search and the weights say what the full search says, on random diagrams."""

from time import monotonic

import pytest

from engine.bpmn import read_any, read_release
from engine.errors import DiagramRefused
from engine.proof import Bound, Verdict
from engine.proof.judging import judge
from engine.proof.machine import Machine
from engine.proof.prove import any_case, release_case
from engine.proof.search import Effort, explore, explore_within, goes_like
from engine.proof.stubborn import Stubborn
from engine.proof.weighing import is_bounded
from tests.proof.chance import Chance
from tests.proof.drawing import draw

BOUND = Bound(seconds=60, states=4_000)
SEEDS = range(60)


def cases(seed):
    content = draw(Chance(seed, depth=2, defects=seed % 3).text)
    file = read_any("p.bpmn", content)
    yield any_case(file.processes["p"], file.processes)
    try:
        release = read_release({"p.bpmn": content}).release
    except DiagramRefused:
        return
    yield release_case(release.processes["p"], release, {})


@pytest.mark.parametrize("seed", SEEDS)
def test_leaving_out_orders_changes_nothing_that_is_read_off(seed):
    for case in cases(seed):
        full = explore_within(Machine(case.net), BOUND)
        machine = Machine(case.net)
        effort = Effort(BOUND, monotonic() + BOUND.seconds, BOUND.states)
        reduced = explore(machine, effort, Stubborn(machine))
        if not full.is_complete:
            continue
        whole, part = judge(case, full), judge(case, reduced)
        if not full.doubled:
            key = "option_to_complete"
            assert whole.properties[key] == part.properties[key]
        if is_bounded(case.net):
            assert whole.properties["safe"] is not False
            assert whole.properties["proper_completion"] is not False
            if part.verdict is Verdict.SOUND:
                assert whole.verdict is Verdict.SOUND
        for name in ("safe", "proper_completion"):
            if part.properties[name] is False:
                assert whole.properties[name] is False


def test_a_reduced_search_that_goes_on_from_a_full_one_finds_what_one_from_the_start_does():
    gone_on = 0
    for case in (case for seed in SEEDS for case in cases(seed)):
        until = monotonic() + BOUND.seconds
        effort = Effort(BOUND, until, BOUND.states)
        begun = explore(Machine(case.net), Effort(BOUND, until, BOUND.states, width=2))
        stubborn = Stubborn(begun.machine)
        if begun.is_complete or not goes_like(begun, stubborn, effort):
            continue
        on = explore(begun.machine, effort, stubborn, begun)
        machine = Machine(case.net)
        afresh = explore(machine, effort, Stubborn(machine))

        assert (on.states, on.after, on.reason) == (afresh.states, afresh.after, afresh.reason)
        assert (on.is_reduced, on.broken.keys()) == (afresh.is_reduced, afresh.broken.keys())
        assert judge(case, on) == judge(case, afresh)
        gone_on += begun.looked_at > 1

    assert gone_on > 5
