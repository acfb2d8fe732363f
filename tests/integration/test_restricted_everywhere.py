"""A restricted incident's words are looked for at every address, in every job and every output.

The walk knows every address by the application's own map: one that is added is walked too, or
fails here until somebody says what is sent to it.
"""

import logging
import re
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import pytest
from click import Context
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from api.changes import CHANGES
from api.cli import main
from api.worker import jobs_app
from engine.domain.message import Way
from engine.domain.signal import Alert
from engine.errors import Conflict, GateShut, PutrightError
from engine.queries.choices import choices
from engine.queries.closures import closures_without_evidence
from engine.queries.finding.columns import COLUMNS
from engine.queries.moves import move_shown
from engine.store.embedded import DatabaseUrls
from engine.store.jobs import defer_advances
from engine.usecases import timing
from engine.usecases.absences import enter_absence
from engine.usecases.closure_checks import ask_check
from engine.usecases.moving import begin_move
from engine.usecases.publish import publish
from engine.usecases.receiving import receive
from engine.usecases.result_files import ask_for_file, content_of, file_of
from engine.usecases.timing import hand_out_due
from forms import check
from tests.confidential import PART, PERSON, SAID, WORD, Hidden, furnish
from tests.evidence import KEYS
from tests.replayed import case, write_log
from tests.tampering import signing
from tests.unguarded import unguarded
from tests.visitor import words_of
from tests.walk import (
    ANSWERS,
    CHANGING,
    LIFTING,
    ONCE,
    POINTING,
    SENT,
    Caller,
    headers_of,
    paths_of,
    pointing,
    rules,
    sent_to,
    text_of,
)
from tests.world import KEY, World, shipped_files


@pytest.fixture
def hidden(world: World) -> Hidden:
    return furnish(world)


def shows_it(answer: Any) -> bool:
    return WORD.lower() in (text_of(answer) + headers_of(answer)).lower()


def readings(world: World) -> int:
    with world.handling.store.read() as conn:
        asked = text("SELECT count(*) FROM entry WHERE verb = 'incident:read'")
        return int(conn.scalar(asked) or 0)


def unmarked(answer: Any, ids: list[str]) -> str:
    """Return an answer without what was asked for, and without its tokens and keys."""
    said = answer.get_data(as_text=True)
    for one in ids:
        said = said.replace(one, "THAT")
    numbered = r"(/|%2F)(incidents|lists|closures)(/|%2F)\d+|#\d+|(?<=\"incident\":\")\d+"
    said = re.sub(numbered, "THAT", said)
    return re.sub(r'name="(csrf_token|_key)" value="[^"]*"', "TOKEN", said)


def test_the_walk_knows_what_is_sent_to_every_address(web: Flask) -> None:
    changing = {rule.endpoint for rule, method in rules(web) if method != "GET"}

    assert changing == set(SENT) | CHANGING, "say in SENT what is sent to it"


def test_each_change_is_sent_what_its_form_takes(world: World, hidden: Hidden) -> None:
    assert set(ANSWERS) == set(CHANGES)
    with world.handling.store.read() as conn:
        forms = world.handling.releases.in_force(conn).forms
        offered = choices(conn, world.actor("hugo"), incident_id=hidden.id)
    for name, change in CHANGES.items():
        if change.form is not None:
            asked = forms[change.form]
            assert check(asked, ANSWERS[name], choices=offered, now=world.clock.now).ok, name


