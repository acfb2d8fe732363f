"""Gaps in numbers: what was not kept is on record, what was taken out is not."""

from typing import Any

import pytest
from sqlalchemy import text

from engine.errors import Conflict
from engine.queries.gaps import Gaps, Numbered, gaps
from engine.store.embedded import DatabaseUrls
from engine.usecases.report import Report, report_incident
from tests.unguarded import unguarded, unreferred
from tests.world import World


def found(world: World) -> Gaps:
    with world.handling.store.read() as conn:
        return gaps(conn)


def roll_back_a_report(world: World) -> None:
    said: dict[str, Any] = {"title": "A", "expected": "B", "actual": "C", "harmed": "D"}
    report = Report(product_id=world.process_id, **said)
    with pytest.raises(Conflict), world.handling.store.begin() as work:  # noqa: PT012
        report_incident(world.handling.within(work), report, actor=world.actor("carla"))
        raise Conflict("Not after all.")


def test_where_nothing_is_missing_nothing_is_told(world: World) -> None:
    world.confirmed()
    world.report()

    assert (found(world).among, found(world).inside) == ((), ())
    assert found(world).counted[Numbered.INCIDENT] == 2


def test_a_report_that_was_not_kept_leaves_its_number_on_record(world: World) -> None:
    world.report()
    roll_back_a_report(world)
    world.report()

    (gap,) = found(world).among

    assert (gap.kind, gap.first, gap.last) == (Numbered.INCIDENT, 2, 2)
    assert [(one.number, one.why) for one in gap.given_up] == [(2, "conflict")]
    assert (gap.is_explained, found(world).unexplained) == (True, 0)


def test_numbers_given_up_at_the_very_end_are_seen_too(world: World) -> None:
    world.report()
    roll_back_a_report(world)

    (gap,) = found(world).among

    assert (gap.first, gap.last, gap.after_at, gap.is_explained) == (2, 2, None, True)


def test_an_incident_that_somebody_took_out_is_a_gap_that_nothing_explains(
    world: World, database: DatabaseUrls
) -> None:
    for _ in range(3):
        world.report()
    with unguarded(database) as conn:
        unreferred(conn, "incident")
        conn.execute(
            text(
                "DELETE FROM entry WHERE incident_id IN (SELECT id FROM incident WHERE number = 2)"
            )
        )
        conn.execute(text("DELETE FROM incident WHERE number = 2"))

    (gap,) = found(world).among

    assert (gap.first, gap.last, gap.is_explained) == (2, 2, False)
    assert gap.before_at is not None
    assert found(world).unexplained == 1


def test_a_record_or_an_action_that_was_taken_out_is_told_with_its_incident(
    world: World, database: DatabaseUrls
) -> None:
    world.report()
    incident = world.report()
    world.lead(incident)
    for _ in range(2):
        world.propose(incident, "hugo")
    with unguarded(database) as conn:
        unreferred(conn, "action")
        conn.execute(
            text("DELETE FROM entry WHERE incident_id = :id AND seq = 2"), {"id": incident}
        )
        conn.execute(text("DELETE FROM action WHERE number = 1"))

    inside = found(world).inside

    assert {(one.incident, one.what) for one in inside} == {(2, "action"), (2, "entry")}


def test_a_release_that_is_on_record_and_not_there_any_more_is_told_with_when_it_was_published(
    world: World, database: DatabaseUrls
) -> None:
    with unguarded(database) as conn:
        unreferred(conn, "release")
        conn.execute(text("DELETE FROM release"))

    (gap,) = found(world).among

    assert (gap.kind, gap.first, gap.last) == (Numbered.RELEASE, 1, 1)
    assert gap.published_at is not None
