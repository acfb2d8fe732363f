"""One list for many: answers that are missing, closed line by line by somebody who reviewed each.

(rules, The ladder.)  There is no standing order: a list is made by a named person, some of it is
phoned first by somebody else, and one *not right* stops all of it.  A newcomer would close what is
left by itself when the week is over: then it is a timer that closes.
"""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from engine.domain.incident import Answer, Priority
from engine.domain.rules import Rules


class Heard(StrEnum):
    """What came of phoning about a line."""

    RIGHT = "right"
    NOT_RIGHT = "not_right"
    # somebody tried, and nobody picked up
    NOT_REACHED = "not_reached"


@dataclass(frozen=True)
class Allowance:
    """How often one list may be made for a priority, and how many lines it has at most."""

    every: timedelta
    most: int

    def may_be_made(self, last_made_at: datetime | None, now: datetime) -> bool:
        """Whether the last one is long enough ago (both aware); None: there was none."""
        return last_made_at is None or now - last_made_at >= self.every


def allowance(priority: Priority, rules: Rules) -> Allowance | None:
    """Return what is allowed for a priority; None for P1 and P2, which are decided one by one."""
    return {
        Priority.P3: Allowance(rules.list_p3_every, rules.list_p3_most),
        Priority.P4: Allowance(rules.list_p4_every, rules.list_p4_most),
    }.get(priority)


def to_be_phoned(lines: Sequence[UUID], rules: Rules, seed: int) -> frozenset[UUID]:
    """Return those of the lines that are phoned first, drawn at random; all of a short list."""
    share = math.ceil(len(lines) * rules.list_phoned_percent / 100)
    count = min(len(lines), max(share, rules.list_phoned_least))
    # the seed is kept with the list, so that anybody can draw the same again; no secret hangs on it
    return frozenset(random.Random(seed).sample(sorted(lines), count))  # noqa: S311


def heard(answers: Collection[Answer], *, is_tried: bool) -> Heard | None:
    """Return what came of phoning, given the answers since the list was made; None: nothing yet."""
    if any(answer is not Answer.YES for answer in answers):
        return Heard.NOT_RIGHT
    if answers:
        return Heard.RIGHT
    return Heard.NOT_REACHED if is_tried else None
