"""Judging files before they are a release: can the engine run them, and can they go wrong.

No database is asked, so that a process owner can verify what is only drawn yet.  A newcomer would
stop at the first thing that the engine cannot do: whatever could be read is proved all the same,
so that everything is known at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn import Finding
from engine.proof import ProofFinding, Proved, Severity, Verdict

# what is not there may be in another file: nobody knows, and nothing is refuted
_MISSING = frozenset({"called", "decision"})


@dataclass(frozen=True)
class Verified:
    """What was found about one file.

    `executable`: the engine runs it as it is drawn.  `unreadable` says why the file could not be
    read at all; `findings` are those that belong to no process.  `names` are the elements' own.
    """

    file: str
    executable: bool
    processes: tuple[Proved, ...] = ()
    findings: tuple[ProofFinding, ...] = ()
    unreadable: Finding | None = None
    elapsed_ms: float = 0.0
    names: Mapping[str, str] = field(default_factory=dict)

    def all_findings(self) -> Iterator[ProofFinding]:
        """Yield the findings of the file and of its processes."""
        yield from self.findings
        for process in self.processes:
            yield from process.findings

    @property
    def is_refuted(self) -> bool:
        """Whether something in it is wrong for certain."""
        return any(one.verdict is Verdict.UNSOUND for one in self.processes) or any(
            one.severity is Severity.REFUTED for one in self.all_findings()
        )

    @property
    def is_undecided(self) -> bool:
        """Whether something about it could not be found out."""
        return (
            self.unreadable is not None
            or any(one.verdict is Verdict.UNKNOWN for one in self.processes)
            or any(one.severity is Severity.UNKNOWN for one in self.all_findings())
        )
