"""The rules of handling, Right again: each on the real engine and the real database."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, select

from engine.domain.incident import Level, Priority
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.queries.closures import closures_without_evidence
from engine.queries.incident import incident_page
from engine.queries.item import ItemPage, item_page
from engine.store import schema as t
from engine.usecases.criteria import change_criteria
from engine.usecases.directory import NewCalendar, enter_calendar
from engine.usecases.lead import set_told
from engine.usecases.making_good import miss_criterion, propose_make_good, sign_make_good
from engine.usecases.priority import decide_lowering, set_priority
from tests.world import CRITERION, KEY, World

GOOD = {"measure": "Interest paid", "threshold": "5 a day", "evidence": "Bank's list"}
TIGHTER = {**CRITERION, "threshold": "0 differences, old accounts too"}


def criteria(world: World, incident: UUID) -> list[Row[Any]]:
    with world.handling.store.read() as conn:
        chosen = select(t.criterion).where(t.criterion.c.incident_id == incident)
        return list(conn.execute(chosen.order_by(t.criterion.c.changed_seq)))


def change(world: World, incident: UUID, login: str = "hugo", *wanted: dict[str, Any]) -> None:
    change_criteria(
        world.handling,
        incident,
        wanted or (TIGHTER,),
        reason="Old accounts are wrong too",
        actor=world.actor(login),
    )


def miss(world: World, incident: UUID, login: str = "hugo") -> UUID:
    """Say that the first criterion in force was missed, and return it."""
    missed = world.criteria(incident)[0]
    miss_criterion(
        world.handling, incident, missed, why="The day has passed", actor=world.actor(login)
    )
    return missed


def make_good(world: World, incident: UUID, missed: UUID, login: str = "hugo") -> UUID:
    return propose_make_good(world.handling, incident, missed, GOOD, actor=world.actor(login))


def sign(world: World, incident: UUID, good: UUID, *logins: str) -> None:
    for login in logins:
        sign_make_good(world.handling, incident, good, actor=world.actor(login))


def missing(world: World, incident: UUID) -> tuple[str, ...]:
    with world.handling.store.read() as conn:
        return incident_page(conn, incident, world.actor("hugo"), world.clock.now).missing


def todo(world: World, incident: UUID, step: str, login: str) -> ItemPage:
    item = world.item(incident, step, login)
    with world.handling.store.read() as conn:
        return item_page(conn, item.id, world.actor(login), world.clock.now)


def checked(world: World) -> UUID:
    """Return an incident whose outcome is to be checked."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    return incident


def watch(world: World, incident: UUID, login: str = "dora") -> None:
    """Find it right this time, and let the time until the next check pass."""
    rows = [{"criterion": str(one), "measured": "0"} for one in world.criteria(incident)]
    until = (world.clock.now + timedelta(days=1)).isoformat()
    world.do(
        incident,
        login,
        "verify_outcome",
        verdict="watch_until",
        measured=rows,
        watch_until=until,
    )
    world.clock.forward(days=1, minutes=1)
    world.fire(incident)


def audited(world: World) -> list[Any]:
    with world.handling.store.read() as conn:
        return closures_without_evidence(conn, {KEY.id: KEY.secret})[1]


# --- missed, and made good ---------------------------------------------------------------------


def test_a_criterion_that_can_no_longer_be_met_is_recorded_as_missed_and_stays(
    world: World,
) -> None:
    incident = checked(world)

    missed = miss(world, incident)

    row = next(one for one in criteria(world, incident) if one.id == missed)
    assert (row.missed_because, row.withdrawn_at) == ("The day has passed", None)
    assert "criterion:missed" in world.verbs(incident)
    assert world.criteria(incident) == []


def test_a_missed_criterion_without_make_good_keeps_anybody_from_being_asked(
    world: World,
) -> None:
    incident = checked(world)
    miss(world, incident)

    with pytest.raises(InvalidAnswers) as refused:
        world.verify(incident)

    assert "can no longer be met" in refused.value.fields["verdict"]
    assert missing(world, incident)[0] == (
        "“Balance” can no longer be met, and nothing is agreed in its place"
    )


