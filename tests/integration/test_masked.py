"""Customers' personal data is masked for auditors who have stated no purpose."""

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import ARRAY, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from api.cli import main
from engine.domain.signer import Signer, bearer_of_link, signer_of
from engine.queries.incident import incident_page
from engine.store import schema
from engine.store.embedded import DatabaseUrls
from engine.store.masking import MASKED, faults
from engine.store.migrate import migrate, owner_engine
from engine.store.sight import looking_as
from tests.machine import Machine
from tests.unguarded import unguarded
from tests.visitor import Visitor, words_of
from tests.world import KEY, World


def test_who_is_outside_has_a_name_that_says_nothing_and_stays_the_same(world: World) -> None:
    egon, carla = world.people["egon"], world.people["carla"]
    asked = text("SELECT name, login, email FROM person WHERE id = :id")
    with looking_as(egon), world.handling.store.read() as conn:
        first = conn.execute(asked, {"id": carla}).one()
        again = conn.execute(asked, {"id": carla}).one()
        hugo = conn.execute(asked, {"id": world.people["hugo"]}).one()

    assert first == again
    assert first.name.startswith("Customer ")
    assert "carla" not in first.login.lower()
    assert hugo.name == "Hugo Hahn"
    with world.handling.store.read() as conn:
        assert conn.execute(asked, {"id": carla}).one().name == "Carla Costa"


def test_names_addresses_and_numbers_in_what_people_wrote_are_masked(world: World) -> None:
    said = (
        "carla  COSTA (carla@costa.example) of 2026-03-02 rang from +49 30 123456-7, see"
        " 01234567-8901-1234-5678-9012345678ab, amount 0815, Hugo Hahn"
    )
    with looking_as(world.people["egon"]), world.handling.store.read() as conn:
        told = conn.scalar(text("SELECT masked.words(:said)"), {"said": said})
        record = conn.scalar(
            text("SELECT masked.answers(CAST(:said AS jsonb))"),
            {"said": '{"a": ["Carla", "Costa", "of \\"Carla Costa\\""], "place": ["x", 3]}'},
        )

    assert "Customer " in told
    for kept in ("2026-03-02", "01234567-8901-1234-5678-9012345678ab", "0815", "Hugo Hahn"):
        assert kept in told
    for gone in ("carla", "COSTA", "+49", "@"):
        assert gone not in told
    assert record["a"][0] == "Carla"
    assert "Carla" not in record["a"][2]
    assert record["place"] == ["•••", 3]


def test_what_is_asked_often_is_asked_as_well_masked_as_clear(world: World) -> None:
    incident = world.asked()
    for login in ("hugo", "egon", "hugo", "egon"):
        with looking_as(world.people[login] if login == "egon" else None):
            # so often that PostgreSQL has prepared it on the one connection
            for _ in range(8):
                with world.handling.store.read() as conn:
                    page = incident_page(conn, incident, world.actor(login), world.clock.now)
        assert page.reporter.startswith("Customer " if login == "egon" else "Carla")


UNMASKED = {
    "a view that shows everything": (
        (
            "CREATE OR REPLACE VIEW masked.caller AS SELECT incident_id, name, contact, digest,"
            " made_at FROM public.caller"
        ),
        "the view caller that masks is not the one of this release",
    ),
    "a function that hides nothing": (
        "CREATE OR REPLACE FUNCTION masked.words(said text) RETURNS text LANGUAGE sql RETURN said",
        "the function words(text) that masks is not the one of this release",
    ),
    "nobody is masked": (
        (
            "CREATE OR REPLACE FUNCTION masked.begin(me uuid, at timestamptz) RETURNS boolean"
            " LANGUAGE sql RETURN false"
        ),
        (
            "the function begin(uuid,timestamp with time zone) that masks is not the one of this"
            " release"
        ),
    ),
    "a view taken down": ("DROP VIEW masked.tried", "the view tried that masks is missing"),
    "a view of somebody else": (
        "CREATE VIEW masked.incident AS SELECT * FROM public.incident",
        "the view incident masks nothing that this release knows of",
    ),
}


@pytest.mark.parametrize("done", UNMASKED)
def test_what_was_done_to_what_masks_is_named(database: DatabaseUrls, done: str) -> None:
    sql, said = UNMASKED[done]
    with owner_engine(database.owner_url).connect() as owner:
        assert faults(owner) == []

        owner.exec_driver_sql(sql)

        assert faults(owner) == [said]
        owner.rollback()


@pytest.mark.usefixtures("world")
def test_putright_check_says_what_masks_no_more(
    database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DATABASE_URL": database.app_url,
        "PUTRIGHT_OWNER_URL": database.owner_url,
        "PUTRIGHT_SECRET_KEY": "x" * 40,
        "PUTRIGHT_AUDIT_KEY": KEY.secret.decode(),
        "PUTRIGHT_SIGNING_KEY": "7" * 64,
    }.items():
        monkeypatch.setenv(name, value)
    assert "in order" in CliRunner().invoke(main, ["check"]).output
    with unguarded(database) as conn:
        conn.execute(text("DROP VIEW masked.tried"))

    said = CliRunner().invoke(main, ["check"])

    assert said.exit_code == 1
    assert "- the view tried that masks is missing" in said.output
    migrate(database.owner_url)
    assert "in order" in CliRunner().invoke(main, ["check"]).output


