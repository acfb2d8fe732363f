"""Several products of one business process: each with its usual criteria and its own incidents."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.domain.permissions import Actor
from engine.domain.register import RecordKind
from engine.domain.signal import Alert
from engine.errors import InvalidAnswers
from engine.queries.incidents import similar
from engine.queries.register import names
from engine.usecases.receiving import receive
from engine.usecases.setting_up import save
from engine.usecases.setting_up.tables import What, export_table, import_table
from engine.usecases.signals import Named, name_product
from engine.usecases.splitting import split
from forms import check, fixed
from tests.story import Teller
from tests.visitor import Visitor, words_of
from tests.world import CRITERION, World

Visit = Callable[[str | None], Visitor]
TEXTS = {"title": "Two in one", "expected": "One letter", "actual": "Two letters"}
SENT = {"measure": "Reminders", "threshold": "None to who has paid", "evidence": "outbox"}


@pytest.fixture
def operator(world: World) -> Actor:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    return world.actor("fay")


def put(
    world: World,
    actor: Actor,
    record_id: UUID | None = None,
    *,
    seen: int | None = None,
    **other: Any,
) -> UUID:
    answers = {
        "process": str(world.process_id),
        "name": "Reminder letter",
        "default_criteria": [SENT],
    } | other
    with world.handling.store.read() as conn:
        choices = names(conn).choices
    found = check(fixed("product"), answers, choices=choices, now=world.clock.now)
    assert found.ok, found.findings
    return save(
        world.handling.store, RecordKind.PRODUCT, found.answers, actor=actor, record_id=record_id,
        seen=seen,
    )  # fmt: skip


@pytest.fixture
def reminder(world: World, operator: Actor) -> UUID:
    return put(world, operator)


def test_who_reports_chooses_among_the_products(
    visit: Visit, teller: Teller, reminder: UUID
) -> None:
    page = words_of(visit("carla").get("/report"))
    assert "Customer statements: Monthly statement" in page
    assert "Customer statements: Reminder letter" in page

    made = teller.reports("carla", "A reminder came though I have paid", product=str(reminder))

    shown = teller.ask("carla", f"/incidents/{made}")
    assert (shown["process"], shown["product"]) == ("Customer statements", "Reminder letter")
    assert [one["measure"] for one in shown["criteria"]] == [SENT["measure"]]
    assert "Reminder letter" in words_of(visit("carla").get("/incidents/1"))


@pytest.mark.usefixtures("reminder")
def test_a_process_alone_means_its_first_product(teller: Teller) -> None:
    made = teller.reports("carla", "Wrong balances")

    shown = teller.ask("carla", f"/incidents/{made}")
    assert shown["product"] == "Monthly statement"
    assert [one["measure"] for one in shown["criteria"]] == [CRITERION["measure"]]


def test_what_makes_one_product_is_chosen_by_its_own_name(visit: Visit) -> None:
    page = words_of(visit("carla").get("/report"))

    assert "Customer statements" in page
    assert "Monthly statement" not in page


def test_of_what_is_no_longer_made_nothing_new_is_reported(
    world: World, visit: Visit, teller: Teller, operator: Actor, reminder: UUID
) -> None:
    made = teller.reports("carla", "A reminder came though I have paid", product=str(reminder))
    put(world, operator, reminder, no_longer_made=True)

    assert "Reminder letter" not in words_of(visit("carla").get("/report"))
    with pytest.raises(AssertionError, match="answers offered"):
        teller.reports("carla", "Another one", product=str(reminder))
    with pytest.raises(InvalidAnswers):
        name_product(world.handling, _signal(world), Named(reminder), actor=world.actor("ada"))
    assert teller.ask("carla", f"/incidents/{made}")["product"] == "Reminder letter"


def test_a_part_is_about_the_same_product(world: World, reminder: UUID) -> None:
    made = world.report(product_id=reminder)
    world.lead(made)

    part = split(world.handling, made, TEXTS, actor=world.actor("hugo"))

    assert world.row(part).product_id == reminder


def test_of_one_signal_each_product_has_an_incident_of_its_own(
    world: World, visit: Visit, reminder: UUID
) -> None:
    signal, ada = _signal(world), world.actor("ada")
    page = words_of(visit("ada").get("/signals/1"))
    assert "Monthly statement" in page
    assert "Reminder letter" in page

    first = name_product(world.handling, signal, Named(world.process_id), actor=ada)
    second = name_product(world.handling, signal, Named(reminder), actor=ada)

    assert first != second
    assert world.row(first).title == "Monthly statement: Disk full"
    assert world.row(second).title == "Reminder letter: Disk full"


def _signal(world: World) -> UUID:
    alerts = [Alert("Disk full", "Disk full", world.clock.now)]
    (made,) = receive(world.handling, world.process_id, alerts, actor=world.actor("ada"))
    return made


def test_a_product_has_a_name_of_its_own_and_stays_with_its_process(
    world: World, operator: Actor, reminder: UUID
) -> None:
    with pytest.raises(InvalidAnswers) as taken:
        put(world, operator, name="monthly STATEMENT")
    assert list(taken.value.fields) == ["name"]

    with world.handling.store.begin() as work:
        other = work.conn.scalar(
            text(
                "WITH made AS (INSERT INTO business_process (id, name, owner_id, duty_lead_id,"
                " authority_id, desk_id) SELECT gen_random_uuid(), 'Payroll', owner_id,"
                " duty_lead_id, authority_id, desk_id FROM business_process RETURNING id)"
                " INSERT INTO product (id, process_id, name) SELECT id, id, 'Payslip' FROM made"
                " RETURNING id"
            )
        )
    with pytest.raises(InvalidAnswers) as moved:
        put(world, operator, reminder, process=str(other))
    assert list(moved.value.fields) == ["process"]


@pytest.mark.usefixtures("reminder")
def test_products_come_and_go_as_a_table(world: World, operator: Actor) -> None:
    store, form = world.handling.store, fixed("product")
    table = (
        "name;process;default_criteria\nDunning letter;Customer statements;Sums | equal | ledger"
    )

    found = import_table(store, RecordKind.PRODUCT, form, table, actor=operator, dry_run=False)

    assert [line.what for line in found.lines] == [What.NEW]
    out = export_table(store, RecordKind.PRODUCT, form, actor=operator)
    assert "Dunning letter" in out
    assert "Reminder letter" in out
    assert "Monthly statement" not in out, "the first is part of its business process"
    again = import_table(store, RecordKind.PRODUCT, form, out, actor=operator, dry_run=False)
    assert {line.what for line in again.lines} == {What.SAME}


def test_which_product_it_is_about_changes_by_an_entry_only(world: World, reminder: UUID) -> None:
    made = world.report()

    with (
        pytest.raises(DBAPIError, match="change by an entry"),
        world.handling.store.begin() as work,
    ):
        work.conn.execute(
            text("UPDATE incident SET product_id = :product WHERE id = :id"),
            {"product": reminder, "id": made},
        )


def test_what_is_alike_of_the_same_product_is_shown_first(world: World, reminder: UUID) -> None:
    of_it = world.report(product_id=reminder, title="Ferrets")
    better = world.report(title="Ferrets and badgers")

    with world.handling.store.read() as conn:
        shown = similar(conn, world.actor("hugo"), "ferrets badgers", product_id=reminder)

    assert [one.number for one in shown] == [world.row(one).number for one in (of_it, better)]
