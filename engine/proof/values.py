"""What a proof is asked and what it answers.

A newcomer would take `unknown` for a kind of yes: it means that the search ended at its bound, or
that a file is missing, and nothing may be published on the strength of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

Scalar = str | int | float | bool | None
Domains = Mapping[str, Mapping[str, tuple[str | bool | None, ...]]]
"""By step and field: every value its form allows; None too if the field may be left out."""

Semantics = Literal["run_to_completion", "interleaving"]
PROPERTIES = (
    "safe",
    "option_to_complete",
    "proper_completion",
    "no_dead_elements",
    "closure",
    "after",
)


class Verdict(StrEnum):
    """What was proved of one process."""

    SOUND = "sound"
    UNSOUND = "unsound"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a finding weighs: what is refuted, or unknown, cannot be published."""

    REFUTED = "refuted"
    WARNING = "warning"
    HINT = "hint"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a search ends in `unknown`: after so many seconds in all, or states in a process."""

    seconds: float = 10.0
    states: int = 1_000_000


@dataclass(frozen=True, slots=True)
class After:
    """An owner's own rule: `end` is completed only after `step` has been."""

    end: str
    step: str


@dataclass(frozen=True, slots=True)
class ProofFinding:
    """One sentence for a process owner, with the path that leads there.

    `path` holds the ids of the elements passed, in the order in which they were left, from the
    start to where it went wrong (`element` itself may not have been left).  `answers` stands
    beside it, one for each: what was answered at a step, or process data at the start, as far as
    anything depends on it; `{"flow": id}` where a gateway chose; `{"together": ids}` at a timer,
    of those due at the same moment; `{"meanwhile": message}` if that came before; else nothing.
    """

    rule: str
    severity: Severity
    element: str | None
    message: str
    path: tuple[str, ...] = ()
    answers: tuple[Mapping[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True)
class Proved:
    """What was proved of one process, or of a collaboration of pools.

    `properties` has a key for each of PROPERTIES: True, False, or None where nothing is claimed.
    `elapsed_ms` is what drawing, exploring and judging took.
    """

    id: str
    verdict: Verdict
    states: int
    semantics: Semantics
    properties: Mapping[str, bool | None] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(PROPERTIES))
    )
    findings: tuple[ProofFinding, ...] = ()
    elapsed_ms: float = 0.0
