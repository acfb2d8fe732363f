"""The controls: each finds what no use case allows, where somebody wrote it past the guard."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from api.cli import main
from engine.domain.incident import Priority
from engine.queries.closures import closures_without_evidence
from engine.queries.controls import CONTROLS
from engine.queries.controls.control import Asked, CheckedClosures
from engine.queries.controls.running import ControlRun, last_checked, run_controls
from engine.store.embedded import DatabaseUrls
from engine.usecases.closure_checks import ask_check, check_all
from engine.usecases.merging import merge
from engine.usecases.priority import decide_lowering, set_priority
from engine.usecases.restricting import agree_to_lift, ask_to_lift, restrict
from engine.usecases.setting_aside import set_aside
from tests.evidence import KEYS
from tests.integration.test_closing_lists import close, made, phoned, tried, undecided
from tests.machine import Machine
from tests.staffing import hire
from tests.unguarded import unguarded, unreferred
from tests.visitor import Visitor, words_of
from tests.world import KEY, World

Visit = Callable[[str | None], Visitor]
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
IN_TIME = "since=2026-03-01&until=2026-05-31"


def ran(world: World, since: datetime = SINCE, until: datetime = UNTIL) -> dict[str, ControlRun]:
    with world.handling.store.read() as conn:
        _, unproven = closures_without_evidence(conn, KEYS)
        checked = CheckedClosures(UNTIL, "1", tuple(one.number for one in unproven))
        runs = run_controls(conn, Asked(since, until, checked), world.clock.now)
        return {run.control.name: run for run in runs}


def broken(world: World) -> dict[str, list[int]]:
    return {
        name: [one.number for one in run.exceptions]
        for name, run in ran(world).items()
        if run.exceptions
    }


def populations(world: World) -> dict[str, int]:
    return {name: run.population for name, run in ran(world).items() if run.population}


def forge(database: DatabaseUrls, world: World, *sqls: str) -> None:
    people = {login: world.people[login] for login in ("ada", "fay", "hugo", "dora")}
    with unguarded(database) as conn:
        for sql in sqls:
            conn.execute(text(sql), {n: who for n, who in people.items() if f":{n}" in sql})


def lowered(world: World) -> int:
    incident = world.report()
    hugo, dora = world.actor("hugo"), world.actor("dora")
    world.lead(incident)
    set_priority(world.handling, incident, Priority.P1, reason="So", actor=hugo)
    set_priority(world.handling, incident, Priority.P2, reason="Less", actor=hugo)
    decide_lowering(world.handling, incident, approves=True, words="", actor=dora)
    return int(world.row(incident).number)


def test_what_the_use_cases_do_is_no_exception_to_any_control(world: World) -> None:
    hire(world, "nina", team="desk")
    world.confirmed()
    world.decided()
    lowered(world)
    aside = world.report()
    set_aside(world.handling, aside, reason="Spam", actor=world.actor("hugo"))
    first, second = world.report(), world.report()
    for one in (first, second):
        world.lead(one)
    merge(world.handling, second, first, reason="Same", actor=world.actor("hugo"))
    restrict(world.handling, first, reason="So", actor=world.actor("hugo"), people=[])
    ask_to_lift(world.handling, first, reason="So", actor=world.actor("hugo"))
    agree_to_lift(world.handling, first, actor=world.actor("dora"))
    by_phone = world.asked()
    phoned(world, by_phone, "yes")
    (listed,) = undecided(world)
    number = made(world)
    tried(world, listed)
    close(world, number, listed)

    assert broken(world) == {}
    assert populations(world) == {
        "evidence": 4, "authority": 2, "own-work-decided": 2, "own-work-confirmed": 2,
        "own-work-checked": 4, "phoned": 1, "lists": 1, "lowered": 1, "checked": 4,
        "set-aside": 1, "joined": 1, "lifted": 1, "numbers": 8, "proved": 1,
    }  # fmt: skip


FORGED_CONFIRMED = [
    ("evidence", "UPDATE criterion SET verified_by = NULL, verified_seq = 0"),
    ("own-work-confirmed", "UPDATE confirmation SET person_id = :hugo"),
    ("own-work-checked", "UPDATE verification SET person_id = :ada"),
    ("signed", "UPDATE incident SET money = 1; UPDATE confirmation SET grade = 'phone'"),
    ("phoned", "UPDATE confirmation SET recorded_by = :ada, answered_at = answered_at + '1 s'"),
    ("checked", "UPDATE work_item SET people = '{}', team_id = NULL WHERE mark = 'verification'"),
]
FORGED_DECIDED = [
    ("authority", "UPDATE decision SET person_id = :fay"),
    ("authority", "UPDATE work_item SET people = '{}' WHERE mark = 'closing_decision'"),
    ("authority", "UPDATE decision SET authority = 'authority'"),
    ("own-work-decided", "UPDATE decision SET person_id = :ada"),
    ("own-work-decided", "UPDATE incident SET lead_id = :dora"),
]


@pytest.mark.parametrize(("name", "sql"), FORGED_CONFIRMED)
def test_a_confirmed_closure_that_breaks_a_control_is_its_exception(
    world: World, database: DatabaseUrls, name: str, sql: str
) -> None:
    number = world.row(world.confirmed()).number
    forge(database, world, *sql.split(";"))

    assert broken(world).get(name) == [number]


@pytest.mark.parametrize(("name", "sql"), FORGED_DECIDED)
def test_a_decided_closure_that_breaks_a_control_is_its_exception(
    world: World, database: DatabaseUrls, name: str, sql: str
) -> None:
    number = world.row(world.decided()).number
    forge(database, world, sql)

    assert broken(world).get(name) == [number]


def test_a_priority_that_one_person_lowered_is_an_exception(
    world: World, database: DatabaseUrls
) -> None:
    number = lowered(world)
    assert "lowered" not in broken(world)

    forge(
        database,
        world,
        "UPDATE entry SET person_id = :hugo WHERE verb = 'incident:priority_set'",
    )

    assert broken(world)["lowered"] == [number]


def test_a_list_that_closed_before_it_was_phoned_is_an_exception(
    world: World, database: DatabaseUrls
) -> None:
    hire(world, "nina", team="desk")
    (incident,) = undecided(world)
    number = made(world)
    tried(world, incident)
    close(world, number, incident)
    assert "lists" not in broken(world)

    forge(database, world, "ALTER TABLE tried DISABLE TRIGGER USER", "DELETE FROM tried")

    assert broken(world)["lists"] == [number]


def test_what_was_set_aside_joined_or_opened_against_the_rules_is_an_exception(
    world: World, database: DatabaseUrls
) -> None:
    begun, first, second, open_ = (world.report() for _ in range(4))
    for one in (begun, first, second, open_):
        world.lead(one)
    merge(world.handling, second, first, reason="Same", actor=world.actor("hugo"))
    world.agree(begun, world.for_team("databases"), world.for_team("databases"))
    restrict(world.handling, open_, reason="So", actor=world.actor("hugo"), people=[])
    ask_to_lift(world.handling, open_, reason="So", actor=world.actor("hugo"))
    agree_to_lift(world.handling, open_, actor=world.actor("dora"))
    world.act(begun, "ada")
    with unguarded(database) as conn:
        conn.execute(
            text(
                "INSERT INTO way_out (id, incident_id, kind, person_id, reason, left_at, entry_seq)"
                " VALUES (gen_random_uuid(), :id, 'set_aside', :who, 'So', :at, 1)"
            ),
            {"id": begun, "who": world.people["hugo"], "at": world.clock.now},
        )
        conn.execute(text("UPDATE incident SET told_at = told_at + '1 h' WHERE id = :id"),
                     {"id": first})  # fmt: skip
        conn.execute(
            text("ALTER TABLE restriction DROP CONSTRAINT ck_restriction_lifted_by_another")
        )
        conn.execute(text("UPDATE restriction SET lifted_by = lift_asked_by"))

    found = broken(world)

    number = {one: world.row(one).number for one in (begun, second, open_)}
    assert found["set-aside"] == [number[begun]]
    assert found["joined"] == [number[second]]
    assert found["lifted"] == [number[open_]]


def test_an_incident_that_was_taken_out_is_an_exception(
    world: World, database: DatabaseUrls
) -> None:
    for _ in range(3):
        world.report()
    with unguarded(database) as conn:
        unreferred(conn, "incident")
        conn.execute(text("DELETE FROM incident WHERE number = 2"))

    assert broken(world)["numbers"] == [2]


RELEASED = [
    ("proved", "ALTER TABLE release_proof DISABLE TRIGGER USER; DELETE FROM release_proof"),
    (
        "proved",
        """UPDATE release_proof SET files = jsonb_set(files,
        '{0,processes}', '[{"id": "x", "verdict": "unknown"}]')""",
    ),
    ("proved", "UPDATE release_proof SET scenarios = '{\"failed\": 1}'"),
    ("second-person", "UPDATE release SET touches = '[\"Who decides\"]'"),
    (
        "second-person",
        "UPDATE release SET touches = '[\"So\"]', published_by = 'D', agreed_by = 'D'",
    ),
]


@pytest.mark.parametrize(("name", "sql"), RELEASED)
def test_a_release_that_breaks_a_control_is_its_exception(
    world: World, database: DatabaseUrls, name: str, sql: str
) -> None:
    assert name not in broken(world)

    forge(database, world, *sql.split(";"))

    assert broken(world)[name] == [1]


def test_a_release_with_a_waiver_is_no_exception_and_is_told_beside(
    world: World, database: DatabaseUrls, visit: Visit
) -> None:
    forge(
        database,
        world,
        "UPDATE release SET touches = '[\"Who decides\"]', waived = 'Gita: we are three'",
    )

    assert "second-person" not in broken(world)
    page = words_of(visit("egon").get("/desk/controls"))
    assert "no second person, as signed by Gita: we are three" in page


def test_what_happened_outside_the_period_is_no_exception_in_it(
    world: World, database: DatabaseUrls
) -> None:
    world.confirmed()
    forge(database, world, "UPDATE verification SET person_id = :ada")

    later = ran(world, UNTIL, datetime(2027, 1, 1, tzinfo=UTC))

    assert not any(run.exceptions or run.population for run in later.values())


def test_evidence_is_not_known_before_anybody_had_closures_checked(
    world: World, visit: Visit
) -> None:
    world.confirmed()
    with world.handling.store.read() as conn:
        assert last_checked(conn) is None
    page = words_of(visit("egon").get(f"/desk/controls?{IN_TIME}"))
    assert "Have all closures checked first" in page
    assert "✓ No control that was tested has an exception" in page

    check = ask_check(world.handling.store, actor=world.actor("egon"))
    world.clock.forward(minutes=1)
    check_all(world.handling.store, check)

    page = words_of(visit("egon").get(f"/desk/controls?{IN_TIME}"))
    assert "Have all closures checked first" not in page
    assert "✓ No control has an exception" in page
    assert f"by version {version('putright')}" in page


def test_each_control_has_a_page_with_its_exceptions_and_a_file(
    world: World, database: DatabaseUrls, visit: Visit
) -> None:
    number = world.row(world.decided()).number
    forge(database, world, "UPDATE decision SET person_id = :ada")
    egon = visit("egon")

    assert "2 controls have exceptions" in words_of(egon.get(f"/desk/controls?{IN_TIME}"))
    for control in CONTROLS:
        assert str(control.title) in words_of(egon.get(f"/desk/controls/{control.name}?{IN_TIME}"))
    page = egon.get(f"/desk/controls/own-work-decided?{IN_TIME}")
    assert f"/desk/closures/{number}" in page
    content = egon.get(f"/desk/controls/own-work-decided?as=csv&{IN_TIME}")
    rows = list(csv.reader(io.StringIO(content.lstrip("\ufeff"))))
    assert [row[0] for row in rows] == ["Number", str(number)]
    egon.get("/desk/controls/nothing", 404)
    visit("dora").get("/desk/controls", 403)


def test_the_resource_and_the_command_tell_the_same(
    world: World,
    database: DatabaseUrls,
    machine: Callable[[str | None], Machine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = world.row(world.decided()).number
    for name, value in (
        ("DATABASE_URL", database.app_url),
        ("PUTRIGHT_OWNER_URL", database.owner_url),
        ("PUTRIGHT_SECRET_KEY", "x" * 40),
        ("PUTRIGHT_AUDIT_KEY", KEY.secret.decode()),
        ("PUTRIGHT_AUDIT_KEY_ID", KEY.id),
        ("PUTRIGHT_SIGNING_KEY", "5" * 64),
    ):
        monkeypatch.setenv(name, value)
    period = ["--since", "2026-03-01", "--until", "2026-06-01"]
    sound = CliRunner().invoke(main, ["audit", "controls", *period])
    assert sound.exit_code == 0, sound.output

    forge(database, world, "UPDATE decision SET person_id = :ada")

    said = CliRunner().invoke(main, ["audit", "controls", "--json", *period])
    told = {one["control"]: one for one in json.loads(said.stdout)}
    assert said.exit_code == 1
    assert [one["number"] for one in told["own-work-decided"]["exceptions"]] == [number]
    assert [one["number"] for one in told["evidence"]["exceptions"]] == [number]
    in_time = "?since=2026-03-01T00:00:00Z&until=2026-06-01T00:00:00Z"
    shown = {one["name"]: one for one in machine("egon").get(f"/controls{in_time}")}
    assert [one["number"] for one in shown["own-work-decided"]["exceptions"]] == [number]
    assert shown["evidence"]["tested_at"] is None
    machine("dora").get("/controls", 403)
    backwards = "?since=2026-06-01T00:00:00Z&until=2026-03-01T00:00:00Z"
    refused = machine("egon").get(f"/controls{backwards}", 422)
    assert refused["context"]["fields"] == {"since": "This must lie before the end of the period."}

    duties = CliRunner().invoke(main, ["audit", "duties", *period])
    assert (duties.exit_code, f"forbidden: incident {number}" in duties.output) == (1, True)
    assert machine("egon").get(f"/duties{in_time}")["overlaps"][0]["is_forbidden"]
    drawn = CliRunner().invoke(main, ["audit", "sample", "--seed", "1", *period])
    assert f"incident {number}, escalated" in drawn.output
    gaps = CliRunner().invoke(main, ["audit", "gaps"])
    assert gaps.exit_code == 0, gaps.output
    rights = CliRunner().invoke(main, ["audit", "rights", "dora"])
    assert "Owner of “Customer statements”" in rights.output
    replayed = CliRunner().invoke(main, ["audit", "replayed"])
    assert "incidents           0" in replayed.output
