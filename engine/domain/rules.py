"""The numbers in the rules of handling that an organisation may set; the ladder has its own table.

What the rules call *never* is not here: no setting changes it.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rules:
    """Each number with its default."""

    # how long after the end whose time it was can be disputed (The ledger, 9)
    disputable_for: timedelta = timedelta(days=30)
    # within how many working days a dispute is decided (The ledger, 9)
    dispute_working_days: int = 10
    # so many askings without an answer, begun within that time, and the deputy is asked at once
    # from then on (The ladder)
    never_answers_times: int = 3
    never_answers_within: timedelta = timedelta(days=30)


DEFAULT_RULES = Rules()
