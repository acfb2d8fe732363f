"""The rules of handling, The ladder: each on the real engine and the real database.

The clock begins on a Monday, 9 o'clock; nobody here has a calendar, so that every weekday works.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import Row, select, text, update

from engine.domain.incident import Level
from engine.domain.silence import Channel, Rung
from engine.errors import IncidentClosed, InvalidAnswers, NotAllowed, NotFound
from engine.queries.absences import standing_in
from engine.queries.closures import closures_without_evidence
from engine.queries.debt import confirmation_debt
from engine.queries.stranded import stranded
from engine.store import schema as t
from engine.usecases.absences import end_absence, enter_absence, name_deputy
from engine.usecases.delegating import name_delegate
from engine.usecases.directory import NewCalendar, enter_calendar
from engine.usecases.holding import claim
from engine.usecases.trying import log_try
from tests.machine import Machine
from tests.visitor import Visitor, todo_path, words_of
from tests.world import KEY, World

HIGH, MEDIUM, LOW = Level.HIGH, Level.MEDIUM, Level.LOW
PRIORITIES = {
    "P1": {"impact": HIGH, "urgency": HIGH},
    "P2": {"impact": HIGH},
    "P3": {},
    "P4": {"impact": LOW, "urgency": LOW},
}


def asked(world: World, priority: str = "P3", **more: object) -> UUID:
    """Return an incident of this priority whose confirmer was asked on a Monday at 9."""
    incident = world.asked(**PRIORITIES[priority], **more)
    assert world.row(incident).highest_priority == priority
    return incident


def days_pass(world: World, incident: UUID, days: int) -> None:
    """Let days pass, with every timer firing as a worker would have it, four-hourly."""
    for _ in range(days * 6):
        world.clock.forward(hours=4)
        world.fire(incident)


def be_deputy(world: World, deputy: str, of: str) -> None:
    name_deputy(world.handling.store, world.people[deputy], actor=world.actor(of))


def be_away(world: World, login: str, days: float = 30) -> UUID:
    now = world.clock.now
    return enter_absence(
        world.handling.store, now, now + timedelta(days=days), actor=world.actor(login)
    )


def leave(world: World, *logins: str) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            update(t.person).where(t.person.c.login.in_(logins)).values(is_active=False)
        )


def hire(
    world: World, login: str, *, deputy_of: str | None = None, team: str | None = None
) -> None:
    """Let somebody of ours begin to work here, as an office's deputy."""
    with world.handling.store.begin() as work:
        made = UUID(int=sum(login.encode()))
        work.conn.execute(
            t.person.insert(),
            {"id": made, "name": login.title(), "login": login, "email": "x", "roles": ["staff"]},
        )
        world.people[login] = made
        if deputy_of:
            work.conn.execute(
                t.deputy.insert(),
                {"process_id": world.process_id, "person_id": made, "of": deputy_of},
            )
        if team:
            work.conn.execute(
                t.membership.insert(), {"team_id": world.teams[team], "person_id": made}
            )


def superior_of(world: World, login: str, superior: str) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            update(t.person)
            .where(t.person.c.login == login)
            .values(superior_id=world.people[superior])
        )


def people(world: World, incident: UUID, step: str) -> list[str]:
    by_id = {made: login for login, made in world.people.items()}
    return [by_id[who] for who in world.item(incident, step).people]


def rungs(world: World, incident: UUID) -> list[Row]:
    with world.handling.store.read() as conn:
        return list(
            conn.execute(
                select(t.rung.c.kind, t.rung.c.people, t.rung.c.reached_at)
                .join(t.work_item, t.work_item.c.id == t.rung.c.item_id)
                .where(t.work_item.c.incident_id == incident)
                .order_by(t.rung.c.entry_seq)
            )
        )


def colleague(world: World, login: str, of: str) -> None:
    """Let somebody work for the same customer."""
    hire(world, login)
    with world.handling.store.begin() as work:
        work.conn.execute(
            text(
                "UPDATE person SET roles = '{}', organisation_id ="
                " (SELECT organisation_id FROM person WHERE login = :of) WHERE login = :login"
            ),
            {"of": of, "login": login},
        )


def decide(
    world: World, incident: UUID, login: str, decided: str = "close", **more: object
) -> None:
    said = {"decided": decided, "reason": "Nobody answers"} | more
    world.do(incident, login, "decide_without_answer", **said)


# --- tries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("priority", ["P1", "P2"])
def test_a_grave_closing_decision_opens_only_after_two_logged_tries_however_late(
    world: World, priority: str
) -> None:
    incident = asked(world, priority)
    world.clock.forward(days=60)
    world.fire(incident)
    assert world.steps(incident) == ["confirm_outcome"]

    world.tried(incident, times=1)
    assert world.steps(incident) == ["confirm_outcome"]
    world.tried(incident, times=1)

    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]
    assert world.verbs(incident)[-3:] == [
        "confirmation:tried",
        "confirmation:tried",
        "decision:opened",
    ]


