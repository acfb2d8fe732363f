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
