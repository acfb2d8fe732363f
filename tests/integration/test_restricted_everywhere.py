"""A restricted incident's words are looked for at every address, in every job and every output.

The walk knows every address by the application's own map: one that is added is walked too, or
fails here until somebody says what is sent to it.
"""

import logging
import re
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from api.cli import main
from api.worker import jobs_app
from engine.queries.closures import closures_without_evidence
from engine.store.embedded import DatabaseUrls
from engine.store.jobs import defer_advances
from engine.usecases import timing
from engine.usecases.timing import hand_out_due
from tests.confidential import PART, POINTING, SAID, WORD, Caller, Hidden, furnish, paths_of
from tests.evidence import KEYS
from tests.unguarded import unguarded
from tests.world import KEY, World

WHY = {"reason": "Because", "why": "Because", "words": "So"}
PERSON = "00000000-0000-0000-0000-000000000001"
INSTANT = "2026-03-02T08:00:00+00:00"
ACTION = {"title": "More", "party": "it"}
# What is sent to each address that changes something.
SENT: dict[str, dict[str, Any]] = {
    "actions.accept": {"kind": "puts_right"},
    "actions.accept_not_done": WHY | {"target": PERSON},
    "actions.accept_that_it_comes_back": WHY | {"until": "2027-01-01"},
    "actions.propose_it": ACTION,
    "actions.refuse": WHY,
    "api_actions.accept": {},
    "api_actions.accept_not_done": {"reason": "Because", "targets": [PERSON]},
    "api_actions.accept_that_it_comes_back": {"reason": "Because", "until": INSTANT},
    "api_actions.refuse": {"reason": "Because"},
    "api_disputes.decide": {"moves": True, "why": "Because"},
    "api_disputes.raise_it": {
        "since": INSTANT, "until": INSTANT, "should_be": "it", "why": "Because",
    },
    "api_disputes.withdraw": {},
    "api_incidents.lead": {},
    "api_incidents.propose": ACTION,
    "api_incidents.report": {},
    "api_incidents.told": {"told_at": INSTANT, "reason": "Because"},
    "api_items.claim": {},
    "api_items.draft": {"answers": {}},
    "api_items.finish": {"answers": {"outcome": "done", "what_was_done": "Done"}},
    "api_items.hand_over": {"person": PERSON},
    "api_items.release": {},
    "api_items.tick": {"outcomes": [{"target": PERSON, "outcome": "done"}]},
    "api_me.make": {"name": "Export"},
    "api_me.revoke": {},
    "api_restrictions.agree": {},
    "api_restrictions.ask_for_everybody": {"reason": "Because"},
    "api_restrictions.limit": {"reason": "Because"},
    "api_restrictions.name": {"person": PERSON},
    "api_restrictions.take_somebody_off": {"person": PERSON, "reason": "Because"},
    "api_ways_out.answered_late": {"answer": "no", "words": "So"},
    "api_ways_out.is_back": {"words": "So"},
    "api_ways_out.join": {"into": "1", "reason": "Because"},
    "api_ways_out.make_two": {"title": "A", "expected": "B", "actual": "C"},
    "api_ways_out.not_right_for_me": {"words": "So"},
    "api_ways_out.put_aside": {"reason": "Because"},
    "api_ways_out.separate": {"words": "So"},
    "api_ways_out.take_back": {"words": "So"},
    "api_ways_out.take_up_again": {"words": "So"},
    "deeds.do": WHY | {"into": "1", "title": "A", "expected": "B", "actual": "C", "answer": "no"},
    "disputes.decide": WHY | {"moves": "yes"},
    "disputes.raise_it": WHY | {"should_be": "it"},
    "disputes.withdraw": {},
    "incident.lead": {},
    "named_people.agree": {},
    "named_people.ask_for_everybody": WHY,
    "named_people.limit": WHY,
    "named_people.name": {"person": PERSON},
    "named_people.take_somebody_off": WHY | {"person": PERSON},
    "reporting.send": {},
    "signing.sign_in_with": {"login": "ada", "password": "not this one"},
    "signing.sign_out": {},
    "todo.answer": {"outcome": "done", "what_was_done": "Done"},
    "todo.give_back": {},
    "todo.hand_over": {"to": f"person:{PERSON}", "note": ""},
    "todo.reached": {"target": PERSON, "outcome": "done"},
    "todo.take": {},
    "you.password": {"current": "not this one", "new": "another one of 12"},
    "you.sign_out_everywhere": {},
    "you.time_zone": {"time_zone": "Europe/Berlin"},
    "your_tokens.end": {},
    "your_tokens.make": {"name": "Export", "days": "30"},
}  # fmt: skip
# They end the session, or hash a password each time: nothing of an incident is near.
ONCE = {"signing.sign_in_with", "you.sign_out_everywhere", "you.password"}


def rules(web: Flask) -> Iterator[tuple[Any, str]]:
    for rule in web.url_map.iter_rules():
        # the browser's files are the same for everybody
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


@pytest.fixture
def hidden(world: World) -> Hidden:
    return furnish(world)


