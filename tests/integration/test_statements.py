"""What a completion asks of the database: few statements and one commit, however much is open."""

import pytest

from api.bench.counting import Counted, counted
from engine.usecases.complete import complete
from tests.world import World


def finish(world: World, item_id: object) -> Counted:
    """Do an action, whoever does it being known already, as within a request."""
    answers, ada = {"outcome": "done", "what_was_done": "Done as asked"}, world.actor("ada")
    with counted(world.handling.store.engine) as sent:
        complete(world.handling, item_id, answers, actor=ada, key="once")
    return sent


@pytest.mark.parametrize("actions", [2, 30])
def test_finishing_takes_eight_statements_at_most_and_thirteen_if_the_incident_moves(
    world: World, actions: int
) -> None:
    incident = world.report()
    world.lead(incident)
    asked = world.for_team("databases", ends_cause=True)
    world.agree(incident, *[asked for _ in range(actions)])

    spent = [finish(world, item.id) for item in world.items(incident)]

    assert max(len(sent.statements) for sent in spent[:-1]) <= 8
    assert len(spent[-1].statements) <= 13
    assert world.steps(incident) == ["verify_outcome"]
    assert {sent.commits for sent in spent} == {1}
