"""Random releases, random runs, random edits: whoever is moved can end, and waits for something."""

import copy
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from engine.errors import Conflict, DiagramRefused, WorkflowFault
from engine.proof import Bound, Verdict
from engine.proof.reaching import waits_for
from engine.proof.standing import Stands, stands
from engine.runtime import Advanced, Specs, advance, start
from engine.runtime.moving import Mapped, move
from tests.proof.chance import Chance
from tests.proof.drawing import draw
from tests.proof.test_against_the_engine import WAYS, WORDS, step_on, waits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOUND = Bound(20, 20_000)
TURNS, PAIRS, WALKS, LENGTH = 12, 3, 6, 60


def edited(chance: Chance, dice: random.Random) -> Chance:
    """Return a drawing that somebody has changed: a step more, or a flow or gateway otherwise."""
    found = copy.deepcopy(chance)
    found.dice = dice
    for _ in range(dice.randint(1, 3)):
        if dice.random() < 0.5:
            found._break()
        else:
            flow = dice.choice(found.flows)
            found._holder = flow[3]
            step = found._new("a", "[]")
            found.steps.append(step)
            found.flows.append([step, "", flow[2], flow[3]])
            flow[2] = step
    return found


def renamed(text: str, dice: random.Random, steps: list[str]) -> tuple[str, dict[str, str]]:
    """Return the text with a step called otherwise, as often as not, and how that is mapped."""
    if not steps or dice.random() < 0.5:
        return text, {}
    one = dice.choice(steps)
    other = f"{one}_by_another_name"
    pieces = text.replace(f"[{one}]", f"[{other}]").split("\n")
    lines = [
        " ".join(other if word == one else word for word in line.split(" ")).replace(
            f"{one}.", f"{other}."
        )
        for line in pieces
    ]
    return "\n".join(lines), {one: other}


def read(text: str) -> tuple[Specs, Stands] | None:
    """Return a drawing as a release; None if it is refused, or not proved to be sound."""
    try:
        specs = Specs.parse({"p.bpmn": draw(text)})
    except (DiagramRefused, ValueError, KeyError):
        return None
    domains = {step.id: {"way": WAYS} for step in specs.steps()}
    found = stands(specs.release, "p", domains, BOUND)
    return (specs, found) if found.verdict is Verdict.SOUND and found.is_whole else None


def pairs(turn: int) -> Iterator[tuple[int, Specs, Specs, Stands, Mapped]]:
    """Yield sound releases, and what somebody made of them."""
    for seed in count(turn, TURNS):
        dice = random.Random(seed)
        chance = Chance(seed, depth=2, throws=seed % 2 == 1, lengths=seed % 3 == 0)
        old = read(chance.text)
        if old is None:
            continue
        after = edited(chance, dice)
        text, mapped = renamed(after.text, dice, chance.steps)
        new = read(text)
        if new is not None and new[0].content_hash != old[0].content_hash:
            yield seed, old[0], *new, {"p": mapped} if mapped else {}


def walked(specs: Specs, state: Advanced, dice: random.Random, most: int) -> Iterator[Advanced]:
    """Yield where a run stands, for so long or until it ends."""
    now = NOW + timedelta(days=1)
    for _ in range(most):
        if state.snapshot is None:
            return
        assert state.waiting, "it waits for nothing"
        state, now = step_on(specs, state, dice, now + timedelta(minutes=7))
        yield state


@pytest.mark.parametrize("turn", range(TURNS))
def test_nobody_is_stranded_by_a_move(turn: int) -> None:
    moved = 0
    for _, (seed, old, new, found, mapped) in zip(range(PAIRS * 10), pairs(turn), strict=False):
        domains = {step.id: {"way": WAYS} for step in new.steps()}
        can_wait = waits_for(new.release, "p", domains=domains, bound=BOUND)
        for walk in range(WALKS):
            dice = random.Random(seed * 100 + walk)
            try:
                state = start(old, "p", data={"word": dice.choice(WORDS)}, facts={}, now=NOW)
                states = [state, *walked(old, state, dice, dice.randint(0, 8))]
            except WorkflowFault:
                continue  # it goes round for ever in the old release
            if states[-1].snapshot is None:
                continue
            carried = carry(old, new, found, states[-1].snapshot, mapped)
            if carried is None:
                continue
            moved += 1
            assert ends(new, carried, seed, can_wait), seed
        if moved >= PAIRS * WALKS:
            break
    assert moved >= PAIRS


def carry(
    old: Specs, new: Specs, found: Stands, snapshot: bytes, mapped: Mapped
) -> Advanced | None:
    """Return the run on the new release; None if it stays."""
    try:
        moved = move(old, new, "p", snapshot, now=NOW + timedelta(days=1), mapped=mapped)
    except Conflict:
        return None
    if not found.include([(one.place, one.data) for one in moved.standing]):
        return None
    # what begins to wait now reads its time with the next advance, as the worker does it
    return advance(
        new, "p", moved.snapshot, facts={}, now=NOW + timedelta(days=1), message="nothing"
    )


def ends(specs: Specs, state: Advanced, seed: int, can_wait: object) -> bool:
    """Return whether a run comes to an end, on one of some random ways; it waits as is proved."""
    for walk in range(20):
        dice = random.Random(f"{seed}-{walk}")
        states = [state]
        try:
            states.extend(walked(specs, state, dice, LENGTH))
        except WorkflowFault as fault:
            assert "goes round" in str(fault), fault  # noqa: PT017
        if can_wait is not None:
            assert {waits(one) for one in states} <= can_wait, seed
        if states[-1].snapshot is None:
            return True
    return False
