"""The numbers in the rules of handling that an organisation may set; the ladder has its own table.

What the rules call *never* is not here: no setting changes it.  Each number says what it means, for
the README and for the file that sets it (`api/rules_file.py`).
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, get_args, get_type_hints


@dataclass(frozen=True)
class Rules:
    """Each number with its default."""

    disputable_for: Annotated[
        timedelta, "how long after the end whose time it was can be disputed"
    ] = timedelta(days=30)
    dispute_working_days: Annotated[int, "within how many working days a dispute is decided"] = 10
    remedy_after: Annotated[int, "so often back, and the owner is asked for a lasting remedy"] = 3
    remedy_window: Annotated[timedelta, "within how long it was back so often"] = timedelta(days=90)
    objections: Annotated[int, "so many who are harmed object, and it goes back to work"] = 3
    objections_percent: Annotated[int, "or so many percent of them, if that is more"] = 1
    never_answers_times: Annotated[int, "so often no answer, and the deputy is asked at once"] = 3
    never_answers_within: Annotated[timedelta, "within how long there was no answer so often"] = (
        timedelta(days=30)
    )
    many_harmed: Annotated[int, "so many harmed, and the standing representatives confirm"] = 20

    put_off_for: Annotated[timedelta, "how long a confirmer can put off the answer, once"] = (
        timedelta(days=30)
    )
    link_lasts: Annotated[timedelta, "how long after the last letter a link in it is good"] = (
        timedelta(days=30)
    )
    signal_window: Annotated[
        timedelta, "how close together alerts of one process are one signal"
    ] = timedelta(minutes=15)

    list_p3_every: Annotated[timedelta, "how often one list of a process closes many P3"] = (
        timedelta(days=7)
    )
    list_p3_most: Annotated[int, "so many lines such a list has at most"] = 50
    list_p4_every: Annotated[timedelta, "how often one list of a process closes many P4"] = (
        timedelta(days=30)
    )
    list_p4_most: Annotated[int, "so many lines such a list of P4 has at most"] = 200
    list_phoned_percent: Annotated[int, "so many percent of a list are phoned first"] = 5
    list_phoned_least: Annotated[int, "and so many at least"] = 5

    quick_called_back_percent: Annotated[
        int, "so many percent of what was put right in one call are called back by somebody else"
    ] = 10

    keep_for: Annotated[
        timedelta | None, "how long after its end what was written of an incident may be erased"
    ] = None

    def is_too_often(self, told: Iterable[datetime], now: datetime) -> bool:
        """Whether what was told at these instants (aware) has come back too often by now."""
        recent = sum(1 for at in told if now - at <= self.remedy_window)
        return recent >= self.remedy_after

    def objections_needed(self, harmed: Decimal | int | None) -> int:
        """Return how many people must say that it is not right; None: nobody counted them."""
        share = math.ceil((harmed or 0) * self.objections_percent / 100)
        return max(self.objections, share)


DEFAULT_RULES = Rules()


def set_otherwise(rules: Rules) -> Iterator[tuple[str, object, object]]:
    """Yield what each number means that is not its default, with the default and the number."""
    hints = get_type_hints(Rules, include_extras=True)
    for one in fields(Rules):
        usual, now = getattr(DEFAULT_RULES, one.name), getattr(rules, one.name)
        if usual != now:
            yield get_args(hints[one.name])[1], usual, now
