"""One customer's two complaints: joined by the desk, separated by the customer, and one made two.

Carla complains twice in ten minutes.  The desk takes the second for the first told again; it is
not, and only Carla can know.  Then her first turns out to be about two things.
"""

from uuid import UUID

import pytest

from tests.story import DONE, Teller
from tests.visitor import words_of
from tests.world import World

FEES = {"measure": "Reminder fees", "threshold": "None", "evidence": "Account sheet"}
STREET = {
    "title": "The statement goes to the old street",
    "actual": "It was sent to Mill Lane",
    "expected": "It goes to Bridge Street",
}


@pytest.fixture
def complaints(teller: Teller, world: World) -> tuple[UUID, UUID]:
    """Both complaints, each being worked on, the later joined with the earlier."""
    balance = teller.reports("carla", "My balance is wrong", actual="120 too much, and the street")
    world.clock.forward(minutes=10)
    fees = teller.reports("carla", "Reminder fees for nothing")
    teller.agrees(balance, world.for_team("accounting", "Correct the balance"))
    teller.agrees(fees, world.for_team("databases", "Stop the reminders"), criteria=[FEES])
    world.clock.forward(hours=1)
    teller.does("hugo", f"/incidents/{fees}/merge", {"into": "1", "reason": "The same statement"})
    return balance, fees


def measures(teller: Teller, incident: UUID) -> list[str]:
    return [one["measure"] for one in teller.ask("carla", f"/incidents/{incident}")["criteria"]]


def put_right(teller: Teller, incident: UUID) -> None:
    teller.completes("bruno", incident, "do_business_action", **DONE)
    teller.verifies("dora", incident)


def test_what_is_joined_is_asked_once_and_answered_for_both(
    teller: Teller, world: World, complaints: tuple[UUID, UUID]
) -> None:
    balance, fees = complaints
    assert measures(teller, balance) == ["Balance", "Reminder fees"]
    assert world.steps(fees) == [], "nobody works on it twice"

    put_right(teller, balance)
    assert world.steps(balance) == ["confirm_outcome"], "one person is asked once"
    teller.answers("carla", balance, "yes")

    assert (world.row(balance).closed_by, world.row(fees).state) == ("confirmed", "merged")
    for incident in complaints:
        teller.adds_up(incident)
    assert teller.proven() == 1


def test_the_customer_separates_what_is_not_the_same_and_the_desk_makes_two_of_one(
    teller: Teller, world: World, complaints: tuple[UUID, UUID]
) -> None:
    balance, fees = complaints
    carla = teller.visits("carla")
    assert "joined with an earlier report by Hugo Hahn" in words_of(carla.get("/"))

    # she undoes it with one click, and each goes on where it was
    world.clock.forward(hours=5)
    carla.send("/incidents/2/deeds/separate", {}, at="/incidents/2")
    assert measures(teller, balance) == ["Balance"]
    assert world.steps(fees) == ["do_it_action"]

    # what she also says in the first is another thing, of which she told us just as early
    street = UUID(teller.does("hugo", f"/incidents/{balance}/split", STREET)["id"])
    assert world.row(street).told_at == world.row(balance).told_at
    teller.does("hugo", f"/incidents/{street}/lead")
    teller.agrees(street, world.for_team("accounting", "Enter the new street"))

    # each ends by itself, with her own answer to it
    for incident in (balance, street):
        put_right(teller, incident)
    teller.completes("ada", fees, "do_it_action", **DONE)
    teller.verifies("dora", fees)
    for incident in (balance, fees):
        teller.answers("carla", incident, "yes")
    teller.answers("carla", street, "no", words="Now it says Bridge Street, Mill Lane")
    assert [world.row(one).state for one in (balance, fees, street)] == ["closed", "closed", "open"]

    teller.agrees(street, world.for_team("accounting", "Look at it again"))
    put_right(teller, street)
    teller.answers("carla", street, "yes")
    assert teller.ask("carla", f"/incidents/{street}")["closed_by"] == "confirmed"
    for incident in (balance, fees, street):
        teller.adds_up(incident)
    assert teller.proven() == 3


def test_it_is_never_too_late_to_separate_them(
    teller: Teller, world: World, complaints: tuple[UUID, UUID]
) -> None:
    balance, fees = complaints
    put_right(teller, balance)
    teller.answers("carla", balance, "yes")

    world.clock.forward(days=40)
    teller.does("carla", f"/incidents/{fees}/undo-merge", {"words": "The fees are still there"})

    assert world.row(balance).state == "closed", "closed is final"
    assert world.steps(fees) == ["do_it_action"]
    teller.put_right(fees)
    teller.answers("carla", fees, "yes")
    assert teller.proven() == 2
