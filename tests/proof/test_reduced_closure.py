"""Closure and the owners' rules come out of the reduced search as out of the full one."""

import random
from time import monotonic

import pytest

from engine.bpmn import read_release
from engine.errors import DiagramRefused
from engine.proof import After, Bound
from engine.proof.case import Case
from engine.proof.judging import judge
from engine.proof.machine import Machine
from engine.proof.prove import release_case
from engine.proof.search import Effort, explore, explore_within
from engine.proof.stubborn import Stubborn
from tests.proof.chance import Chance
from tests.proof.drawing import draw
from tests.proof.test_release_gallery import OF_CLOSURE

BOUND = Bound(seconds=60, states=4_000)
MARKS = ("work", "confirmation", "closing_decision")
GATES = ("confirmed", "escalated", "shut")
ANSWERS = {"way": ("w0", "w1", "w2"), "answer": ("yes", "no"), "decided": ("close", "no")}


def marked(seed: int) -> Case | None:
    """A random diagram with marks, gates and closing ends at random; None if it is refused."""
    dice = random.Random(seed)
    chance = Chance(seed, depth=2, defects=seed % 3, throws=seed % 2 == 1)
    lines = chance.lines
    ends = [name for name in lines if name[0] == "e" and not chance.holders[name]]
    for step in chance.steps:
        if dice.random() < 0.5:
            lines[step] = f"mark {dice.choice(MARKS)}"
    for end in ends:
        if dice.random() < 0.7:
            lines[end] = f"closes {dice.choice(GATES[:2])}" + dice.choice(("", "", "; terminate"))
    for flow in chance.flows:
        if "==" in flow[1] and dice.random() < 0.4:
            flow[1] = f'(gate == "{dice.choice(GATES)}")-'
    try:
        release = read_release({"p.bpmn": draw(chance.text)}).release
    except DiagramRefused:
        return None
    domains = dict.fromkeys(chance.steps, ANSWERS)
    rules = [After(ends[0], dice.choice(chance.steps))] if chance.steps else []
    return release_case(release.processes["p"], release, domains, rules)


@pytest.mark.parametrize("seed", range(60))
def test_what_closes_wrongly_is_found_in_few_orders_too(seed):
    case = marked(seed)
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
