"""The page that says whether anything was changed, and the line that everybody sees."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from api.anchors import FilePlace, heads_at
from api.app import create_app
from api.settings import Settings
from engine.domain.signed_head import read_line
from engine.store.chain_checks import last_check
from engine.store.embedded import DatabaseUrls
from engine.usecases.anchoring import anchor_newest
from engine.usecases.auditing import check_and_keep
from engine.usecases.signing_heads import sign_heads, sign_if_due
from tests.tampering import rewrite, signing
from tests.unguarded import unguarded
from tests.visitor import SECRET, Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def going_out(world: World, tmp_path: Path) -> Flask:
    """The application of a house whose signed heads leave to a folder."""
    app = create_app(signing(world), going_out_settings(tmp_path))
    app.testing = False
    return app


def test_the_desk_says_what_the_last_check_found_and_where_heads_went(
    world: World, visit: Visit, web: Flask, tmp_path: Path
) -> None:
    web.extensions["putright"] = signing(world)
    egon = visit("egon")
    assert "Not looked through yet" in words_of(egon.get("/desk/proof"))
    world.confirmed()
    head = sign_heads(signing(world))
    anchor_newest(signing(world), [FilePlace(tmp_path)])
    check_and_keep(signing(world), heads_at(tmp_path))

    page = words_of(egon.get("/desk/proof"))

    assert "Nothing was changed" in page
    # the incident's, the register's, and that the auditor has looked
    assert "3 chains · 1 signed head" in page
    assert "Held against 1 signed head from outside" in page
    assert "Is everything as it was written? Yes" in page
    assert f"sent to {tmp_path}" in page
    assert head.public_key.hex() in page
    assert read_line(egon.get("/desk/proof/heads/1.json")) == head
    assert egon.get("/desk/proof/heads/2.json", 404)


def test_the_desk_names_what_was_changed(
    world: World, visit: Visit, database: DatabaseUrls
) -> None:
    incident = world.confirmed()
    sign_heads(signing(world))
    with unguarded(database) as conn:
        rewrite(conn, incident, 3, verb="action:done")
    check_and_keep(signing(world), [])

    page = words_of(visit("egon").get("/desk/proof"))

    assert "Something was changed" in page
    assert "Is everything as it was written? No: 1 finding" in page
    last, number = world.row(incident).head_seq, world.row(incident).number
    assert f"Incident {number}: Record {last} is not the one that signed head 1 stands for." in page


@pytest.mark.parametrize("login", ["dora", "carla", "fay"])
def test_only_auditors_read_it(visit: Visit, login: str) -> None:
    for path in ("/desk/proof", "/desk/proof/heads/1.json"):
        visit(login).get(path, 403)


LATE = "For more than a day no proof of these records has left this system."


def test_everybody_is_told_when_heads_no_longer_leave(world: World, tmp_path: Path) -> None:
    sign_heads(signing(world))
    anchor_newest(signing(world), [FilePlace(tmp_path)])
    for hours, told in ((29, False), (2, True)):
        world.clock.forward(hours=hours)
        for login in ("carla", "dora", "egon"):
            app = create_app(signing(world), going_out_settings(tmp_path))
            app.testing = False
            assert (LATE in words_of(Visitor(world, app, login).get("/"))) is told


def going_out_settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, secret_key=SECRET, anchor_file=folder)


def test_everybody_is_told_that_heads_go_nowhere(visit: Visit) -> None:
    assert "No proof of these records is kept outside" in words_of(visit("carla").get("/"))


def test_everybody_is_told_that_an_older_database_was_put_back(
    world: World, going_out: Flask
) -> None:
    sign_if_due(signing(world, left=7))

    page = words_of(Visitor(world, going_out, "carla").get("/"))

    assert "This is an older database than the one that was signed." in page


def test_the_line_is_cheap_and_the_database_is_asked_now_and_then(
    world: World, going_out: Flask
) -> None:
    carla = Visitor(world, going_out, "carla")
    carla.get("/")
    sign_if_due(signing(world, left=7))

    # what was said a moment ago still holds
    assert "older database" not in words_of(carla.get("/"))


def test_what_is_kept_of_a_check_can_be_said_in_any_language(world: World) -> None:
    audited = check_and_keep(replace(signing(world), signing=None), [])

    with world.handling.store.read() as conn:
        kept = last_check(conn)

    assert kept is not None
    assert [one.template for one in kept.notes] == [one.template for one in audited.notes]
    assert kept.notes == audited.notes
