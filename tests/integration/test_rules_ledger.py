"""The rules of handling, The ledger: each on the real engine and the real database."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from uuid import UUID

import pytest

from engine.domain.party import Party
from engine.errors import Conflict, IncidentClosed, InvalidAnswers, NotAllowed, NotFound
from engine.queries.disputes import ToDecide, disputes_to_decide
from engine.queries.ledger import IncidentLedger, incident_ledger
from engine.usecases.directory import NewCalendar, enter_calendar
from engine.usecases.disputing import decide_dispute, dispute, withdraw_dispute
from engine.usecases.naming import take_off
from tests.machine import Machine
from tests.staffing import hire
from tests.visitor import Visitor, words_of
from tests.world import World

IT, BUSINESS, EXTERNAL, CUSTOMER = Party


def ledger(world: World, incident: UUID) -> IncidentLedger:
    with world.handling.store.read() as conn:
        return incident_ledger(conn, incident, world.clock.now)


def hours(found: IncidentLedger) -> dict[Party, float]:
    return {party: took / timedelta(hours=1) for party, took in found.totals.items() if took}


def worked_on(world: World, team: str = "databases") -> UUID:
    """Return an incident on which somebody has been asked for an action, just now."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team(team))
    return incident


def disagree(
    world: World, incident: UUID, login: str = "carla", should_be: Party = CUSTOMER, place: int = 0
) -> UUID:
    line = ledger(world, incident).lines[place]
    return dispute(
        world.handling,
        incident,
        since=line.since,
        until=line.until,
        should_be=should_be,
        why="They waited for us",
        actor=world.actor(login),
    )


# --- 6: declined as not ours -------------------------------------------------------------------


def test_what_is_declined_as_not_ours_gives_its_whole_stint_back_to_the_sender(
    world: World,
) -> None:
    incident = worked_on(world, "accounting")
    world.clock.forward(hours=3)

    world.do(
        incident,
        "bruno",
        "do_business_action",
        outcome="declined",
        reason="Ask the databases",
        not_ours=True,
    )

    # Hugo of the desk, which is IT, had sent it
    assert hours(ledger(world, incident)) == {IT: 3}


def test_what_is_declined_otherwise_stays_the_time_of_who_was_asked(world: World) -> None:
    incident = worked_on(world, "accounting")
    world.clock.forward(hours=3)

    world.do(incident, "bruno", "do_business_action", outcome="declined", reason="No time")

    assert hours(ledger(world, incident)) == {BUSINESS: 3}


# --- 7: in hours and out of hours --------------------------------------------------------------


def test_each_segment_splits_by_the_calendar_of_the_party_charged_as_it_stood_then(
    world: World,
) -> None:
    monday = world.clock.now  # 9 o'clock
    night = NewCalendar("UTC", team_id=world.teams["databases"], opens=time(20), closes=time(4))
    with world.handling.store.begin() as work:
        enter_calendar(work, night, valid_from=monday + timedelta(days=1))
    incident = worked_on(world)
    world.clock.forward(days=2)

    (line,) = (line for line in ledger(world, incident).lines if line.party is IT)

    # by the first version from 20 to 4, too: there was none before it
    assert line.in_hours == timedelta(hours=16)
    assert line.in_hours + line.out_of_hours == line.length == timedelta(days=2)


def test_a_teams_calendar_goes_before_the_partys(world: World) -> None:
    round_the_clock = {"opens": time(0), "closes": time(0), "days": range(7)}
    with world.handling.store.begin() as work:
        enter_calendar(work, NewCalendar("UTC", party=IT, **round_the_clock))  # type: ignore[arg-type]
        enter_calendar(work, NewCalendar("UTC", team_id=world.teams["databases"], closes=time(9)))
    incident = worked_on(world)
    world.clock.forward(days=1)

    line = ledger(world, incident).lines[-1]

    assert line.in_hours == timedelta(hours=1)


