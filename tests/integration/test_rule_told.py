"""Rule, ledger 1: it starts at *told*, which may be set earlier with a reason, never later."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.errors import InvalidAnswers, NotAllowed
from engine.usecases.lead import set_told
from tests.machine import Machine
from tests.world import World


def test_told_may_be_set_earlier_with_a_reason(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    before = world.row(incident).told_at
    earlier = before - timedelta(hours=3)

    set_told(world.handling, incident, earlier, reason="She phoned", actor=world.actor("hugo"))

    assert world.row(incident).told_at == earlier
    assert world.verbs(incident)[-1] == "incident:told_earlier"


def test_told_is_never_set_later(world: World) -> None:
    incident = world.report()
    later = world.row(incident).told_at + timedelta(minutes=1)

    with pytest.raises(InvalidAnswers):
        set_told(world.handling, incident, later, reason="Late", actor=world.actor("hugo"))


def test_told_needs_a_reason_and_somebody_who_handles_it(world: World) -> None:
    incident = world.report()
    earlier = world.row(incident).told_at - timedelta(hours=1)

    with pytest.raises(InvalidAnswers):
        set_told(world.handling, incident, earlier, reason=" ", actor=world.actor("hugo"))
    with pytest.raises(NotAllowed):
        set_told(world.handling, incident, earlier, reason="So", actor=world.actor("carla"))


@pytest.mark.parametrize("told_at", ["0001-01-01T00:00:00+14:00", "1899-12-31T23:59:59Z"])
def test_told_is_not_set_before_all_calendars(
    world: World, machine: Callable[[str], Machine], told_at: str
) -> None:
    incident = world.report()
    world.lead(incident)

    sent = {"told_at": told_at, "reason": "So"}
    refused = machine("hugo").post(f"/incidents/{incident}/told", sent, 422)

    assert list(refused["context"]["fields"]) == ["told_at"]
