"""`kill -9` at any moment of a use case leaves all of it or nothing, and it can simply be repeated.

Two databases begin as equals.  In one a use case is done in peace; in the other it is sent again
and again, by a process that is killed a little later each time, until one lives to its end.  Ids
and salts are drawn alike on both sides, so that every row has to be the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from engine.store import schema as t
from engine.store.embedded import DatabaseUrls, EmbeddedServer
from engine.store.jobs import defer_advances
from engine.usecases.complete import complete
from engine.usecases.lead import take_lead
from engine.usecases.report import Report, report_incident
from engine.usecases.timing import advance_run, hand_out_due
from tests.evidence import digests, faults_of_record
from tests.integration.killed_process import Death, Deed, Doer
from tests.until import until
from tests.world import CRITERION, World

DEEDS = (
    "report",
    "take the lead",
    "agree, with first actions",
    "do the last action",
    "verify",
    "confirm and close",
    "decide to close",
    "remind",
    "hand out what is due",
)


class Side:
    """A database, somebody who does use cases on it, and its owner who looks on."""

    def __init__(self, urls: DatabaseUrls, now: datetime) -> None:
        self.doer = Doer(urls.app_url, now)
        self._owner = psycopg.connect(urls.owner_url, autocommit=True)

    def rows(self) -> dict[str, int]:
        """Return a digest of all there is, once the last of the killed is gone."""
        until(lambda: not self._at_work())
        return digests(self._owner, numbered=False)

    def leave(self) -> None:
        self.doer.leave()
        self._owner.close()

    def _at_work(self) -> list[Any]:
        return self._owner.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()


@dataclass(frozen=True)
class Stage:
    """Both sides, as equals, and what can be done next."""

    world: World
    deeds: dict[str, Deed]
    peaceful: Side
    deadly: Side

    def faults(self) -> list[object]:
        """Return what is wrong with the record of the side where processes died."""
        with self.world.handling.store.read() as conn:
            found = faults_of_record(conn)
        self.world.close()
        return found


@pytest.fixture(scope="module")
def stage(server: EmbeddedServer, migrated_template: str) -> Iterator[Stage]:
    urls = server.create_database("deadly", template=migrated_template)
    world = World.make(urls.app_url)
    deeds = ready_to_be_done(world)
    world.close()
    twin = server.create_database("peaceful", template="deadly")
    sides = [Side(each, world.clock.now) for each in (twin, urls)]
    yield Stage(world, deeds, *sides)
    for side in sides:
        side.leave()
    server.drop_database("deadly")
    server.drop_database("peaceful")


def ready_to_be_done(world: World) -> dict[str, Deed]:
    """Return the use cases; for each an incident has come just so far."""
    due, _ = world.asked(), world.asked()
    undecided = world.undecided()  # time passes: the other two are due for a reminder
    reported, led, confirmed = world.report(), world.report(), world.asked()
    acted, verified = agreed(world), agreed(world)
    world.lead(led)
    world.act(verified, "ada")
    carla, hugo = world.actor("carla"), world.actor("hugo")
    report = Report(world.process_id, "Wrong balances", "Right ones", "Wrong ones", "214 customers")
    deeds = (
        partial(report_incident, report=report, actor=carla, key="once"),
        partial(take_lead, incident_id=reported, actor=hugo),
        completion(
            world,
            led,
            "hugo",
            "agree_what_right_means",
            criteria=[CRITERION],
            confirmers=[str(carla.id)],
            actions=[world.for_team("databases"), world.for_team("post", "Print them again")],
        ),
        completion(
            world, acted, "ada", "do_it_action", outcome="done", what_was_done="Done as asked"
        ),
        completion(
            world,
            verified,
            "dora",
            "verify_outcome",
            verdict="right",
            right_since=world.clock.now.isoformat(),
            measured=[{"criterion": str(one), "measured": "0"} for one in world.criteria(verified)],
        ),
        completion(
            world,
            confirmed,
            "carla",
            "confirm_outcome",
            criteria=[
                {"criterion": str(one), "answer": "yes"} for one in world.criteria(confirmed)
            ],
        ),
        completion(
            world,
            undecided,
            "dora",
            "decide_without_answer",
            decided="close",
            reason="Has moved away",
        ),
        partial(advance_run, run_id=own_run(world, due)),
        partial(hand_out_due, defer=defer_advances),
    )
    return dict(zip(DEEDS, deeds, strict=True))


def completion(world: World, incident: UUID, login: str, step: str, **answers: Any) -> Deed:
    item, actor = world.item(incident, step, login), world.actor(login)
    return partial(complete, item_id=item.id, answers=answers, actor=actor, key="once")


def agreed(world: World) -> UUID:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    return incident


def own_run(world: World, incident: UUID) -> UUID:
    with world.handling.store.read() as conn:
        return conn.execute(
            select(t.run.c.id).where(t.run.c.incident_id == incident, t.run.c.action_id.is_(None))
        ).scalar_one()


def deaths() -> Iterator[Death]:
    """Before the first trip to the database, during it, before the second, and so on."""
    for trip in count(1):
        yield Death(trip, is_sent=False)
        yield Death(trip, is_sent=True)


@pytest.mark.parametrize("name", DEEDS)
def test_who_is_killed_has_done_all_or_nothing_and_may_do_it_again(stage: Stage, name: str) -> None:
    deed, peaceful, deadly = stage.deeds[name], stage.peaceful, stage.deadly
    before = deadly.rows()
    assert peaceful.rows() == before
    assert peaceful.doer.survives(deed, chance=name)
    after = peaceful.rows()
    assert after != before

    seen = []
    for death in deaths():
        survived = deadly.doer.survives(deed, chance=name, death=death)
        seen.append(deadly.rows())
        if survived:
            break

    assert [rows for rows in seen if rows not in (before, after)] == []
    assert seen[0] == before
    assert seen[-1] == after
    assert deadly.doer.survives(deed, chance="drawn anew")
    assert deadly.rows() == after
    assert stage.faults() == []
