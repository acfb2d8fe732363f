"""An incident's own words: state, priority, and the levels that priority is set from."""

from enum import StrEnum


class IncidentState(StrEnum):
    """Open, or one of the ways out; `withdrawn` is a confirmation and so `closed`."""

    OPEN = "open"
    CLOSED = "closed"
    SET_ASIDE = "set_aside"
    MERGED = "merged"


class ClosedBy(StrEnum):
    """The only two ways into closed."""

    CONFIRMED = "confirmed"
    ESCALATED = "escalated"


class WayOut(StrEnum):
    """The ways out beside closing; each is a state too, and can be undone by the reporter."""

    SET_ASIDE = "set_aside"
    MERGED = "merged"


class Origin(StrEnum):
    """Why an incident was opened beside another: it is back, was two, or somebody objected."""

    RECURS = "recurs"
    SPLIT = "split"
    OBJECTED = "objected"


class Level(StrEnum):
    """Impact and urgency."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Priority(StrEnum):
    """P1 is the highest; text order is priority order."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Verdict(StrEnum):
    """How a verification ends."""

    RIGHT = "right"
    NOT_RIGHT = "not_right"
    WATCH_UNTIL = "watch_until"


class Answer(StrEnum):
    """A confirmer's answer, to one criterion or over all; `partly` and `no` never close."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Decided(StrEnum):
    """The four answers of a closing decision; only the first and the last end the wait."""

    CLOSE = "close"
    KEEP_ASKING = "keep_asking"
    ASK_SOMEBODY_ELSE = "ask_somebody_else"
    BACK_TO_WORK = "back_to_work"
