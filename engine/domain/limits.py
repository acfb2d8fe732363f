"""How often is too often: numbers of the rules that an organisation may set (rules, Ways out)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Limits:
    """`remedy_after` recurrences within `remedy_window` ask the owner for a lasting remedy.

    `objections` of those harmed, or `objections_percent` of them if that is more, take an
    incident back to work.
    """

    remedy_after: int = 3
    remedy_window: timedelta = timedelta(days=90)
    objections: int = 3
    objections_percent: int = 1

    def is_too_often(self, told: Iterable[datetime], now: datetime) -> bool:
        """Whether what was told at these instants (aware) has come back too often by now."""
        recent = sum(1 for at in told if now - at <= self.remedy_window)
        return recent >= self.remedy_after

    def objections_needed(self, size: Decimal | None) -> int:
        """Return how many people must say that it is not right; `size` None: nobody counted."""
        share = math.ceil((size or 0) * self.objections_percent / 100)
        return max(self.objections, share)