def shows_it(answer: Any) -> bool:
    return WORD.lower() in (answer.get_data(as_text=True) + str(answer.headers)).lower()


def readings(world: World) -> int:
    with world.handling.store.read() as conn:
        asked = text("SELECT count(*) FROM entry WHERE verb = 'incident:read'")
        return int(conn.scalar(asked) or 0)


def unmarked(answer: Any, ids: list[str]) -> str:
    """Return an answer without what was asked for, and without its tokens and keys."""
    said = answer.get_data(as_text=True)
    for one in ids:
        said = said.replace(one, "THAT")
    said = re.sub(r"/incidents/\d+|#\d+|%2Fincidents%2F\d+|(?<=\"incident\":\")\d+", "THAT", said)
    return re.sub(r'name="(csrf_token|_key)" value="[^"]*"', "TOKEN", said)


def test_the_walk_knows_what_is_sent_to_every_address(web: Flask) -> None:
    changing = {rule.endpoint for rule, method in rules(web) if method != "GET"}

    assert changing == set(SENT), "say in SENT what is sent to it"


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
        pointing, sent = set(rule.arguments) & set(POINTING), SENT.get(rule.endpoint)
        for path in paths_of(web, rule, method, hidden.values):
            answer, client = caller.call(method, path, sent)
            assert not shows_it(answer), (login, method, path)
            with client.session_transaction() as session:
                assert WORD not in str(dict(session)), path
            walked += 1
        if pointing:
            twin = {name: POINTING[name]() for name in pointing}
            other = paths_of(web, rule, method, hidden.values | {n: [v] for n, v in twin.items()})[
                0
            ]
            first = paths_of(web, rule, method, hidden.values)[0]
            there, nowhere = (caller.call(method, path, sent)[0] for path in (first, other))
            ids = [str(one) for name in pointing for one in (hidden.values[name][0], twin[name])]
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
            is_reading = answer.status_code == 200 and bool(set(rule.arguments) & set(POINTING))
            assert is_reading or not shows_it(answer), path
            assert readings(world) == before + is_reading, path
            if is_reading:
                shown.add(rule.endpoint)
                assert answer.headers["Cache-Control"] == "no-store", path
                title = re.search(r"<title>(.*?)</title>", answer.get_data(as_text=True))
                assert title is None or WORD not in title.group(1), path

    assert {"incident.page", "incident.record", "incident.time", "history.page"} <= shown
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
        ):  # fmt: skip
            answer, _ = caller.call("GET", path)
            assert (answer.status_code, shows_it(answer)) == (200, False), (login, path)
    assert hidden.number


# --- jobs, commands, logs ------------------------------------------------------------------------


def jobs(world: World, database: DatabaseUrls) -> dict[str, Callable[..., Any]]:
    app = jobs_app(world.handling, database.app_url)
    return {name: task.func for name, task in app.tasks.items() if name.startswith("putright.")}


def test_no_job_and_no_log_says_its_words(
    world: World, database: DatabaseUrls, hidden: Hidden, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known = jobs(world, database)
    assert set(known) == {
        "putright.advance", "putright.sweep", "putright.retry_stalled", "putright.forget",
    }, "walk the new job too"  # fmt: skip
    world.clock.forward(days=60)
    hand_out_due(world.handling, defer_advances)
    with world.handling.store.read() as conn:
        runs = conn.execute(
            text("SELECT id FROM run WHERE incident_id = :id"), {"id": hidden.id}
        ).scalars()
        for run in list(runs):
            known["putright.advance"](str(run))
        kept = [
            str(conn.execute(text(f"SELECT json_agg(x) FROM {table} x")).scalar())  # noqa: S608
            for table in ("procrastinate_jobs", "procrastinate_events", "idempotency_key")
        ]

    assert "putright.advance" in kept[0]
    assert WORD not in "".join(kept) + caplog.text
    assert "action:overdue" in world.verbs(hidden.id)


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


# Those that print nothing by themselves but what the log says (above), or have a database of
# their own; what they print is asked for here where it could be of an incident.
_SERVING = {"demo", "serve", "worker", "bench", "replay"}


def test_no_command_prints_its_words(
    world: World, database: DatabaseUrls, hidden: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = {"check", "migrate", "publish", "audit"}
    assert set(main.commands) == commands | _SERVING, "walk the new command too"
    for name, value in (
        ("DATABASE_URL", database.app_url), ("PUTRIGHT_OWNER_URL", database.owner_url),
        ("PUTRIGHT_SECRET_KEY", "x" * 40), ("PUTRIGHT_AUDIT_KEY", KEY.secret.decode()),
        ("PUTRIGHT_AUDIT_KEY_ID", KEY.id),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    world.clock.forward(days=60)
    with unguarded(database) as conn:
        conn.execute(text("UPDATE criterion SET verified_seq = 1"))
        conn.execute(text("UPDATE confirmation SET answer = 'no'"))

    for command in (["check"], ["migrate"], ["publish"], ["audit", "closures"],
                    ["audit", "closures", "--json"]):  # fmt: skip
        told = CliRunner().invoke(main, command)
        assert WORD not in told.output + str(told.exception), command
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
