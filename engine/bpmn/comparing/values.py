"""What comparing says."""

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    # drawn elsewhere, and means the same
    MOVED = "moved"


@dataclass(frozen=True)
class Difference:
    """One difference; `about` is the element's id, a rule's, a field's path, or None.

    `words` are sentences for a process owner, one for each thing that differs.
    """

    change: Change
    about: str | None
    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """What differs in one file; `problem` says why only its lines could be compared."""

    name: str
    change: Change
    differences: tuple[Difference, ...]
    problem: str | None = None


class IncomparableError(Exception):
    """A version cannot be read as what its name says."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
