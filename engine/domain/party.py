"""Parties (whose time it is) and lanes (roles towards one incident).

A lane is not a team: the same person may stand in several lanes of one incident.
"""

from enum import StrEnum


class Party(StrEnum):
    """Whose time it is, in the order that breaks ties on the ledger (rules, ledger 3)."""

    IT = "it"
    BUSINESS = "business"
    EXTERNAL = "external"
    CUSTOMER = "customer"


class Lane(StrEnum):
    """A role towards an incident; the names that diagrams may use for lanes."""

    IT = "it"
    BUSINESS = "business"
    EXTERNAL = "external"
    CUSTOMER = "customer"
    SERVICE_DESK = "service_desk"
    BUSINESS_OWNER = "business_owner"
    AUTHORITY = "authority"


_PARTY_OF_LANE = {
    Lane.IT: Party.IT,
    Lane.BUSINESS: Party.BUSINESS,
    Lane.EXTERNAL: Party.EXTERNAL,
    Lane.BUSINESS_OWNER: Party.BUSINESS,
    Lane.AUTHORITY: Party.BUSINESS,
}


def party_of(lane: Lane, *, desk: Party, outside: bool) -> Party:
    """Return whose time a work item in `lane` is.

    The desk's party is its team's own (`desk`); in lane `customer` it is the person's own:
    `customer` outside the organisation, `business` inside (design, Words).
    """
    if lane is Lane.CUSTOMER:
        return Party.CUSTOMER if outside else Party.BUSINESS
    return desk if lane is Lane.SERVICE_DESK else _PARTY_OF_LANE[lane]