def test_tries_logged_before_the_days_are_over_count(world: World) -> None:
    incident = asked(world, "P2")
    world.tried(incident)
    assert world.steps(incident) == ["confirm_outcome"]

    world.clock.forward(days=7)
    world.fire(incident)

    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


@pytest.mark.parametrize("priority", ["P3", "P4"])
def test_a_light_closing_decision_needs_no_tries(world: World, priority: str) -> None:
    incident = asked(world, priority)

    world.clock.forward(days=30)
    world.fire(incident)

    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


def test_each_who_has_not_answered_has_to_be_tried(world: World) -> None:
    incident = world.report(impact=HIGH)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)
    world.tried(incident, "carla")
    world.clock.forward(days=10)
    world.fire(incident)
    assert "decide_without_answer" not in world.steps(incident)

    world.confirm(incident, "olga")

    assert "decide_without_answer" in world.steps(incident)


def test_a_try_says_who_whom_how_when_and_what_came_of_it(world: World) -> None:
    incident = asked(world, "P1")
    asked_at = world.clock.now
    world.clock.forward(hours=2)
    carla, hugo = world.people["carla"], world.actor("hugo")

    log_try(
        world.handling,
        incident,
        whom_id=carla,
        channel=Channel.LETTER,
        words="Sent by courier",
        actor=hugo,
        tried_at=asked_at + timedelta(hours=1),
        key="once",
    )

    with world.handling.store.read() as conn:
        row = conn.execute(select(t.tried)).one()
    assert (row.whom_id, row.tried_by, row.channel) == (carla, hugo.id, "letter")
    assert (row.words, row.tried_at) == ("Sent by courier", asked_at + timedelta(hours=1))
    assert row.entered_at == world.clock.now


def test_a_try_sent_twice_counts_once(world: World) -> None:
    incident = asked(world, "P1")
    world.clock.forward(days=9)
    world.fire(incident)

    for _ in range(2):
        log_try(
            world.handling,
            incident,
            whom_id=world.people["carla"],
            channel=Channel.CALL,
            words="Nobody",
            actor=world.actor("hugo"),
            key="the same",
        )

    assert world.steps(incident) == ["confirm_outcome"]


@pytest.mark.parametrize(
    ("whom", "words", "hours"),
    [("olga", "Nobody", 0), ("carla", "  ", 0), ("carla", "Nobody", 1), ("carla", "Nobody", -99)],
    ids=["not asked", "no words", "ahead", "before asked"],
)
def test_a_try_that_says_nothing_or_was_none_is_refused(
    world: World, whom: str, words: str, hours: int
) -> None:
    incident = asked(world, "P1")

    with pytest.raises(InvalidAnswers):
        log_try(
            world.handling,
            incident,
            whom_id=world.people[whom],
            channel=Channel.CALL,
            words=words,
            actor=world.actor("hugo"),
            tried_at=world.clock.now + timedelta(hours=hours),
        )


@pytest.mark.parametrize(
    ("login", "refusal"), [("carla", NotAllowed), ("bruno", NotAllowed), ("fay", NotFound)]
)
def test_only_who_handles_it_logs_a_try(world: World, login: str, refusal: type[Exception]) -> None:
    incident = asked(world, "P1")

    with pytest.raises(refusal):
        log_try(
            world.handling,
            incident,
            whom_id=world.people["carla"],
            channel=Channel.CALL,
            words="Nobody",
            actor=world.actor(login),
        )


def test_nobody_is_tried_any_more_once_it_is_closed(world: World) -> None:
    incident = world.confirmed()

    with pytest.raises(IncidentClosed):
        world.tried(incident)


# --- deputies and absences ----------------------------------------------------------------------


@pytest.mark.parametrize(("priority", "days"), [("P1", 1), ("P2", 2), ("P3", 7), ("P4", 14)])
def test_the_deputy_is_asked_too_after_the_ladders_working_days(
    world: World, priority: str, days: int
) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world, priority)
    days_pass(world, incident, days - 1)
    assert people(world, incident, "confirm_outcome") == ["carla"]

    days_pass(world, incident, 1)

    assert people(world, incident, "confirm_outcome") == ["carla", "marco"]
    assert world.verbs(incident).count("confirmation:deputy_asked") == 1


def test_a_deputy_who_answers_stands_for_the_confirmer_by_name(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world)
    days_pass(world, incident, 7)

    world.confirm(incident, "marco")

    assert world.row(incident).closed_by == "confirmed"
    with world.handling.store.read() as conn:
        named = {
            row.person_id: (row.stands_for, row.withdrawn_at is None)
            for row in conn.execute(select(t.confirmer))
        }
    assert named == {
        world.people["carla"]: (None, False),
        world.people["marco"]: ("Carla Costa", True),
    }
    with world.handling.store.read() as conn:
        assert closures_without_evidence(conn, {KEY.id: KEY.secret}) == (1, [])


