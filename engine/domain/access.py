"""Who looked at what, and who was refused what: each is an entry of the access chains.

There is a chain for each person, under the person's id, and `NOBODY` for those who are not known.
A newcomer would write a refused attempt into the incident's own chain: whoever may not touch an
incident could then lock it, and make its record as long as they like.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from engine.domain.permissions import Actor, Machine
from engine.language import Said, say

# what stands in the chain where a person's id stands in their own
NOBODY = UUID("0d3c6b0e-52a7-5d2b-9a39-7b8d6c1f4e20")
UNKNOWN = Machine("somebody unknown")
# what says how many refusals were only counted
COUNTER = Machine("access counter")

READ: Final = "access:read"
PURPOSE_STATED: Final = "purpose:stated"
PURPOSE_ENDED: Final = "purpose:ended"
# the verb of what was refused follows
REFUSED: Final = "refused:"
REFUSED_OFTEN: Final = "refused:too_often"

# Of each person so many refusals in a row are entries; those that follow are counted, and one entry
# says how many they were.  Of those who are not known together it is more.
COUNTED_FOR = timedelta(minutes=10)
MOST_REFUSED, MOST_REFUSED_UNKNOWN = 30, 200

# a purpose is stated for a working day at most
LONGEST_PURPOSE = timedelta(hours=10)
_LEAST_WORDS, _MOST_WORDS = 10, 2_000


@dataclass(frozen=True)
class Attempt:
    """What was tried and refused: `verb` of plain letters, by whom, on which incident if any.

    `content` says where it was tried and why it was refused, and never what was answered.
    """

    verb: str
    content: dict[str, object]
    by: Actor | Machine = UNKNOWN
    incident_id: UUID | None = None
    # whose name was used by somebody who is not known to be that person
    person_id: UUID | None = None

    @property
    def chain_id(self) -> UUID:
        """Return the chain in which it is looked for."""
        return self.person_id or chain_of(self.by)


def chain_of(by: Actor | Machine) -> UUID:
    """Return the chain in which stands what they did."""
    return by.id if isinstance(by, Actor) else NOBODY


def most_refused(chain_id: UUID) -> int:
    """Return how many refusals in a row are entries of this chain."""
    return MOST_REFUSED_UNKNOWN if chain_id == NOBODY else MOST_REFUSED


def wanting_in(why: str) -> Said | None:
    """Return what a purpose that is stated in these words lacks; None if nothing."""
    if _LEAST_WORDS <= len(why.strip()) <= _MOST_WORDS:
        return None
    return say(
        "Please say why in %(least)s to %(most)s characters.", least=_LEAST_WORDS, most=_MOST_WORDS
    )
