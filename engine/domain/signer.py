"""As what somebody signed an entry: as a person, with a link that was sent out, or as a machine.

A newcomer would look at the name alone: a machine can be called anything, but never has a person's
id; who only held a link has one, and is named as its bearer.
"""

from enum import StrEnum
from uuid import UUID

_LINK = "the bearer of a link sent to {}"
_ADDRESS = "the bearer of an address made for {}"

BEARERS = (_LINK.format(""), _ADDRESS.format(""))
"""How the names of those begin who held a link or an address and have not signed in."""


class Signer(StrEnum):
    """Whose word an entry is."""

    PERSON = "person"
    LINK = "link"
    # the name is erased, and with it whether they had signed in or held a link
    ERASED = "erased"
    MACHINE = "machine"


def bearer_of_link(name: str) -> str:
    """Return what whoever holds a link signs as: it was sent to them, and may be another's now."""
    return _LINK.format(name)


def bearer_of_address(name: str) -> str:
    """Return what whoever opened an address to choose a password signs as."""
    return _ADDRESS.format(name)


def signer_of(actor: str | None, person_id: UUID | None) -> Signer:
    """Return as what an entry was signed: this name, unless it was erased, and a person's id."""
    if person_id is None:
        return Signer.MACHINE
    if actor is None:
        return Signer.ERASED
    return Signer.LINK if actor and actor.startswith(BEARERS) else Signer.PERSON
