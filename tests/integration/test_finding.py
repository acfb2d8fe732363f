# ruff: noqa: S608 - the conditions are the application's own
"""Incidents are found by what happened; each way of looking for them finds the same ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.domain.incident import Level, Priority
from engine.domain.party import Party
from engine.errors import InvalidAnswers
from engine.queries.finding.asked import (
    Answered,
    Asked,
    Op,
    Order,
    Part,
    Place,
    Sign,
    Sort,
    State,
    When,
)
from engine.queries.finding.choices import asked_fields, offered
from engine.queries.finding.columns import BY_NAME, COLUMNS, columns_of
from engine.queries.finding.conditions import conditions_of
from engine.queries.finding.lines import Count, all_found, count_found, found
from engine.queries.ledger import incident_ledger
from engine.queries.paging import Page
from engine.usecases.restricting import restrict
from engine.usecases.setting_aside import set_aside
from tests.world import World


@pytest.fixture
def told(world: World) -> dict[str, UUID]:
    """One of each kind, by what became of it."""
    made = {"confirmed": world.confirmed()}
    world.clock.forward(hours=5)
    made["decided"] = world.decided()
    made["rejected"] = world.asked("olga", title="Wrong colours")
    world.clock.forward(days=3)
    world.confirm(made["rejected"], answer="no")
    made["urgent"] = world.report(
        title="No payroll", actual="Nobody was paid", impact=Level.HIGH, urgency=Level.HIGH
    )
    world.clock.forward(minutes=7)
    made["hidden"] = world.asked(title="A zephyr")
    restrict(world.handling, made["hidden"], reason="Salaries", actor=world.actor("hugo"))
    made["aside"] = world.report(title="Not ours")
    set_aside(world.handling, made["aside"], reason="A test", actor=world.actor("hugo"))
    world.clock.forward(days=1, seconds=13)
    return made


def names(world: World, told: dict[str, UUID], asked: Asked) -> set[str]:
    """Return which of them fit, each way of looking being held against the other."""
    by_id = {one: name for name, one in told.items()}
    with world.handling.store.read() as conn:
        columns = columns_of(["number"])
        page = found(conn, asked, columns, now=world.clock.now)
        streamed = list(all_found(conn, asked, columns, now=world.clock.now, most=100))
        counted = count_found(conn, asked, now=world.clock.now)
        people = conn.scalars(
            text("SELECT id FROM person WHERE login = :login"), {"login": asked.person}
        ).all()
        for one in conditions_of(asked, people, asked_fields(conn)):
            if one.source is not None:
                values = {**one.values, "now": world.clock.now}
                there = conn.scalars(
                    text(f"SELECT i.id FROM incident i WHERE {one.sql}"), values
                ).all()
                indexed = conn.scalars(text(f"SELECT * FROM ({one.source}) s"), values).all()
                assert set(there) == set(indexed), one.sql
    assert [line.id for line in page.lines] == [line.id for line in streamed]
    assert counted == Count(len(page.lines))
    return {by_id[line.id] for line in page.lines}


PASSED = (Place("incident", "verify_outcome"),)
NOT_YES = Answered("confirm_outcome", "criteria.answer", Op.IS, "no")


CASES: list[tuple[Asked, set[str]]] = [
    (Asked(words="payroll"), {"urgent"}),
    (Asked(words="differen"), {"confirmed", "decided", "rejected"}),
    (Asked(words="still wrong"), {"rejected"}),
    (Asked(words="zephyr"), set()),
    (Asked(words="#1"), {"confirmed"}),
    (Asked(answers=(NOT_YES,)), {"rejected"}),
    (
        Asked(answers=(Answered("verify_outcome", "verdict", Op.IS_NOT, "not_right"),)),
        {"confirmed", "decided", "rejected"},
    ),
    (Asked(answers=(Answered("verify_outcome", "measured.measured", Op.HAS, "7"),)), set()),
    (
        Asked(answers=(Answered("verify_outcome", "right_since", Op.LEAST, "2026-03-10"),)),
        {"rejected"},
    ),
    (
        Asked(answers=(Answered("verify_outcome", "right_since", Op.MOST, "2026-03-02"),)),
        {"confirmed", "decided"},
    ),
    (
        Asked(answers=(Answered("decide_without_answer", "reason", Op.HAS, "moved aw"),)),
        {"decided"},
    ),
    (
        Asked(answers=(Answered("decide_without_answer", "reason", Op.GIVEN),)),
        {"decided"},
    ),
    (Asked(person="olga"), {"rejected"}),
    (Asked(person="olga", part=Part.REPORTED), {"rejected"}),
    (Asked(person="carla", part=Part.ANSWERED), {"confirmed", "rejected"}),
    (Asked(person="dora", part=Part.DECIDED), {"decided"}),
    (Asked(person="dora", part=Part.CHECKED), {"confirmed", "rejected", "hidden"}),
    (Asked(person="ada", part=Part.ACTED), {"confirmed", "decided", "rejected", "hidden"}),
    (Asked(person="bruno"), set()),
    (Asked(state=State.CLOSED), {"confirmed", "decided"}),
    (Asked(state=State.ESCALATED), {"decided"}),
    (Asked(state=State.SET_ASIDE), {"aside"}),
    (Asked(state=State.WITHDRAWN), set()),
    (Asked(priority=Priority.P1), {"urgent"}),
    (Asked(release=1, state=State.CONFIRMED), {"confirmed"}),
    (Asked(release=2), set()),
    (Asked(passed=PASSED), {"confirmed", "decided", "rejected", "hidden"}),
    (Asked(never=PASSED), {"urgent", "aside"}),
    (Asked(passed=(Place("incident", "closed_by_escalation"),)), {"decided"}),
    (Asked(signs=frozenset({Sign.RESTRICTED})), {"hidden"}),
    (Asked(signs=frozenset({Sign.BY_LIST})), set()),
    (Asked(signs=frozenset({Sign.DISPUTED})), set()),
    (Asked(signs=frozenset({Sign.OLD_ANSWER})), set()),
    (Asked(rejected=1), {"rejected"}),
    (Asked(rejected=2), set()),
    (Asked(back=1), {"rejected"}),
    (Asked(recurred=1), set()),
    (Asked(longer=timedelta(days=15)), {"decided"}),
    (Asked(shorter=timedelta(seconds=1)), {"confirmed", "aside"}),
    (Asked(gap=timedelta(0), rejected=1), set()),
    (
        Asked(when=When.ENDED, since=datetime(2026, 3, 10, tzinfo=UTC)),
        {"decided", "aside"},
    ),
    (
        Asked(when=When.RECORDED, until=datetime(2026, 3, 2, 12, tzinfo=UTC)),
        {"confirmed"},
    ),
    (
        Asked(since=datetime(2026, 3, 2, 12, tzinfo=UTC), state=State.CLOSED),
        {"decided"},
    ),
    (Asked(party=Party.CUSTOMER, held=timedelta(days=2)), {"decided", "rejected"}),
    (Asked(party=Party.EXTERNAL, held=timedelta(seconds=1)), set()),
]


def test_what_is_asked_is_found(world: World, told: dict[str, UUID]) -> None:
    for asked, wanted in CASES:
        assert names(world, told, asked) == wanted, asked


@pytest.mark.usefixtures("told")
def test_whose_time_it_was_is_just_what_the_ledger_says(world: World) -> None:
    with world.handling.store.read() as conn:
        columns = columns_of([f"held_{party}" for party in Party])
        for line in found(conn, Asked(), columns, now=world.clock.now).lines:
            whose = incident_ledger(conn, line.id, world.clock.now).totals
            assert dict(zip(Party, line.values, strict=True)) == whose


def in_pages(world: World, order: Order, size: int) -> Iterator[int]:
    after: str | None = None
    while True:
        with world.handling.store.read() as conn:
            page = found(
                conn,
                Asked(),
                columns_of(["number"]),
                now=world.clock.now,
                order=order,
                page=Page(size, after),
            )
        yield from (line.number for line in page.lines)
        if (after := page.next) is None:
            return


@pytest.mark.parametrize("by", list(Sort))
@pytest.mark.parametrize("down", [True, False])
def test_pages_of_every_order_show_each_incident_once(
    world: World, told: dict[str, UUID], by: Sort, down: bool
) -> None:
    whole = list(in_pages(world, Order(by, down), 50))
    assert list(in_pages(world, Order(by, down), 2)) == whole
    assert sorted(whole) == list(range(1, len(told) + 1))
    assert list(in_pages(world, Order(by, not down), 1)) == whole[::-1]


def test_every_column_is_there_and_what_is_for_named_people_only_says_no_word(
    world: World, told: dict[str, UUID]
) -> None:
    with world.handling.store.read() as conn:
        page = found(conn, Asked(), COLUMNS, now=world.clock.now)
    by_id = {line.id: dict(zip(BY_NAME, line.values, strict=True)) for line in page.lines}
    shown = by_id[told["hidden"]]
    assert (shown["title"], shown["lead"], shown["customer"]) == (None, None, None)
    assert shown["restricted"] is True
    assert shown["process"] == "Customer statements"
    closed = by_id[told["confirmed"]]
    assert (closed["answered_by"], closed["decided_by"]) == ("Carla Costa", None)
    assert by_id[told["decided"]]["decided_by"] == "Dora Diaz"


def test_steps_fields_and_flows_of_every_release_can_be_chosen(world: World) -> None:
    with world.handling.store.read() as conn:
        known = offered(conn)
    assert Place("incident", "verify_outcome") in {one.place for one in known.elements}
    assert ("confirm_outcome", "criteria.answer") in {one.key for one in known.fields}
    assert all(one.title for one in [*known.elements, *known.flows, *known.fields])
    assert known.releases == [1]


@pytest.mark.parametrize(
    "asked",
    [
        Asked(person="nobody at all"),
        Asked(answers=(Answered("verify_outcome", "no_such_field", Op.GIVEN),)),
        Asked(answers=(Answered("verify_outcome", "verdict", Op.LEAST, "right"),)),
        Asked(answers=(Answered("verify_outcome", "right_since", Op.LEAST, "soon"),)),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(world: World, asked: Asked) -> None:
    with world.handling.store.read() as conn, pytest.raises(InvalidAnswers):
        found(conn, asked, columns_of([]), now=world.clock.now)