@pytest.mark.parametrize("login", ["ada", "bruno", "olga", "sami", "fay", None])
def test_no_address_shows_it_to_who_may_not_read_it_or_says_that_it_is_there(
    world: World,
    web: Flask,
    hidden: Hidden,
    caplog: pytest.LogCaptureFixture,
    login: str | None,
) -> None:
    caller, before, walked = Caller(world, web, login), readings(world), 0
    caplog.set_level(logging.DEBUG)
    for rule, method in rules(web):
        if rule.endpoint in ONCE:
            continue
        for path in paths_of(web, rule, method, hidden.values):
            sent = sent_to(rule.endpoint, path, hidden.values)
            answer, client = caller.call(method, path, sent)
            assert not shows_it(answer), (login, method, path)
            with client.session_transaction() as session:
                assert WORD not in str(dict(session)), path
            walked += 1
        if at := pointing(rule):
            twin = {name: POINTING[name]() for name in at}
            other = paths_of(web, rule, method, hidden.values | {n: [v] for n, v in twin.items()})[
                0
            ]
            first = paths_of(web, rule, method, hidden.values)[0]
            there, nowhere = (
                caller.call(method, path, sent_to(rule.endpoint, path, hidden.values))[0]
                for path in (first, other)
            )
            ids = [str(one) for name in at for one in (hidden.values[name][0], twin[name])]
            ids = [one for one in ids if not one.isdigit()]
            assert there.status_code == nowhere.status_code, (login, method, first)
            assert unmarked(there, ids) == unmarked(nowhere, ids), (login, method, first)

    assert walked > 200
    assert readings(world) == before, "nobody has read it"
    assert WORD not in caplog.text


@pytest.mark.parametrize("login", ["egon", "hugo", "dora", "carla"])
def test_every_page_and_resource_that_shows_it_is_an_entry_each_time(
    world: World, web: Flask, hidden: Hidden, login: str
) -> None:
    caller, shown = Caller(world, web, login), set()
    for rule, method in rules(web):
        if method != "GET":
            continue
        for path in paths_of(web, rule, method, hidden.values):
            before = readings(world)
            answer, _ = caller.call("GET", path)
            is_reading = answer.status_code == 200 and bool(pointing(rule))
            assert is_reading or not shows_it(answer), path
            assert readings(world) == before + is_reading, path
            if is_reading:
                shown.add(rule.endpoint)
                assert answer.headers["Cache-Control"] == "no-store", path
                title = re.search(r"<title>(.*?)</title>", text_of(answer))
                assert title is None or WORD not in title.group(1), path

    assert {"incident.page", "record.page", "incident.time", "history.page"} <= shown
    assert {"api_incidents.show", "api_incidents.records", "api_actions.targets"} <= shown
    if login in ("egon", "hugo"):
        assert {"api_items.show", "todo.page", "actions.page", "named_people.page"} <= shown


def test_what_is_refused_and_shown_again_is_a_reading_and_what_leads_elsewhere_is_none(
    world: World, web: Flask, hidden: Hidden
) -> None:
    hugo, before = Caller(world, web, "hugo"), readings(world)
    path = f"/incidents/{hidden.number}/deeds/make-two"

    again, _ = hugo.call("POST", path, {})
    assert (again.status_code, shows_it(again), readings(world)) == (422, True, before + 1)
    item = next(one for one in world.items(hidden.id) if len(one.people) == 1)
    led, browser = hugo.call("POST", f"/todos/{item.id}", {"_draft": "yes"})

    assert (led.status_code, readings(world)) == (303, before + 1)
    with browser.session_transaction() as session:
        assert WORD not in str(dict(session))


@pytest.mark.parametrize("login", ["hugo", "dora", "carla"])
@pytest.mark.parametrize("is_empty", [True, False])
def test_what_is_sent_by_who_may_read_it_and_shows_it_is_an_entry_each_time(
    world: World, web: Flask, hidden: Hidden, login: str, *, is_empty: bool
) -> None:
    caller, done = Caller(world, web, login), 0
    for rule, method in rules(web):
        # two people lift it together: then there is nothing to look for
        if method == "GET" or rule.endpoint in ONCE | LIFTING:
            continue
        for path in paths_of(web, rule, method, hidden.values):
            before = readings(world)
            sent = {} if is_empty else sent_to(rule.endpoint, path, hidden.values)
            answer, _ = caller.call(method, path, sent)
            assert answer.status_code != 500, path
            assert not shows_it(answer) or readings(world) == before + 1, path
            done += answer.status_code in (200, 201, 204, 303)
    assert world.row(hidden.id).is_restricted
    assert is_empty or done > 20, "what is sent is what is taken"


