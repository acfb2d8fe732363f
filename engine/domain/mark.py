"""What a step means, whatever it is called: the `mark` property that diagrams put on elements."""

from enum import StrEnum


class Mark(StrEnum):
    """The meanings the gate, the proof and the rules of who may act depend on (design)."""

    WORK = "work"
    AGREEMENT = "agreement"
    VERIFICATION = "verification"
    CONFIRMATION = "confirmation"
    CLOSING_DECISION = "closing_decision"