def test_a_make_good_counts_once_owner_and_confirmer_have_both_signed(world: World) -> None:
    incident = checked(world)
    good = make_good(world, incident, miss(world, incident))
    assert world.criteria(incident) == []

    sign(world, incident, good, "carla")
    assert world.criteria(incident) == []
    sign(world, incident, good, "dora")

    assert world.criteria(incident) == [good]
    world.verify(incident)
    world.confirm(incident)
    assert world.row(incident).closed_by == "confirmed"
    assert audited(world) == []


def test_an_owner_who_proposes_the_make_good_has_signed_it(world: World) -> None:
    incident = checked(world)
    good = make_good(world, incident, miss(world, incident), "dora")

    with pytest.raises(NotAllowed):
        sign(world, incident, good, "dora")
    sign(world, incident, good, "carla")

    assert world.criteria(incident) == [good]


@pytest.mark.parametrize("login", ["hugo", "ada", "gita"])
def test_only_owner_and_confirmer_sign_a_make_good(world: World, login: str) -> None:
    incident = checked(world)
    good = make_good(world, incident, miss(world, incident))

    with pytest.raises(NotAllowed):
        sign(world, incident, good, login)


def test_a_second_confirmer_does_not_sign_for_the_owner(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, confirmers=("carla", "olga"))
    good = make_good(world, incident, miss(world, incident))
    sign(world, incident, good, "carla")

    with pytest.raises(NotAllowed):
        sign(world, incident, good, "olga")

    assert world.criteria(incident) == []


def test_a_newer_proposal_takes_the_place_of_one_that_is_not_agreed(world: World) -> None:
    incident = checked(world)
    missed = miss(world, incident)
    first = make_good(world, incident, missed)
    second = make_good(world, incident, missed)

    with pytest.raises(Conflict):
        sign(world, incident, first, "carla")
    sign(world, incident, second, "carla", "dora")
    with pytest.raises(Conflict):
        make_good(world, incident, missed)


def test_a_make_good_can_be_missed_and_made_good_itself(world: World) -> None:
    incident = checked(world)
    good = make_good(world, incident, miss(world, incident))
    sign(world, incident, good, "carla", "dora")

    better = make_good(world, incident, miss(world, incident))
    sign(world, incident, better, "carla", "dora")

    assert world.criteria(incident) == [better]
    assert world.steps(incident) == ["verify_outcome"]


def test_only_what_is_in_force_is_missed_and_only_what_is_missed_is_made_good(
    world: World,
) -> None:
    incident = checked(world)
    in_force = world.criteria(incident)[0]

    with pytest.raises(Conflict):
        make_good(world, incident, in_force)
    miss(world, incident)
    with pytest.raises(Conflict):
        miss_criterion(world.handling, incident, in_force, why="Again", actor=world.actor("hugo"))


# --- has to hold -------------------------------------------------------------------------------


def holding(world: World, times: int) -> UUID:
    incident = world.report()
    world.lead(incident)
    world.do(
        incident,
        "hugo",
        "agree_what_right_means",
        criteria=[{**CRITERION, "must_hold": times}],
        confirmers=[str(world.people["carla"])],
        actions=[world.for_team("databases")],
    )
    world.act(incident, "ada")
    return incident


def test_a_criterion_that_has_to_hold_is_right_only_when_it_was_so_at_each_of_the_checks(
    world: World,
) -> None:
    incident = holding(world, 2)

    with pytest.raises(InvalidAnswers) as refused:
        world.verify(incident)
    assert "right at 1 of 2 checks in a row" in refused.value.fields["verdict"]
    watch(world, incident)
    world.verify(incident)

    world.confirm(incident)
    assert world.row(incident).closed_by == "confirmed"
    assert audited(world) == []


