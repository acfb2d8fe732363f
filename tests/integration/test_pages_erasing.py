"""Erasing by law on the pages and over the JSON API, as operators do it and auditors read it."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from api.cli import main
from engine.domain.erasing import Ground
from engine.domain.rules import DEFAULT_RULES
from engine.queries.erasures import erasures
from engine.store.embedded import DatabaseUrls
from engine.usecases.erasing import OfPerson, OldEnough, answer_erasure, ask_erasure, erase_all
from tests.integration.test_erasing import WHY, ask, erased, gone, named, told_of_carla, two
from tests.machine import Machine
from tests.outsiders import furnish_open, values_with
from tests.tampering import audited, told
from tests.visitor import Visitor, words_of
from tests.walk import Caller, paths_of, rules
from tests.world import KEY, World

__all__ = ["two"]


def test_two_people_erase_a_person_s_data_on_the_pages(two: World, web: Flask) -> None:
    told_of_carla(two)
    dora, hugo, egon = (Visitor(two, web, login) for login in ("dora", "hugo", "egon"))
    carla = two.people["carla"]
    page = dora.get(f"/setup/erasures/person?person={carla}")
    assert "They are here still" in words_of(page)
    gone(two)
    page = dora.get(f"/setup/erasures/person?person={carla}")
    assert "Ask that it is erased" in page
    names = "Mrs Brown\r\nbrown@example.net"
    sent = {"person": str(carla), "ground": "asked_for", "why": WHY, "names": names}
    named_in_it = sent | {"why": "Carla Costa asks for it"}
    wrong = dora.send("/setup/erasures/person", named_in_it, 422)
    assert "Please say it without the name" in words_of(wrong)
    dora.send("/setup/erasures/person", sent)
    address = newest(two)
    assert "Somebody else who sets up Putright has to agree." in words_of(dora.get(address))
    dora.send(f"{address}/agree", {}, 409, at="/you")
    egon.send(f"{address}/agree", {}, 403, at="/you")
    shown = words_of(hugo.get(address))
    assert "Carla Costa" in shown
    assert "Mrs Brown, brown@example.net" in shown
    assert "in 1 of the newest 1 incidents" in shown
    assert "Brown" not in words_of(egon.get(address))
    hugo.send(f"{address}/agree", {}, at=address)
    assert "Being erased" in words_of(hugo.get(address))

    erase_all(two.handling.store, _id(address))

    for visitor in (hugo, egon):
        told = words_of(visitor.get(address))
        assert "in 1 incident" in told
        assert "Carla" not in words_of(visitor.get("/setup/erasures"))
    assert "Erased person" in words_of(hugo.get(address))
    changes = words_of(egon.get("/setup/changes"))
    assert "had it erased" in changes
    assert "Carla" not in changes
    for page in ("", "/history", "/record"):
        assert not re.search("None[:,] ", words_of(hugo.get(f"/incidents/1{page}")))
    assert "was erased. Erased person" in words_of(hugo.get("/incidents/1"))
    record = words_of(hugo.get("/incidents/1/record"))
    assert "What stood here was erased" in record
    assert "Somebody whose name was erased" in record
    assert "a person or a link" in record
    assert "Records whose content is gone" in record
    assert "Ground the person asks for it" in record


def test_one_that_is_declined_says_why_and_can_be_asked_for_anew(two: World, web: Flask) -> None:
    gone(two)
    address = f"/setup/erasures/{ask(two)}"
    hugo = Visitor(two, web, "hugo")
    hugo.send(f"{address}/decline", {"words": " "}, 422, at=address)
    hugo.send(f"{address}/decline", {"words": "She is a witness still"}, at=address)
    assert "She is a witness still" in words_of(hugo.get(address))
    assert named(two) == "Carla Costa"
    ask(two)


def test_a_hold_is_placed_and_ended_on_the_page(two: World, web: Flask) -> None:
    incident = told_of_carla(two)
    dora = Visitor(two, web, "dora")
    why = "The court asks for it"
    dora.send("/setup/holds", {"why": why}, 422)
    dora.send("/setup/holds", {"why": why, "number": "#99"}, 422)
    number = two.row(incident).number
    dora.send("/setup/holds", {"why": why, "number": f"#{number}"})
    gone(two)
    page = dora.get(f"/setup/erasures/person?person={two.people['carla']}")
    assert f"Somebody holds on to #{number}" in words_of(page)
    held = Machine(two, web, "egon").get("/setup/holds")
    assert (held[0]["number"], held[0]["why"]) == (number, why)
    end = f"/setup/holds/{held[0]['id']}/end"
    dora.send(end, {"why": "The court has decided"}, at="/setup/holds")
    assert "Ended by Dora Diaz" in words_of(dora.get("/setup/holds"))


def test_programs_ask_agree_and_see_what_is_old(two: World, web: Flask) -> None:
    told_of_carla(two)
    gone(two)
    dora, hugo, egon = (Machine(two, web, login) for login in ("dora", "hugo", "egon"))
    sent = {"person": str(two.people["carla"]), "ground": "asked_for", "why": WHY}
    both = sent | {"ended_before": "2020-01-01T00:00:00Z"}
    dora.ask("POST", "/setup/erasures", both, status=422)
    made = dora.ask("POST", "/setup/erasures", sent, status=201)["id"]
    dora.ask("POST", f"/setup/erasures/{made}/agree", {}, status=409)
    egon.ask("POST", f"/setup/erasures/{made}/agree", {}, status=403)
    hugo.ask("POST", f"/setup/erasures/{made}/agree", {}, status=202)
    assert egon.get(f"/setup/erasures/{made}")["is_agreed"] is True
    assert egon.get("/setup/erasures")[0]["ground"] == "asked_for"
    egon.ask("GET", "/setup/erasures/old", None, status=409)


def test_what_is_old_is_shown_before_anybody_asks(two: World, web: Flask) -> None:
    incident = told_of_carla(two)
    rules = replace(DEFAULT_RULES, keep_for=timedelta(days=365))
    object.__setattr__(two.handling, "rules", rules)
    dora, hugo = Visitor(two, web, "dora"), Visitor(two, web, "hugo")
    assert "Nothing was kept that long" in words_of(dora.get("/setup/erasures/old"))
    two.clock.forward(days=366)
    assert "Customer statements 1 0" in words_of(dora.get("/setup/erasures/old"))
    dora.send("/setup/erasures/old", {"why": "The rule lets it go"})
    address = newest(two)
    assert "Customer statements 1 0" in words_of(hugo.get(address))
    hugo.send(f"{address}/agree", {}, at=address)
    erase_all(two.handling.store, _id(address))
    page = words_of(hugo.get(f"/incidents/{two.row(incident).number}"))
    assert "Dora Diaz asked for it, Hugo Hahn agreed" in page
    assert "The rule lets it go" in page
    for part in ("record", "time", "history"):
        hugo.get(f"/incidents/{two.row(incident).number}/{part}")


def test_the_command_lists_and_erases_nothing(
    two: World, database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    incident = told_of_carla(two)
    rules = tmp_path / "rules.toml"
    rules.write_text('[rules]\nkeep_for = "P1D"\n')
    for name, value in (
        ("DATABASE_URL", database.app_url),
        ("PUTRIGHT_SECRET_KEY", "x" * 40),
        ("PUTRIGHT_AUDIT_KEY", KEY.secret.decode()),
        ("PUTRIGHT_AUDIT_KEY_ID", KEY.id),
        ("PUTRIGHT_SIGNING_KEY", "5" * 64),
    ):
        monkeypatch.setenv(name, value)
    without = CliRunner().invoke(main, ["retain", "--dry-run"])
    assert (without.exit_code, "keep_for" in without.output) == (1, True)
    monkeypatch.setenv("PUTRIGHT_RULES", str(rules))
    told = CliRunner().invoke(main, ["retain", "--dry-run"])
    assert told.exit_code == 0, told.output
    assert "1 incidents" in told.output
    assert f"Go: #{two.row(incident).number}" in told.output
    assert CliRunner().invoke(main, ["retain"]).exit_code == 2
    assert two.row(incident).erased_by is None


def test_who_was_erased_is_not_entered_again(two: World, web: Flask) -> None:
    erased(two)
    dora, path = Visitor(two, web, "dora"), f"/setup/person/{two.people['carla']}"
    sent = {"name": "Carla Costa", "login": "carla", "email": "c@x.example", "time_zone": "UTC"}
    page = dora.send(path, sent, 422)
    assert "What was known of them is erased" in words_of(page)
    dora.send(f"{path}/invitation", {}, 404, at="/you")


def test_every_page_is_still_shown_once_something_was_erased(world: World, web: Flask) -> None:
    hidden, incident = furnish_open(world)
    values, store = values_with(world, hidden, incident), world.handling.store
    egon = Visitor(world, web, "egon")
    for path in ("/incidents?words=Egon%20%20Eder%ff", "/incidents?words=Egon%20Eder", "/desk"):
        egon.get(path)
    egon.send("/setup/team/new", {"name": "A"}, 403, at="/you")
    with store.begin() as work:
        for sql in (
            "UPDATE person SET roles = '{staff,operator}' WHERE login = 'gita'",
            "UPDATE person SET roles = '{auditor}' WHERE login = 'nils'",
            "UPDATE person SET is_active = false WHERE login = 'egon'",
        ):
            work.conn.execute(text(sql))
    fay, gita = world.actor("fay"), world.actor("gita")
    world.clock.forward(days=800)
    years = timedelta(days=365)
    for what in (OfPerson(world.people["egon"]), OldEnough(world.clock.now - years)):
        ground, why = Ground.ASKED, "The law asks for it"
        asked = ask_erasure(store, what, ground=ground, why=why, actor=fay, keep_for=years)
        answer_erasure(store, asked, agrees=True, words=None, actor=gita)
        erase_all(store, asked)
    with store.read() as conn:
        done = erasures(conn)[0]
        assert done.incidents, "something was kept long enough"
        old = conn.scalar(text("SELECT max(number) FROM incident WHERE erased_by IS NOT NULL"))
        gone_from = conn.scalar(text("SELECT count(*) FROM access_entry WHERE content IS NULL"))
    assert gone_from == 1, "his own name was looked for"
    assert told(audited(store)) == {}
    values["number"], values["which"] = [old, *values["number"]], [str(old), *values["which"]]
    for login in ("nils", "hugo", "fay"):
        caller = Caller(world, web, login)
        for rule, method in rules(web):
            if method == "GET":
                for path in paths_of(web, rule, method, values)[:2]:
                    answer, _ = caller.call(method, path)
                    assert answer.status_code < 500, (login, path, answer.text[-3000:])


def newest(world: World) -> str:
    """Return the address of what was asked for last."""
    with world.handling.store.read() as conn:
        return f"/setup/erasures/{erasures(conn)[0].id}"


def _id(address: str) -> UUID:
    return UUID(address.rsplit("/", 1)[-1])