def test_a_refusal_that_names_people_is_a_reading_like_any_other(
    world: World, web: Flask, hidden: Hidden
) -> None:
    dora, before = Caller(world, web, "dora"), readings(world)
    sent = {"person": str(world.people["hugo"]), "reason": "So"}

    for path in (f"/api/v1/incidents/{hidden.number}/taken-off", "named-people/take-off"):
        page = path if path.startswith("/") else f"/incidents/{hidden.number}/{path}"
        refused, _ = dora.call("POST", page, sent)
        assert refused.status_code == 409
        assert "Hugo Hahn leads this" in refused.get_data(as_text=True)
        assert readings(world) == (before := before + 1)
        assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("login", "is_told"), [("hugo", True), ("ada", False), ("bruno", False)])
@pytest.mark.parametrize("refusal", [GateShut([SAID]), Conflict(SAID, points=[SAID])])
def test_a_refusal_says_its_words_to_who_may_read_it_only_and_then_it_is_an_entry(
    world: World,
    web: Flask,
    hidden: Hidden,
    monkeypatch: pytest.MonkeyPatch,
    login: str,
    refusal: PutrightError,
    *,
    is_told: bool,
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        with world.handling.store.begin() as work:
            work.incident(hidden.id)
            raise refusal

    caller, before = Caller(world, web, login), readings(world)
    for place, path in (
        ("api.resources.items.holding.claim", f"/api/v1/items/{PERSON}/claim"),
        ("api.pages.todo.holding.claim", f"/todos/{PERSON}/take"),
    ):
        monkeypatch.setattr(place, refuse)
        answer, _ = caller.call("POST", path)
        assert (answer.status_code, shows_it(answer)) == (409, is_told)
        before += is_told
        assert readings(world) == before


def test_nothing_is_shown_while_its_reading_cannot_be_written_down(
    world: World, web: Flask, hidden: Hidden
) -> None:
    with world.handling.store.begin() as work:
        work.incident(hidden.id)
        work.conn.execute(text("SET LOCAL lock_timeout = 0"))
        other = Caller(world, web, "hugo")
        answer, _ = other.call("GET", f"/incidents/{hidden.number}")

    assert (answer.status_code, shows_it(answer)) == (503, False)


def test_lists_and_search_show_it_to_nobody(world: World, web: Flask, hidden: Hidden) -> None:
    for login in ("hugo", "dora", "carla", "egon", "ada"):
        caller = Caller(world, web, login)
        for path in (
            f"/incidents?words={PART}", "/incidents?show=out", "/incidents?show=closed",
            "/incidents?show=reported", "/?scope=all", "/?scope=teams",
            f"/api/v1/incidents?words={PART}", "/api/v1/items?scope=all", "/api/v1/choices",
            "/api/v1/disputes", "/api/v1/asked", "/api/v1/me/told",
        ):  # fmt: skip
            answer, _ = caller.call("GET", path)
            assert (answer.status_code, shows_it(answer)) == (200, False), (login, path)
    for path in ("/incidents/ways-out?sample=50", "/api/v1/ways-out?sample=50"):
        for login in ("egon", "dora"):
            answer, _ = Caller(world, web, login).call("GET", path)
            assert (answer.status_code, shows_it(answer)) == (200, False), (login, path)
    assert hidden.number


def test_what_is_asked_beside_and_whom_to_phone_is_a_number_for_who_may_read_it(
    world: World, web: Flask, hidden: Hidden
) -> None:
    def told(login: str, path: str, number: str, title: str, what: str) -> set[tuple[int, str]]:
        answer, _ = Caller(world, web, login).call("GET", path)
        assert not shows_it(answer)
        lines = [one for one in answer.get_json() if one[number] in (1, hidden.number)]
        assert not any(one[title] or one.get("people") for one in lines)
        return {(one[number], one[what]) for one in lines}

    asked, silent = (
        {login: told(login, path, *names) for login in ("hugo", "dora", "carla", "bruno")}
        for path, *names in (
            ("/api/v1/asked", "number", "title", "what"),
            ("/api/v1/me/told", "incident_number", "incident_title", "kind"),
        )
    )
    home = words_of(Caller(world, web, "hugo").call("GET", "/")[0].get_data(as_text=True))

    beside = {
        (hidden.number, one) for one in ("lead", "lift", "lowering", "make_good", "uncovered")
    }
    assert asked == {
        "hugo": set(), "dora": beside | {(1, "lead"), (1, "lift")},
        "carla": {(hidden.number, "make_good"), (hidden.number, "lift"), (1, "lift")},
        "bruno": set(),
    }  # fmt: skip
    assert silent == {
        "hugo": {(1, "owner_told"), (1, "superior_told")}, "dora": {(1, "owner_told")},
        "carla": set(), "bruno": set(),
    }  # fmt: skip
    assert "Please phone who has not answered #1 for named people only" in home
    assert "No decision yet #1 for named people only" in home


def asked_or_told(world: World) -> set[UUID]:
    """Return whom anything restricted that is open asks, or was ever told."""
    with world.handling.store.read() as conn:
        found = conn.execute(
            text(
                "SELECT unnest(w.people || i.lead_offered_to || coalesce(r.people, '{}'))"
                " FROM incident i JOIN work_item w ON w.incident_id = i.id AND w.ended_at IS NULL"
                " LEFT JOIN rung r ON r.item_id = w.id WHERE i.is_restricted"
            )
        )
        return set(found.scalars())


# --- jobs, commands, logs ------------------------------------------------------------------------


def jobs(world: World, database: DatabaseUrls) -> dict[str, Callable[..., Any]]:
    app = jobs_app(signing(world), database.app_url, posts={way: lambda _: None for way in Way})
    return {name: task.func for name, task in app.tasks.items() if name.startswith("putright.")}


def moving(world: World) -> UUID:
    """Ask for every run to go on, on a release that says otherwise what a step is called."""
    files = shipped_files()
    files["incident.bpmn"] = files["incident.bpmn"].replace(b'name="Verify', b'name="Look at')
    store = world.handling.store
    after, *_ = publish(store, files, by="Dora", reason="said otherwise")
    with store.read() as conn:
        before = conn.execute(text("SELECT id FROM release ORDER BY number LIMIT 1")).scalar_one()
    return begin_move(world.handling, before, after, reason="Newer", actor=world.actor("dora"))


def test_no_job_and_no_log_says_its_words(
    world: World, database: DatabaseUrls, hidden: Hidden, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known = jobs(world, database)
    assert set(known) == {
        "putright.advance", "putright.sweep", "putright.retry_stalled", "putright.forget",
        "putright.refusals",
        "putright.looks", "putright.tell_recovered", "putright.step_in", "putright.absences",
        "putright.post_by_mail", "putright.post_by_call",
        "putright.delivered", "putright.undelivered", "putright.move", "putright.make_file",
        "putright.check_closures", "putright.keep_signed", "putright.anchor",
        "putright.keep_checked", "putright.check_chains", "putright.erase",
    }, "walk the new job too"  # fmt: skip
    world.clock.forward(days=60)
    known["putright.looks"](0)
    enter_absence(
        world.handling.store,
        world.clock.now + timedelta(seconds=1),
        world.clock.now + timedelta(days=2),
        actor=world.actor("hugo"),
    )
    world.clock.forward(days=1)
    known["putright.absences"](0)
    known["putright.step_in"](str(world.people["hugo"]))
    known["putright.keep_signed"](0)
    known["putright.anchor"]()
    known["putright.keep_checked"](0)
    known["putright.check_chains"]()
    known["putright.post_by_mail"](0)
    known["putright.post_by_call"](0)
    for item in hidden.values["item_id"]:
        known["putright.delivered"](str(item), world.clock.now.isoformat())
        known["putright.undelivered"](str(item), str(world.people["hugo"]))
    over = Alert("disk", "Disk full", world.clock.now, world.clock.now)
    receive(world.handling, world.process_id, [over], actor=world.actor("hugo"))
    for signal in hidden.values["signal_id"]:
        known["putright.tell_recovered"](str(signal))
    hand_out_due(world.handling, defer_advances)
    with world.handling.store.read() as conn:
        runs = conn.execute(
            text("SELECT r.id FROM run r JOIN incident i ON i.id = incident_id AND is_restricted")
        ).scalars()
        for run in list(runs):
            known["putright.advance"](str(run))
    every = "&".join(f"column={column.name}" for column in COLUMNS)
    egon, store = world.actor("egon"), world.handling.store
    result = ask_for_file(store, every, "csv", language="en", actor=egon)
    known["putright.make_file"](str(result))
    with store.read() as conn:
        content = b"".join(content_of(store, file_of(conn, result, actor=egon)))
    assert b"Customer statements" in content
    assert WORD.encode() not in content
    move = moving(world)
    known["putright.move"](str(move))
    with unguarded(database) as conn:
        conn.execute(text("UPDATE criterion SET verified_seq = 1"))
    known["putright.erase"](str(hidden.values["erasure_id"][0]))
    check = ask_check(world.handling.store, actor=world.actor("egon"))
    known["putright.check_closures"](str(check))
    with world.handling.store.read() as conn:
        assert move_shown(conn, move).moved, "a run of it went on another release"
        kept = [
            str(conn.execute(text(f"SELECT json_agg(x) FROM {table} x")).scalar())  # noqa: S608
            for table in (
                "procrastinate_jobs",
                "procrastinate_events",
                "idempotency_key",
                "move",
                "move_line",
                "closure_finding",
                "result_file",
            )
        ]

    assert "it is for named people only" in kept[-2]
    assert "putright.advance" in kept[0]
    assert "putright.tell_recovered" in kept[0]
    assert WORD not in "".join(kept) + caplog.text
    assert {"action:overdue", "lead:look_missed", "signal:recovered"} <= set(world.verbs(hidden.id))
    asked = asked_or_told(world)
    assert world.people["dora"] in asked
    assert world.people["bruno"] not in asked, "he was taken off"


def test_a_job_that_the_database_refuses_names_the_place_and_no_words(
    world: World, database: DatabaseUrls, hidden: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> NoReturn:
        with world.handling.store.begin() as work:
            work.conn.execute(
                text("INSERT INTO way_back (way_out_id, words) VALUES (:id, :words)"),
                {"id": hidden.id, "words": SAID},
            )
        raise AssertionError

    monkeypatch.setattr(timing, "fire", refused)
    world.clock.forward(days=60)
    with world.handling.store.read() as conn:
        due = text("SELECT id FROM run WHERE due_at IS NOT NULL AND incident_id = :id")
        run = conn.execute(due, {"id": hidden.id}).scalars().first()

    with pytest.raises(Exception) as failed:  # noqa: PT011 - whatever comes out of it
        jobs(world, database)["putright.advance"](str(run))

    told = "".join(traceback.format_exception(failed.value))
    assert "NotNullViolation" in told
    assert WORD not in told


def test_a_page_that_the_database_refuses_names_no_words(
    world: World,
    web: Flask,
    hidden: Hidden,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refused(*_: object, **__: object) -> NoReturn:
        with world.handling.store.begin() as work:
            work.conn.execute(
                text("INSERT INTO way_back (way_out_id, words) VALUES (:id, :words)"),
                {"id": hidden.id, "words": SAID},
            )
        raise AssertionError

    monkeypatch.setattr("api.reading.incident_page", refused)
    caplog.set_level(logging.DEBUG)

    answer, _ = Caller(world, web, "hugo").call("GET", f"/incidents/{hidden.number}")

    assert (answer.status_code, shows_it(answer)) == (500, False)
    assert WORD not in caplog.text


# What these print is of no incident in the database that is configured: what goes on in the three
# that serve it is in the log only (above), a bench makes a database of its own, a proof has none.
_SERVING = {"demo", "serve", "worker", "bench", "verify"}


def test_no_command_prints_its_words(
    world: World,
    database: DatabaseUrls,
    hidden: Hidden,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    commands = {"check", "left", "migrate", "publish", "export", "scenarios", "audit"}
    commands |= {"receive-mail", "replay", "retain"}
    assert set(main.list_commands(Context(main))) == commands | _SERVING, "walk the new command too"
    for name, value in (
        ("DATABASE_URL", database.app_url), ("PUTRIGHT_OWNER_URL", database.owner_url),
        ("PUTRIGHT_SECRET_KEY", "x" * 40), ("PUTRIGHT_AUDIT_KEY", KEY.secret.decode()),
        ("PUTRIGHT_AUDIT_KEY_ID", KEY.id), ("PUTRIGHT_SIGNING_KEY", "5" * 64),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    world.clock.forward(days=60)
    with unguarded(database) as conn:
        conn.execute(text("UPDATE criterion SET verified_seq = 1"))
        conn.execute(text("UPDATE confirmation SET answer = 'no'"))

    # what is replayed is told beside what is there
    log = write_log(tmp_path / "log.csv", case("A", ("New", 0.5), ("Active", 2)))
    for command in (["check"], ["migrate"], ["publish"], ["export", str(tmp_path / "files")],
                    ["scenarios"], ["audit", "closures"],
                    ["audit", "closures", "--json"], ["audit", "ways-out"],
                    ["audit", "ways-out", "--json"],
                    *(["audit", one, *more] for more in ([], ["--json"])
                      for one in ("controls", "duties", "gaps", "replayed", "sample")),
                    ["audit", "rights", "hugo"], ["audit", "sign"], ["audit", "verify"],
                    ["audit", "verify", "--json"], ["audit", "restored", "--why", "A test"],
                    ["audit", "export", "--with-names", str(tmp_path / "log.json")],
                    ["audit", "export", "--format", "xes", str(tmp_path / "log.xes")],
                    ["retain", "--dry-run"], ["retain", "--dry-run", "--json"],
                    ["left", "nils"], ["replay", str(log), "--workers", "1"]):  # fmt: skip
        told = CliRunner().invoke(main, command)
        assert WORD not in told.output + str(told.exception), command
    assert told.exit_code == 0, "it was replayed"
    for name in ("log.json", "log.xes"):
        assert WORD not in (tmp_path / name).read_text(encoding="utf-8"), name
    with unguarded(database) as conn:
        its = conn.scalar(text("SELECT id FROM incident WHERE number = :n"), {"n": hidden.number})
    for sender in ("ada@putright.example", "x@elsewhere.example"):
        message = (
            f"From: {sender}\r\nReferences: <incident.{its}@putright.example>\r\n"
            f"Subject: Re: [#{hidden.number}]\r\n\r\nLet me in\r\n"
        )
        told = CliRunner().invoke(main, ["receive-mail"], input=message)
        assert (told.exit_code, WORD in told.output) == (65, False)
        assert "for named people only" in told.output
    with unguarded(database) as conn:
        conn.execute(text("UPDATE person SET is_active = false"))
    checked = CliRunner().invoke(main, ["check"]).output
    assert f"incident {hidden.number}: " in checked, "to-dos for people who have all left"
    assert WORD not in checked
    assert f"incident {hidden.number + 2}" in CliRunner().invoke(main, ["audit", "closures"]).output


def test_an_audit_counts_what_is_wrong_with_a_restricted_closure(
    world: World, database: DatabaseUrls, hidden: Hidden
) -> None:
    with unguarded(database) as conn:
        conn.execute(text("UPDATE criterion SET measure = 'Zephyr', verified_seq = 1"))

    with world.handling.store.read() as conn:
        _, unproven = closures_without_evidence(conn, KEYS)

    (found,) = unproven
    assert re.fullmatch(r"\d+ findings; it is for named people only", found.why)
    assert hidden.number
