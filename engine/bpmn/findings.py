"""What is wrong with a diagram, in words its owner can act on."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Refused files cannot be published; a warning is shown beside the release."""

    REFUSED = "refused"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding: which rule, in which file, at which element (None: the file), and its mend."""

    file: str
    element: str | None
    rule: str
    sentence: str
    mend: str
    severity: Severity = Severity.REFUSED

    def __str__(self) -> str:
        """Return one line for people."""
        where = f"{self.file}, {self.element}" if self.element else self.file
        return f"{where}: {self.sentence} {self.mend}"


class Findings(list[Finding]):
    """Findings as they are collected."""

    def refuse(self, file: str, element: str | None, rule: str, sentence: str, mend: str) -> None:
        """Add a reason why the files cannot be published."""
        self.append(Finding(file, element, rule, sentence, mend))

    def warn(self, file: str, element: str | None, rule: str, sentence: str, mend: str) -> None:
        """Add something to think about."""
        self.append(Finding(file, element, rule, sentence, mend, Severity.WARNING))

    def refused(self) -> list[Finding]:
        """Return the reasons, in the order of files and elements."""
        return sorted(
            {one for one in self if one.severity is Severity.REFUSED},
            key=lambda one: (one.file, one.element or "", one.rule, one.sentence),
        )

    def warnings(self) -> tuple[Finding, ...]:
        """Return the warnings, in the order found."""
        return tuple(one for one in self if one.severity is Severity.WARNING)