def test_who_has_taken_it_and_is_silent_does_not_keep_it_from_the_deputy(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world)
    claim(world.handling, world.item(incident, "confirm_outcome").id, actor=world.actor("carla"))
    days_pass(world, incident, 7)

    world.confirm(incident, "marco")

    assert world.row(incident).closed_by == "confirmed"


def test_who_was_asked_first_can_still_answer_beside_the_deputy(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world)
    days_pass(world, incident, 7)

    world.confirm(incident, "carla")

    assert world.row(incident).closed_by == "confirmed"
    assert "confirmation:stood_in" not in world.verbs(incident)


def test_a_deputys_no_is_a_confirmers_no(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world)
    days_pass(world, incident, 7)

    world.confirm(incident, "marco", answer="no")

    assert world.steps(incident) == ["agree_what_right_means"]


def test_a_deputy_with_a_hand_in_it_is_not_asked(world: World) -> None:
    be_deputy(world, "ada", of="bruno")
    incident = world.report("bruno")
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("bruno",))
    world.act(incident, "ada")
    world.verify(incident)

    days_pass(world, incident, 8)

    assert people(world, incident, "confirm_outcome") == ["bruno"]


def test_a_deputy_who_gets_a_hand_in_it_later_cannot_answer(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world)
    days_pass(world, incident, 7)
    with world.handling.store.begin() as work:
        work.incident(incident).record("incident:lead_taken", {}, world.actor("marco"))

    with pytest.raises(NotAllowed):
        world.confirm(incident, "marco")


