"""Who led, did, checked, confirmed and decided: what a rule forbids is found, whoever wrote it."""

from datetime import UTC, datetime

from sqlalchemy import text

from engine.domain.duties import Duty
from engine.queries.duties import DutyCounts, duty_counts, duty_lines
from engine.queries.paging import Page
from engine.store.embedded import DatabaseUrls
from engine.usecases.restricting import restrict
from tests.unguarded import unguarded
from tests.world import World

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def counted(world: World, since: datetime = SINCE, until: datetime = UNTIL) -> DutyCounts:
    with world.handling.store.read() as conn:
        return duty_counts(conn, since, until)


def forbidden(world: World) -> set[tuple[Duty, Duty]]:
    return {(one.one, one.other) for one in counted(world).overlaps if one.is_forbidden}


def forge(database: DatabaseUrls, world: World, sql: str) -> None:
    with unguarded(database) as conn:
        known = {name: world.people[name] for name in ("ada", "hugo") if f":{name}" in sql}
        conn.execute(text(sql), known)


def test_duties_that_were_kept_apart_overlap_nowhere(world: World) -> None:
    world.confirmed()
    world.report()

    found = counted(world)

    assert (found.closed, found.overlaps, found.forbidden) == (1, (), 0)


def test_a_lead_who_checked_is_told_with_the_rule_that_allows_it(world: World) -> None:
    world.decided()

    (one,) = counted(world).overlaps

    assert (one.one, one.other, one.is_forbidden) == (Duty.LED, Duty.VERIFIED, False)
    assert "the lead checks" in one.rule


def test_what_no_use_case_allows_is_found_where_somebody_wrote_it(
    world: World, database: DatabaseUrls
) -> None:
    world.confirmed()
    world.decided()
    forge(database, world, "UPDATE decision SET person_id = :ada")
    forge(database, world, "UPDATE confirmation SET person_id = :hugo")

    assert forbidden(world) == {(Duty.WORKED, Duty.DECIDED), (Duty.LED, Duty.CONFIRMED)}


def test_who_alone_did_the_work_and_checked_it_is_found(
    world: World, database: DatabaseUrls
) -> None:
    world.confirmed()
    forge(database, world, "UPDATE verification SET person_id = :ada")

    assert forbidden(world) == {(Duty.WORKED, Duty.VERIFIED)}


def test_only_what_was_closed_within_the_period_counts(world: World) -> None:
    world.confirmed()

    assert counted(world, UNTIL, datetime(2027, 1, 1, tzinfo=UTC)).closed == 0


def test_an_overlap_is_drilled_down_to_its_incidents(world: World, database: DatabaseUrls) -> None:
    world.confirmed()
    wrong = world.decided()
    forge(database, world, "UPDATE decision SET person_id = :ada")

    with world.handling.store.read() as conn:
        lines, _ = duty_lines(conn, SINCE, UNTIL, overlap="worked-decided-forbidden")
        every, after = duty_lines(conn, SINCE, UNTIL, overlap="forbidden")
        allowed, _ = duty_lines(conn, SINCE, UNTIL, overlap="led-verified-allowed")

    assert [one.number for one in lines] == [world.row(wrong).number]
    assert lines[0].people[Duty.DECIDED] == ("Ada Adler",)
    assert [one.number for one in every] == [world.row(wrong).number]
    assert [one.number for one in allowed] == [world.row(wrong).number]
    assert after is None


def test_pages_of_all_closures_follow_each_other(world: World) -> None:
    numbers = [world.row(world.confirmed()).number for _ in range(3)]

    with world.handling.store.read() as conn:
        first, after = duty_lines(conn, SINCE, UNTIL, page=Page(2))
        second, end = duty_lines(conn, SINCE, UNTIL, page=Page(2, after))

    assert [one.number for one in (*first, *second)] == numbers[::-1]
    assert end is None


def test_of_what_is_for_named_people_only_nobody_is_named(world: World) -> None:
    incident = world.asked()
    restrict(world.handling, incident, reason="So", actor=world.actor("hugo"), people=[])
    world.confirm(incident)

    with world.handling.store.read() as conn:
        ((line,), _) = duty_lines(conn, SINCE, UNTIL)

    assert line.is_restricted
    assert line.people == {}
