"""Who had which right when: by the register's records, held against what stands today."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine.domain.register import RecordKind
from engine.queries.register import answers_of
from engine.queries.rights import Right, Rights, rights_of
from engine.store.embedded import DatabaseUrls
from engine.usecases.absences import end_absence, enter_absence, name_deputy
from engine.usecases.setting_up.saving import save
from tests.unguarded import unguarded
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


def rights(world: World, login: str) -> Rights:
    with world.handling.store.read() as conn:
        return rights_of(conn, world.people[login])


def then(world: World, login: str, at: Any = None) -> set[str]:
    return {str(one.what) for one in rights(world, login).at(at or world.clock.now).rights}


def right(world: World, login: str, field: str) -> Right:
    (one,) = [one for one in rights(world, login).rights if one.field == field]
    return one


def operator(world: World) -> Any:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    return world.actor("fay")


def changed(world: World, kind: RecordKind, which: UUID, **changes: Any) -> None:
    with world.handling.store.read() as conn:
        before = dict(answers_of(conn, kind, which) or {})
    said = {name: one for name, one in (before | changes).items() if one is not None}
    save(world.handling.store, kind, said, actor=operator(world), record_id=which)
    world.clock.forward(days=1)


OWNER = "Owner of “Customer statements”"


def test_an_office_is_held_from_the_record_that_gave_it_until_the_one_that_took_it(
    world: World,
) -> None:
    begin = world.clock.now
    world.clock.forward(days=1)
    changed(world, RecordKind.PROCESS, world.process_id, owner=str(world.people["bruno"]))
    changed(world, RecordKind.PROCESS, world.process_id, owner=str(world.people["dora"]))

    assert OWNER in then(world, "dora", begin)
    assert OWNER not in then(world, "bruno", begin)
    assert OWNER in then(world, "bruno", begin + timedelta(days=1, hours=1))
    assert OWNER not in then(world, "dora", begin + timedelta(days=1, hours=1))
    assert OWNER in then(world, "dora")
    bruno = right(world, "bruno", "owner")
    assert (bruno.since, bruno.until) == (begin + timedelta(days=1), begin + timedelta(days=2))
    assert (bruno.since_seq, bruno.until_seq, bruno.lacks) == (2, 3, None)


def test_what_no_record_gave_is_told_as_just_that(world: World) -> None:
    one = right(world, "dora", "owner")

    assert (one.since, one.until, one.lacks) == (None, None, "start")


def test_a_right_that_somebody_wrote_in_is_told_as_on_no_record(
    world: World, database: DatabaseUrls
) -> None:
    changed(world, RecordKind.PROCESS, world.process_id, owner=str(world.people["bruno"]))
    with unguarded(database) as conn:
        conn.execute(
            text("UPDATE business_process SET owner_id = :gita"), {"gita": world.people["gita"]}
        )

    assert right(world, "gita", "owner").lacks == "start"
    assert right(world, "bruno", "owner").lacks == "end"


def test_deputies_teams_and_representatives_are_rights_too(world: World) -> None:
    changed(
        world,
        RecordKind.PROCESS,
        world.process_id,
        authority_deputies=[str(world.people["bruno"])],
        representatives=[
            {"person": str(world.people[who]), "stands_for": "all"}
            for who in ("carla", "olga", "ada")
        ],
    )
    changed(
        world,
        RecordKind.TEAM,
        world.teams["accounting"],
        members=[str(world.people["bruno"]), str(world.people["ada"])],
    )

    assert "Deputy of who decides for “Customer statements”" in then(world, "bruno")
    assert "Answers for those who receive “Customer statements”" in then(world, "ada")
    assert "Member of the team “Accounting”" in then(world, "ada")
    assert right(world, "ada", "representatives").since_seq == 2


def test_roles_come_and_go_with_the_person_s_own_records(world: World) -> None:
    at = world.clock.now
    changed(world, RecordKind.PERSON, world.people["ada"], roles=["staff", "auditor"])

    assert "Auditor: sees everything, changes nothing" in then(world, "ada")
    assert not any("Auditor" in one for one in then(world, "ada", at - timedelta(hours=1)))


def test_who_stands_in_for_somebody_until_another_is_named(world: World) -> None:
    hugo = world.actor("hugo")
    name_deputy(world.handling.store, world.people["ada"], actor=hugo)
    at = world.clock.now
    world.clock.forward(days=1)
    name_deputy(world.handling.store, world.people["bruno"], actor=hugo)

    assert "Stands in for Hugo Hahn" in then(world, "ada", at + timedelta(hours=1))
    assert "Stands in for Hugo Hahn" not in then(world, "ada")
    assert "Stands in for Hugo Hahn" in then(world, "bruno")


def test_absences_are_told_for_the_moment(world: World) -> None:
    now, hugo = world.clock.now, world.actor("hugo")
    away = enter_absence(world.handling.store, now, now + timedelta(days=5), actor=hugo)
    world.clock.forward(days=2)
    end_absence(world.handling.store, away, actor=hugo)

    assert rights(world, "hugo").at(now + timedelta(days=1)).away
    assert not rights(world, "hugo").at(now + timedelta(days=3)).away
    assert not rights(world, "hugo").at(now - timedelta(days=1)).away


def test_the_page_tells_of_a_moment_and_how_it_came_and_went(world: World, visit: Visit) -> None:
    changed(world, RecordKind.PROCESS, world.process_id, owner=str(world.people["bruno"]))
    egon = visit("egon")

    assert "Bruno Bauer" in words_of(egon.get("/desk/rights?words=bruno"))
    address = f"/desk/rights?person={world.people['bruno']}"
    before = words_of(egon.get(f"{address}&at=2026-03-01"))
    after = words_of(egon.get(f"{address}&at=2026-03-02T12:00"))
    moment = before.partition("How it came and went")
    assert OWNER not in moment[0]
    assert OWNER in moment[2]
    assert OWNER in after.partition("How it came and went")[0]
    assert "Please give a day and a time." in words_of(egon.get(f"{address}&at=tomorrow"))
    egon.get("/desk/rights?person=00000000-0000-0000-0000-000000000000", 404)
    visit("fay").get("/desk/rights", 403)
