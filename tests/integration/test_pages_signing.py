"""Signing in and out, and what keeps pages from strangers."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from api.app import create_app
from api.pages.signing import own_address
from api.passwords import hash_password, is_outdated, is_right
from api.settings import Settings
from engine.domain.ladder import DEFAULT
from engine.store import schema as t
from engine.store.connect import application_engine
from engine.store.work import Store
from engine.usecases.handling import Handling
from engine.usecases.signing_in import MOST_HERE, store_password
from tests.visitor import SECRET, Visitor, hidden_in, web_of, words_of
from tests.world import KEY, World

Visit = Callable[[str | None], Visitor]
PASSWORD = "correct horse battery"


@pytest.fixture
def hugo(world: World) -> None:
    """Hugo has a password."""
    store_password(world.handling.store, world.people["hugo"], hash_password(PASSWORD))


def _try(visitor: Visitor, password: str, status: int, login: str = "hugo") -> str:
    return visitor.send("/sign-in", {"login": login, "password": password}, status)


@pytest.mark.usefixtures("hugo")
def test_who_signs_in_goes_where_they_wanted_to(visit: Visit) -> None:
    nobody = visit(None)
    assert nobody.client.get("/incidents?show=closed").location == (
        "/sign-in?next=/incidents?show%3Dclosed"
    )

    answer = nobody.client.get("/sign-in?next=/incidents?show%3Dclosed")
    assert answer.status_code == 200
    nobody.send(
        "/sign-in",
        {"login": "HUGO", "password": PASSWORD},
        at="/sign-in?next=/incidents?show%3Dclosed",
    )

    assert "Hugo Hahn" in nobody.get("/incidents?show=closed")


@pytest.mark.usefixtures("hugo")
def test_a_wrong_password_and_an_unknown_name_sound_the_same(visit: Visit) -> None:
    wrong = words_of(_try(visit(None), "not this one", 422))
    unknown = words_of(_try(visit(None), "not this one", 422, login="nobody"))

    assert "The name or the password is not right." in wrong
    assert wrong == unknown


def test_somebody_without_a_password_cannot_sign_in_with_any(visit: Visit) -> None:
    _try(visit(None), "", 422, login="ada")
    _try(visit(None), "nobody has this password, it is here to be compared with", 422, "ada")


@pytest.mark.usefixtures("hugo")
def test_guessing_is_stopped_for_every_process_and_time_opens_it_again(
    world: World, visit: Visit
) -> None:
    for _ in range(MOST_HERE):
        _try(visit(None), "guess", 422)

    other_process = Visitor(world, web_of(world))
    assert "wait 15 minutes" in words_of(_try(other_process, PASSWORD, 429))

    world.clock.forward(minutes=16)
    _try(other_process, PASSWORD, 303)


@pytest.mark.usefixtures("hugo")
def test_the_table_of_attempts_names_nobody(world: World, visit: Visit) -> None:
    _try(visit(None), "guess", 422)

    with world.handling.store.read() as conn:
        row = conn.execute(select(t.sign_in_attempt)).one()
    assert b"hugo" not in row.who
    assert len(row.who) == len(row.place) == 16
    assert row.at == world.clock.now


@pytest.mark.usefixtures("hugo")
def test_a_hash_at_lower_costs_is_made_again(world: World, visit: Visit) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    store_password(world.handling.store, world.people["hugo"], weak)

    _try(visit(None), PASSWORD, 303)

    with world.handling.store.read() as conn:
        stored = conn.scalar(select(t.person.c.password_hash).where(t.person.c.login == "hugo"))
    assert stored is not None
    assert not is_outdated(stored)
    assert is_right(stored, PASSWORD)


def test_signing_out_everywhere_ends_every_session(visit: Visit) -> None:
    here, there = visit("hugo"), visit("hugo")

    here.send("/you/sign-out-everywhere", {}, at="/you")

    assert there.client.get("/").status_code == 302


def test_a_person_who_left_is_signed_out(world: World, visit: Visit) -> None:
    ada = visit("ada")
    with world.handling.store.begin() as work:
        work.conn.execute(update(t.person).where(t.person.c.login == "ada").values(is_active=False))

    assert ada.client.get("/").status_code == 302


@pytest.mark.usefixtures("hugo")
def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(visit: Visit) -> None:
    here, there = visit("hugo"), visit("hugo")

    wrong = {"current": "not it", "new": "another good password"}
    assert "not your password" in here.send("/you/password", wrong, 422, at="/you")
    short = {"current": PASSWORD, "new": "short"}
    assert "at least 12" in here.send("/you/password", short, 422, at="/you")
    here.send("/you/password", {"current": PASSWORD, "new": "another good password"}, at="/you")

    assert "Your settings" in here.get("/you")
    assert there.client.get("/").status_code == 302


def test_times_are_shown_in_the_reader_s_zone(world: World, visit: Visit) -> None:
    world.report(title="Told at nine")
    hugo = visit("hugo")
    assert "Mon 2 Mar, 09:00" in hugo.get("/incidents/1")

    hugo.send("/you/time-zone", {"time_zone": "Asia/Kolkata"}, at="/you")
    assert "Mon 2 Mar, 14:30" in hugo.get("/incidents/1")

    hugo.send("/you/time-zone", {"time_zone": "Atlantis/Centre"}, 422, at="/you")


def test_a_post_without_its_token_is_refused(world: World, visit: Visit) -> None:
    world.report()

    page = visit("hugo").send_as_it_is("/incidents/1/lead", {}, 400)

    assert "copy what you wrote" in page


def test_a_post_after_the_session_ended_says_so(visit: Visit) -> None:
    hugo = visit("hugo")
    token = hugo.client.get("/report").get_data(as_text=True)
    visit("hugo").send("/you/sign-out-everywhere", {}, at="/you")

    answer = hugo.send_as_it_is("/report", hidden_in(token), 401)
    assert "then go back and send it once more" in answer


def test_every_page_carries_the_headers(visit: Visit) -> None:
    for answer in (visit("hugo").client.get("/"), visit(None).client.get("/nowhere")):
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_cookies_behind_https_travel_nowhere_else(world: World) -> None:
    app = web_of(world, secure_cookies=True)

    answer = app.test_client().get("/sign-in", base_url="https://putright.example")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-putright=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:x",
    ],
)
def test_signing_in_leads_to_no_other_site(web: Flask, wanted: str) -> None:
    with web.test_request_context():
        assert own_address(wanted) == "/"
        assert own_address("/incidents/3?x=1") == "/incidents/3?x=1"


def test_a_session_is_bound_to_its_secret_and_time(web: Flask) -> None:
    assert web.permanent_session_lifetime == timedelta(hours=12)
    stranger = web.test_client()
    stranger.set_cookie("putright", "eyJfdXNlcl9pZCI6IjEifQ.forged.signature")
    assert stranger.get("/").status_code == 302


def test_while_the_database_is_away_a_page_says_so(world: World) -> None:
    engine = application_engine("postgresql://putright_app@127.0.0.1:1/nowhere")
    away = Handling(Store(engine, KEY, world.clock), DEFAULT)
    app = create_app(away, Settings(data_dir=Path(), secret_key=SECRET))
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = f"{world.people['hugo']}:0"

    answer = client.get("/incidents")

    assert answer.status_code == 503
    assert "cannot be reached just now" in answer.get_data(as_text=True)
