"""Mail down for 3,000 staff: representatives answer for all, and those outside of them are heard.

Four people can say that it is right again for 3,000.  Kim is none of them, and for her it is not:
that is an incident of her own, and stops nothing.  When 30 say so (1 %), it was not right.
"""

from uuid import UUID

import pytest

from engine.usecases.directory import NewProcess, enter_process, enter_representatives
from tests.staffing import hire
from tests.story import DONE, Teller
from tests.visitor import words_of
from tests.world import CRITERION, World

ASKED = ("bruno", "rita", "robin", "rosa")
OTHERS = tuple(f"staff{number}" for number in range(29))


@pytest.fixture
def mail(world: World) -> UUID:
    """Mail as a product, and three who stand for everybody that works with it."""
    for login in (*ASKED[1:], "kim", *OTHERS):
        hire(world, login)
    people = world.people
    new = NewProcess(
        "Mail", "Mail at work", people["dora"], people["hugo"], people["gita"],
        world.teams["desk"], default_criteria=[CRITERION],
    )  # fmt: skip
    with world.handling.store.begin() as work:
        made = enter_process(work, new)
        standing = [(people[login], "Everybody at work") for login in ASKED[1:]]
        enter_representatives(work, made, standing)
    return made


@pytest.fixture
def incident(teller: Teller, world: World, mail: UUID) -> UUID:
    """Bruno has reported it, it has been put right and checked, and four people are asked."""
    made = teller.reports(
        "bruno",
        "No mail since nine",
        product=str(mail),
        harmed="All staff",
        harmed_count=3000,
        impact="high",
        urgency="high",
    )
    told = teller.ask("hugo", f"/incidents/{made}")
    assert {one["name"] for one in told["confirmers"]} == {
        "Bruno Bauer", "Rita", "Robin", "Rosa",
    }  # fmt: skip
    covered = told["coverage"]
    assert (told["priority"], covered["confirmers"], covered["represented"]) == ("P1", 4, 2996)
    teller.agrees(made, world.for_team("databases", "Restart the servers"), confirmers=ASKED)
    world.clock.forward(minutes=40)
    teller.put_right(made)
    assert world.steps(made) == ["confirm_outcome"] * 4
    return made


def not_right(teller: Teller, incident: UUID, *logins: str) -> None:
    for login in logins:
        teller.does(login, f"/incidents/{incident}/objections", {"words": "Mine is still down"})


def test_representatives_answer_for_all_and_one_from_outside_stops_nothing(
    teller: Teller, world: World, incident: UUID
) -> None:
    kim = teller.visits("kim")
    assert "Not right for you? Tell us" in kim.get("/incidents/1")
    kim.send("/incidents/1/deeds/not-right", {"words": "Mine is still down"})
    assert "Mine is still down" in words_of(kim.get("/incidents/2"))
    assert world.steps(incident) == ["confirm_outcome"] * 4

    for login in ASKED:
        teller.answers(login, incident, "yes")
    assert world.row(incident).closed_by == "confirmed"

    # hers goes on, and ends with her own answer
    hers = world.numbered(2)
    assert world.steps(hers) == ["agree_what_right_means"]
    teller.does("hugo", f"/incidents/{hers}/lead")
    teller.agrees(hers, world.for_team("databases", "Look at hers"), confirmers=("kim",))
    teller.put_right(hers)
    teller.answers("kim", hers, "yes")
    assert teller.proven() == 2


def test_thirty_of_three_thousand_take_it_back_to_work(
    teller: Teller, world: World, incident: UUID
) -> None:
    for login in ASKED[:3]:
        teller.answers(login, incident, "yes")
    not_right(teller, incident, *OTHERS)
    assert world.steps(incident) == ["confirm_outcome"], "29 are not 1 %"

    world.clock.forward(hours=1)
    not_right(teller, incident, "kim")
    assert world.steps(incident) == ["do_it_action"]
    assert world.row(incident).state == "open"

    # the lead finds the one server that was left out, and everybody is asked again
    teller.completes("hugo", incident, "do_it_action", **DONE)
    teller.verifies("dora", incident)
    assert world.steps(incident) == ["confirm_outcome"] * 4, "an earlier yes is over"
    for login in ASKED:
        teller.answers(login, incident, "yes")
    assert world.row(incident).closed_by == "confirmed"
    teller.adds_up(incident)

    # each of the thirty sees it in their own, and takes it back themselves
    for number in range(2, 32):
        who = world.row(world.numbered(number)).reporter_id
        login = next(one for one, made in world.people.items() if made == who)
        teller.does(login, f"/incidents/{number}/withdraw", {"words": "It works again"})
    assert teller.proven() == 31