def test_a_check_that_finds_it_not_right_begins_the_count_anew(world: World) -> None:
    incident = holding(world, 2)
    watch(world, incident)
    world.do(
        incident,
        "dora",
        "verify_outcome",
        verdict="not_right",
        words="Three differ",
        measured=[{"criterion": str(one), "measured": "3"} for one in world.criteria(incident)],
    )
    world.do(
        incident,
        "hugo",
        "agree_what_right_means",
        criteria=[{**CRITERION, "must_hold": 2}],
        confirmers=[str(world.people["carla"])],
    )

    with pytest.raises(InvalidAnswers):
        world.verify(incident)
    watch(world, incident)
    world.verify(incident)

    assert world.steps(incident) == ["confirm_outcome"]


def test_new_work_begins_the_count_anew(world: World) -> None:
    incident = holding(world, 2)
    watch(world, incident)
    world.propose(incident, "hugo")
    world.act(incident, "ada")

    with pytest.raises(InvalidAnswers):
        world.verify(incident)


# --- changed -----------------------------------------------------------------------------------


def test_changing_a_criterion_ends_earlier_answers_and_has_it_checked_again(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident, "carla")

    change(world, incident)

    assert world.steps(incident) == ["verify_outcome"]
    world.verify(incident)
    assert world.steps(incident) == ["confirm_outcome", "confirm_outcome"]
    world.confirm(incident, "olga")
    assert world.row(incident).state == "open"
    world.confirm(incident, "carla")
    assert world.row(incident).closed_by == "confirmed"
    assert audited(world) == []


def test_confirmers_see_the_old_wording_and_the_new_one(world: World) -> None:
    incident = world.asked()
    assert todo(world, incident, "confirm_outcome", "carla").reworded is None

    change(world, incident)
    world.verify(incident)

    reworded = todo(world, incident, "confirm_outcome", "carla").reworded
    assert reworded is not None
    assert reworded.before == ("Balance: 0 differences",)
    assert reworded.now == ("Balance: 0 differences, old accounts too",)


def test_what_is_watched_is_checked_again_when_a_criterion_changes(world: World) -> None:
    incident = checked(world)
    until = (world.clock.now + timedelta(days=9)).isoformat()
    rows = [{"criterion": str(one), "measured": "0"} for one in world.criteria(incident)]
    world.do(
        incident,
        "dora",
        "verify_outcome",
        verdict="watch_until",
        measured=rows,
        watch_until=until,
    )
    assert world.steps(incident) == []

    change(world, incident)

    assert world.steps(incident) == ["verify_outcome"]


def test_criteria_change_while_work_goes_on_without_disturbing_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))

    change(world, incident, "dora")

    assert world.steps(incident) == ["do_it_action"]


@pytest.mark.parametrize("login", ["carla", "ada", "gita"])
def test_only_lead_and_owner_change_criteria(world: World, login: str) -> None:
    incident = world.asked()

    with pytest.raises(NotAllowed):
        change(world, incident, login)
    with pytest.raises(NotAllowed):
        miss(world, incident, login)


def test_a_change_says_why_and_changes_something(world: World) -> None:
    incident = world.asked()

    with pytest.raises(InvalidAnswers):
        change_criteria(world.handling, incident, [TIGHTER], reason=" ", actor=world.actor("hugo"))
    with pytest.raises(InvalidAnswers):
        change(world, incident, "hugo", CRITERION)

    assert world.steps(incident) == ["confirm_outcome"]


# --- harm begins, restore by -------------------------------------------------------------------


def restore_by(world: World, incident: UUID) -> timedelta:
    """Return how long after *told* it is to be right again."""
    row = world.row(incident)
    return timedelta(seconds=(row.restore_by - row.told_at).total_seconds())


def test_harm_may_begin_ahead(world: World) -> None:
    cut_off = world.clock.now + timedelta(hours=5)

    incident = world.report(harm_begins_at=cut_off)

    assert world.row(incident).harm_begins_at == cut_off


