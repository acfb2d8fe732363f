"""What differs between two versions of something, each difference in words for its owner.

A newcomer would compare texts line by line: a diagram that an editor has saved again differs in
every line, and means the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.language import Said, say

_MOST_WORDS = 200


class How(StrEnum):
    """How something differs; what is both moved and changed counts as changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: `before` and `after` are its ids there, None where it is not."""

    how: How
    before: str | None
    after: str | None
    name: str
    says: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """The three ways to say that one value stands in place of another.

    Each template may use `%(now)s` and `%(before)s` as far as there is one, and further names.
    """

    both: Said
    only_now: Said
    no_more: Said

    def told(self, before: object, now: object, **values: object) -> tuple[Said, ...]:
        """Return the sentence for these two; none if they are the same. None: there is none."""
        if before == now:
            return ()
        if before is None:
            return (say(self.only_now.template, now=now, **values),)
        if now is None:
            return (say(self.no_more.template, before=before, **values),)
        return (say(self.both.template, now=now, before=before, **values),)


def shortened(words: str) -> str:
    """Return a text in one line, without its end where it is long."""
    line = " ".join(words.split())
    return line if len(line) <= _MOST_WORDS else f"{line[: _MOST_WORDS - 1]}…"


def out_of_order(places: Sequence[int]) -> frozenset[int]:
    """Return the fewest of `places` without which the rest rise: what was moved, not shifted."""
    ends: list[int] = []  # index of the smallest last place of a rising row of each length
    before: list[int] = []
    for index, place in enumerate(places):
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high) // 2
            if places[ends[middle]] < place:
                low = middle + 1
            else:
                high = middle
        before.append(ends[low - 1] if low else -1)
        ends[low : low + 1] = [index]
    kept = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        kept.add(places[at])
        at = before[at]
    return frozenset(places) - kept
