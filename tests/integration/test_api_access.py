"""Who may use the API, how refusals are told, and what operators see."""

import json
import logging
import pkgutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import text

import api
import engine
from api.errors import RETRY_AFTER_SECONDS, STATUS, problem_of
from engine.errors import (
    Busy,
    DiagramRefused,
    GateShut,
    InvalidAnswers,
    PutrightError,
    TooManyAttempts,
    Unavailable,
    WorkflowFault,
)
from engine.queries.actors import load_actor
from engine.usecases import holding
from engine.usecases.tokens import make_token
from tests.machine import Machine
from tests.visitor import SECRET
from tests.world import World

Start = Callable[[str | None], Machine]


def signed_in(world: World, web: Flask, login: str) -> tuple[FlaskClient, str]:
    """Return a browser with a session, and the CSRF token of its pages."""
    client = web.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = f"{world.people[login]}:0"
        session["csrf_token"] = "drawn"
    signer = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token")
    return client, str(signer.dumps("drawn"))


# --- who asks -------------------------------------------------------------------------------------


def test_me_says_who_the_token_is(world: World, machine: Start) -> None:
    assert machine("carla").get("/me")["name"] == "Carla Costa"
    assert machine("ada").get("/me")["teams"] == [str(world.teams["databases"])]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer putright_x", "Basic YTpi", "Bearer \x7f", "é"]
)
def test_without_a_token_that_counts_nobody_is_answered(machine: Start, header: str) -> None:
    answer = machine(None).send("GET", "/me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.get_json()["code"] == "sign_in_needed"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def every_address(web: Flask) -> list[tuple[str, str]]:
    words = {"which": "1", "diagram": "incident", "name": "look"}
    found = []
    with web.test_request_context():
        adapter = web.url_map.bind("")
        for rule in web.url_map.iter_rules():
            if rule.endpoint.startswith("api_"):
                given = {name: words.get(name, uuid4()) for name in rule.arguments}
                path = adapter.build(rule.endpoint, given)
                found += [
                    (method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
                ]
    return found


def test_every_address_asks_who_is_there(web: Flask) -> None:
    addresses = every_address(web)

    assert len(addresses) > 25
    for method, path in addresses:
        answer = web.test_client().open(path, method=method, json={})
        assert answer.status_code == 401, (method, path)


def test_a_token_ends_when_its_time_is_over_when_revoked_and_with_its_person(
    world: World, machine: Start
) -> None:
    expiring, revoked, leaving = machine("carla"), machine("carla"), machine("fay")
    world.clock.forward(days=89)
    expiring.get("/me")
    newest = machine("carla")
    world.clock.forward(days=1)
    expiring.get("/me", 401)

    token = newest.get("/me/tokens")[0]["id"]
    newest.ask("DELETE", f"/me/tokens/{token}", status=204)
    newest.get("/me", 401)

    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET is_active = false WHERE login = 'fay'"))
    leaving.get("/me", 401)
    revoked.get("/me", 401)


def test_a_token_is_shown_once_and_kept_as_a_digest(world: World, web: Flask) -> None:
    client, page_token = signed_in(world, web, "carla")

    made = client.post(
        "/api/v1/me/tokens", json={"name": "Export"}, headers={"X-CSRFToken": page_token}
    ).get_json()

    bearer = {"Authorization": f"Bearer {made['token']}"}
    listed = web.test_client().get("/api/v1/me/tokens", headers=bearer).get_json()
    assert [one["name"] for one in listed] == ["Export"]
    assert made["token"] not in json.dumps(listed)
    with world.handling.store.read() as conn:
        kept = conn.execute(text("SELECT digest, name FROM api_token")).all()
    assert made["token"].encode() not in bytes(kept[0].digest)


def test_a_token_makes_no_other_token_and_ends_only_ones_own(world: World, machine: Start) -> None:
    carla = machine("carla")
    of_ada, _ = make_token(world.handling.store, world.people["ada"], name="hers")

    assert carla.post("/me/tokens", {"name": "More"}, 403)["code"] == "not_allowed"
    carla.ask("DELETE", f"/me/tokens/{of_ada}", status=404)


@pytest.mark.parametrize(
    ("name", "lasts"),
    [("", timedelta(days=1)), (" ", timedelta(days=1)), ("x", timedelta(0)), ("x", timedelta(400))],
)
def test_a_token_has_a_name_and_an_end(world: World, name: str, lasts: timedelta) -> None:
    with pytest.raises(InvalidAnswers):
        make_token(world.handling.store, world.people["ada"], name=name, lasts=lasts)


def test_a_session_may_read_but_changes_nothing_without_its_pages_token(
    world: World, web: Flask
) -> None:
    client, page_token = signed_in(world, web, "hugo")
    incident = world.report()
    path = f"/api/v1/incidents/{incident}/lead"

    assert client.get("/api/v1/me").get_json()["name"] == "Hugo Hahn"
    forged = client.post(path)
    assert (forged.status_code, forged.get_json()["code"]) == (403, "forged")
    assert world.row(incident).taken_up_at is None
    assert client.post(path, headers={"X-CSRFToken": page_token}).status_code == 204


def test_an_outsider_chooses_among_their_own(world: World, machine: Start) -> None:
    other = world.report("olga")

    assert [name for _, name in machine("carla").get("/choices")["person"]] == [
        "Carla Costa (Costa Bakery)"
    ]
    machine("carla").get(f"/choices?incident={other}", 404)


# --- how refusals are told ------------------------------------------------------------------------


def every_refusal() -> Iterator[type[PutrightError]]:
    for package in (api, engine):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                import_module(module.name)
    todo = [PutrightError]
    while todo:
        kind = todo.pop()
        yield kind
        todo += kind.__subclasses__()


def test_every_refusal_has_a_status_and_a_code_of_its_own() -> None:
    kinds = list(every_refusal())
    codes = [kind.code for kind in kinds]

    assert len(kinds) >= 17
    assert sorted(codes) == sorted(set(codes))
    assert set(codes) == set(STATUS)
    assert set(RETRY_AFTER_SECONDS) == {code for code in codes if STATUS[code] == 503}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Busy("Please try again."), 503),
        (Unavailable("Please try again."), 503),
        (TooManyAttempts(15), 429),
        (GateShut(["an answer"]), 409),
        (DiagramRefused(["no end"]), 422),
        (WorkflowFault("An expression failed."), 500),
    ],
)
def test_refusals_are_told_to_machines_in_one_shape(
    world: World,
    web: Flask,
    machine: Start,
    monkeypatch: pytest.MonkeyPatch,
    error: PutrightError,
    status: int,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(holding, "claim", refuse)

    answer = machine("ada").send("POST", f"/items/{uuid4()}/claim")

    body = answer.get_json()
    assert answer.status_code == status
    assert sorted(body) == ["code", "context", "sentence"]
    assert (body["code"], body["sentence"]) == (error.code, error.sentence)
    assert ("Retry-After" in answer.headers) is (status in (429, 503))
    assert problem_of(error).status == status
    assert web.config["SECRET_KEY"] not in answer.get_data(as_text=True)
    assert world.people


def test_what_nobody_expected_has_an_id_that_is_in_the_log_and_no_words(
    machine: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("Carla Costa owes 12.50")

    monkeypatch.setattr(holding, "claim", fail)

    with caplog.at_level(logging.INFO):
        body = machine("ada").post(f"/items/{uuid4()}/claim", status=500)

    assert body["code"] == "error"
    assert body["context"]["fault"] in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "Carla" not in caplog.text + json.dumps(body)


def test_what_http_refuses_has_the_same_shape(machine: Start) -> None:
    ada = machine("ada")

    assert ada.get("/nowhere", 404)["code"] == "not_found"
    wrong = ada.send("DELETE", "/me")
    assert (wrong.status_code, wrong.get_json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]
    plain = ada.send("POST", "/incidents", data="title=x", content_type="text/plain")
    assert plain.status_code in (415, 422)
    assert plain.get_json()["code"] in ("unsupported_media_type", "invalid_answers")


def test_the_api_describes_itself_without_loading_anything(web: Flask) -> None:
    answer = web.test_client().get("/api/v1/openapi.json")

    described = answer.get_json()
    assert described["openapi"].startswith("3.1")
    assert {path for _, path in every_address(web) if path == "/api/v1/incidents"} <= set(
        described["paths"]
    )
    report = described["paths"]["/api/v1/incidents"]["post"]
    assert report["summary"].startswith("Report an incident")
    assert report["responses"]["default"]["$ref"].endswith("DEFAULT_ERROR")
    refused = described["components"]["responses"]["DEFAULT_ERROR"]
    assert "schemas/Problem" in json.dumps(refused)
    documented = {
        (method.upper(), path)
        for path, methods in described["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert len(documented) == len(every_address(web))


# --- operators ------------------------------------------------------------------------------------


def test_health_needs_nobody_and_says_no_more_than_it_must(machine: Start) -> None:
    assert machine(None).get("/health") == {"status": "ok", "database": "ok"}


def test_health_is_bad_while_the_database_is_away(
    world: World, machine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database cannot be reached just now; please try again.")

    monkeypatch.setattr(type(world.handling.store), "read", away)

    assert machine(None).get("/health", 503)["code"] == "unavailable"


def make_operator(world: World, login: str) -> UUID:
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE person SET roles = '{operator}' WHERE login = :login"), {"login": login}
        )
    with world.handling.store.read() as conn:
        assert load_actor(conn, world.people[login]) is not None
    return world.people[login]


def test_operators_alone_read_the_metrics_which_name_nothing(world: World, machine: Start) -> None:
    world.asked()
    world.clock.forward(days=1)
    make_operator(world, "fay")

    told = machine("fay").send("GET", "/metrics")

    lines = told.get_data(as_text=True).splitlines()
    assert "putright_incidents_open 1.0" in lines
    assert "putright_answers_missing 1.0" in lines
    assert "Wrong balances" not in "".join(lines)
    machine("dora").get("/metrics", 403)
    machine(None).get("/metrics", 401)


def test_metrics_on_loopback_are_off_unless_the_setting_says_so(
    web: Flask, machine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(None).get("/metrics", 401)

    monkeypatch.setitem(web.config, "METRICS_ON_LOOPBACK", True)

    assert machine(None).send("GET", "/metrics").status_code == 200
    far = machine(None).send("GET", "/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert far.status_code == 401
