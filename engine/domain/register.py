"""The register: what an organisation tells Putright of itself, each change of it an entry.

Its entries are one audit chain (`chain.py`) under the id `REGISTER`.  A newcomer would hang them
on an incident: who owns a business process changes without any.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID, uuid5

from engine.domain.incident import Priority
from engine.domain.party import Party

# what stands in the chain where an incident's id stands in its own
REGISTER = UUID("5d0e4a5e-7a35-5c0c-9d34-b5a1f0a7f0d1")

# what the register tells of beside its records: which diagrams new incidents start with
RELEASE: Final = "release"
# ... that the database is an older one again
DATABASE: Final = "database"
# ... and which number was given to an incident that there never was, as its report was not kept
NUMBER: Final = "number"
# ... what is erased by law, and what must not be
ERASURE: Final = "erasure"
HOLD: Final = "hold"
Beside = Literal["release", "database", "number", "erasure", "hold"]
BESIDE = (RELEASE, DATABASE, NUMBER, ERASURE, HOLD)

Answers = Mapping[str, object]


class RecordKind(StrEnum):
    """What there is to be entered, in the order in which one needs the other."""

    ORGANISATION = "organisation"
    PERSON = "person"
    TEAM = "team"
    PROCESS = "process"
    # what a process makes beside its first product, which is part of the process
    PRODUCT = "product"
    CALENDAR = "calendar"
    # the numbers of one priority
    LADDER = "ladder"


def calendar_of(party: Party) -> UUID:
    """Return the id under which a whole party's calendar is kept."""
    return uuid5(REGISTER, party)


def ladder_of(priority: Priority) -> UUID:
    """Return the id under which the numbers of a priority are kept."""
    return uuid5(REGISTER, priority)


def changed(before: Answers, after: Answers) -> dict[str, list[object]]:
    """Return what differs: each field with the answer before and the one after, None for none."""
    names = dict.fromkeys([*before, *after])
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if before.get(name) != after.get(name)
    }
