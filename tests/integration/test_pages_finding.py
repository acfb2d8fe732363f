"""The page on which auditors find incidents: links, kept queries, downloads and files."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from api.results import write_result
from engine.errors import NotFound
from engine.queries.paging import cursor
from engine.usecases import result_files
from engine.usecases.restricting import restrict
from engine.usecases.result_files import file_of, forget_files, make_file
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def told(world: World) -> dict[str, UUID]:
    """One that is closed, one that begins like a formula, one for named people only."""
    made = {"closed": world.confirmed()}
    world.clock.forward(days=2)
    made["formula"] = world.report("olga", title="=1+1 is shown")
    made["hidden"] = world.asked(title="A zephyr")
    restrict(world.handling, made["hidden"], reason="Salaries", actor=world.actor("hugo"))
    return made


@pytest.mark.usefixtures("told")
def test_what_is_found_has_a_link_and_each_part_of_it_can_be_left_out(visit: Visit) -> None:
    egon = visit("egon")
    page = egon.get("/desk/incidents?state=closed&passed=incident%3Averify_outcome")

    assert "Wrong balances" in page
    assert "=1+1" not in page
    assert "Passed: Verify the outcome" in words_of(page)
    assert 'href="/desk/incidents?passed=incident%3Averify_outcome"' in page
    assert "1 incident" in words_of(egon.get("/desk/incidents/count?state=closed"))
    assert "Find incidents" in egon.get("/desk")


@pytest.mark.usefixtures("told")
def test_one_for_named_people_only_is_a_number_here(visit: Visit) -> None:
    egon = visit("egon")
    assert "zephyr" not in egon.get("/desk/incidents").lower()
    assert "For named people only" in egon.get("/desk/incidents?sign=restricted")
    assert "Nothing fits" in egon.get("/desk/incidents?words=zephyr&state=open").replace("’", "'")


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "state=broken",
        "person=nobody",
        "since=yesterday",
        "until=9999-12-31",
        "held=3",
        "field=verify_outcome:verdict&op=is&value=",
        "after=xxx",
        f"sort=lasted&after={cursor(10**30, 1)}",
        f"sort=ended&after={cursor('2026-03-02T09:00:00', 1)}",
        "field=do_it_action:outcome&op=least&value=1e-400000",
        "longer=-1",
        "column=password_hash",
        "passed=here",
    ],
)
def test_what_cannot_be_read_is_said_and_widens_nothing(visit: Visit, query: str) -> None:
    page = visit("egon").get(f"/desk/incidents?{query}", 422)
    assert 'role="alert"' in page
    assert "<tbody>" not in page


@pytest.mark.parametrize(
    "query",
    [
        "words=%00",
        "words=';%20DROP%20TABLE%20incident;--",
        "words=%25&person=egon",
        f"after={cursor('9999-12-31T00:00:00+00:00', 2**70)}",
        "passed=a:b&never=c:d&flow=e:f",
        "since=0001-01-01&until=9999-12-30",
    ],
)
def test_whatever_is_asked_is_only_asked(visit: Visit, query: str) -> None:
    visit("egon").get(f"/desk/incidents?{query}")


@pytest.mark.parametrize("login", ["ada", "dora", "carla", "fay"])
@pytest.mark.parametrize("path", ["/desk/incidents", "/desk/incidents.csv", "/desk/files"])
def test_the_desk_is_for_auditors(visit: Visit, login: str, path: str) -> None:
    visit(login).get(path, 403)


def test_a_query_is_kept_and_shared(visit: Visit, world: World) -> None:
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET roles = '{auditor}' WHERE login = 'gita'"))
    egon, gita = visit("egon"), visit("gita")
    kept = {"query": "state=open&sort=lasted&column=lead", "query_name": "Slow ones"}
    at = "/desk/incidents?state=open"
    egon.send("/desk/queries", kept, at=at)
    assert "Slow ones" not in gita.get("/desk/incidents")
    egon.send("/desk/queries", kept | {"shared": "yes"}, at=at)

    page = gita.get("/desk/incidents")
    assert 'href="/desk/incidents?state=open&amp;sort=lasted&amp;column=lead"' in page
    number = str(world.handling.store.engine.connect().scalar(text("SELECT id FROM saved_query")))
    gita.send(f"/desk/queries/{number}/drop", {}, at="/desk/incidents?state=open")
    assert "Slow ones" in egon.get("/desk/incidents"), "it is not hers to take away"
    egon.send(f"/desk/queries/{number}/drop", {}, at="/desk/incidents?state=open")
    assert "Slow ones" not in egon.get("/desk/incidents")


COLUMNS = "column=number&column=title&column=told&column=lasted&column=state"


@pytest.mark.usefixtures("told")
def test_a_download_is_just_what_is_shown(visit: Visit) -> None:
    answer = visit("egon").client.get(f"/desk/incidents.csv?sort=number&{COLUMNS}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["Number", "Title", "First told (UTC)", "Whole time", "State"]
    assert [row[0] for row in rows[1:]] == ["3", "2", "1"]
    assert rows[1][1] == "", "it is for named people only"
    assert rows[2][1] == "'=1+1 is shown"
    assert rows[3] == [
        "1",
        "Wrong balances",
        "2026-03-02T09:00:00Z",
        "0:00:00",
        "Closed: the customer says it is right",
    ]
    plain = visit("egon").client.get(f"/desk/incidents.csv?bom=no&{COLUMNS}")
    assert plain.data.startswith(b"Number")


@pytest.mark.usefixtures("told")
def test_excel_gets_real_dates_lengths_and_numbers(visit: Visit) -> None:
    answer = visit("egon").client.get(f"/desk/incidents.xlsx?sort=number&up=true&{COLUMNS}")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1][:3] == (1, "Wrong balances", datetime(2026, 3, 2, 9, 0))  # noqa: DTZ001 - Excel's
    assert rows[2][1] == "=1+1 is shown"
    assert sheet.cell(3, 2).data_type == "s"
    assert rows[3][1] is None
    assert rows[1][3] in (timedelta(0), 0) or str(rows[1][3]) == "00:00:00"


def made(world: World, file_id: UUID) -> None:
    """Do what the worker does."""
    make_file(world.handling.store, file_id, partial(write_result, world.handling))


def asked_for(visit: Visit, world: World, query: str, format_: str = "csv") -> UUID:
    sent = {"query": query, "format": format_}
    visit("egon").send("/desk/files", sent, at="/desk/incidents?state=open")
    with world.handling.store.read() as conn:
        newest = text("SELECT id FROM result_file ORDER BY asked_at DESC, id LIMIT 1")
        return UUID(str(conn.scalar(newest)))


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_a_large_result_is_a_file_for_who_asked_only(
    world: World, visit: Visit, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_files, "_PART", 100)  # so that there are many
    egon = visit("egon")
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET roles = '{auditor}' WHERE login = 'gita'"))
    file_id = asked_for(visit, world, f"sort=number&{COLUMNS}", format_)
    assert "It waits for its turn." in egon.get(f"/desk/files/{file_id}")
    assert egon.client.get(f"/desk/files/{file_id}/content").status_code == 404

    made(world, file_id)

    assert "3 incidents" in words_of(egon.get(f"/desk/files/{file_id}"))
    answer = egon.client.get(f"/desk/files/{file_id}/content")
    if format_ == "csv":
        direct = egon.client.get(f"/desk/incidents.csv?sort=number&{COLUMNS}")
        assert answer.data == direct.data
    else:
        assert load_workbook(io.BytesIO(answer.data)).active.max_row == 4
    assert visit("gita").client.get(f"/desk/files/{file_id}/content").status_code == 404
    world.clock.forward(hours=25)
    forget_files(world.handling.store)
    egon.get(f"/desk/files/{file_id}", 404)
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM result_part")) == 0


@pytest.mark.usefixtures("told")
def test_a_file_that_is_begun_again_is_whole_and_one_that_is_dropped_is_not_made(
    world: World, visit: Visit
) -> None:
    file_id = asked_for(visit, world, COLUMNS)

    def interrupted(*_: object) -> Iterator[bytes]:
        yield b"half of a"
        made(world, file_id)  # another worker, as this one was not heard of
        yield b" file"

    make_file(world.handling.store, file_id, interrupted)
    with world.handling.store.read() as conn:
        file = file_of(conn, file_id, actor=world.actor("egon"))
    content = b"".join(result_files.content_of(world.handling.store, file))
    assert content.count(b"\r\n") == 4

    dropped = asked_for(visit, world, COLUMNS)
    visit("egon").send(f"/desk/files/{dropped}/drop", {}, at=f"/desk/files/{dropped}")
    made(world, dropped)
    with world.handling.store.read() as conn, pytest.raises(NotFound):
        file_of(conn, dropped, actor=world.actor("egon"))


def test_a_full_disk_leaves_a_sentence_and_no_part_of_a_file(world: World, visit: Visit) -> None:
    file_id = asked_for(visit, world, COLUMNS)

    def full(*_: object) -> Iterator[bytes]:
        yield b"x" * (3 * 1024 * 1024)
        raise OSError(28, "No space left on device")

    make_file(world.handling.store, file_id, full)

    assert "no space left" in visit("egon").get(f"/desk/files/{file_id}")
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM result_part")) == 0


def test_so_many_files_are_made_at_the_same_time_and_no_more(world: World, visit: Visit) -> None:
    for _ in range(result_files.MOST_WAITING):
        asked_for(visit, world, COLUMNS)
    sent = {"query": COLUMNS, "format": "csv"}
    page = visit("egon").send("/desk/files", sent, 409, at="/desk/incidents?state=open")
    assert "please wait for one of them" in page


def test_who_is_no_auditor_any_more_gets_no_file(world: World, visit: Visit) -> None:
    file_id = asked_for(visit, world, COLUMNS)
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET roles = '{}' WHERE login = 'egon'"))
    made(world, file_id)
    with world.handling.store.read() as conn:
        failed, parts = conn.execute(
            text("SELECT failed, (SELECT count(*) FROM result_part) FROM result_file")
        ).one()
    assert (failed, parts) == ("The desk is for auditors.", 0)


@pytest.mark.usefixtures("told")
def test_machines_find_the_same(machine: Callable[[str | None], Machine]) -> None:
    egon = machine("egon")
    page = egon.get("/desk/incidents?sort=number&size=2&column=number&column=lasted")
    assert [line["number"] for line in page["lines"]] == [3, 2]
    assert page["lines"][0]["lasted_seconds"] == 0
    after = egon.get(f"/desk/incidents?sort=number&size=2&column=number&after={page['next']}")
    assert [line["number"] for line in after["lines"]] == [1]
    assert egon.get("/desk/incidents/count?state=closed") == {"number": 1, "is_more": False}
    not_yes = "field=verify_outcome:verdict&op=is&value=It+is+right+again"
    assert len(egon.get(f"/desk/incidents?{not_yes}")["lines"]) == 1
    egon.get("/desk/incidents?nonsense=1", 422)
    machine("ada").get("/desk/incidents", 403)
