"""An action's own words: what it is for, where it stands, how a target ended."""

from enum import StrEnum


class ActionKind(StrEnum):
    """Puts right (blocks closing) or prevents (lives on after it)."""

    PUTS_RIGHT = "puts_right"
    PREVENTS = "prevents"


class ActionState(StrEnum):
    """Where an action stands.

    `proposed` waits for the lead's word (only while verification or confirmation is open),
    `waiting` for its turn behind others, `open` is asked of its party, the rest are settled.
    """

    PROPOSED = "proposed"
    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"
    REFUSED = "refused"


SETTLED = frozenset({ActionState.DONE, ActionState.DROPPED, ActionState.REFUSED})
BLOCKING = frozenset({ActionState.WAITING, ActionState.OPEN})


class TargetOutcome(StrEnum):
    """How one target of an action ended; every one but `done` is accepted by the owner."""

    DONE = "done"
    NOT_NEEDED = "not_needed"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
