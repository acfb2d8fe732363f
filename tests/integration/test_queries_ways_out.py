"""The auditor's own check of what is set aside or merged, with the guard away."""

from typing import Any

import pytest
from sqlalchemy import text

from engine.queries.ways_out import WaysOut, ways_out
from engine.store.embedded import DatabaseUrls
from engine.usecases.merging import merge
from engine.usecases.setting_aside import bring_back, set_aside
from tests.unguarded import unguarded
from tests.world import KEY, World


def audited(world: World, **options: Any) -> WaysOut:
    with world.handling.store.read() as conn:
        return ways_out(conn, {KEY.id: KEY.secret}, **options)


def furnish(world: World) -> None:
    """Make one that is set aside, one that is merged, and one that is back."""
    hugo = world.actor("hugo")
    earlier, aside = world.report(), world.report()
    world.lead(aside)
    world.agree(aside, world.for_team("databases"))
    world.clock.forward(minutes=5)
    joined, back = world.report("olga"), world.report()
    set_aside(world.handling, aside, reason="Spam", actor=hugo)
    set_aside(world.handling, back, reason="Spam", actor=hugo)
    bring_back(world.handling, back, actor=world.actor("carla"))
    merge(world.handling, joined, earlier, reason="The same", actor=hugo)


def test_what_went_out_in_the_right_way_is_counted_and_proven(world: World) -> None:
    furnish(world)

    assert audited(world) == WaysOut(1, 1, ())
    assert audited(world, batch=1) == WaysOut(1, 1, ())


FORGED = [
    ("UPDATE way_out SET person_id = :fay", "no record says who took it out"),
    ("UPDATE way_out SET reason = 'A whim'", "another reason"),
    ("UPDATE way_out SET left_at = now()", "is not its own"),
    ("UPDATE incident SET ended_at = now() WHERE state = 'set_aside'", "is not its own"),
    (
        "INSERT INTO way_back SELECT id, :fay, NULL, now(), 1 FROM way_out WHERE kind = 'merged'",
        "it was brought back",
    ),
    ("UPDATE work_item SET claimed_by = :fay WHERE action_id IS NOT NULL", "had begun to act"),
    ("UPDATE incident SET told_at = now() WHERE number = 1", "merged into a later one"),
    ("UPDATE entry SET content = '{\"report\": 9}' WHERE verb = 'incident:joined'", "no record of"),
    ("UPDATE entry SET actor = 'Fay' WHERE verb = 'incident:merged'", "is not what was written"),
    ("DELETE FROM entry WHERE verb = 'incident:set_aside'", "no record says who took it out"),
]


@pytest.mark.parametrize(("sql", "why"), FORGED, ids=[why for _, why in FORGED])
def test_a_way_out_without_its_evidence_is_named(
    world: World, database: DatabaseUrls, sql: str, why: str
) -> None:
    furnish(world)
    asked = {"fay": world.people["fay"]} if ":fay" in sql else {}
    with unguarded(database) as conn:
        conn.execute(text(sql), asked)

    assert why in "; ".join(one.why for one in audited(world).unproven)
