"""The pages and resources of setting up, from an empty installation to the first incident."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from api.beginnings import first_token, password_token
from api.passwords import hash_password
from engine.domain.register import RecordKind
from engine.queries.register import names
from engine.usecases.signing_in import end_sessions, store_password
from tests.visitor import SECRET, Visitor, hidden_in, web_of, words_of
from tests.world import World

PASSWORD = "a password of a test"
BEGIN = {
    "name": "Fred First",
    "login": "fred",
    "email": "fred@putright.example",
    "time_zone": "Europe/Vienna",
    "password": PASSWORD,
}


@pytest.fixture
def empty(world: World) -> World:
    """A world nobody is known in yet."""
    with world.handling.store.begin() as work:
        for table in ("representative", "deputy", "membership"):
            work.conn.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - named above
        work.conn.execute(text("DELETE FROM product"))
        work.conn.execute(text("DELETE FROM business_process"))
        work.conn.execute(text("DELETE FROM team"))
        work.conn.execute(text("DELETE FROM person"))
        work.conn.execute(text("DELETE FROM organisation"))
    return world


@pytest.fixture
def otto(world: World, web: Flask) -> Visitor:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    return Visitor(world, web, "fay")


def ids(world: World, format_: str) -> dict[str, str]:
    with world.handling.store.read() as conn:
        return {key: one for one, key in names(conn).keys[format_].items()}


def test_an_empty_installation_leads_to_its_first_incident(empty: World) -> None:
    fred = Visitor(empty, web_of(empty))
    begin = f"/begin/{first_token(SECRET)}"
    assert "You are the first one here" in fred.get(begin)
    fred.send(begin, BEGIN)
    assert "four steps" in fred.get("/setup")
    people = "login,name,email,time_zone,roles\n"
    people += "ann,Ann,ann@x.example,UTC,staff\nbob,Bob,bob@x.example,UTC,staff\n"
    assert "All 2 lines can be taken" in fred.send(
        "/setup/person/file", {"content": people, "_try": "1"}, 200
    )
    fred.send("/setup/person/file", {"content": people})
    who = ids(empty, "person")
    team = {"name": "Desk", "party": "business", "members.0": who["ann"]}
    fred.send("/setup/team/new", team)
    fred.send(
        "/setup/process/new",
        {
            "name": "Invoices",
            "product": "Correct invoices",
            "owner": who["bob"],
            "duty_lead": who["ann"],
            "authority": who["fred"],
            "desk": ids(empty, "team")["Desk"],
            "default_criteria.0.measure": "Sum",
            "default_criteria.0.threshold": "0 differences",
            "default_criteria.0.evidence": "Ledger",
        },
    )
    assert "Report the first incident" in fred.get("/setup")
    fred.send(
        "/report",
        {
            "product": ids(empty, "process")["Invoices"],
            "title": "Sums are wrong",
            "actual": "All of them",
            "expected": "None",
            "impact": "low",
            "urgency": "low",
        },
    )
    page = fred.get("/incidents/1")
    assert "Sums are wrong" in page
    assert "Ann" in words_of(page)


def test_the_first_page_is_shut_once_anybody_is_known(world: World, web: Flask) -> None:
    stranger = Visitor(world, web)
    begin = f"/begin/{first_token(SECRET)}"
    stranger.get(begin, 410)
    token = hidden_in(stranger.get("/sign-in"))
    stranger.send_as_it_is(begin, token | BEGIN, 410)
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM person WHERE login = 'fred'")) == 0


def test_the_first_page_is_for_who_reads_what_the_server_prints(empty: World) -> None:
    stranger = Visitor(empty, web_of(empty))
    stranger.get("/begin/first", 410)
    stranger.get(f"/begin/{first_token('another secret of 32 bytes or more')}", 410)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"password": "short"}, "password"), ({"email": "x"}, "email"), ({"name": " "}, "name"),
     ({"time_zone": "Mars/Base"}, "time_zone")],
)  # fmt: skip
def test_the_first_page_says_what_is_wrong_beside_the_field(
    empty: World, changes: dict[str, str], field: str
) -> None:
    page = Visitor(empty, web_of(empty)).send(f"/begin/{first_token(SECRET)}", BEGIN | changes, 422)
    assert f'id="{field}-error"' in page
    assert PASSWORD not in page


def test_an_invitation_is_good_once(world: World, web: Flask, otto: Visitor) -> None:
    page = otto.send(f"/setup/person/{world.people['ada']}/invitation", {}, 200,
                     at=f"/setup/person/{world.people['ada']}")  # fmt: skip
    found = re.search(r"/password/[\w.-]+", page)
    assert found is not None
    ada = Visitor(world, web)
    ada.send(found[0], {"new": "short"}, 422)
    ada.send(found[0], {"new": PASSWORD})
    assert "Ada Adler" in ada.get("/you")
    ada.get(found[0], 410)
    record = words_of(otto.get("/setup/changes"))
    assert "the bearer of an address made for Ada Adler chose a password" in record
    assert "Fay Fox made an address to choose a password" in record

    again = Visitor(world, web)
    again.send("/sign-in", {"login": "ada", "password": PASSWORD})
    assert "Ada Adler" in again.get("/you")


def test_an_invitation_ends_with_the_sessions_and_with_leaving(world: World, web: Flask) -> None:
    ada, stranger = world.people["ada"], Visitor(world, web)
    stranger.get(f"/password/{password_token(ada, 0, SECRET)}")
    end_sessions(world.handling.store, ada)
    stranger.get(f"/password/{password_token(ada, 0, SECRET)}", 410)
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET is_active = false WHERE login = 'ada'"))
    stranger.get(f"/password/{password_token(ada, 1, SECRET)}", 410)
    stranger.get("/password/nothing", 410)


@pytest.mark.parametrize("login", ["ada", "carla", "egon"])
def test_nobody_else_sees_these_pages(world: World, web: Flask, login: str) -> None:
    visitor = Visitor(world, web, login)
    for path in ("", "/person", "/person/new", "/person.csv", "/person/file",
                 f"/person/{world.people['ada']}"):  # fmt: skip
        visitor.get(f"/setup{path}", 403)
    assert 'href="/setup"' not in visitor.get("/incidents")


def test_auditors_read_who_changed_what(world: World, web: Flask, otto: Visitor) -> None:
    path = f"/setup/person/{world.people['ada']}"
    ada = {"name": "Ada Adler", "login": "ada", "email": "ada@x.example", "time_zone": "UTC"}
    otto.send(path, ada | {"phone": "+43 1", "roles": "staff"})

    page = words_of(Visitor(world, web, "egon").get("/setup/changes"))
    assert "Fay Fox changed what is known of this person" in page
    assert "Phone +43 1" in page
    Visitor(world, web, "ada").get("/setup/changes", 403)


def test_a_stale_page_is_shown_again_with_what_was_typed(world: World, otto: Visitor) -> None:
    path = f"/setup/person/{world.people['ada']}"
    ada = {"name": "Ada Adler", "login": "ada", "email": "ada@x.example", "time_zone": "UTC"}
    old = hidden_in(otto.get(path))
    otto.send(path, ada | {"phone": "1"})

    page = otto.send_as_it_is(path, old | ada | {"phone": "2"}, 409)
    assert "Somebody else has changed this meanwhile" in page
    assert 'value="2"' in page


def test_what_does_not_fit_is_said_beside_the_field(otto: Visitor) -> None:
    page = otto.send("/setup/person/new", {"name": "A", "login": "ada", "email": "x"}, 422)
    assert "This name is taken" not in page  # the form itself is not right yet
    assert "Please choose the time zone" in page
    page = otto.send(
        "/setup/person/new", {"name": "A", "login": "ada", "email": "x", "time_zone": "UTC"}, 422
    )
    assert "This name is taken" in page
    assert "This is not an e-mail address" in page


def test_one_more_row_is_asked_without_losing_what_was_typed(otto: Visitor) -> None:
    page = otto.send("/setup/process/new", {"name": "Invoices", "_add": "default_criteria"}, 200)
    assert 'value="Invoices"' in page
    assert 'name="default_criteria.0.measure"' in page


def test_a_file_is_uploaded_tried_and_taken(otto: Visitor) -> None:
    content = "name,kind\nNut & Bolt,supplier\n"
    token = hidden_in(otto.get("/setup/organisation/file"))
    sent: dict[str, Any] = {"file": (BytesIO(content.encode("utf-8-sig")), "x.csv"), "_try": "1"}
    answer = otto.client.post("/setup/organisation/file", data=token | sent)
    page = answer.get_data(as_text=True)
    assert "All 1 lines can be taken" in page
    assert "1 new, 0 changed, 0 as they are" in page
    assert "Take all 1 lines" in page
    assert "Nut &amp; Bolt" in page
    otto.send("/setup/organisation/file", {"content": content})
    assert "Nut &amp; Bolt" in otto.get("/setup/organisation")
    assert "Nut & Bolt,supplier" in otto.get("/setup/organisation.csv")


def test_a_wrong_file_is_told_by_line_and_kept_on_the_page(otto: Visitor) -> None:
    content = "name,kind\n<b>x</b>,planet\n"
    page = otto.send("/setup/organisation/file", {"content": content}, 422)
    assert "Line 2: &lt;b&gt;x&lt;/b&gt;" in page
    assert "Nothing was changed" in page
    assert "Take all" not in page
    assert "<b>x" not in page


@pytest.mark.parametrize("sent", [b"name,kind\n\xff\xfe,customer\n", b"\x00" * 50, b""])
def test_what_is_no_text_is_said(otto: Visitor, sent: bytes) -> None:
    token = hidden_in(otto.get("/setup/organisation/file"))
    data: dict[str, Any] = {"file": (BytesIO(sent), "x.csv")}
    answer = otto.client.post("/setup/organisation/file", data=token | data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_names_cannot_break_out_of_the_pages(otto: Visitor) -> None:
    name = "<script>alert(1)</script>"
    otto.send("/setup/organisation/new", {"name": name, "kind": "customer"})
    for path in ("/setup/organisation", "/setup/changes", "/setup/person/new"):
        assert "<script>alert" not in otto.get(path)


def test_the_ladder_stands_as_it_is_in_force(otto: Visitor) -> None:
    page = words_of(otto.get("/setup/rules")).replace("\N{NO-BREAK SPACE}", " ")

    assert "When the closing decision may open 3 wd 5 wd 10 wd 15 wd" in page
    assert "Tries to reach them that are logged before that 2 2 0 0" in page
    assert "When who was asked is reminded 4 h 1 wd 3 wd and 7 wd 7 d and 14 d" in page
    assert "When the owner is told, and the lead must phone 1 wd 3 wd 8 wd never" in page
    assert "How long after the last letter a link in it is good 30 d" in page


@pytest.mark.parametrize("kind", list(RecordKind))
def test_programs_do_the_same(world: World, otto: Visitor, kind: RecordKind) -> None:
    client = otto.client
    assert client.get(f"/api/v1/setup/{kind}/form").status_code == 200
    assert isinstance(client.get(f"/api/v1/setup/{kind}").json, list)
    assert client.get("/api/v1/setup/planet").status_code == 404
    assert Visitor(world, client.application, "ada").client.get(
        f"/api/v1/setup/{kind}"
    ).status_code == 403  # fmt: skip


def test_a_program_enters_changes_and_imports(otto: Visitor) -> None:
    client = otto.client
    token = re.search(r'name="csrf_token" value="([^"]+)"', otto.get("/setup/person/new"))
    assert token is not None
    headers = {"X-CSRFToken": token[1]}
    answers = {"name": "Nina", "login": "nina", "email": "n@x.example", "time_zone": "UTC"}
    made = client.post("/api/v1/setup/person", json={"answers": answers}, headers=headers)
    assert made.status_code == 201
    path = f"/api/v1/setup/person/{made.json['id']}"
    shown = client.get(path).json
    assert shown["answers"] == answers
    changed = {"answers": answers | {"phone": "1"}, "seen": shown["seen"]}
    assert client.put(path, json=changed, headers=headers).status_code == 204
    stale = client.put(path, json=changed | {"answers": answers}, headers=headers)
    assert (stale.status_code, stale.json["code"]) == (409, "conflict")
    wrong = client.put(path, json={"answers": {"name": "N", "shoe": 1}}, headers=headers)
    assert wrong.status_code == 422
    table = {"content": "login,phone\nnina,2\n"}
    tried = client.post("/api/v1/setup/person/file", json=table, headers=headers).json
    assert (tried["done"], tried["lines"][0]["what"]) == (False, "changed")
    taken = client.post(
        "/api/v1/setup/person/file", json=table | {"dry_run": False}, headers=headers
    ).json
    assert taken["done"]
    verbs = [one["verb"] for one in client.get("/api/v1/setup/changes").json]
    assert verbs == [
        "person:changed", "person:changed", "person:entered", "release:published",
    ]  # fmt: skip


def test_a_password_is_never_in_the_register(world: World, otto: Visitor) -> None:
    store_password(world.handling.store, world.people["ada"], hash_password(PASSWORD))
    otto.send(f"/setup/person/{world.people['ada']}/invitation", {}, 200,
              at=f"/setup/person/{world.people['ada']}")  # fmt: skip
    with world.handling.store.read() as conn:
        rows = conn.execute(text("SELECT CAST(content AS text) FROM register_entry")).scalars()
        assert not any("argon2" in row or "/password/" in row for row in rows)


def test_what_people_say_of_themselves_stands_there_too(
    world: World, web: Flask, otto: Visitor
) -> None:
    ada = Visitor(world, web, "ada")
    ada.send("/you/deputy", {"deputy": str(world.people["bruno"])}, at="/you")
    ada.send("/you/away", {"since": "2026-03-10", "last": "2026-03-12"}, at="/you")

    record = words_of(otto.get("/setup/changes"))
    assert "Ada Adler said who stands in" in record
    assert "Ada Adler said when they are away" in record
