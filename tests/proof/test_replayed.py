"""Every path on which the proof refutes something is walked in the engine, and it happens.

Random diagrams with what people answer known, unknown, or told by scripts; random incidents; and
the gallery's wrong closings.  How the drawing of timers and the order within one move are freed,
`replaying` says.
"""

from collections import Counter
from collections.abc import Iterable

import pytest

from engine.errors import DiagramRefused
from engine.proof import After, Domains, prove_release
from engine.runtime import Specs
from tests.proof.chance import Chance
from tests.proof.drawing import draw
from tests.proof.happening import happens, walkable
from tests.proof.marking import ANSWERS, marked
from tests.proof.replaying import timed
from tests.proof.test_release_gallery import CLOSURE, DOMAINS, WORK

SEEDS = (*range(120), 2396)  # the last: an inclusive join at which the engine goes on early
SOUNDNESS = {"dead_end", "no_way_out", "proper_completion", "safe"}
CLOSING = {"closes_stale", "closes_otherwise", "closes_beside_work", "waits_before_closing"}
WAYS = {"way": ANSWERS["way"]}


class Replayed:
    """What was walked of many diagrams: how often each rule happened, and what did not."""

    def __init__(self) -> None:
        self.happened: Counter[str] = Counter()
        self.lost: list[tuple[object, str, str | None]] = []

    def walk(self, seed: object, text: str, domains: Domains, rules: Iterable[After] = ()) -> None:
        try:
            specs = Specs.parse({"p.bpmn": draw(timed(text))})
        except DiagramRefused:
            return
        (proved,) = prove_release(specs.release, domains=domains, after=list(rules))
        for finding in walkable(proved):
            if happens(specs, finding, list(rules)):
                self.happened[finding.rule] += 1
            else:
                self.lost.append((seed, finding.rule, finding.element))


@pytest.mark.parametrize("known", [True, False], ids=["forms", "no forms"])
@pytest.mark.parametrize(
    "more",
    [{}, {"throws": True}, {"throws": True, "tells": True}, {"throws": True, "lengths": True}],
)
def test_what_is_refuted_happens_in_the_engine(known, more):
    replayed = Replayed()
    for seed in SEEDS:
        chance = Chance(seed, depth=2, defects=seed % 3, **more)
        replayed.walk(seed, chance.text, dict.fromkeys(chance.steps, WAYS) if known else {})

    assert replayed.lost == []
    assert SOUNDNESS - replayed.happened.keys() <= {"no_way_out"}  # a loop without end is rare


def test_what_closes_wrongly_does_so_in_the_engine():
    replayed = Replayed()
    for seed in range(200):
        chance, rules = marked(seed)
        replayed.walk(seed, chance.text, dict.fromkeys(chance.steps, ANSWERS), rules)

    assert replayed.lost == []
    assert replayed.happened.keys() == SOUNDNESS | CLOSING | {"after"}


@pytest.mark.parametrize("text", [text for text, _ in CLOSURE.values()], ids=CLOSURE.keys())
def test_what_the_gallery_closes_wrongly_does_so_in_the_engine(text):
    specs = Specs.load({"p.bpmn": draw(timed(text))})
    (proved,) = prove_release(specs.release, domains=DOMAINS)

    assert all(happens(specs, finding) for finding in walkable(proved))


def test_a_proposal_in_between_is_told_and_shuts_the_gate():
    text = (
        WORK
        + """
        confirm -> ?yes
        ?yes -(confirm.answer == "yes")-> [file] -> ?may
        ?yes -(else)-> [agree]
        ?may -(gate == "confirmed")-> kept
        ?may -(else)-> closed
        closed: closes confirmed
        """
    )
    specs = Specs.load({"p.bpmn": draw(timed(text))})
    (proved,) = prove_release(specs.release, domains=DOMAINS)
    (finding,) = walkable(proved)

    assert finding.answers[finding.path.index("file")] == {"meanwhile": "action_proposed"}
    assert happens(specs, finding)
