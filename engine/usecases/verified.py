"""What verifying found out about one file, and what follows from it.

A newcomer would count an unreadable file as refuted: nothing is known about it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.proof import ProofFinding, Proved, Severity, Verdict


@dataclass(frozen=True)
class Verified:
    """What was found out about one file.

    `executable`: the engine runs it as it is drawn.  `findings` belong to none of its processes;
    of a file that is unreadable they say why.  `names` are what elements and processes are called.
    """

    file: str
    executable: bool
    elapsed_ms: float
    is_unreadable: bool = False
    processes: tuple[Proved, ...] = ()
    findings: tuple[ProofFinding, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def all_findings(self) -> Iterator[ProofFinding]:
        """Yield the findings of the file, then those of each process."""
        yield from self.findings
        for process in self.processes:
            yield from process.findings

    @property
    def is_refuted(self) -> bool:
        """Whether something in it is wrong for certain."""
        return self._has(Verdict.UNSOUND, Severity.REFUTED)

    @property
    def is_undecided(self) -> bool:
        """Whether something about it could not be found out."""
        return self.is_unreadable or self._has(Verdict.UNKNOWN, Severity.UNKNOWN)

    def _has(self, verdict: Verdict, severity: Severity) -> bool:
        return any(one.verdict is verdict for one in self.processes) or any(
            one.severity is severity for one in self.all_findings()
        )

    def as_json(self) -> dict[str, object]:
        """Return what the command prints and the API answers."""
        return {
            "file": self.file,
            "executable": self.executable,
            "elapsed_ms": round(self.elapsed_ms, 1),
            "processes": [process_as_json(one) for one in self.processes],
            "findings": [finding_as_json(one) for one in self.findings],
        }


def process_as_json(proved: Proved) -> dict[str, object]:
    """Return what was proved of one process, as JSON has it."""
    return {
        "id": proved.id,
        "verdict": proved.verdict.value,
        "semantics": proved.semantics,
        "states": proved.states,
        "properties": dict(proved.properties),
        "findings": [finding_as_json(one) for one in proved.findings],
    }


def finding_as_json(finding: ProofFinding) -> dict[str, object]:
    """Return a finding as JSON has it; `answers` stands beside `path`, one for each element."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "element": finding.element,
        "message": finding.message,
        "path": list(finding.path),
        "answers": [dict(one) for one in finding.answers],
    }
