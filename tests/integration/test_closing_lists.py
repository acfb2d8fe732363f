"""One list for many: a named person reviews lines, some are phoned first, one no stops it all."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from engine.domain.closing_list import to_be_phoned
from engine.domain.incident import Priority
from engine.domain.rules import DEFAULT_RULES
from engine.domain.silence import Channel
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.queries.closing_lists import ClosingList, closing_list, groups
from engine.queries.closures import closures_without_evidence
from engine.queries.debt import debt_page
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls
from engine.store.migrate import owner_engine
from engine.usecases.closing_lists import close_lines, make_list
from engine.usecases.objecting import object_to
from engine.usecases.phoning import Heard, record_answer
from engine.usecases.priority import decide_lowering, set_priority
from engine.usecases.recurring import report_recurrence
from engine.usecases.trying import log_try
from tests.machine import Machine
from tests.staffing import hire
from tests.visitor import Visitor, web_of, words_of
from tests.world import World

WHY = "Nobody has answered for three weeks; the statements were checked by us."


def undecided(world: World, count: int = 1, **changes: Any) -> list[UUID]:
    """Return P3 incidents that nobody answers about, so that their owner has to decide."""
    found = []
    for _ in range(count):
        incident = world.report(**changes)
        world.lead(incident)
        world.agree(incident, world.for_team("databases"))
        world.act(incident, "ada")
        world.verify(incident, "hugo")
        found.append(incident)
    world.clock.forward(days=15)
    for incident in found:
        world.fire(incident)
    return found


def made(world: World, login: str = "dora", priority: Priority = Priority.P3) -> int:
    return make_list(world.handling, world.process_id, priority, actor=world.actor(login))


def shown(world: World, number: int, login: str = "dora") -> ClosingList:
    with world.handling.store.read() as conn:
        return closing_list(conn, number, world.actor(login))


def tried(world: World, incident: UUID, login: str = "nina") -> None:
    log_try(
        world.handling,
        incident,
        whom_id=world.people["carla"],
        channel=Channel.CALL,
        words="Nobody picks up",
        actor=world.actor(login),
    )


def phoned(world: World, incident: UUID, answer: str) -> None:
    """Write down what Carla answers on the phone, as somebody without a hand in it."""
    item = world.item(incident, "confirm_outcome")
    words = {} if answer == "yes" else {"words": "Two are wrong"}
    rows = [{"criterion": str(one), "answer": answer, **words} for one in world.criteria(incident)]
    heard = Heard(world.people["carla"], "0160 1", "She says " + answer)
    record_answer(
        world.handling, item.id, {"criteria": rows, **words}, heard, actor=world.actor("nina")
    )


def close(world: World, number: int, *incidents: UUID, login: str = "dora", why: str = WHY) -> Any:
    return close_lines(world.handling, number, incidents, reason=why, actor=world.actor(login))


@pytest.fixture
def desk(world: World) -> World:
    """A world with Nina at the desk, who has a hand in nothing."""
    hire(world, "nina", team="desk")
    return world


def test_what_waits_too_long_is_owed_to_the_owner_of_the_process(world: World) -> None:
    undecided(world, 2)
    with world.handling.store.read() as conn:
        found = debt_page(conn, world.actor("dora"), world.clock.now)
        with pytest.raises(NotAllowed):
            debt_page(conn, world.actor("ada"), world.clock.now)

    assert (found.missing, found.total) == (2, 2)
    assert [one.number for one in found.lines] == [1, 2]
    assert all(one.is_decidable and one.has_arrived for one in found.lines)
    assert dict(found.processes) == {"Customer statements": 2}


def test_what_is_within_its_time_is_missing_and_not_owed(world: World) -> None:
    world.asked()
    with world.handling.store.read() as conn:
        found = debt_page(conn, world.actor("egon"), world.clock.now)

    assert (found.missing, found.total, found.lines) == (1, 0, ())


def test_a_list_holds_what_its_maker_may_decide_oldest_first(desk: World) -> None:
    incidents = undecided(desk, 7)

    found = shown(desk, made(desk))

    assert [one.incident_id for one in found.lines] == incidents
    assert found.made_by == "Dora Diaz"
    assert sum(one.is_phoned for one in found.lines) == 5
    assert found.to_be_phoned == 5
    assert {one.incident_id for one in found.lines if one.is_phoned} == to_be_phoned(
        incidents, DEFAULT_RULES, found.seed
    )


@pytest.mark.parametrize(("lines", "phoned"), [(1, 1), (5, 5), (50, 5), (120, 6), (200, 10)])
def test_one_in_twenty_is_phoned_and_five_at_least(lines: int, phoned: int) -> None:
    ids = [UUID(int=number) for number in range(lines)]

    drawn = to_be_phoned(ids, DEFAULT_RULES, seed=3)

    assert len(drawn) == phoned
    assert drawn == to_be_phoned(ids[::-1], DEFAULT_RULES, seed=3)
    assert lines == phoned or drawn != to_be_phoned(ids, DEFAULT_RULES, seed=4)


def test_nothing_is_closed_before_all_that_are_drawn_were_phoned(desk: World) -> None:
    first, *others = undecided(desk, 3)
    number = made(desk)
    for one in others:
        tried(desk, one)

    done = close(desk, number, first)

    assert done.count == 0
    assert list(done.refused) == ["1 have to be phoned first, by somebody else."]
    assert desk.row(first).state == "open"


def test_who_led_it_or_worked_on_it_does_not_phone_for_the_list(desk: World) -> None:
    (incident,) = undecided(desk)
    number = made(desk)

    tried(desk, incident, "hugo")

    assert shown(desk, number).to_be_phoned == 1
    tried(desk, incident)
    assert shown(desk, number).to_be_phoned == 0


def test_a_try_from_before_the_list_is_not_phoning_for_it(desk: World) -> None:
    (incident,) = undecided(desk)
    tried(desk, incident)
    desk.clock.forward(minutes=5)

    assert shown(desk, made(desk)).to_be_phoned == 1


def test_each_line_is_closed_with_an_entry_of_its_own_and_says_that_it_was_by_list(
    desk: World,
) -> None:
    incidents = undecided(desk, 3)
    number = made(desk)
    for one in incidents:
        tried(desk, one)

    done = close(desk, number, *incidents[:2])

    assert done.count == 2
    assert [desk.row(one).state for one in incidents] == ["closed", "closed", "open"]
    assert {desk.row(one).closed_by for one in incidents[:2]} == {"escalated"}
    found = shown(desk, number)
    assert [one.is_by_list for one in found.lines] == [True, True, False]
    assert found.open_lines == 1
    with desk.handling.store.read() as conn:
        told = conn.scalars(
            select(t.entry.c.content).where(
                t.entry.c.incident_id == incidents[0], t.entry.c.verb == "decision:made"
            )
        ).one()
        checked = closures_without_evidence(conn, {"test": b"the key of a test, 32 bytes long"})
    assert told["list"] == number
    assert told["reason"] == WHY
    assert checked[1] == []
    page = words_of(Visitor(desk, web_of(desk), "hugo").get("/incidents/1"))
    assert f"closed by list {number}" in page


def test_one_not_right_on_the_phone_stops_the_list(desk: World) -> None:
    first, second, third = undecided(desk, 3)
    number = made(desk)
    tried(desk, first)
    phoned(desk, second, "no")
    tried(desk, third)

    done = close(desk, number, first, third)

    assert done.count == 0
    assert shown(desk, number).is_stopped
    assert list(done.refused) == [
        "Somebody who was phoned says that it is not right: this list is stopped."
    ]
    # the one that is not right goes back to work, the others are decided one by one
    assert "verify_outcome" in desk.steps(second) or "agree_what_right_means" in desk.steps(second)
    desk.do(first, "dora", "decide_without_answer", decided="close", reason="Looked at by itself")
    assert desk.row(first).state == "closed"


def test_a_yes_on_the_phone_closes_it_as_confirmed_and_not_by_list(desk: World) -> None:
    first, second = undecided(desk, 2)
    number = made(desk)
    phoned(desk, first, "yes")
    tried(desk, second)

    done = close(desk, number, first, second)

    assert done.count == 1
    assert desk.row(first).closed_by == "confirmed"
    assert desk.row(second).closed_by == "escalated"
    assert list(done.refused) == ["One is no longer to be decided."]


def _objected(world: World, incident: UUID) -> None:
    object_to(world.handling, incident, actor=world.actor("bruno"), words="Not for me")


def _lowered(world: World, incident: UUID) -> None:
    set_priority(
        world.handling, incident, Priority.P4, reason="Few are harmed", actor=world.actor("hugo")
    )
    decide_lowering(
        world.handling, incident, approves=True, words="Agreed", actor=world.actor("dora")
    )


def _undelivered(world: World, incident: UUID) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            text(
                "UPDATE work_item SET waits_for_mail = true, delivered_at = NULL"
                " WHERE incident_id = :id AND mark = 'confirmation' AND ended_at IS NULL"
            ),
            {"id": incident},
        )


@pytest.mark.parametrize("change", [_objected, _lowered, _undelivered])
def test_what_needs_a_look_of_its_own_is_on_no_list(
    desk: World, change: Callable[[World, UUID], None]
) -> None:
    first, second = undecided(desk, 2)
    change(desk, first)

    found = shown(desk, made(desk))

    assert [one.incident_id for one in found.lines] == [second]


def test_money_is_on_no_list(desk: World) -> None:
    undecided(desk, money="5", currency="EUR")

    with pytest.raises(InvalidAnswers):
        made(desk)


def test_what_came_back_is_on_no_list(desk: World) -> None:
    closed = desk.decided()
    back = report_recurrence(desk.handling, closed, words="Again", actor=desk.actor("carla"))
    desk.lead(back)
    desk.do(back, "hugo", "agree_what_right_means",
        criteria=[{"measure": "Balance", "threshold": "0", "evidence": "report"}],
        confirmers=[str(desk.people["carla"])], actions=[desk.for_team("databases")],
    )  # fmt: skip
    desk.act(back, "ada")
    desk.verify(back, "hugo")
    desk.clock.forward(days=15)
    desk.fire(back)
    assert "decide_without_answer" in desk.steps(back)

    with pytest.raises(InvalidAnswers, match="look"):
        made(desk)


def test_what_changes_after_the_list_was_made_is_decided_by_itself(desk: World) -> None:
    first, second = undecided(desk, 2)
    number = made(desk)
    tried(desk, first)
    tried(desk, second)
    _objected(desk, first)

    done = close(desk, number, first, second)

    assert done.count == 1
    assert list(done.refused) == ["#1 is to be decided by itself now."]
    assert desk.row(first).state == "open"


def test_only_who_made_the_list_closes_its_lines(desk: World) -> None:
    (incident,) = undecided(desk)
    number = made(desk)
    tried(desk, incident)

    with pytest.raises(NotAllowed, match="Dora Diaz has made this list"):
        close(desk, number, incident, login="gita")
    with pytest.raises(NotFound):
        close(desk, number, incident, login="carla")
    assert desk.row(incident).state == "open"


def test_who_may_not_decide_has_nothing_to_put_on_a_list(desk: World) -> None:
    undecided(desk)

    for login in ("ada", "gita", "carla", "egon"):
        with desk.handling.store.read() as conn:
            assert groups(conn, desk.people[login]) == []
        with pytest.raises(InvalidAnswers):
            made(desk, login)


def test_the_next_list_comes_a_week_later(desk: World) -> None:
    undecided(desk)
    made(desk)

    desk.clock.forward(days=6)
    with pytest.raises(Conflict, match="7 days"):
        made(desk)
    desk.clock.forward(days=1, minutes=1)

    assert made(desk) == 2


def test_grave_ones_are_decided_one_by_one(desk: World) -> None:
    with pytest.raises(InvalidAnswers) as refusal:
        made(desk, priority=Priority.P2)
    assert refusal.value.fields == {"priority": "Only P3 and P4 are decided by list."}


def test_lines_and_a_reason_are_needed(desk: World) -> None:
    (incident,) = undecided(desk)
    number = made(desk)

    with pytest.raises(InvalidAnswers) as nothing:
        close(desk, number)
    with pytest.raises(InvalidAnswers) as unsaid:
        close(desk, number, incident, why="  ")

    assert list(nothing.value.fields) == ["lines"]
    assert list(unsaid.value.fields) == ["reason"]


def test_an_incident_that_is_not_on_the_list_is_not_closed_by_it(desk: World) -> None:
    (first,) = undecided(desk)
    number = made(desk)
    tried(desk, first)
    (other,) = undecided(desk)

    assert list(close(desk, number, other).refused) == ["This is not on the list."]
    assert desk.row(other).state == "open"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE closing_list SET made_by = (SELECT id FROM person WHERE login = 'ada')",
        "DELETE FROM closing_list_line",
        "UPDATE closing_list_line SET is_phoned = false",
        "UPDATE decision SET list_id = NULL",
        "TRUNCATE closing_list_line CASCADE",
    ],
)
def test_nobody_rewrites_a_list(desk: World, database: DatabaseUrls, attack: str) -> None:
    (incident,) = undecided(desk)
    number = made(desk)
    tried(desk, incident)
    close(desk, number, incident)

    engine = owner_engine(database.owner_url)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as conn:
        conn.execute(text(attack))
    engine.dispose()


# --- pages --------------------------------------------------------------------------------------


def test_an_owner_reviews_a_list_on_its_page(desk: World) -> None:
    first, second = undecided(desk, 2)
    web = web_of(desk)
    dora, nina = Visitor(desk, web, "dora"), Visitor(desk, web, "nina")
    assert "Answers that are missing too long" in dora.get("/incidents")
    page = words_of(dora.get("/missing"))
    assert "2 answers of 2 that are asked for are missing" in page
    assert "2 incidents" in page

    dora.send("/lists", {"process": str(desk.process_id), "priority": "P3"}, at="/missing")
    assert "2 are to be phoned first" in words_of(nina.get("/lists/1"))
    for one in (first, second):
        tried(desk, one)
    assert "Close #1" in words_of(dora.get("/lists/1"))
    assert 'name="line"' not in nina.get("/lists/1")

    unsaid = words_of(dora.send("/lists/1", {"line": str(first)}, 422))
    assert "Please say why they are closed without an answer." in unsaid
    dora.send("/lists/1", {"line": str(first), "reason": WHY})

    assert "1 line is closed." in words_of(dora.get("/lists/1"))
    assert "1 of 2 closed by it" in words_of(dora.get("/missing"))
    assert [desk.row(one).state for one in (first, second)] == ["closed", "open"]


def test_the_api_makes_a_list_and_closes_its_lines(
    desk: World, machine: Callable[[str | None], Machine]
) -> None:
    (incident,) = undecided(desk)
    dora = machine("dora")

    found = dora.post("/lists", {"process": str(desk.process_id), "priority": "P3"}, 201)
    assert [line["is_phoned"] for line in found["lines"]] == [True]
    tried(desk, incident)
    sent = {"incidents": [str(incident)], "reason": WHY}
    closed = dora.post(f"/lists/{found['number']}/closed", sent, 200)

    assert closed == {"closed": 1, "refused": {}}
    assert dora.get("/debt")["total"] == 0
    machine("carla").get("/lists/1", 404)
    machine("ada").get("/debt", 403)
