"""Ways out: closed is final, what is back is a new incident, and a chain is one line."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.domain.incident import ClosedBy, IncidentState
from engine.domain.ledger import Reason
from engine.errors import Conflict, IncidentClosed, InvalidAnswers, NotAllowed, NotFound
from engine.queries.incidents import Filters, IncidentLine, incidents
from engine.queries.ledger import incident_ledger
from engine.store import schema as t
from engine.usecases.recurring import accept_until, report_recurrence
from engine.usecases.restricting import restrict
from engine.usecases.setting_aside import set_aside
from engine.usecases.splitting import split
from tests.at_once import at_once
from tests.world import World

TEXTS = {"title": "Wrong address", "expected": "The new street", "actual": "The old street"}


def back(world: World, incident: UUID, login: str = "carla", words: str | None = None) -> UUID:
    return report_recurrence(world.handling, incident, actor=world.actor(login), words=words)


def close(world: World, incident: UUID) -> None:
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)


def again(world: World, incident: UUID, days: float) -> UUID:
    """Return what is back after so many days, closed again."""
    world.clock.forward(days=days)
    made = back(world, incident)
    close(world, made)
    return made


def remedies(world: World) -> list[UUID]:
    with world.handling.store.read() as conn:
        return list(
            conn.scalars(
                select(t.action.c.id).where(t.action.c.is_remedy).order_by(t.action.c.proposed_at)
            )
        )


# --- recurring -----------------------------------------------------------------------------------


def test_what_is_back_is_a_new_incident_with_the_criteria_and_confirmers_of_the_old(
    world: World,
) -> None:
    old = world.confirmed()
    before = world.row(old)

    new = back(world, old, words="The statements of April are wrong again")

    row = world.row(new)
    assert (row.state, row.origin, row.origin_id) == ("open", "recurs", old)
    assert row.actual == "The statements of April are wrong again"
    assert row.title == before.title
    assert len(world.criteria(new)) == len(world.criteria(old))
    assert world.steps(new) == ["agree_what_right_means"]
    assert world.row(old).state == "closed"
    assert world.verbs(old)[-1] == "incident:recurred"
    close(world, new)
    assert world.row(new).closed_by == "confirmed"


def test_only_who_was_involved_says_that_it_is_back_and_only_of_what_is_closed(
    world: World,
) -> None:
    old, open_one = world.confirmed(), world.report()

    with pytest.raises(NotFound):
        back(world, old, "olga")
    with pytest.raises(IncidentClosed):
        back(world, old, "bruno")
    with pytest.raises(NotAllowed):
        back(world, open_one)


def test_what_is_known_to_be_back_leads_to_the_one_that_is_open(world: World) -> None:
    old = world.confirmed()
    new = back(world, old)

    with pytest.raises(Conflict, match=f"#{world.row(new).number}"):
        back(world, old, "dora")


def test_two_who_say_at_once_that_it_is_back_open_one(world: World) -> None:
    first = world.confirmed()
    last = again(world, first, 1)

    refused = at_once(lambda: back(world, first), lambda: back(world, last, "dora"))

    assert sorted(map(str, refused)) == sorted(map(str, [None, Conflict]))


def test_the_third_recurrence_in_90_days_asks_the_owner_for_a_lasting_remedy(
    world: World,
) -> None:
    incident = world.confirmed()
    for _ in range(2):
        incident = again(world, incident, 20)
    assert remedies(world) == []

    third = again(world, incident, 20)

    assert len(remedies(world)) == 1
    item = world.item(third, "do_business_action")
    assert item.people == [world.people["dora"]]
    assert world.row(third).state == "closed", "it prevents, and blocks nothing"
    again(world, third, 1)
    assert len(remedies(world)) == 1, "who is asked is not asked again"


def test_recurrences_far_apart_ask_for_no_remedy(world: World) -> None:
    incident = world.confirmed()

    for _ in range(4):
        incident = again(world, incident, 46)

    assert remedies(world) == []


def test_accepted_until_is_signed_by_the_owner_and_nobody_is_asked_while_it_holds(
    world: World,
) -> None:
    incident = world.confirmed()
    for _ in range(3):
        incident = again(world, incident, 5)
    (asked,) = remedies(world)
    until = world.clock.now + timedelta(days=30)

    def sign(
        login: str, until: datetime = until, reason: str = "The new system comes in May"
    ) -> None:
        accept_until(world.handling, asked, until=until, reason=reason, actor=world.actor(login))

    for login in ("hugo", "gita", "ada"):
        with pytest.raises(IncidentClosed):
            sign(login)
    with pytest.raises(InvalidAnswers):
        sign("dora", reason=" ")
    with pytest.raises(InvalidAnswers):
        sign("dora", until=world.clock.now)
    sign("dora")
    with pytest.raises(Conflict):
        sign("dora")

    assert world.steps(incident) == []
    with world.handling.store.read() as conn:
        kept = conn.execute(select(t.acceptance)).one()
    assert (kept.person_id, kept.until) == (world.people["dora"], until)
    assert world.verbs(incident)[-1] == "incident:accepted_until"
    incident = again(world, incident, 10)
    assert len(remedies(world)) == 1
    again(world, incident, 25)
    assert len(remedies(world)) == 2


def listed(world: World, login: str, filters: Filters) -> list[IncidentLine]:
    with world.handling.store.read() as conn:
        return list(incidents(conn, world.actor(login), filters).lines)


def test_lists_and_figures_show_a_chain_as_one_line(world: World) -> None:
    old = world.confirmed()
    new = again(world, again(world, old, 1), 1)
    world.decided()

    with world.handling.store.read() as conn:
        found = incidents(conn, world.actor("hugo"))

    assert [(line.number, line.times) for line in found.lines] == [(4, 1), (3, 3)]
    assert found.lines[1].id == new
    assert (found.counts.confirmed, found.counts.escalated) == (1, 1)


def test_a_recurrence_that_was_a_mistake_is_no_time(world: World) -> None:
    old = world.confirmed()
    mistake = back(world, old)
    set_aside(world.handling, mistake, reason="That was March", actor=world.actor("hugo"))

    closed = listed(world, "hugo", Filters(closed_by=ClosedBy.CONFIRMED))
    assert [(line.id, line.times) for line in closed] == [(old, 1)]
    back(world, old)
    lines = listed(world, "hugo", Filters(state=IncidentState.OPEN))
    assert [line.times for line in lines] == [2]


def test_ones_own_old_report_stays_among_ones_own(world: World) -> None:
    old = world.asked("olga")
    world.confirm(old)
    new = back(world, old)

    assert [line.id for line in listed(world, "olga", Filters())] == [new]
    mine = listed(world, "olga", Filters(reported_by_me=True))
    assert [line.id for line in mine] == [old]


# --- split ---------------------------------------------------------------------------------------


def test_two_are_made_of_one_report(world: World) -> None:
    first = world.report()
    world.lead(first)
    world.clock.forward(hours=6)

    second = split(world.handling, first, TEXTS, actor=world.actor("hugo"), key="once")
    same = split(world.handling, first, TEXTS, actor=world.actor("hugo"), key="once")

    row, of = world.row(second), world.row(first)
    assert second == same
    assert (row.origin, row.origin_id, row.title) == ("split", first, "Wrong address")
    assert (row.reporter_id, row.told_at) == (of.reporter_id, of.told_at)
    assert (row.customer_id, row.process_id) == (of.customer_id, of.process_id)
    assert world.verbs(first)[-1] == "incident:split"
    close(world, second)
    assert world.row(second).closed_by == "confirmed"
    assert world.row(first).state == "open"


def test_whoever_was_asked_before_the_split_was_asked_for_both(world: World) -> None:
    first = world.report()
    world.clock.forward(hours=6)
    second = split(world.handling, first, TEXTS, actor=world.actor("hugo"))
    world.clock.forward(hours=2)
    third = split(world.handling, second, TEXTS, actor=world.actor("hugo"))
    world.clock.forward(hours=1)

    for incident in (first, second, third):
        with world.handling.store.read() as conn:
            ledger = incident_ledger(conn, incident, world.clock.now)
        assert {line.reason for line in ledger.lines} == {Reason.ASKED}
        assert ledger.whole == timedelta(hours=9)


def test_what_is_split_off_has_texts_of_its_own_and_only_handlers_split(world: World) -> None:
    first = world.report()

    with pytest.raises(InvalidAnswers) as refused:
        split(world.handling, first, {"title": " "}, actor=world.actor("hugo"))
    assert set(refused.value.fields) == {"title", "expected", "actual"}
    with pytest.raises(NotAllowed):
        split(world.handling, first, TEXTS, actor=world.actor("carla"))
    with pytest.raises(IncidentClosed):
        split(world.handling, world.confirmed(), TEXTS, actor=world.actor("hugo"))


def test_what_is_opened_beside_a_restricted_one_is_restricted(world: World) -> None:
    first = world.report()
    restrict(world.handling, first, reason="It is personal", actor=world.actor("hugo"))

    second = split(world.handling, first, TEXTS, actor=world.actor("hugo"))

    assert world.row(second).is_restricted