def test_who_is_away_when_asked_has_the_deputy_asked_at_once(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    be_away(world, "carla")

    incident = asked(world)

    assert people(world, incident, "confirm_outcome") == ["carla", "marco"]
    (rung,) = rungs(world, incident)
    assert (rung.kind, rung.reached_at) == (Rung.DEPUTY, world.clock.now)


def test_who_is_back_is_asked_alone(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    away = be_away(world, "carla")

    end_absence(world.handling.store, away, actor=world.actor("carla"))

    assert people(world, asked(world), "confirm_outcome") == ["carla"]


def test_an_absence_that_begins_while_asked_is_noticed_at_the_next_tick(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world)
    be_away(world, "carla")

    days_pass(world, incident, 1)

    assert people(world, incident, "confirm_outcome") == ["carla", "marco"]


def test_a_deputy_who_is_away_too_is_followed_by_their_own(world: World) -> None:
    for login in ("marco", "nina"):
        colleague(world, login, of="carla")
    be_deputy(world, "marco", of="carla")
    be_deputy(world, "nina", of="marco")
    be_away(world, "carla")
    be_away(world, "marco")

    assert people(world, asked(world), "confirm_outcome") == ["carla", "nina"]


def test_a_circle_of_deputies_who_are_all_away_asks_nobody_twice(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    be_deputy(world, "carla", of="marco")
    be_away(world, "carla")
    be_away(world, "marco")

    assert people(world, asked(world), "confirm_outcome") == ["carla"]


def test_whoever_does_a_step_is_stood_in_for_while_away(world: World) -> None:
    be_deputy(world, "gita", of="dora")
    be_away(world, "dora")
    incident = world.report(impact=HIGH)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    assert people(world, incident, "verify_outcome") == ["dora", "gita"]

    world.verify(incident, "gita")

    assert "item:asked_too" in world.verbs(incident)
    assert world.steps(incident) == ["confirm_outcome"]


@pytest.mark.parametrize("deputy", ["carla", "olga", "ada"])
def test_a_deputy_is_somebody_else_of_the_same_organisation(world: World, deputy: str) -> None:
    with pytest.raises(InvalidAnswers):
        be_deputy(world, deputy, of="carla")


def test_an_absence_ends_after_it_begins_and_is_not_over_yet(world: World) -> None:
    now, carla = world.clock.now, world.actor("carla")
    for since, until in (
        (now, now),
        (now - timedelta(9), now - timedelta(8)),
        (now, now + timedelta(days=9_000)),
    ):
        with pytest.raises(InvalidAnswers):
            enter_absence(world.handling.store, since, until, actor=carla)
    with pytest.raises(NotFound):
        end_absence(world.handling.store, be_away(world, "olga"), actor=carla)


def never_answered(world: World, *, times: int, apart: int = 3) -> None:
    """Let Carla be asked so often, two working weeks each, all begun within a month."""
    incidents = []
    for _ in range(times):
        incidents.append(asked(world))
        world.clock.forward(days=apart)
    world.clock.forward(days=20)


def test_who_never_answers_has_the_deputy_asked_at_once_from_then_on(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    never_answered(world, times=3)

    assert people(world, asked(world), "confirm_outcome") == ["carla", "marco"]


def test_two_unanswered_askings_are_not_never(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    never_answered(world, times=2)

    assert people(world, asked(world), "confirm_outcome") == ["carla"]


def test_three_unanswered_askings_in_more_than_30_days_are_not_never(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    never_answered(world, times=3, apart=16)

    assert people(world, asked(world), "confirm_outcome") == ["carla"]


def test_an_answer_of_ones_own_ends_never_answering(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    never_answered(world, times=3)
    latest = asked(world)
    world.clock.forward(hours=1)

    world.confirm(latest, "carla")

    assert people(world, asked(world), "confirm_outcome") == ["carla"]


# --- the owner is told, the lead must phone -----------------------------------------------------


@pytest.mark.parametrize(("priority", "days"), [("P1", 1), ("P2", 3), ("P3", 10)])
def test_the_owner_is_told_once_and_the_lead_must_phone(
    world: World, priority: str, days: int
) -> None:
    incident = asked(world, priority)
    days_pass(world, incident, days - 1)
    assert "confirmation:owner_told" not in world.verbs(incident)

    days_pass(world, incident, 4)

    assert world.verbs(incident).count("confirmation:owner_told") == 1
    told = next(one for one in rungs(world, incident) if one.kind == Rung.OWNER_TOLD)
    assert told.people == [world.people["dora"], world.people["hugo"]]


def test_no_owner_is_told_of_p4(world: World) -> None:
    incident = asked(world, "P4")

    days_pass(world, incident, 30)

    assert "confirmation:owner_told" not in world.verbs(incident)


def test_a_rung_that_a_downtime_missed_is_reached_once_at_the_next_tick(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world, "P1")

    world.clock.forward(days=90)
    world.fire(incident)

    verbs = world.verbs(incident)
    for verb in ("reminded", "deputy_asked", "owner_told"):
        assert verbs.count(f"confirmation:{verb}") == 1


def test_the_ladder_counts_the_working_days_of_the_person_asked(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    with world.handling.store.begin() as work:
        organisation = work.conn.scalar(
            select(t.person.c.organisation_id).where(t.person.c.login == "carla")
        )
        only_mondays = NewCalendar("UTC", organisation_id=organisation, days=(0,))
        enter_calendar(work, only_mondays)
    incident = asked(world, "P2")

    days_pass(world, incident, 13)
    assert people(world, incident, "confirm_outcome") == ["carla"]
    days_pass(world, incident, 1)
    assert people(world, incident, "confirm_outcome") == ["carla", "marco"]


# --- keep asking, ask somebody else -------------------------------------------------------------


def test_keep_asking_asks_the_same_people_anew_with_fresh_reminders(world: World) -> None:
    incident = asked(world)
    days_pass(world, incident, 14)
    assert world.item(incident, "confirm_outcome").reminders == 2
    until = world.clock.now + timedelta(days=20)

    decide(world, incident, "dora", "keep_asking", until=until.date().isoformat())

    assert world.item(incident, "confirm_outcome").reminders == 0
    days_pass(world, incident, 3)
    assert world.item(incident, "confirm_outcome").reminders == 1
    days_pass(world, incident, 16)
    assert world.steps(incident) == ["confirm_outcome"]
    days_pass(world, incident, 2)
    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


def test_keep_asking_washes_no_confirmation_debt_away(world: World) -> None:
    incident = asked(world)
    days_pass(world, incident, 14)
    until = world.clock.now + timedelta(days=20)

    decide(world, incident, "dora", "keep_asking", until=until.date().isoformat())

    with world.handling.store.read() as conn:
        assert confirmation_debt(conn, world.clock.now).debt == 1


def test_keep_asking_until_a_day_means_its_end_where_the_decider_is(world: World) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            update(t.person).where(t.person.c.login == "dora").values(time_zone="Pacific/Auckland")
        )
    incident = asked(world)
    days_pass(world, incident, 14)

    decide(world, incident, "dora", "keep_asking", until="2026-03-20")

    assert world.row(incident).ask_again_at == datetime(2026, 3, 20, 10, 59, tzinfo=UTC)


def test_who_is_asked_instead_has_their_own_working_days(world: World) -> None:
    with world.handling.store.begin() as work:
        organisation = work.conn.scalar(
            select(t.person.c.organisation_id).where(t.person.c.login == "olga")
        )
        enter_calendar(work, NewCalendar("UTC", organisation_id=organisation, days=(0, 2)))
    incident = asked(world)
    days_pass(world, incident, 14)

    decide(world, incident, "dora", "ask_somebody_else", ask=str(world.people["olga"]))

    assert people(world, incident, "confirm_outcome") == ["olga"]
    # ten of her working days, Mondays and Wednesdays, are five weeks
    assert world.row(incident).ask_again_at == world.clock.now + timedelta(weeks=5)
    days_pass(world, incident, 34)
    assert world.steps(incident) == ["confirm_outcome"]
    days_pass(world, incident, 2)
    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


def test_who_is_asked_again_has_to_be_tried_again(world: World) -> None:
    incident = asked(world, "P2")
    world.tried(incident)
    days_pass(world, incident, 7)
    decide(world, incident, "gita", "keep_asking", until="2026-03-16")

    days_pass(world, incident, 10)
    assert world.steps(incident) == ["confirm_outcome"]
    world.tried(incident)

    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


def test_who_is_asked_instead_has_to_be_tried_before_it_is_decided_again(world: World) -> None:
    incident = asked(world, "P2")
    world.tried(incident)
    days_pass(world, incident, 7)
    decide(world, incident, "gita", "ask_somebody_else", ask=str(world.people["olga"]))

    days_pass(world, incident, 30)
    assert world.steps(incident) == ["confirm_outcome"]
    world.tried(incident, "olga")

    assert world.steps(incident) == ["confirm_outcome", "decide_without_answer"]


def test_who_has_said_yes_stays_when_somebody_else_is_asked(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident, "olga")
    days_pass(world, incident, 14)

    decide(world, incident, "dora", "ask_somebody_else", ask=str(world.people["sami"]))
    world.confirm(incident, "sami")

    assert world.row(incident).closed_by == "confirmed"


@pytest.mark.parametrize("whom", ["olga", "ada"], ids=["answered", "worked on it"])
def test_who_has_answered_or_worked_on_it_is_not_asked_instead(world: World, whom: str) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident, "olga")
    days_pass(world, incident, 14)

    with pytest.raises(InvalidAnswers) as refused:
        decide(world, incident, "dora", "ask_somebody_else", ask=str(world.people[whom]))

    assert list(refused.value.fields) == ["ask"]
    assert world.row(incident).state == "open"


# --- who decides --------------------------------------------------------------------------------


def decision_open(world: World, priority: str = "P2", **more: object) -> UUID:
    incident = asked(world, priority, **more)
    world.tried(incident)
    world.clock.forward(days={"P1": 3, "P2": 7, "P3": 14, "P4": 21}[priority])
    world.fire(incident)
    assert "decide_without_answer" in world.steps(incident)
    return incident


def test_a_decision_is_offered_first_to_the_one_who_decides(world: World) -> None:
    hire(world, "greta", deputy_of="authority")
    hire(world, "dirk", deputy_of="owner")

    grave, light = decision_open(world, "P2"), decision_open(world, "P3")

    assert people(world, grave, "decide_without_answer") == ["gita"]
    assert people(world, light, "decide_without_answer") == ["dora"]


def test_a_silent_authoritys_deputy_joins_after_two_working_days(world: World) -> None:
    hire(world, "greta", deputy_of="authority")
    incident = decision_open(world)
    days_pass(world, incident, 1)
    assert people(world, incident, "decide_without_answer") == ["gita"]

    days_pass(world, incident, 1)

    assert people(world, incident, "decide_without_answer") == ["gita", "greta"]
    decide(world, incident, "greta")
    assert world.row(incident).closed_by == "escalated"


def test_then_the_superior_is_told_weekly_and_it_never_closes(world: World) -> None:
    hire(world, "greta", deputy_of="authority")
    hire(world, "boris")
    superior_of(world, "gita", "boris")
    incident = decision_open(world)

    days_pass(world, incident, 2 + 4 * 7)

    told = [one for one in rungs(world, incident) if one.kind == Rung.SUPERIOR_TOLD]
    assert len(told) == 4
    assert {tuple(one.people) for one in told} == {(world.people["boris"],)}
    assert {b.reached_at - a.reached_at for a, b in pairwise(told)} == {timedelta(days=7)}
    assert world.verbs(incident).count("decision:overdue") == 4
    assert world.row(incident).state == "open"


def test_without_a_deputy_the_superior_is_told_after_two_working_days(world: World) -> None:
    hire(world, "boris")
    superior_of(world, "gita", "boris")
    incident = decision_open(world)

    days_pass(world, incident, 2)

    assert [one.kind for one in rungs(world, incident)][-1] == Rung.SUPERIOR_TOLD


def test_who_has_no_superior_has_whoever_answers_for_the_process_told(world: World) -> None:
    incident = decision_open(world)

    days_pass(world, incident, 2)

    assert rungs(world, incident)[-1].people == [world.people["dora"]]


def test_the_superior_who_is_told_may_read_it_and_decides_nothing(world: World) -> None:
    hire(world, "boris")
    superior_of(world, "gita", "boris")
    incident = decision_open(world)
    days_pass(world, incident, 2)

    with pytest.raises(NotAllowed):
        decide(world, incident, "boris")


def test_a_deputy_joins_at_once_where_the_authority_is_away(world: World) -> None:
    hire(world, "greta", deputy_of="authority")
    be_away(world, "gita", 60)

    incident = decision_open(world)

    assert people(world, incident, "decide_without_answer") == ["gita", "greta"]


def test_a_deputy_is_asked_instead_where_the_authority_is_barred(world: World) -> None:
    hire(world, "greta", deputy_of="authority")
    incident = world.report(impact=HIGH)
    world.lead(incident, "gita")
    world.lead(incident, "dora")
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident, "dora")
    world.tried(incident)

    world.clock.forward(days=7)
    world.fire(incident)

    assert people(world, incident, "decide_without_answer") == ["greta"]


def test_the_gravest_is_decided_outside_it(world: World) -> None:
    hire(world, "greta", deputy_of="authority")
    with world.handling.store.begin() as work:
        work.conn.execute(
            t.membership.insert(),
            {"team_id": world.teams["databases"], "person_id": world.people["gita"]},
        )

    gravest, grave = decision_open(world, "P1"), decision_open(world, "P2")

    assert people(world, gravest, "decide_without_answer") == ["greta"]
    assert people(world, grave, "decide_without_answer") == ["gita"]


def test_who_has_moved_into_it_meanwhile_does_not_decide_the_gravest(world: World) -> None:
    incident = decision_open(world, "P1")
    with world.handling.store.begin() as work:
        work.conn.execute(
            t.membership.insert(),
            {"team_id": world.teams["databases"], "person_id": world.people["gita"]},
        )

    with pytest.raises(NotAllowed):
        decide(world, incident, "gita")


def test_who_gave_the_office_up_meanwhile_does_not_decide_and_the_next_one_is_asked(
    world: World,
) -> None:
    incident = decision_open(world)
    hire(world, "boris")
    with world.handling.store.begin() as work:
        work.conn.execute(update(t.business_process).values(authority_id=world.people["boris"]))

    with pytest.raises(NotAllowed):
        decide(world, incident, "gita")
    days_pass(world, incident, 1)
    decide(world, incident, "boris")

    assert world.row(incident).closed_by == "escalated"


def test_the_owner_lets_a_delegate_decide_on_the_lightest(world: World) -> None:
    incident = decision_open(world, "P4")

    name_delegate(world.handling, incident, world.people["bruno"], actor=world.actor("dora"))

    assert people(world, incident, "decide_without_answer") == ["dora", "bruno"]
    decide(world, incident, "bruno")
    assert world.row(incident).closed_by == "escalated"
    with world.handling.store.read() as conn:
        assert conn.scalar(select(t.decision.c.authority)) == "delegate"


def test_a_delegate_named_before_is_asked_beside_the_owner(world: World) -> None:
    incident = asked(world, "P4")
    name_delegate(world.handling, incident, world.people["bruno"], actor=world.actor("dora"))

    world.clock.forward(days=21)
    world.fire(incident)

    assert people(world, incident, "decide_without_answer") == ["dora", "bruno"]


def test_a_delegate_whose_place_another_got_decides_no_more(world: World) -> None:
    incident = decision_open(world, "P4")
    for login in ("bruno", "gita"):
        name_delegate(world.handling, incident, world.people[login], actor=world.actor("dora"))

    with pytest.raises(NotAllowed):
        decide(world, incident, "bruno")
    decide(world, incident, "gita")


@pytest.mark.parametrize(
    ("priority", "login", "delegate", "refusal"),
    [
        ("P3", "dora", "bruno", NotAllowed),
        ("P4", "hugo", "bruno", NotAllowed),
        ("P4", "fay", "bruno", NotFound),
        ("P4", "dora", "carla", InvalidAnswers),
        ("P4", "dora", "ada", InvalidAnswers),
    ],
    ids=["graver", "not the owner", "a stranger", "outside", "worked on it"],
)
def test_a_delegate_is_refused(
    world: World, priority: str, login: str, delegate: str, refusal: type[Exception]
) -> None:
    incident = asked(world, priority)

    with pytest.raises(refusal):
        name_delegate(world.handling, incident, world.people[delegate], actor=world.actor(login))

    assert world.row(incident).delegate_id is None


# --- a ladder whose people have all left --------------------------------------------------------


def test_a_confirmer_who_has_left_has_the_deputy_asked_at_once(world: World) -> None:
    colleague(world, "marco", of="carla")
    be_deputy(world, "marco", of="carla")
    incident = asked(world)
    leave(world, "carla")

    days_pass(world, incident, 1)

    assert people(world, incident, "confirm_outcome") == ["carla", "marco"]


def test_where_every_confirmer_has_left_the_owner_is_told_at_once(world: World) -> None:
    incident = asked(world, "P4")
    leave(world, "carla")

    days_pass(world, incident, 1)

    assert [one.kind for one in rungs(world, incident)] == [Rung.OWNER_TOLD]
    assert world.row(incident).state == "open"


def test_where_nobody_may_decide_any_more_it_goes_up_and_closes_nothing(world: World) -> None:
    hire(world, "boris")
    superior_of(world, "gita", "boris")
    leave(world, "gita")

    incident = decision_open(world)

    assert people(world, incident, "decide_without_answer") == ["gita", "boris"]
    assert "decision:nobody_left" in world.verbs(incident)
    with pytest.raises(NotAllowed):
        decide(world, incident, "boris")
    with pytest.raises(NotAllowed):
        claim(
            world.handling,
            world.item(incident, "decide_without_answer").id,
            actor=world.actor("boris"),
        )


def test_a_ladder_whose_people_have_all_left_goes_up_to_the_duty_lead(world: World) -> None:
    leave(world, "gita", "dora")

    incident = decision_open_by_hugo(world)

    assert people(world, incident, "decide_without_answer") == ["gita", "hugo"]


def decision_open_by_hugo(world: World) -> UUID:
    """Return one whose owner and authority have left before it was checked."""
    incident = world.report(impact=HIGH)
    world.lead(incident, "ada")
    world.agree(incident, world.for_team("accounting"))
    world.do(incident, "bruno", "do_business_action", outcome="done", what_was_done="Done")
    assert people(world, incident, "verify_outcome") == ["dora", "hugo"]
    world.verify(incident, "hugo")
    world.tried(incident)
    world.clock.forward(days=7)
    world.fire(incident)
    return incident


def said(world: World) -> list[str]:
    with world.handling.store.read() as conn:
        return list(stranded(conn, world.clock.now))


def test_the_check_names_offices_and_to_dos_that_everybody_has_left(world: World) -> None:
    asked(world)
    assert said(world) == []

    leave(world, "gita", "dora", "hugo", "carla")

    assert said(world) == [
        "“Customer statements”: nobody is left who may decide on P1, P2, P3, P4 without an answer",
        "“Customer statements”: the duty lead and every deputy have left",
        "incident 1: a to-do waits for people who have all left",
    ]


def test_a_deputy_who_is_here_is_enough_for_the_check(world: World) -> None:
    for login, office in (("greta", "authority"), ("dirk", "owner"), ("hanna", "duty_lead")):
        hire(world, login, deputy_of=office)

    leave(world, "gita", "dora", "hugo")

    assert said(world) == []


# --- told through HTTP by the people it is about ------------------------------------------------


def test_a_silent_customers_brother_answers_for_the_bakery_on_pages(
    world: World, visit: Callable[[str | None], Visitor]
) -> None:
    colleague(world, "marco", of="carla")
    carla, marco, hugo, dora = (visit(login) for login in ("carla", "marco", "hugo", "dora"))
    carla.send("/you/deputy", {"deputy": str(world.people["marco"])}, at="/you")
    incident = asked(world, "P2")
    number = world.row(incident).number

    days_pass(world, incident, 3)
    for reader in (hugo, dora):
        assert "Please phone Carla Costa or Marco" in words_of(reader.get("/"))
    path = f"/incidents/{number}/tries"
    said = {"whom": str(world.people["carla"]), "channel": "call"}
    assert "Please say what came of it." in hugo.send(path, said, status=422)
    for words in ("Line is dead", "The bakery is shut"):
        hugo.send(path, said | {"words": words})
    assert "Please phone" not in hugo.get("/")

    shown = words_of(dora.get(f"/incidents/{number}"))
    assert "Marco asked too" in shown
    assert "Dora Diaz, Hugo Hahn told that somebody has to phone" in shown
    assert "Hugo Hahn tried to reach Carla Costa by phone" in shown
    assert "“The bakery is shut”" in shown
    assert "The bakery is shut" not in carla.get(f"/incidents/{number}")

    item = world.item(incident, "confirm_outcome")
    assert "Is it right again?" in words_of(marco.get(todo_path(item.id)))
    marco.send(todo_path(item.id), {"criteria.0.answer": "yes"})
    assert world.row(incident).closed_by == "confirmed"


def test_somebody_says_on_their_page_when_they_are_away_and_that_they_are_back(
    world: World, visit: Callable[[str | None], Visitor]
) -> None:
    dora = visit("dora")
    dora.send("/you/away", {"since": "2026-03-09", "last": "2026-03-01"}, status=422, at="/you")
    dora.send("/you/away", {"since": "soon", "last": "later"}, status=422, at="/you")
    dora.send("/you/away", {"since": "2026-03-02", "last": "9999-12-31"}, status=422, at="/you")
    dora.send("/you/away", {"since": "2026-03-02", "last": "2026-03-06"}, at="/you")

    with world.handling.store.read() as conn:
        (away,) = standing_in(conn, world.actor("dora"), world.clock.now).absences
    assert (away.since, away.until) == (
        datetime(2026, 3, 2, tzinfo=UTC),
        datetime(2026, 3, 7, tzinfo=UTC),
    )
    assert "I am back" in dora.get("/you")
    dora.send(f"/you/away/{away.id}/end", {}, at="/you")
    assert "I am back" not in dora.get("/you")


def test_an_owner_lets_somebody_else_decide_on_a_page(
    world: World, visit: Callable[[str | None], Visitor]
) -> None:
    incident = decision_open(world, "P4")
    number = world.row(incident).number
    dora, bruno = visit("dora"), visit("bruno")
    path = f"/incidents/{number}/delegate"
    assert "Let somebody else decide" in dora.get(f"/incidents/{number}")
    assert "Let somebody else decide" not in bruno.get(f"/incidents/{number}")
    dora.send(path, {"person": "nobody"}, status=422)
    dora.send(path, {"person": str(world.people["bruno"])})

    item = world.item(incident, "decide_without_answer")
    bruno.send(todo_path(item.id), {"decided": "close", "reason": "The customer has moved"})

    assert world.row(incident).closed_by == "escalated"


def test_the_superior_of_a_silent_authority_finds_the_line_at_home(
    world: World, visit: Callable[[str | None], Visitor]
) -> None:
    hire(world, "boris")
    superior_of(world, "gita", "boris")
    incident = decision_open(world)
    days_pass(world, incident, 2)
    boris = visit("boris")

    assert "Gita Gupta: no decision yet" in words_of(boris.get("/"))
    shown = words_of(boris.get(f"/incidents/{world.row(incident).number}"))
    assert "Boris told that a decision is missing" in shown

    decide(world, incident, "gita", "back_to_work")
    assert "no decision yet" not in words_of(boris.get("/"))


def test_who_is_told_of_a_restricted_incident_reads_it_and_nobody_else(
    world: World, visit: Callable[[str | None], Visitor]
) -> None:
    hire(world, "boris")
    superior_of(world, "gita", "boris")
    incident = decision_open(world)
    with world.handling.store.begin() as work:
        work.incident(incident).change(is_restricted=True)
    number = world.row(incident).number
    visit("boris").get(f"/incidents/{number}", status=404)

    days_pass(world, incident, 2)

    assert "Wrong balances" in visit("boris").get(f"/incidents/{number}")
    visit("ada").get(f"/incidents/{number}/tries")
    visit("bruno").get(f"/incidents/{number}/tries", status=404)


def test_a_program_logs_tries_and_sees_what_is_missing(
    world: World, machine: Callable[[str | None], Machine]
) -> None:
    incident = asked(world, "P1")
    path = f"/incidents/{incident}"
    said = {"whom": str(world.people["carla"]), "channel": "visit", "words": "Shop is shut"}
    hugo, carla = machine("hugo"), machine("carla")
    first = hugo.post(f"{path}/tries", said, status=201, key="once")
    assert hugo.post(f"{path}/tries", said, status=201, key="once") == first
    hugo.post(f"{path}/tries", said | {"channel": "dream"}, status=422)
    carla.post(f"{path}/tries", said, status=403)
    machine("fay").post(f"{path}/tries", said, status=404)

    (line,) = hugo.get(f"{path}/missing-answers")
    assert (line["mark"], line["tries_left"]) == ("confirmation", 1)
    assert line["tries"][0]["words"] == "Shop is shut"
    assert carla.get(f"{path}/missing-answers")[0]["tries"][0]["words"] is None
    days_pass(world, incident, 1)
    assert [one["kind"] for one in hugo.get("/me/told")] == ["owner_told"]
    assert carla.get("/me/told") == []


def test_a_program_says_who_stands_in_and_when(
    world: World, machine: Callable[[str | None], Machine]
) -> None:
    dora = machine("dora")
    bruno = str(world.people["bruno"])
    dora.ask("PUT", "/me/deputy", {"person": bruno}, status=204)
    dora.ask("PUT", "/me/deputy", {"person": str(world.people["carla"])}, status=422)
    away = {"since": "2026-03-02T00:00:00+00:00", "until": "2026-03-07T00:00:00+00:00"}
    made = dora.post("/me/absences", away, status=201)["id"]

    shown = dora.get("/me/standing-in")
    assert (shown["deputy"], shown["absences"][0]["is_now"]) == ("Bruno Bauer", True)
    machine("ada").ask("DELETE", f"/me/absences/{made}", status=404)
    dora.ask("DELETE", f"/me/absences/{made}", status=204)
    dora.ask("PUT", "/me/deputy", {"person": None}, status=204)
    assert dora.get("/me/standing-in")["deputy"] is None


def test_a_program_names_a_delegate(world: World, machine: Callable[[str | None], Machine]) -> None:
    path = f"/incidents/{decision_open(world, 'P4')}/delegate"
    said = {"person": str(world.people["bruno"])}

    machine("hugo").ask("PUT", path, said, status=403)
    machine("dora").ask("PUT", path, said, status=204)

    assert len(machine("bruno").get("/items")["lines"]) == 1