# What no customer is told of by name: words of machines, diagrams and settings, and what our own
# people wrote for the house.
OF_MACHINES = {
    "access_chain", "alert", "api_token", "business_process", "calendar", "chain_check",
    "closing_list", "closure_check", "deputy", "diagram_version", "draft", "draft_file",
    "head_receipt", "idempotency_key", "link", "move", "move_line", "organisation", "product",
    "purpose", "release", "release_part", "release_proof", "release_standing", "result_file",
    "rung", "rungs", "run", "saved_query", "saved_view", "signal", "signed_head", "team",
    "unanchored", "unmailed", "visit",
}  # fmt: skip
# Words that are searched by an index, or say how right is measured, stay as they were written; the
# others are words of machines.
AS_WRITTEN = {
    "action": {"kind", "state", "title", "detail", "party", "reference", "outcome"},
    "confirmation": {"answer", "grade"},
    "confirmation_line": {"answer"},
    "criterion": {"measure", "threshold", "evidence"},
    "criterion_signature": {"signs_as"},
    "decision": {"authority", "decided"},
    "dispute": {"party", "should_be"},
    "dispute_end": {"how"},
    "erasure": {"ground"},
    "incident": {
        "title", "expected", "actual", "size_unit", "currency", "harmed", "impact", "urgency",
        "priority", "highest_priority", "source_reference", "state", "closed_by", "origin",
    },
    "message": {"kind", "cause"},
    "person": {"roles", "time_zone", "language"},
    "priority_lowering": {"priority"},
    "target": {"outcome"},
    "tried": {"channel"},
    "verification": {"verdict"},
    "way_out": {"kind"},
    "work_item": {
        "step", "mark", "title", "lane", "party", "how", "charged_to", "completed_with",
    },
}  # fmt: skip
CHAIN = {"verb", "key_id", "kind"}


def test_it_is_told_of_every_column_with_words_whether_it_is_masked() -> None:
    masked = {table.name: set(columns) for table, columns in MASKED.items()}
    for table in schema.metadata.sorted_tables:
        if table.name in OF_MACHINES:
            continue
        words = {
            one.name
            for one in table.c
            if isinstance(one.type, Text | JSONB)
            or (isinstance(one.type, ARRAY) and isinstance(one.type.item_type, Text))
        }
        said = masked.get(table.name, set()) | AS_WRITTEN.get(table.name, set())
        chain = CHAIN if table.name.endswith("entry") else set()
        assert words <= said | chain, f"{table.name}: {words - said - chain}"


def test_masked_rows_are_found_by_the_indexes_of_their_tables(world: World) -> None:
    with looking_as(world.people["egon"]), world.handling.store.read() as conn:
        conn.execute(text("SET LOCAL enable_seqscan = off"))
        for sql, index in (
            ("SELECT name FROM person WHERE id = :id", "pk_person"),
            ("SELECT content FROM entry WHERE incident_id = :id AND seq > 3", "pk_entry"),
            ("SELECT actor FROM register_entry WHERE subject_id = :id", "ix_register_entry"),
            ("SELECT label FROM target WHERE action_id = :id ORDER BY position", "uq_target"),
            ("SELECT id FROM work_item WHERE incident_id = :id", "ix_work_item_incident"),
        ):  # fmt: skip
            asked = text(f"EXPLAIN {sql}")
            plan = conn.execute(asked, {"id": world.people["carla"]}).scalars().all()
            assert index in "".join(plan), plan


def test_what_is_recomputed_names_no_customer_to_a_masked_auditor(
    world: World, database: DatabaseUrls, web: Flask
) -> None:
    incident = world.confirmed()
    with unguarded(database) as conn:
        conn.execute(text("UPDATE confirmation SET answer = 'no'"))
    page = Visitor(world, web, "egon").get(f"/desk/closures/{world.row(incident).number}")
    told = Machine(world, web, "egon").get("/closures")

    assert "says that it is not right" in words_of(page)
    assert told["unproven"]
    assert "Carla" not in words_of(page)
    assert "Carla" not in str(told)


def test_whoever_held_a_link_is_still_told_from_who_has_signed_in(world: World) -> None:
    with world.handling.store.begin() as work:
        bearer = bearer_of_link("Carla Costa")
        masked = work.conn.execute(
            text("SELECT masked.who(:id, :name)"), {"id": world.people["carla"], "name": bearer}
        ).scalar_one()

    assert masked.startswith("the bearer of a link sent to Customer ")
    assert signer_of(masked, world.people["carla"]) is Signer.LINK
