"""Decides how to search, and when a search has answered enough.

First everything is looked at, as long as little goes on at once: that answers most diagrams
exactly, with shortest paths.  Where much goes on at once a reduced search follows, from where the
first ended if it would have come there too.  What it shows going wrong is wrong; that a diagram is
sound it shows only together with weights (`stubborn` says which property needs what).  Only what
is left open then is searched in full, within the bound.
"""

from engine.proof.case import Case
from engine.proof.judging import judge, leave_open
from engine.proof.machine import Machine
from engine.proof.search import Effort, Explored, explore, goes_like
from engine.proof.stubborn import Stubborn
from engine.proof.values import Bound, Proved, Verdict
from engine.proof.weighing import is_bounded

FIRST_WIDTH = 4
FIRST_STATES = 3_000
MORE_STATES = 20_000


def settle(case: Case, bound: Bound, until: float) -> Proved:
    """Return what is proved of a case within `bound`, before an instant of `monotonic`."""
    if case.drawing.undecided:
        return leave_open(case)
    whole = Effort(bound, until, bound.states)
    if case.drawing.wakes_at_top:  # what may still be woken when all is over is not reduced
        return judge(case, explore(Machine(case.net), whole))
    first = min(FIRST_STATES + 4 * len(case.net.places), bound.states)
    found = explore(Machine(case.net), Effort(bound, until, first, FIRST_WIDTH))
    if found.is_complete:
        return judge(case, found)
    found = _reduced(case, found, whole)
    found.is_weighed = found.is_complete and found.is_reduced and is_bounded(case.net)
    proved = judge(case, found)
    if not found.is_reduced or (found.is_complete and proved.verdict is Verdict.SOUND):
        return proved  # a full search would come no further, or say nothing else
    if proved.verdict is Verdict.UNSOUND:  # a shorter path is worth a little more
        whole = Effort(bound, until, min(MORE_STATES, bound.states))
    unreduced = explore(Machine(case.net), whole)
    if unreduced.is_complete:
        return judge(case, unreduced)
    better = judge(case, unreduced)
    is_better = better.verdict is Verdict.UNSOUND and proved.verdict is not Verdict.UNSOUND
    return better if is_better else proved


def _reduced(case: Case, begun: Explored, effort: Effort) -> Explored:
    """Return what a reduced search finds: from where `begun` ended, if it would come there too."""
    stubborn = Stubborn(begun.machine)
    if goes_like(begun, stubborn, effort):
        return explore(begun.machine, effort, stubborn, begun)
    machine = Machine(case.net)
    return explore(machine, effort, Stubborn(machine))