def test_public_holidays_are_out_of_hours_and_no_working_days(world: World) -> None:
    with world.handling.store.begin() as work:
        enter_calendar(work, NewCalendar("Europe/Berlin", party=IT, country="DE", subdivision="BY"))
    world.clock.now = datetime.fromisoformat("2026-04-02T08:00:00+02:00")  # Maundy Thursday
    incident = worked_on(world)
    world.clock.forward(days=5)

    (line,) = (line for line in ledger(world, incident).lines if line.party is IT)

    assert line.in_hours == timedelta(hours=10)
    # three working days, and neither Good Friday nor Easter Monday is one
    assert world.item(incident, "do_it_action").due_at == datetime.fromisoformat(
        "2026-04-09T08:00:00+02:00"
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": ()}, "days"),
        ({"time_zone": "Mars/Olympus"}, "days"),
        ({"country": "XX"}, "country"),
        ({"subdivision": "BY"}, "country"),
        ({"party": None}, "team"),
    ],
)
def test_a_calendar_that_nobody_can_work_by_is_refused(
    world: World, wrong: dict[str, object], field: str
) -> None:
    said: dict[str, object] = {"time_zone": "UTC", "party": IT}

    with pytest.raises(InvalidAnswers) as refusal, world.handling.store.begin() as work:
        enter_calendar(work, NewCalendar(**(said | wrong)))  # type: ignore[arg-type]

    assert list(refusal.value.fields) == [field]


# --- 8: late notes -----------------------------------------------------------------------------


def test_a_late_note_moves_the_time_after_it_onto_others_marked_as_claimed(world: World) -> None:
    incident = worked_on(world)
    world.propose(incident, "hugo", team="post", party=EXTERNAL)
    asked_at = world.clock.now
    world.clock.forward(hours=5)

    world.do(
        incident,
        "ada",
        "do_it_action",
        outcome="done",
        what_was_done="Rows removed",
        done_at=(asked_at + timedelta(hours=2)).isoformat(),
    )

    found = ledger(world, incident)
    assert [(line.party, line.is_claimed) for line in found.lines] == [
        (IT, False),
        (EXTERNAL, True),
    ]
    assert hours(found) == {IT: 2, EXTERNAL: 3}
    assert "time:claimed" in world.verbs(incident)


def test_a_late_note_that_moves_nothing_onto_anybody_claims_nothing(world: World) -> None:
    incident = worked_on(world)
    world.propose(incident, "hugo", team="databases")
    asked_at = world.clock.now
    world.clock.forward(hours=5)

    first = world.items(incident)[0]
    world.finish(first.id, "ada", outcome="done", what_was_done="x", done_at=asked_at.isoformat())

    assert not any(line.is_claimed for line in ledger(world, incident).lines)
    assert "time:claimed" not in world.verbs(incident)


@pytest.mark.parametrize("hours_from_now", [-6, 1])
def test_a_late_note_lies_between_asked_and_now(world: World, hours_from_now: int) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=5)
    said = (world.clock.now + timedelta(hours=hours_from_now)).isoformat()

    with pytest.raises(InvalidAnswers) as refusal:
        world.do(incident, "ada", "do_it_action", outcome="done", what_was_done="x", done_at=said)

    assert list(refusal.value.fields) == ["done_at"]


# --- 9: disputes -------------------------------------------------------------------------------


def test_a_dispute_names_a_segment_the_party_it_should_be_and_why(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)

    made = disagree(world, incident)

    found = ledger(world, incident)
    (raised,) = found.disputes
    assert (raised.id, raised.party, raised.should_be) == (made, IT, CUSTOMER)
    assert raised.raised_by == "Carla Costa"
    # ten working days from Monday
    assert raised.decide_by == world.clock.now + timedelta(days=14)
    assert found.disputed == found.whole
    assert hours(found) == {IT: 4}


