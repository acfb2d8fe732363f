"""One control: a sentence that always holds, what it applies to, how exceptions are found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, TextClause

from engine.language import Said
from engine.queries.duties import combinations


class Subject(StrEnum):
    """What a control looks at, one by one."""

    CLOSURE = "closure"
    INCIDENT = "incident"
    RELEASE = "release"
    CLOSING_LIST = "closing_list"


@dataclass(frozen=True)
class CheckedClosures:
    """When all closures were last recomputed, by which version, and those without evidence."""

    at: datetime
    version: str
    without_evidence: tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """The period of a run: from `since` until before `until` (aware); `checked` None: never."""

    since: datetime
    until: datetime
    checked: CheckedClosures | None = None
    _combined: list[Sequence[Any]] = field(default_factory=list, repr=False, compare=False)

    def combined(self, conn: Connection) -> Sequence[Any]:
        """Return what people did together in the period, put together once for all controls."""
        if not self._combined:
            self._combined.append(combinations(conn, self.since, self.until))
        return self._combined[0]

    @property
    def values(self) -> dict[str, Any]:
        """What statements are given."""
        return {"since": self.since, "until": self.until}


@dataclass(frozen=True)
class Exceptional:
    """Something that a control does not hold for, by its number, and when it was."""

    number: int
    at: datetime


Counts = Callable[[Connection, Asked], int]
Finds = Callable[[Connection, Asked], Sequence[Exceptional]]


@dataclass(frozen=True)
class Control:
    """`statement` is what holds; `applies_to` is what `population` counts, in words."""

    name: str
    title: Said
    statement: Said
    applies_to: Said
    subject: Subject
    population: Counts
    exceptions: Finds
    needs_check: bool = False


def counted_by(sql: TextClause) -> Counts:
    """Return how a statement of one number counts."""
    return lambda conn, asked: int(conn.scalar(sql, asked.values) or 0)


def found_by(sql: TextClause) -> Finds:
    """Return how a statement of (number, at) finds exceptions."""
    return lambda conn, asked: [
        Exceptional(row.number, row.at) for row in conn.execute(sql, asked.values)
    ]
