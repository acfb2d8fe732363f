"""Records from a file: tried first, all of it or nothing, and out again as it came."""

from typing import Any

import pytest
from sqlalchemy import text

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT
from engine.domain.ladder_numbers import answers_of
from engine.domain.permissions import Actor
from engine.domain.register import RecordKind
from engine.errors import InvalidAnswers, NotAllowed
from engine.queries.register import records, register_trail
from engine.usecases.setting_up.saving import save
from engine.usecases.setting_up.tables import Imported, What, export_table, import_table
from forms import fixed
from tests.world import World

PEOPLE = """login,name,email,time_zone,roles,deputy
nina,Nina Novak,nina@x.example,Europe/Vienna,staff,otto
otto,Otto Orth,otto@x.example,Europe/Vienna,staff; process_owner,nina
"""


@pytest.fixture
def operator(world: World) -> Actor:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    return world.actor("fay")


def take(world: World, actor: Actor, kind: RecordKind, content: str, **more: Any) -> Imported:
    more = {"dry_run": False} | more
    form = fixed(kind.value)
    return import_table(world.handling.store, kind, form, content, actor=actor, **more)


def whats(found: Imported) -> list[What]:
    return [line.what for line in found.lines]


def test_a_file_is_tried_without_a_trace(world: World, operator: Actor) -> None:
    found = take(world, operator, RecordKind.PERSON, PEOPLE, dry_run=True)

    assert not found.done
    assert whats(found) == [What.NEW, What.NEW]
    with world.handling.store.read() as conn:
        assert [one.verb for one in register_trail(conn)] == ["release:published"]
        assert records(conn, RecordKind.PERSON, words="nina") == ([], 0)


def test_lines_may_name_what_stands_further_down(world: World, operator: Actor) -> None:
    found = take(world, operator, RecordKind.PERSON, PEOPLE)

    assert found.done
    assert whats(found) == [What.NEW, What.NEW]
    with world.handling.store.read() as conn:
        stands_in = conn.execute(
            text(
                "SELECT p.login, d.login FROM person p JOIN person d ON d.id = p.deputy_id"
                " WHERE p.login IN ('nina', 'otto') ORDER BY 1"
            )
        ).all()
        roles = conn.scalar(text("SELECT roles FROM person WHERE login = 'otto'"))
    assert [tuple(one) for one in stands_in] == [("nina", "otto"), ("otto", "nina")]
    assert roles == ["staff", "process_owner"]


def test_the_same_file_again_changes_nothing(world: World, operator: Actor) -> None:
    take(world, operator, RecordKind.PERSON, PEOPLE)
    with world.handling.store.read() as conn:
        before = len(register_trail(conn))

    assert whats(take(world, operator, RecordKind.PERSON, PEOPLE)) == [What.SAME, What.SAME]
    with world.handling.store.read() as conn:
        assert len(register_trail(conn)) == before


def test_a_column_left_out_stays_and_a_blank_cell_is_no_answer(
    world: World, operator: Actor
) -> None:
    take(world, operator, RecordKind.PERSON, PEOPLE)
    found = take(world, operator, RecordKind.PERSON, "login,phone\nnina,123\notto,\n")
    assert whats(found) == [What.CHANGED, What.SAME]
    take(world, operator, RecordKind.PERSON, "login;deputy\nnina;\n")

    with world.handling.store.read() as conn:
        row = conn.execute(text("SELECT * FROM person WHERE login = 'nina'")).one()
    assert (row.phone, row.deputy_id, row.name) == ("123", None, "Nina Novak")


def test_one_wrong_line_and_nothing_is_taken(world: World, operator: Actor) -> None:
    content = PEOPLE + (
        'ada2,,x,Nowhere,"astronaut",nobody\n\n"a\nb",Ann,ann@x.example,UTC,,\nnina,Nina,n@x,UTC,,\n'
    )
    found = take(world, operator, RecordKind.PERSON, content)

    assert not found.done
    assert whats(found) == [What.NEW, What.NEW, What.WRONG, What.WRONG, What.WRONG]
    wrong = found.lines[2:]
    # a number is where the line begins in the file, blank ones and those within a cell counted
    assert [line.number for line in wrong] == [4, 6, 8]
    assert set(wrong[0].problems) == {"time_zone", "deputy"}
    assert set(wrong[1].problems) == {"login"}
    assert wrong[2].problems == {"login": "This stands further up already."}
    with world.handling.store.read() as conn:
        assert [one.verb for one in register_trail(conn)] == ["release:published"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no line"),
        ("login,name\n", "no line"),
        ("login,shoe size\nnina,39\n", "shoe size"),
        ("login,login\nnina,nina\n", "each once"),
        ("login,name\nnina,Nina,1,2\n", "Line 2 has more cells"),
    ],
)
def test_what_is_no_such_file_is_said(
    world: World, operator: Actor, content: str, says: str
) -> None:
    with pytest.raises(InvalidAnswers) as refusal:
        take(world, operator, RecordKind.PERSON, content)
    assert says in refusal.value.fields["file"]


@pytest.mark.parametrize("kind", list(RecordKind))
def test_what_goes_out_comes_in_again_unchanged(
    world: World, operator: Actor, kind: RecordKind
) -> None:
    processes = (
        "name;product;owner;duty_lead;authority;desk;owner_deputies;default_criteria\n"
        "=1+1;Sums;dora;hugo;gita;Service desk;gita;Sum | 0 | Ledger\n"
    )
    assert take(world, operator, RecordKind.PROCESS, processes).done
    products = "name;process;no_longer_made\nLetters;Customer statements;yes\n"
    assert take(world, operator, RecordKind.PRODUCT, products).done
    calendars = "whose,team,time_zone,opens,closes,days,free_days\n"
    calendars += 'it,,UTC,08:00,17:00,monday; friday,"2026-12-24\n2026-12-31"\n'
    calendars += "team,databases,UTC,22:00,23:00,sunday,\n"
    assert take(world, operator, RecordKind.CALENDAR, calendars).done
    numbers = {"priority": "P3", **answers_of(DEFAULT.of(Priority.P3))}
    save(world.handling.store, RecordKind.LADDER, numbers, actor=operator)

    with world.handling.store.begin() as work:
        # nothing but what a form takes
        work.conn.execute(
            text(
                "UPDATE team SET organisation_id = (SELECT id FROM organisation"
                " WHERE name = team.name) WHERE party = 'external'"
            )
        )
    out = export_table(world.handling.store, kind, fixed(kind.value), actor=operator)
    found = take(world, operator, kind, out)

    assert found.done
    assert set(whats(found)) == {What.SAME}


def test_no_cell_that_goes_out_is_a_formula(world: World, operator: Actor) -> None:
    content = "name,kind\n=HYPERLINK(1),customer\n@cmd,customer\n'quoted,customer\n"
    take(world, operator, RecordKind.ORGANISATION, content)

    form = fixed("organisation")
    out = export_table(world.handling.store, RecordKind.ORGANISATION, form, actor=operator)

    assert "'=HYPERLINK(1),customer" in out
    assert "'@cmd" in out
    assert not any(line.startswith(("=", "@")) for line in out.splitlines())


def test_only_who_sets_up_putright_sends_or_gets_a_file(world: World) -> None:
    dora, form = world.actor("dora"), fixed("person")

    with pytest.raises(NotAllowed):
        take(world, dora, RecordKind.PERSON, PEOPLE)
    with pytest.raises(NotAllowed):
        export_table(world.handling.store, RecordKind.PERSON, form, actor=dora)
