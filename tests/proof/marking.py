"""Makes random diagrams ones of incidents: marks, gates and closing ends at random."""

import random

from engine.proof import After
from tests.proof.chance import Chance

MARKS = ("work", "confirmation", "closing_decision")
GATES = ("confirmed", "escalated", "shut")
ANSWERS = {"way": ("w0", "w1", "w2"), "answer": ("yes", "no"), "decided": ("close", "no")}


def marked(seed: int) -> tuple[Chance, list[After]]:
    """Return a random diagram with marks, and a rule of its owner's."""
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
    is_incident = any("mark" in said or "closes" in said for said in lines.values())
    for flow in chance.flows:
        if is_incident and "==" in flow[1] and dice.random() < 0.4:
            flow[1] = f'(gate == "{dice.choice(GATES)}")-'
    rules = [After(ends[0], dice.choice(chance.steps))] if chance.steps else []
    return chance, rules
