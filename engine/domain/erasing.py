"""What is erased by law: on which ground, and how a chain says what was taken out of it.

What was taken out is said by an entry of the same chain, written in the same transaction: its
*tombstone*.  It holds ids and numbers only, so that it never has to be erased itself.  A newcomer
would keep a table of what was erased: whoever can write into the database could add a line to it,
and no chain would notice.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from engine.language import Said, say

# What stands where words were erased that have to be something.
ERASED: Final = "[erased]"

# The verbs of tombstones: of an incident's chain, of the register's and of an access chain.
OF_INCIDENT: Final = "incident:erased"
OF_REGISTER: Final = "erasure:done"
OF_ACCESS: Final = "access:erased"
TOMBSTONES: Final = frozenset((OF_INCIDENT, OF_REGISTER, OF_ACCESS))

# Under these a tombstone lists the numbers of the entries whose content is gone, and of those whose
# actor's name is.
CONTENT_OF: Final = "content_of"
ACTOR_OF: Final = "actor_of"

# What is left of a person's name: this, and six characters that say nothing and stay the same.
PSEUDONYM: Final = "Erased person "


class Ground(StrEnum):
    """Why the law wants it."""

    ASKED = "asked_for"
    NOT_NEEDED = "no_longer_needed"
    UNLAWFUL = "kept_unlawfully"
    OBLIGED = "wanted_by_law"
    KEPT_LONG_ENOUGH = "kept_long_enough"


# Why what ended long ago is kept.
KEPT_BECAUSE: Final[Mapping[str, Said]] = {
    "held": say("somebody holds on to it"),
    "work": say("something is still to be done"),
    "dispute": say("whose time it was is disputed"),
    "joined": say("what it was joined with is open"),
    "part": say("what it is a part of is open"),
}


class Unsaid:
    """Follows a chain, entry by entry, and tells which were erased without a tombstone."""

    def __init__(self) -> None:
        """Know of nothing yet."""
        self._content: set[int] = set()
        self._actor: set[int] = set()

    def erased(self, seq: int, *, content: bool, actor: bool) -> None:
        """Take note of an entry whose content, or whose actor, is gone."""
        if content:
            self._content.add(seq)
        if actor:
            self._actor.add(seq)

    def said(self, tombstone: Mapping[str, Any] | None) -> None:
        """Take note of what a tombstone says; one that says nothing any more says nothing."""
        said = tombstone or {}
        self._content.difference_update(said.get(CONTENT_OF, ()))
        self._actor.difference_update(said.get(ACTOR_OF, ()))

    @property
    def seqs(self) -> list[int]:
        """The numbers of the entries that were erased and that no later tombstone tells of."""
        return sorted(self._content | self._actor)
