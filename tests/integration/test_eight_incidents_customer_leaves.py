"""A customer that leaves before confirming: the next rung is asked, and no timer closes it.

Carla's statement is put right, and before she has said so she has left the bakery.  Her brother
answers if she named him; else the lead tries, and a person with a name decides and says why.
"""

from uuid import UUID

import pytest

from engine.domain.silence import Channel
from tests.staffing import hire, leave
from tests.story import Teller
from tests.visitor import todo_path, words_of
from tests.world import World


@pytest.fixture
def incident(teller: Teller, world: World) -> UUID:
    """A grave one that has been put right and checked; Carla is asked on a Monday at 9."""
    made = teller.reports("carla", "Wrong balance", impact="high")
    teller.agrees(made, world.for_team("databases", "Correct the balance"))
    teller.put_right(made)
    return made


def days_pass(world: World, incident: UUID, days: int) -> None:
    for _ in range(days):
        world.clock.forward(days=1)
        world.fire(incident)


def tries(teller: Teller, incident: UUID, channel: Channel, words: str) -> None:
    said = {"whom": str(teller.world.people["carla"]), "channel": channel, "words": words}
    teller.does("hugo", f"/incidents/{incident}/tries", said)


def test_whoever_stands_in_for_her_is_asked_at_the_next_look_and_answers(
    teller: Teller, world: World, incident: UUID
) -> None:
    hire(world, "marco", colleague_of="carla")
    teller.puts("carla", "/me/deputy", {"person": str(world.people["marco"])})
    page = todo_path(world.item(incident, "confirm_outcome").id)
    leave(world, "carla")

    assert teller.send("carla", f"/incidents/{incident}/late-answers").status_code == 401
    days_pass(world, incident, 1)
    marco = teller.visits("marco")
    assert "Is it right again?" in words_of(marco.get(page))
    marco.send(page, {"criteria.0.answer": "yes"})

    assert world.row(incident).closed_by == "confirmed"
    assert "Marco" in words_of(teller.visits("dora").get("/incidents/1"))
    teller.adds_up(incident)
    assert teller.proven() == 1


def test_where_nobody_stands_in_the_authority_decides_after_two_tries_and_says_why(
    teller: Teller, world: World, incident: UUID
) -> None:
    leave(world, "carla")
    days_pass(world, incident, 1)

    # the owner and the lead are told at once; the days and the tries are waited for all the same
    for login in ("hugo", "dora"):
        assert "Please phone Carla Costa" in words_of(teller.visits(login).get("/"))
    days_pass(world, incident, 20)
    assert world.steps(incident) == ["confirm_outcome"], "twenty days, and nothing has closed it"
    tries(teller, incident, Channel.CALL, "The number is no longer in use")
    assert world.steps(incident) == ["confirm_outcome"]
    tries(teller, incident, Channel.LETTER, "Came back: moved away")

    said = {"decided": "close", "reason": "The bakery was sold; the balance is right in our books"}
    item = world.item(incident, "decide_without_answer").id
    for login in ("hugo", "ada", "dora"):
        refused = teller.send(login, f"/items/{item}/complete", {"answers": said})
        assert refused.status_code == 403
    teller.completes("gita", incident, "decide_without_answer", **said)

    assert world.row(incident).closed_by == "escalated"
    assert "The bakery was sold" in str(teller.ask("hugo", f"/incidents/{incident}"))
    teller.adds_up(incident)
    assert teller.proven() == 1


def test_whoever_decides_may_ask_her_successor_instead(
    teller: Teller, world: World, incident: UUID
) -> None:
    hire(world, "marco", colleague_of="carla")
    leave(world, "carla")
    days_pass(world, incident, 7)
    tries(teller, incident, Channel.CALL, "She works there no more")
    tries(teller, incident, Channel.VISIT, "Her brother has the bakery now")

    marco = str(world.people["marco"])
    said = {"decided": "ask_somebody_else", "ask": marco, "reason": "He has the bakery now"}
    teller.completes("gita", incident, "decide_without_answer", **said)
    assert world.steps(incident) == ["confirm_outcome"]
    teller.answers("marco", incident, "no", words="It still says 120")

    # his *no* is a customer's: back to work, and he is the one who is asked again
    teller.agrees(incident, world.for_team("databases", "Look again"), confirmers=("marco",))
    teller.put_right(incident)
    teller.answers("marco", incident, "yes")
    assert world.row(incident).closed_by == "confirmed"
    assert teller.proven() == 1
