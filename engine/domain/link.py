"""Links in letters, by which people without an account do one thing, and nothing else."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Purpose(StrEnum):
    """The one thing that a link is for."""

    FOLLOW = "follow"
    TODO = "todo"


@dataclass(frozen=True)
class LinkRef:
    """Which link is meant; it is of a later `generation` once it was ended and given anew."""

    id: UUID
    generation: int
