"""Who is asked to decide without the customer's answer."""

from dataclasses import replace
from uuid import UUID

import pytest

from engine.domain.deciding import Candidate, who_is_asked, who_may
from engine.domain.incident import Priority
from engine.domain.silence import Reachable
from engine.domain.standing import Standing

P1, P2, P3, P4 = Priority


def candidate(name: str, *standing: Standing, **more: bool) -> Candidate:
    return Candidate(Reachable(UUID(int=sum(name.encode())), name), frozenset(standing), **more)


OWNER = candidate("Dora", Standing.OWNER)
DEPUTY_OWNER = candidate("Dirk", Standing.DEPUTY_OWNER)
AUTHORITY = candidate("Gita", Standing.AUTHORITY)
DEPUTY_AUTHORITY = candidate("Greta", Standing.DEPUTY_AUTHORITY)
DELEGATE = candidate("Bruno", is_delegate=True)
EVERYBODY = (AUTHORITY, OWNER, DELEGATE, DEPUTY_OWNER, DEPUTY_AUTHORITY)


def away(one: Candidate) -> Candidate:
    return replace(one, who=replace(one.who, is_here=False))


def gone(one: Candidate) -> Candidate:
    return replace(one, who=replace(one.who, is_here=False, has_left=True))


def names(priority: Priority, *candidates: Candidate, is_late: bool = False, **more: object) -> str:
    may = who_may(priority, candidates, **more)  # type: ignore[arg-type]
    return " ".join(one.name for one in who_is_asked(may, is_late=is_late))


@pytest.mark.parametrize(
    ("priority", "first", "late"),
    [
        (P1, "Gita", "Gita Greta"),
        (P2, "Gita", "Gita Greta"),
        (P3, "Dora", "Dora Dirk"),
        (P4, "Dora Bruno", "Dora Bruno Dirk"),
    ],
)
def test_whose_it_is_to_decide_is_asked_first_and_the_deputies_when_it_is_late(
    priority: Priority, first: str, late: str
) -> None:
    assert names(priority, *EVERYBODY) == first
    assert names(priority, *EVERYBODY, is_late=True) == late


def test_the_deputies_are_asked_at_once_where_the_first_is_away_gone_or_barred() -> None:
    assert names(P2, away(AUTHORITY), DEPUTY_AUTHORITY) == "Gita Greta"
    assert names(P2, gone(AUTHORITY), DEPUTY_AUTHORITY) == "Greta"
    assert names(P2, AUTHORITY, DEPUTY_AUTHORITY, barred={AUTHORITY.who.id}) == "Greta"


def test_a_delegate_who_is_here_is_enough() -> None:
    assert names(P4, away(OWNER), DELEGATE, DEPUTY_OWNER) == "Dora Bruno"


def test_the_gravest_is_decided_outside_it_and_never_by_the_owner() -> None:
    in_it = replace(AUTHORITY, is_in_it=True)
    both = replace(AUTHORITY, standing=frozenset({Standing.OWNER, Standing.AUTHORITY}))

    assert names(P1, in_it, DEPUTY_AUTHORITY) == "Greta"
    assert names(P1, both, DEPUTY_AUTHORITY) == "Greta"
    assert names(P2, both) == "Gita"


def test_nobody_is_asked_where_nobody_may() -> None:
    assert names(P1, OWNER, DEPUTY_OWNER, DELEGATE, gone(AUTHORITY), is_late=True) == ""