def test_a_decided_dispute_changes_the_label_and_never_an_instant(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    before = [(line.since, line.until) for line in ledger(world, incident).lines]
    made = disagree(world, incident)

    decide_dispute(world.handling, made, moves=True, why="So it was", actor=world.actor("gita"))

    found = ledger(world, incident)
    assert [(line.since, line.until) for line in found.lines] == before
    assert [(line.party, line.charged) for line in found.lines] == [(CUSTOMER, IT)]
    assert hours(found) == {CUSTOMER: 4}
    assert found.disputed == timedelta(0)


def test_a_dispute_that_is_turned_down_leaves_the_time_where_it_was(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    made = disagree(world, incident)

    decide_dispute(world.handling, made, moves=False, why="Nobody did", actor=world.actor("gita"))

    assert hours(ledger(world, incident)) == {IT: 4}
    assert ledger(world, incident).disputed == timedelta(0)


def test_a_party_to_it_does_not_decide_a_dispute(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    made = disagree(world, incident)

    for login in ("hugo", "ada", "carla"):
        with pytest.raises(NotAllowed):
            decide_dispute(world.handling, made, moves=True, why="Mine", actor=world.actor(login))


def test_who_raised_a_dispute_does_not_decide_it(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    made = disagree(world, incident, "gita")

    with pytest.raises(NotAllowed):
        decide_dispute(world.handling, made, moves=True, why="Mine", actor=world.actor("gita"))


def test_an_undecided_dispute_stays_disputed_and_becomes_late(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    disagree(world, incident)

    world.clock.forward(days=15)

    found = ledger(world, incident)
    assert found.disputes[0].is_late
    assert found.disputed == timedelta(hours=4)


def deciders(world: World) -> dict[str, list[ToDecide]]:
    """Return what each may decide, but for who may decide nothing."""
    with world.handling.store.read() as conn:
        found = {
            login: list(disputes_to_decide(conn, world.actor(login), world.clock.now))
            for login in world.people
        }
    return {login: lines for login, lines in found.items() if lines}


def test_whoever_may_decide_a_dispute_finds_it_with_its_due_date_and_nobody_else(
    world: World,
) -> None:
    hire(world, "kim", deputy_of="owner", team="databases")
    hire(world, "lou", deputy_of="authority")
    incident = worked_on(world)
    world.clock.forward(hours=1)
    raised = disagree(world, incident, login="dora")

    found = deciders(world)

    # Dora raised it, Kim and Hugo are of IT, whose time it counts as
    assert found.keys() == {"gita", "lou"}
    ((line,), _) = found.values()
    assert (line.id, line.party, line.should_be, line.is_late) == (raised, IT, CUSTOMER, False)
    assert line.decide_by == ledger(world, incident).disputes[0].decide_by
    for login in world.people.keys() - found.keys():
        with pytest.raises((NotAllowed, NotFound)):
            decide_dispute(world.handling, raised, moves=True, why="So", actor=world.actor(login))
    world.clock.forward(days=20)
    assert deciders(world)["gita"][0].is_late
    decide_dispute(world.handling, raised, moves=True, why="So", actor=world.actor("lou"))
    assert deciders(world) == {}


def test_disputes_to_decide_are_among_the_to_dos_soonest_due_first_and_overdue_ones_marked(
    world: World, visit: Callable[[str], Visitor], machine: Callable[[str], Machine]
) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=1)
    disagree(world, incident)
    limited = world.report(is_restricted=True)
    world.clock.forward(days=20)
    disagree(world, limited)

    home = words_of(visit("gita").get("/"))
    listed = machine("gita").get("/disputes")

    assert "The customer, not IT? #1 Wrong balances overdue, was due" in home
    assert "The customer, not IT? #2 for named people only due in" in home
    assert [(one["incident_number"], one["is_late"]) for one in listed] == [(1, True), (2, False)]
    assert [one["raised_by"] for one in listed] == ["Carla Costa", None]
    assert "Whose time was it?" not in words_of(visit("hugo").get("/"))
    assert machine("hugo").get("/disputes") == machine("carla").get("/disputes") == []
    off = world.people["gita"]
    take_off(world.handling, limited, off, reason="Is in it", actor=world.actor("dora"))
    assert [one["incident_number"] for one in machine("gita").get("/disputes")] == [1]


def test_a_dispute_neither_blocks_closing_nor_follows_it(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    made = disagree(world, incident)

    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)

    assert world.row(incident).state == "closed"
    decide_dispute(world.handling, made, moves=True, why="So it was", actor=world.actor("gita"))
    assert hours(ledger(world, incident)) == {CUSTOMER: 4}


def test_a_dispute_can_be_raised_until_30_days_after_the_end(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)

    world.clock.forward(days=30)
    disagree(world, incident)
    world.clock.forward(seconds=1)

    with pytest.raises(IncidentClosed):
        disagree(world, incident, should_be=EXTERNAL)


def test_who_raised_a_dispute_can_take_it_back_and_nobody_else(world: World) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    made = disagree(world, incident)

    with pytest.raises(NotAllowed):
        withdraw_dispute(world.handling, made, actor=world.actor("hugo"))
    withdraw_dispute(world.handling, made, actor=world.actor("carla"))

    assert ledger(world, incident).disputed == timedelta(0)
    with pytest.raises(Conflict):
        decide_dispute(world.handling, made, moves=True, why="Late", actor=world.actor("gita"))


@pytest.mark.parametrize("login", ["fay", "olga"])
def test_who_has_no_part_in_it_disputes_nothing(world: World, login: str) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)

    with pytest.raises(NotFound):
        disagree(world, incident, login)


def test_a_dispute_is_about_another_party_and_a_part_of_the_time_as_it_is_listed(
    world: World,
) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    told_at = ledger(world, incident).told_at

    with pytest.raises(InvalidAnswers):
        disagree(world, incident, should_be=IT)
    with pytest.raises(InvalidAnswers):
        dispute(
            world.handling,
            incident,
            since=told_at - timedelta(days=1),
            until=told_at,
            should_be=CUSTOMER,
            why="Before it began",
            actor=world.actor("carla"),
        )


# --- told through HTTP by the people it is about -----------------------------------------------


def test_a_customer_disagrees_and_the_authority_decides_on_pages(
    world: World, visit: Callable[[str | None], Visitor]
) -> None:
    incident = worked_on(world)
    number = world.row(incident).number
    world.clock.forward(hours=4)
    path = f"/incidents/{number}/time"
    carla, gita = visit("carla"), visit("gita")

    assert "Not theirs?" in carla.get(path)
    carla.send(f"{path}/1/dispute", {"should_be": "customer", "why": ""}, status=422)
    carla.send(f"{path}/1/dispute", {"should_be": "customer", "why": "We sent the list late"})
    assert "4 h of it is disputed" in words_of(visit("ada").get(path))

    raised = ledger(world, incident).disputes[0].id
    gita.send(
        f"/incidents/{number}/disputes/{raised}/decide",
        {"moves": "yes", "why": "The list came on Tuesday"},
        at=path,
    )

    shown = words_of(carla.get(path))
    assert "The customer decided so, counted as IT before" in shown
    assert "Gita Gupta: “The list came on Tuesday”" in shown


def test_a_program_disagrees_once_however_often_it_asks(
    world: World, machine: Callable[[str | None], Machine]
) -> None:
    incident = worked_on(world)
    world.clock.forward(hours=4)
    line = ledger(world, incident).lines[0]
    said = {
        "since": line.since.isoformat(),
        "until": line.until.isoformat(),
        "should_be": "customer",
        "why": "We sent it late",
    }
    path = f"/incidents/{incident}/disputes"

    first = machine("carla").post(path, said, status=201, key="once")
    again = machine("carla").post(path, said, status=201, key="once")
    machine("fay").post(path, said, status=404)
    machine("ada").post(f"/disputes/{first['id']}/decision", {"moves": True, "why": "x"}, 403)
    machine("gita").post(f"/disputes/{first['id']}/decision", {"moves": True, "why": "x"}, 204)
    machine("carla").post(f"/disputes/{first['id']}/withdrawal", status=409)

    assert first == again
    shown = machine("hugo").get(f"/incidents/{incident}/ledger")
    assert shown["lines"][0]["party"] == "customer"
    assert shown["lines"][0]["charged"] == "it"
