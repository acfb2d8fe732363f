"""Closure and the owners' rules come out of the reduced search as out of the full one."""

from time import monotonic

import pytest

from engine.bpmn import read_release
from engine.errors import DiagramRefused
from engine.proof import Bound
from engine.proof.case import Case
from engine.proof.judging import judge
from engine.proof.machine import Machine
from engine.proof.prove import release_case
from engine.proof.search import Effort, explore, explore_within
from engine.proof.stubborn import Stubborn
from tests.proof.drawing import draw
from tests.proof.marking import ANSWERS, marked
from tests.proof.test_release_gallery import OF_CLOSURE

BOUND = Bound(seconds=60, states=4_000)


def drawn(seed: int) -> Case | None:
    """A random incident; None if it is refused."""
    chance, rules = marked(seed)
    try:
        release = read_release({"p.bpmn": draw(chance.text)}).release
    except DiagramRefused:
        return None
    return release_case(
        release.processes["p"], release, dict.fromkeys(chance.steps, ANSWERS), rules
    )


@pytest.mark.parametrize("seed", range(60))
def test_what_closes_wrongly_is_found_in_few_orders_too(seed):
    case = drawn(seed)
    if case is None or case.drawing.undecided:
        return
    full = explore_within(Machine(case.net), BOUND)
    machine = Machine(case.net)
    effort = Effort(BOUND, monotonic() + BOUND.seconds, BOUND.states)
    reduced = explore(machine, effort, Stubborn(machine))
    whole, part = judge(case, full), judge(case, reduced)
    broken = [
        {one.rule for one in proved.findings if one.rule in OF_CLOSURE | {"after"}}
        for proved in (whole, part)
    ]

    assert broken[1] <= broken[0]
    if full.is_complete and not full.doubled and whole.properties["option_to_complete"]:
        assert broken[0] == broken[1]
        assert whole.properties["closure"] == part.properties["closure"]
        assert whole.properties["after"] == part.properties["after"]
