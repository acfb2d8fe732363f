"""The numbers in the rules of handling that an organisation may set; the ladder has its own table.

What the rules call *never* is not here: no setting changes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from engine.domain.incident import Priority
from engine.domain.ladder import Step


def _restore_within() -> Mapping[Priority, Step]:
    return {Priority.P1: timedelta(hours=4), Priority.P2: 1, Priority.P3: 3, Priority.P4: 10}


@dataclass(frozen=True)
class Rules:
    """Each number with its default."""

    # how long after the end whose time it was can be disputed (The ledger, 9)
    disputable_for: timedelta = timedelta(days=30)
    # within how many working days a dispute is decided (The ledger, 9)
    dispute_working_days: int = 10
    # how long after *told* it is to be right again (Right again): by the clock, or working days
    restore_within: Mapping[Priority, Step] = field(default_factory=_restore_within)
    # from how many harmed on the standing representatives are named to confirm (Answers)
    many_harmed: int = 20


DEFAULT_RULES = Rules()
