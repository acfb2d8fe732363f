"""Whose time a lane's work is."""

import pytest

from engine.domain.party import Lane, Party, party_of


@pytest.mark.parametrize(
    ("lane", "party"),
    [
        (Lane.IT, Party.IT),
        (Lane.BUSINESS, Party.BUSINESS),
        (Lane.EXTERNAL, Party.EXTERNAL),
        (Lane.BUSINESS_OWNER, Party.BUSINESS),
        (Lane.AUTHORITY, Party.BUSINESS),
    ],
)
def test_most_lanes_belong_to_one_party(lane: Lane, party: Party) -> None:
    assert party_of(lane, desk=Party.IT, outside=False) is party
    assert party_of(lane, desk=Party.BUSINESS, outside=True) is party


def test_staff_who_receive_an_internal_product_spend_the_businesss_time() -> None:
    assert party_of(Lane.CUSTOMER, desk=Party.IT, outside=True) is Party.CUSTOMER
    assert party_of(Lane.CUSTOMER, desk=Party.IT, outside=False) is Party.BUSINESS


@pytest.mark.parametrize("desk", Party)
def test_the_desks_time_is_that_of_its_own_party(desk: Party) -> None:
    assert party_of(Lane.SERVICE_DESK, desk=desk, outside=True) is desk
