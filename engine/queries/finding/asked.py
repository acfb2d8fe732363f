"""What an auditor asks of all incidents: each part narrows, none widens.

A newcomer would filter what was found in Python: pages would come out short.  Here is only what is
asked; `conditions.py` says it in SQL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from engine.domain.incident import Priority
from engine.domain.party import Party


class Part(StrEnum):
    """What somebody had to do with an incident."""

    ANY = "any"
    ACTED = "acted"
    LED = "led"
    REPORTED = "reported"
    CHECKED = "checked"
    ANSWERED = "answered"
    DECIDED = "decided"
    NAMED = "named"


class When(StrEnum):
    """What lies in the period: the report, the end, or any record in between."""

    REPORTED = "reported"
    ENDED = "ended"
    RECORDED = "recorded"


class State(StrEnum):
    """Where an incident stands, or which way out it took."""

    OPEN = "open"
    CLOSED = "closed"
    CONFIRMED = "confirmed"
    ESCALATED = "escalated"
    WITHDRAWN = "withdrawn"
    SET_ASIDE = "set_aside"
    MERGED = "merged"


class Sign(StrEnum):
    """What is true of an incident, or not; each that is asked for has to be."""

    BY_LIST = "by_list"
    OLD_ANSWER = "old_answer"
    DISPUTED = "disputed"
    RESTRICTED = "restricted"
    NOT_RESTRICTED = "not_restricted"


class Op(StrEnum):
    """How an answer is compared."""

    IS = "is"
    IS_NOT = "is_not"
    HAS = "has"
    LEAST = "least"
    MOST = "most"
    GIVEN = "given"


class Sort(StrEnum):
    """What a list is ordered by; each has its index."""

    REPORTED = "reported"
    ENDED = "ended"
    LASTED = "lasted"
    NUMBER = "number"


@dataclass(frozen=True)
class Answered:
    """What was answered: the field at `path` (`criteria.measure`) of a step; GIVEN has no value."""

    step: str
    path: str
    op: Op
    value: str = ""


@dataclass(frozen=True)
class Place:
    """An element or a flow of a diagram, by their ids."""

    diagram: str
    id: str


@dataclass(frozen=True)
class Asked:
    """What incidents are narrowed to; None and nothing leave a question out.

    `since` is within the period, `until` is not.  `held` is how long at least the time was
    `party`'s by the rule of the ledger.  `back`: how often at least it went back to work after it
    was checked, answered or decided; `rejected`: how often at least somebody answered that it is
    not (all) right; `recurred`: how often at least it had come back.  `gap` is the time from the
    cause fixed to right again.  `version` is a file's content, by its SHA-256 in hex.
    """

    words: str | None = None
    answers: tuple[Answered, ...] = ()
    person: str | None = None
    part: Part = Part.ANY
    party: Party | None = None
    held: timedelta | None = None
    when: When = When.REPORTED
    since: datetime | None = None
    until: datetime | None = None
    process: UUID | None = None
    product: UUID | None = None
    priority: Priority | None = None
    state: State | None = None
    release: int | None = None
    version: str | None = None
    passed: tuple[Place, ...] = ()
    never: tuple[Place, ...] = ()
    flows: tuple[Place, ...] = ()
    signs: frozenset[Sign] = frozenset()
    rejected: int | None = None
    back: int | None = None
    recurred: int | None = None
    longer: timedelta | None = None
    shorter: timedelta | None = None
    gap: timedelta | None = None


ALL = Asked()


@dataclass(frozen=True)
class Order:
    """In what order: `down` is the newest, or the longest, first."""

    by: Sort = Sort.REPORTED
    down: bool = True
