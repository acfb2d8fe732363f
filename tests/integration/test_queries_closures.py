"""The auditor's own check finds every closure that lost its evidence, with the guard away."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.bench.counting import counted
from engine.queries.closures import Unproven, closures_without_evidence
from engine.queries.debt import confirmation_debt
from engine.queries.figures import figures
from engine.store.embedded import DatabaseUrls
from engine.usecases.covering import count_harmed
from tests.unguarded import unguarded
from tests.world import KEY, World

KEYS = {KEY.id: KEY.secret}


def audited(world: World) -> tuple[int, list[Unproven]]:
    with world.handling.store.read() as conn:
        return closures_without_evidence(conn, KEYS)


def test_what_was_closed_in_the_right_way_is_proven(world: World) -> None:
    world.confirmed()
    world.decided()
    world.report()

    assert audited(world) == (2, [])


def test_many_closures_take_as_many_statements_as_one(world: World) -> None:
    for _ in range(3):
        world.confirmed()

    with counted(world.handling.store.engine) as sent:
        assert audited(world) == (3, [])

    assert len(sent.statements) == 14

    with world.handling.store.read() as conn:
        assert closures_without_evidence(conn, KEYS, batch=2) == (3, [])


FORGED_CONFIRMED = [
    ("UPDATE confirmation SET answer = 'no'", "says that it is not right"),
    ("UPDATE confirmation_line SET answer = 'partly'", "only partly right"),
    ("DELETE FROM confirmation_line", "only partly right"),
    ("UPDATE criterion SET verified_seq = 0", "has not been checked"),
    (
        "UPDATE criterion SET missed_at = now(), missed_because = 'Too late'",
        "can no longer be met, and nothing is agreed in its place",
    ),
    ("UPDATE incident SET harmed_count = 3", "2 of those harmed are covered by nobody"),
    ("UPDATE criterion SET must_hold = 2", "was right at 1 of 2 checks in a row"),
    ("UPDATE criterion SET verified_by = :fay", "no record says who checked"),
    ("UPDATE action SET state = 'open', settled_at = NULL", "action is not finished"),
    ("UPDATE action SET work_seq = 99", "since the last"),
    ("UPDATE criterion SET changed_seq = 99", "since the last change"),
    ("UPDATE confirmer SET withdrawn_at = now()", "Nobody is named"),
    ("UPDATE incident SET lead_id = :carla", "cannot answer for it"),
    ("UPDATE work_item SET ended_by = :carla WHERE action_id IS NOT NULL", "cannot answer for it"),
    ("UPDATE verification SET person_id = :carla", "cannot answer for it"),
    ("UPDATE confirmation SET grade = 'phone'; UPDATE incident SET money = 1", "by phone only"),
    ("UPDATE entry SET person_id = :fay WHERE verb = 'confirmation:given'", "no record holds"),
    ("UPDATE entry SET actor = 'Fay' WHERE seq = 2", "Record 2 is not what was written"),
    ("DELETE FROM entry WHERE seq = 2", "Record 2 is missing"),
    ("DELETE FROM entry WHERE verb = 'incident:closed'", "0 records say that it was closed"),
    (
        """UPDATE entry SET content = jsonb_set(content, '{answer}', '"partly"')
        WHERE verb = 'confirmation:given'""",
        "another answer",
    ),
    ("UPDATE incident SET head_seq = head_seq + 1", "has been cut off"),
    ("UPDATE incident SET harmed_count = 1", "how many are harmed is not what its record says"),
    ("UPDATE incident SET size = 1", "how many are harmed is not what its record says"),
]
FORGED_DECIDED = [
    ("UPDATE decision SET decided = 'back_to_work'", "the facts say “shut”"),
    ("UPDATE decision SET reason = 'Because'", "another decision"),
    ("UPDATE decision SET person_id = :fay", "may not decide this"),
    ("UPDATE decision SET authority = 'authority'", "may not decide this"),
    (
        "UPDATE work_item SET people = '{}' WHERE mark = 'closing_decision'",
        "may not decide this",
    ),
    ("UPDATE incident SET lead_id = :dora", "cannot decide to close it"),
    ("UPDATE decision SET entry_seq = 1", "decided before the last change"),
    (
        """UPDATE incident SET highest_priority = 'P1'; UPDATE decision SET authority = 'authority';
        UPDATE verification SET person_id = :dora""",
        "cannot decide to close it",
    ),
]


def forge(database: DatabaseUrls, world: World, sql: str) -> None:
    people: dict[str, Any] = {login: world.people[login] for login in ("fay", "carla", "dora")}
    with unguarded(database) as conn:
        for one in sql.split(";"):
            conn.execute(
                text(one), {name: who for name, who in people.items() if f":{name}" in one}
            )


@pytest.mark.parametrize(("sql", "why"), FORGED_CONFIRMED)
def test_a_confirmed_closure_without_its_evidence_is_named(
    world: World, database: DatabaseUrls, sql: str, why: str
) -> None:
    incident = world.confirmed()
    forge(database, world, sql)

    count, ((number, found, reason),) = audited(world)

    assert (count, number, found) == (1, world.row(incident).number, incident)
    assert why in reason


@pytest.mark.parametrize(("sql", "why"), FORGED_DECIDED)
def test_a_decided_closure_without_its_evidence_is_named(
    world: World, database: DatabaseUrls, sql: str, why: str
) -> None:
    incident = world.decided()
    forge(database, world, sql)

    _, (unproven,) = audited(world)

    assert unproven.id == incident
    assert why in unproven.why


def test_a_decision_by_who_noted_whom_an_action_reached_is_named(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.decided()
    noted = """INSERT INTO target
          (id, action_id, incident_id, position, label, outcome, answered_at, answered_by)
        SELECT gen_random_uuid(), a.id, i.id, 1, 'Miller', 'done', i.ended_at, :dora
        FROM action a JOIN incident i ON i.id = a.incident_id"""
    forge(database, world, noted)

    _, (unproven,) = audited(world)
    assert "cannot decide to close it" in unproven.why
    with world.handling.store.read() as conn:
        missing = text("SELECT putright_missing_evidence(:id)")
        found = conn.scalar(missing, {"id": incident})
    assert found == "who decided to close led it or worked on it"


def test_a_count_of_those_harmed_is_recomputed_from_the_last_record(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.report(harmed_count=3)
    world.lead(incident)
    count_harmed(world.handling, incident, 1, reason="The list", actor=world.actor("hugo"))
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)
    assert audited(world) == (1, [])

    forge(database, world, "UPDATE incident SET harmed_count = 3")

    _, (unproven,) = audited(world)
    assert "how many are harmed" in unproven.why


def test_a_closure_that_nothing_led_to_is_named(world: World, database: DatabaseUrls) -> None:
    real, fake = world.confirmed(), world.report()
    with unguarded(database) as conn:
        conn.execute(
            text(
                "UPDATE incident SET state = 'closed', closed_by = 'confirmed', ended_at = now(),"
                " confirmation_id = (SELECT confirmation_id FROM incident WHERE id = :real)"
                " WHERE id = :fake"
            ),
            {"real": real, "fake": fake},
        )

    count, unproven = audited(world)

    assert count == 2
    assert [one.id for one in unproven] == [fake]


def test_without_the_key_nothing_is_proven(world: World) -> None:
    world.confirmed()

    with world.handling.store.read() as conn:
        _, (unproven,) = closures_without_evidence(conn, {})

    assert "its key is not in the settings" in unproven.why


def test_an_answer_counts_as_debt_once_the_ladder_says_so(world: World) -> None:
    world.asked()
    with world.handling.store.read() as conn:
        fresh = confirmation_debt(conn, world.clock.now)
        later = confirmation_debt(conn, world.clock.now + timedelta(days=15))

    assert (fresh.missing, fresh.debt, fresh.asked_longest_at) == (1, 0, None)
    assert (later.debt, later.by_process) == (1, {world.process_id: 1})


def test_figures_count_what_is_open_and_how_late_timers_are(world: World) -> None:
    incident: UUID = world.asked()
    with world.handling.store.read() as conn:
        now = figures(conn, world.clock.now)
        later = figures(conn, world.clock.now + timedelta(days=30))

    assert (now.open_incidents, now.open_items, now.late_timers) == (1, 1, 0)
    assert now.late_by == timedelta(0)
    assert later.late_timers == 1
    assert later.late_by > timedelta(days=1)
    assert world.row(incident).state == "open"
