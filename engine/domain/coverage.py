"""Who of those harmed has a say: every one confirms, answers as a target, or is spoken for.

A newcomer would take an uncounted incident for a covered one: `harmed` None says that nobody has
counted, and then nothing can be said about who is left out.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Coverage:
    """The numbers of one incident; `represented` are those whom a named confirmer speaks for.

    `targets` answered for themselves in an action that asks them; `accepted` is how many the
    owner has accepted as covered by nobody.
    """

    harmed: int | None
    confirmers: int = 0
    targets: int = 0
    represented: int = 0
    accepted: int = 0

    @property
    def uncovered(self) -> int:
        """How many are covered by nobody, as far as they were counted."""
        covered = self.confirmers + self.targets + self.represented
        return max(0, (self.harmed or 0) - covered)

    @property
    def unaccepted(self) -> int:
        """`uncovered`, or 0 where the owner has accepted at least so many."""
        return self.uncovered if self.uncovered > self.accepted else 0
