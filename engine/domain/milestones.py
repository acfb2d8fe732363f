"""The six milestones of an incident and the gaps between them (rules, Right again).

The gap from repaired to restored is what this product exists to show: the cause was fixed, the
business was not yet right.  It may be negative, when it was right before the cause was fixed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.domain.action import ActionState
from engine.domain.ledger import second


class Milestone(StrEnum):
    """In the order in which they are usually reached."""

    TOLD = "told"
    TAKEN_UP = "taken_up"
    REPAIRED = "repaired"
    RESTORED = "restored"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True)
class MilestoneFacts:
    """Instants (aware) as recorded; None where not reached, or for `repaired` never will be.

    `restored_at` is the *right since* that the verifier stated, `restored_entered_at` when it
    was entered.
    """

    told_at: datetime
    taken_up_at: datetime | None = None
    repaired_at: datetime | None = None
    restored_at: datetime | None = None
    restored_entered_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Reached:
    """One milestone; `since_told` and `entered_at` are None while `at` is.

    `entered_at` differs from `at` only for *restored*, which is stated after the fact.
    """

    milestone: Milestone
    at: datetime | None
    entered_at: datetime | None
    since_told: timedelta | None


def milestones(facts: MilestoneFacts) -> tuple[Reached, ...]:
    """Return all six, in their order, reached or not."""
    instants = {
        Milestone.TOLD: facts.told_at,
        Milestone.TAKEN_UP: facts.taken_up_at,
        Milestone.REPAIRED: facts.repaired_at,
        Milestone.RESTORED: facts.restored_at,
        Milestone.ANSWERED: facts.answered_at,
        Milestone.CLOSED: facts.closed_at,
    }
    return tuple(
        Reached(
            milestone,
            at,
            facts.restored_entered_at if milestone is Milestone.RESTORED else at,
            _gap(facts.told_at, at),
        )
        for milestone, at in instants.items()
    )


def repaired_to_restored(facts: MilestoneFacts) -> timedelta | None:
    """Return how long the business stayed wrong after the cause was fixed; None until both are.

    Negative when it was right again first.
    """
    return _gap(facts.repaired_at, facts.restored_at)


def restored_to_closed(facts: MilestoneFacts) -> timedelta | None:
    """Return how long the last word took after it was right again; None until both are."""
    return _gap(facts.restored_at, facts.closed_at)


def repaired_at(ending_cause: Iterable[tuple[ActionState, datetime | None]]) -> datetime | None:
    """Return when the cause was fixed, from the actions marked *ends the cause*.

    Each is (state, settled at).  Those dropped or refused do not count; with several left it
    is the last of them, and None while one is not done or if there is none.
    """
    counted = [
        (state, settled)
        for state, settled in ending_cause
        if state not in (ActionState.DROPPED, ActionState.REFUSED, ActionState.PROPOSED)
    ]
    if not all(state is ActionState.DONE for state, _ in counted):
        return None
    return max((settled for _, settled in counted if settled is not None), default=None)


def is_possible_right_since(right_since: datetime, *, entered_at: datetime) -> bool:
    """Whether a verifier may state this instant: it is never in the future."""
    return right_since <= entered_at


def between(since: datetime, until: datetime) -> timedelta:
    """Return the time between two milestones, to the second as the ledger has it.

    Both are cut to whole seconds first, as they are shown: so gaps add up, and are what anybody
    works out from the instants.
    """
    return second(until) - second(since)


def _gap(since: datetime | None, until: datetime | None) -> timedelta | None:
    return None if since is None or until is None else between(since, until)
