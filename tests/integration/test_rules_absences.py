"""Bounced or left: items move to deputy or team, the next rung is asked now (rules, The ladder).

So it is where somebody is away: what they were asked before they went does not wait for a tick.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from api.cli import main
from engine.domain.party import Party
from engine.errors import Busy, NotFound
from engine.queries.incident import incident_page
from engine.store.embedded import DatabaseUrls
from engine.usecases.absences import end_absence, enter_absence, name_deputy
from engine.usecases.directory import enter_leaving
from engine.usecases.holding import claim
from engine.usecases.naming import take_off
from engine.usecases.stepping_in import notice_absences, step_in
from tests.staffing import hire
from tests.world import KEY, World


def jobs(world: World) -> list[UUID]:
    """Take the jobs that were deferred, and return whom they are about."""
    with world.handling.store.begin() as work:
        rows = work.conn.execute(
            text(
                "DELETE FROM procrastinate_jobs WHERE task_name = 'putright.step_in'"
                " RETURNING args->>'person_id'"
            )
        )
        return [UUID(who) for who in rows.scalars()]


def work_off(world: World) -> None:
    """Do what a worker does by now."""
    notice_absences(world.handling)
    for who in jobs(world):
        step_in(world.handling, who)


def deputise(world: World, deputy: str, of: str) -> None:
    name_deputy(world.handling.store, world.people[deputy], actor=world.actor(of))
    jobs(world)


def be_away(world: World, login: str, *, in_days: float = 0, days: float = 30) -> UUID:
    since = world.clock.now + timedelta(days=in_days)
    until = since + timedelta(days=days)
    return enter_absence(world.handling.store, since, until, actor=world.actor(login))


def leave(world: World, login: str) -> None:
    with world.handling.store.begin() as work:
        enter_leaving(work, login)


def above(world: World, superior: str, whom: str) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE person SET superior_id = :up WHERE login = :whom"),
            {"up": world.people[superior], "whom": whom},
        )


def asked_by_name(world: World, login: str = "bruno", **changes: object) -> UUID:
    """Return an incident with an action that somebody is asked for by name."""
    incident = world.report(**changes)
    world.lead(incident)
    person = {"title": "Look", "party": "business", "person": str(world.people[login])}
    world.agree(incident, person)
    return incident


def people(world: World, incident: UUID, step: str = "do_business_action") -> list[UUID]:
    found: list[UUID] = world.item(incident, step).people
    return found


def test_who_goes_away_has_the_deputy_asked_at_once_for_what_is_open(world: World) -> None:
    deputise(world, "fay", "bruno")
    incident = asked_by_name(world)
    item = world.item(incident, "do_business_action")
    claim(world.handling, item.id, actor=world.actor("bruno"))

    be_away(world, "bruno")
    work_off(world)

    bruno, fay = world.people["bruno"], world.people["fay"]
    item = world.item(incident, "do_business_action")
    assert (item.people, item.claimed_by) == ([bruno, fay], None)
    assert world.verbs(incident)[-2:] == ["item:released", "item:asked_too"]
    step_in(world.handling, bruno)
    assert people(world, incident) == [bruno, fay], "once is enough"
    world.act(incident, "fay", "do_business_action")


def test_an_absence_that_begins_later_is_acted_on_when_it_begins(world: World) -> None:
    deputise(world, "fay", "bruno")
    incident = asked_by_name(world)
    bruno, fay = world.people["bruno"], world.people["fay"]
    be_away(world, "bruno", in_days=2)
    never = be_away(world, "ada", in_days=2)
    end_absence(world.handling.store, never, actor=world.actor("ada"))
    assert (jobs(world), notice_absences(world.handling)) == ([], 0)

    world.clock.forward(days=2)

    assert notice_absences(world.handling) == 1
    assert jobs(world) == [bruno]
    assert notice_absences(world.handling) == 0
    step_in(world.handling, bruno)
    assert people(world, incident) == [bruno, fay]


def test_who_is_back_before_anybody_was_asked_is_asked_alone(world: World) -> None:
    deputise(world, "fay", "bruno")
    incident = asked_by_name(world)
    absence = be_away(world, "bruno")
    end_absence(world.handling.store, absence, actor=world.actor("bruno"))

    work_off(world)

    assert people(world, incident) == [world.people["bruno"]]


def test_a_deputy_who_is_named_while_away_is_asked_at_once(world: World) -> None:
    incident = asked_by_name(world)
    be_away(world, "bruno")
    work_off(world)
    assert people(world, incident) == [world.people["bruno"]]

    name_deputy(world.handling.store, world.people["fay"], actor=world.actor("bruno"))
    work_off(world)

    assert people(world, incident) == [world.people["bruno"], world.people["fay"]]


def test_what_a_team_was_asked_for_is_the_team_s_again_when_who_took_it_goes(world: World) -> None:
    hire(world, "kim", team="databases")
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    item = world.item(incident, "do_it_action")
    claim(world.handling, item.id, actor=world.actor("ada"))

    leave(world, "ada")
    work_off(world)

    item = world.item(incident, "do_it_action")
    assert (item.claimed_by, item.team_id) == (None, world.teams["databases"])
    world.act(incident, "kim")


@pytest.mark.parametrize(
    ("superior", "next_one"), [("gita", "gita"), (None, "dora")], ids=["superior", "owner"]
)
def test_who_has_left_without_a_deputy_is_followed_by_who_is_above(
    world: World, superior: str | None, next_one: str
) -> None:
    incident = asked_by_name(world)
    if superior:
        above(world, superior, "bruno")

    leave(world, "bruno")
    work_off(world)

    assert people(world, incident) == [world.people["bruno"], world.people[next_one]]


def test_who_has_left_and_leads_has_the_lead_offered_at_once(world: World) -> None:
    hire(world, "kim", deputy_of="duty_lead")
    incident = asked_by_name(world, "ada")

    leave(world, "hugo")
    work_off(world)

    assert world.row(incident).lead_offered_to == [world.people["kim"]]
    assert world.verbs(incident).count("lead:look_missed") == 1
    step_in(world.handling, world.people["hugo"])
    assert world.row(incident).lead_offered_to == [world.people["kim"]]


def test_a_lead_who_is_away_keeps_the_lead_until_they_miss_their_look(world: World) -> None:
    hire(world, "kim", deputy_of="duty_lead")
    incident = asked_by_name(world)

    be_away(world, "hugo")
    work_off(world)

    assert world.row(incident).lead_offered_to == []


@pytest.mark.parametrize("how", ["away", "left"])
def test_a_confirmer_who_goes_has_the_deputy_asked_at_once(world: World, how: str) -> None:
    hire(world, "cleo", colleague_of="carla")
    deputise(world, "cleo", "carla")
    incident = world.asked()

    be_away(world, "carla") if how == "away" else leave(world, "carla")
    work_off(world)

    carla, cleo = world.people["carla"], world.people["cleo"]
    assert people(world, incident, "confirm_outcome") == [carla, cleo]
    assert world.verbs(incident)[-1] == "confirmation:deputy_asked"


def test_where_the_only_confirmer_leaves_the_owner_is_told_at_once(world: World) -> None:
    incident = world.asked()

    leave(world, "carla")
    work_off(world)

    assert world.verbs(incident)[-1] == "confirmation:owner_told"


def test_who_decides_and_goes_has_the_deputies_asked_at_once(world: World) -> None:
    hire(world, "kim", deputy_of="owner")
    incident = world.undecided()
    assert people(world, incident, "decide_without_answer") == [world.people["dora"]]

    be_away(world, "dora")
    work_off(world)

    asked = people(world, incident, "decide_without_answer")
    assert asked == [world.people["dora"], world.people["kim"]]


def test_who_was_taken_off_is_passed_over_when_somebody_goes(world: World) -> None:
    deputise(world, "fay", "bruno")
    incident = asked_by_name(world, is_restricted=True)
    off = world.people["fay"]
    take_off(world.handling, incident, off, reason="Is in it", actor=world.actor("hugo"))

    leave(world, "bruno")
    work_off(world)

    assert people(world, incident) == [world.people["bruno"], world.people["dora"]]


def test_what_goes_on_after_closing_is_passed_on_too(world: World) -> None:
    deputise(world, "fay", "bruno")
    incident = world.asked()
    world.propose(
        incident, "hugo", "accounting", title="Never again", party=Party.BUSINESS,
        team_id=None, person_id=world.people["bruno"], kind="prevents",
    )  # fmt: skip
    world.confirm(incident)
    assert world.row(incident).state == "closed"

    be_away(world, "bruno")
    work_off(world)

    assert people(world, incident) == [world.people["bruno"], world.people["fay"]]


def test_one_incident_that_somebody_works_on_is_tried_again_and_keeps_no_other_waiting(
    world: World,
) -> None:
    deputise(world, "fay", "bruno")
    first, second = sorted((asked_by_name(world), asked_by_name(world)))
    be_away(world, "bruno")
    with world.handling.store.begin() as work:
        work.incident(first)
        with pytest.raises(Busy):
            step_in(world.handling, world.people["bruno"])

    fay = world.people["fay"]
    assert (fay in people(world, first), fay in people(world, second)) == (False, True)
    step_in(world.handling, world.people["bruno"])
    assert fay in people(world, first)


def test_the_command_says_that_somebody_has_left_who_then_signs_in_no_more(
    world: World, database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("DATABASE_URL", database.app_url), ("PUTRIGHT_OWNER_URL", database.owner_url),
        ("PUTRIGHT_SECRET_KEY", "x" * 40), ("PUTRIGHT_AUDIT_KEY", KEY.secret.decode()),
        ("PUTRIGHT_AUDIT_KEY_ID", KEY.id), ("PUTRIGHT_SIGNING_KEY", "5" * 64),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    incident = asked_by_name(world)

    told = CliRunner().invoke(main, ["left", "bruno"])
    again = CliRunner().invoke(main, ["left", "bruno"])
    unknown = CliRunner().invoke(main, ["left", "nobody"])

    assert (told.exit_code, again.exit_code, unknown.exit_code) == (0, 0, 1)
    assert "Nobody signs in as “nobody”" in unknown.output
    work_off(world)
    assert people(world, incident) == [world.people["bruno"], world.people["dora"]]
    with world.handling.store.read() as conn:
        page = incident_page(conn, incident, world.actor("dora"), world.clock.now)
    assert page.open_items[0].people == ("Bruno Bauer", "Dora Diaz")
    with pytest.raises(NotFound), world.handling.store.begin() as work:
        enter_leaving(work, "nobody")
