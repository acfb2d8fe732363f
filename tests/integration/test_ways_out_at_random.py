"""Any order of ways out and back leaves what is out asked of nobody and the audit content."""

import random
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from engine.domain.permissions import Actor
from engine.errors import PutrightError
from engine.queries.closures import closures_without_evidence
from engine.queries.ledger import incident_ledger
from engine.queries.ways_out import ways_out
from engine.usecases.merging import merge, undo_merge
from engine.usecases.setting_aside import bring_back, set_aside
from engine.usecases.withdrawing import withdraw
from tests.world import KEY, World

OTHER = {"measure": "Address", "threshold": "The new street", "evidence": "Copy"}


class Chance:
    """Does something to one of the reports, as its reporter or as who handles them."""

    def __init__(self, world: World, reports: dict[UUID, str], seed: int) -> None:
        self.world = world
        self.reports = reports
        self.random = random.Random(seed)
        self.hugo = world.actor("hugo")

    def does_something(self) -> None:
        deeds = [self.aside, self.join, self.join, self.back, self.part, self.take_back]
        self.random.choice([*deeds, self.work, self.work, self.work, self.wait])()

    def one(self) -> UUID:
        return self.random.choice(list(self.reports))

    def reporter(self, incident: UUID) -> Actor:
        return self.world.actor(self.reports[incident])

    def aside(self) -> None:
        set_aside(self.world.handling, self.one(), reason="Spam", actor=self.hugo)

    def back(self) -> None:
        one = self.one()
        bring_back(self.world.handling, one, actor=self.reporter(one))

    def join(self) -> None:
        one, other = self.random.sample(list(self.reports), 2)
        merge(self.world.handling, one, other, reason="The same", actor=self.hugo)

    def part(self) -> None:
        one = self.one()
        undo_merge(self.world.handling, one, actor=self.reporter(one))

    def take_back(self) -> None:
        if self.random.random() < 0.3:
            one = self.one()
            withdraw(self.world.handling, one, words="", actor=self.reporter(one))

    def wait(self) -> None:
        self.world.clock.forward(hours=self.random.randint(1, 200))
        for one in self.reports:
            self.world.fire(one)

    def work(self) -> None:
        world, one = self.world, self.one()
        login = self.reports[one]
        going_on = {
            "agree_what_right_means": lambda: world.agree(
                one, world.for_team("databases"), confirmers=(login,)
            ),
            "do_it_action": lambda: world.act(one, "ada"),
            "verify_outcome": lambda: world.verify(one),
            "confirm_outcome": lambda: world.confirm(one, login),
        }
        for step in world.steps(one)[:1]:
            if step in going_on:
                going_on[step]()


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_ways_out_leaves_what_is_out_asked_of_nobody(world: World, seed: int) -> None:
    reports: dict[UUID, str] = {}
    for login in ("carla", "olga", "carla"):
        reports[world.report(login, criteria=[OTHER] if login == "olga" else [])] = login
        world.clock.forward(minutes=seed % 2)
    chance = Chance(world, reports, seed)

    for _ in range(30):
        with suppress(PutrightError):
            chance.does_something()
        world.clock.forward(minutes=1)

        with world.handling.store.read() as conn:
            assert ways_out(conn, {KEY.id: KEY.secret}).unproven == ()
            assert closures_without_evidence(conn, {KEY.id: KEY.secret})[1] == []
            for incident in reports:
                row = world.row(incident)
                assert (row.state == "open") == bool(world.steps(incident)), row.state
                ledger = incident_ledger(conn, incident, world.clock.now)
                assert sum(ledger.totals.values(), timedelta(0)) == ledger.whole
                assert not [line for line in ledger.lines if line.reason == "nobody"]
