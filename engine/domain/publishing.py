"""Who has to agree when a release is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class SecondPerson(StrEnum):
    """When somebody beside whoever asks has to agree to a release."""

    # what decides who closes an incident, and when, is changed by two
    CLOSING = "closing"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Publishing:
    """The organisation's rule; `waived_by` signs a *never*: who decided that, and why."""

    second_person: SecondPerson = SecondPerson.CLOSING
    waived_by: str | None = None

    def needs_second(self, touches: Sequence[str]) -> bool:
        """Whether one person is not enough; `touches` is what changes about closing."""
        match self.second_person:
            case SecondPerson.ALWAYS:
                return True
            case SecondPerson.CLOSING:
                return bool(touches)
        return False


BY_TWO = Publishing()
"""The rule unless an organisation sets another."""
