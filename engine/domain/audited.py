"""What a look through all chains found: three questions, answered apart.

*Integrity*: is everything as it was written?  *Completeness*: is nothing cut off or left out?
*Authenticity*: by whom was it signed, and with which keys?  A newcomer would give one answer: a
record that is whole, and missing its end, would be called broken.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.domain.chain import Broken, Tampering
from engine.language import Said

# more are counted, and not listed
MOST_LISTED = 1_000


class Question(StrEnum):
    """What is asked of the record."""

    INTEGRITY = "integrity"
    COMPLETENESS = "completeness"
    AUTHENTICITY = "authenticity"


_ASKS = {
    Tampering.REMOVED: Question.COMPLETENESS,
    Tampering.TRUNCATED: Question.COMPLETENESS,
    Tampering.UNKNOWN_KEY: Question.AUTHENTICITY,
}


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: with which chain or signed head, and what.

    `seq` is the number of the entry, or of the signed head.
    """

    question: Question
    where: Said
    seq: int
    what: str
    sentence: Said

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.where}: {self.sentence}"


def of_chain(where: Said, broken: Broken) -> Finding:
    """Return what is wrong with a chain as a finding."""
    question = _ASKS.get(broken.what, Question.INTEGRITY)
    return Finding(question, where, broken.seq, broken.what, broken.sentence)


def as_kept(said: Said) -> dict[str, object]:
    """Return a sentence as JSON that can be said again, in any language."""
    return {"template": said.template, "values": dict(said.values)}


def said_again(kept: Mapping[str, Any]) -> Said:
    """Return the sentence that was kept."""
    return Said(kept["template"], kept["values"])


@dataclass
class Tally:
    """What was looked through so far, and what was found; tallies of parts add up."""

    chains: int = 0
    entries: int = 0
    # entries that the law had something taken out of
    erased: int = 0
    wrong: Counter[Question] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def note(self, findings: Iterable[Finding]) -> None:
        """Count the findings, and keep as many as are listed."""
        for one in findings:
            self.wrong[one.question] += 1
            if len(self.findings) < MOST_LISTED:
                self.findings.append(one)

    def add(self, other: "Tally") -> None:
        """Add what was found in another part."""
        self.chains += other.chains
        self.entries += other.entries
        self.erased += other.erased
        self.wrong += other.wrong
        self.findings += other.findings[: MOST_LISTED - len(self.findings)]


@dataclass(frozen=True)
class Audited:
    """The whole answer; `notes` explain what is no fault, as a backup that was put back.

    `signed_by` counts signed heads by the id of their key and its public key in hex.
    """

    begun_at: datetime
    chains: int
    entries: int
    erased: int
    heads: int
    given: int
    seconds: float
    wrong: Counter[Question]
    findings: Sequence[Finding]
    notes: Sequence[Said]
    signed_by: Mapping[tuple[str, str], int]

    @property
    def is_sound(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.wrong.total()