@pytest.mark.parametrize(
    ("impact", "urgency", "within"),
    [
        (Level.HIGH, Level.HIGH, timedelta(hours=4)),
        (Level.HIGH, Level.MEDIUM, timedelta(days=1)),
        (Level.MEDIUM, Level.MEDIUM, timedelta(days=3)),
        # over a weekend: ten working days from a Monday
        (Level.LOW, Level.LOW, timedelta(days=14)),
    ],
)
def test_restore_by_comes_from_priority_and_the_calendar_of_the_process(
    world: World, impact: Level, urgency: Level, within: timedelta
) -> None:
    incident = world.report(impact=impact, urgency=urgency)

    assert restore_by(world, incident) == within


def test_restore_by_counts_the_working_days_of_the_desk(world: World) -> None:
    with world.handling.store.begin() as work:
        at_weekends = NewCalendar("UTC", team_id=world.teams["desk"], days=(5, 6))
        enter_calendar(work, at_weekends, valid_from=world.clock.now - timedelta(days=1))

    incident = world.report()

    # from a Monday: two days of this weekend, and one more whole working day of the next
    assert world.row(incident).restore_by.isoformat() == "2026-03-15T00:00:00+00:00"


def test_restore_by_comes_earlier_when_the_priority_rises_and_never_later(world: World) -> None:
    incident = world.report()
    world.clock.forward(days=2)
    assert restore_by(world, incident) == timedelta(days=3)

    set_priority(
        world.handling, incident, Priority.P2, reason="More of them", actor=world.actor("hugo")
    )
    assert restore_by(world, incident) == timedelta(days=1)

    set_priority(
        world.handling, incident, Priority.P4, reason="Fewer of them", actor=world.actor("hugo")
    )
    decide_lowering(world.handling, incident, approves=True, words="", actor=world.actor("dora"))
    assert world.row(incident).priority == "P4"
    assert restore_by(world, incident) == timedelta(days=1)


def test_restore_by_is_never_extended_by_waiting(world: World) -> None:
    incident = world.report()
    before = world.row(incident).restore_by
    world.lead(incident)
    world.agree(incident, {"title": "Look at your books", "party": "customer"})
    world.clock.forward(days=20)
    world.fire(incident)
    world.act(incident, "carla", "do_customer_action")

    assert world.row(incident).restore_by == before


def test_what_is_not_right_again_in_time_is_overdue(world: World) -> None:
    incident = world.report()
    world.clock.forward(days=3, minutes=1)

    with world.handling.store.read() as conn:
        page = incident_page(conn, incident, world.actor("hugo"), world.clock.now)

    assert page.is_overdue


def test_told_earlier_is_to_be_right_earlier(world: World) -> None:
    incident = world.report()
    before = world.row(incident).restore_by
    earlier = world.row(incident).told_at - timedelta(hours=3)

    set_told(world.handling, incident, earlier, reason="She phoned", actor=world.actor("hugo"))

    assert world.row(incident).restore_by == before - timedelta(hours=3)


# --- watch until, right since ------------------------------------------------------------------


def test_right_since_is_what_the_verifier_states_and_never_lies_ahead(world: World) -> None:
    incident = checked(world)
    rows = [{"criterion": str(one), "measured": "0"} for one in world.criteria(incident)]
    since = world.clock.now - timedelta(hours=5)

    def verify(right_since: datetime) -> None:
        world.do(
            incident,
            "dora",
            "verify_outcome",
            verdict="right",
            measured=rows,
            right_since=right_since.isoformat(),
        )

    with pytest.raises(InvalidAnswers) as refused:
        verify(world.clock.now + timedelta(minutes=1))
    assert "right_since" in refused.value.fields
    verify(since)

    row = world.row(incident)
    assert (row.right_since, row.restored_entered_at) == (since, world.clock.now)


def test_watch_until_asks_again_when_it_said_and_lies_ahead(world: World) -> None:
    incident = checked(world)
    rows = [{"criterion": str(one), "measured": "0"} for one in world.criteria(incident)]

    with pytest.raises(InvalidAnswers):
        world.do(
            incident,
            "dora",
            "verify_outcome",
            verdict="watch_until",
            measured=rows,
            watch_until=world.clock.now.isoformat(),
        )
    watch(world, incident)

    assert world.steps(incident) == ["verify_outcome"]
