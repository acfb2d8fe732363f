"""Restricted incidents: named people only, never teams; every reading is an entry."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from engine.domain.incident import Level
from engine.domain.party import Party
from engine.errors import (
    Conflict,
    IncidentClosed,
    InvalidAnswers,
    NotAllowed,
    NotFound,
    PutrightError,
)
from engine.queries.incident import incident_page
from engine.queries.incidents import Filters, incidents
from engine.queries.item import item_page
from engine.queries.restriction import Restriction, restriction_of
from engine.usecases.holding import claim, hand_over
from engine.usecases.lead import take_lead
from engine.usecases.merging import merge
from engine.usecases.naming import name_person, take_off
from engine.usecases.recurring import report_recurrence
from engine.usecases.restricting import agree_to_lift, ask_to_lift, decline_to_lift, restrict
from engine.usecases.setting_aside import set_aside
from engine.usecases.splitting import split
from tests.at_once import at_once
from tests.evidence import faults_of_record
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.walk import Caller
from tests.world import World


def limit(world: World, incident: UUID, *named: str, login: str = "hugo") -> None:
    people = [world.people[one] for one in named]
    actor = world.actor(login)
    restrict(world.handling, incident, reason="It is about one of us", people=people, actor=actor)


def name(world: World, incident: UUID, who: str, login: str = "hugo") -> None:
    name_person(world.handling, incident, world.people[who], actor=world.actor(login))


def off(world: World, incident: UUID, who: str, login: str = "hugo", why: str = "Is in it") -> None:
    actor = world.actor(login)
    take_off(world.handling, incident, world.people[who], reason=why, actor=actor)


def reads(world: World, incident: UUID, login: str) -> bool:
    actor = world.actor(login)
    with world.handling.store.read() as conn:
        try:
            incident_page(conn, incident, actor, world.clock.now)
        except NotFound:
            return False
    return True


def readers(world: World, incident: UUID) -> set[str]:
    return {login for login in world.people if reads(world, incident, login)}


def restriction(world: World, incident: UUID) -> Restriction:
    with world.handling.store.read() as conn:
        found = restriction_of(conn, incident)
    assert found is not None
    return found


def at_work(world: World) -> UUID:
    """Return an incident that the databases' team is asked to put right, and Bruno by name."""
    incident = world.report()
    world.lead(incident)
    bruno = str(world.people["bruno"])
    by_name = {"title": "Look", "party": "business", "person": bruno}
    world.agree(incident, world.for_team("databases"), by_name)
    return incident


def for_person(world: World, who: str, party: str = "it") -> dict[str, Any]:
    return {"title": "Look", "party": party, "person": str(world.people[who])}


# --- who may read it ------------------------------------------------------------------------------


def test_it_is_for_named_people_and_those_who_answer_for_it_never_for_teams(world: World) -> None:
    incident = at_work(world)
    assert readers(world, incident) > {"ada", "bruno", "gita"}

    limit(world, incident, "fay")

    # the reporter, the lead, the owner, the authority, who is asked by name, who is named; and
    # the auditor, who sees everything
    assert readers(world, incident) == {"carla", "hugo", "dora", "gita", "bruno", "fay", "egon"}
    assert {one.name for one in restriction(world, incident).readers} == {
        "Carla Costa", "Hugo Hahn", "Dora Diaz", "Gita Gupta", "Bruno Bauer", "Fay Fox",
    }  # fmt: skip
    assert world.verbs(incident)[-2:] == ["incident:restricted", "item:passed_on"]


@pytest.mark.parametrize(
    ("login", "refusal"),
    [("ada", NotAllowed), ("carla", NotAllowed), ("egon", NotAllowed), ("fay", NotFound)],
)
def test_who_handles_it_or_owns_it_limits_it_with_a_reason(
    world: World, login: str, refusal: type[PutrightError]
) -> None:
    incident = world.report()

    with pytest.raises(refusal):
        limit(world, incident, login=login)
    with pytest.raises(InvalidAnswers):
        restrict(world.handling, incident, reason=" ", actor=world.actor("hugo"))
    limit(world, incident, login="dora")
    with pytest.raises(Conflict):
        limit(world, incident, login="dora")

    assert world.verbs(incident).count("incident:restricted") == 1


def test_only_what_is_open_is_limited(world: World) -> None:
    with pytest.raises(IncidentClosed):
        limit(world, world.confirmed())


def test_two_who_limit_it_at_once_limit_it_once(world: World) -> None:
    incident = world.report()

    outcomes = at_once(lambda: limit(world, incident), lambda: limit(world, incident, login="dora"))

    assert sorted(outcomes, key=str) == [Conflict, None]
    assert world.verbs(incident).count("incident:restricted") == 1


def test_the_lead_the_owner_and_the_authority_name_and_take_off_by_entries(world: World) -> None:
    incident = at_work(world)
    limit(world, incident)

    for login in ("hugo", "dora", "gita"):
        name(world, incident, "ada", login)
        assert reads(world, incident, "ada")
        off(world, incident, "ada", login)
        assert not reads(world, incident, "ada")
    for login, refusal in (("bruno", NotAllowed), ("carla", NotAllowed), ("ada", NotFound)):
        with pytest.raises(refusal):
            name(world, incident, "fay", login)
        with pytest.raises(refusal):
            off(world, incident, "bruno", login)

    assert world.verbs(incident).count("incident:named") == 3
    assert world.verbs(incident).count("incident:taken_off") == 3


def test_nobody_names_themselves_or_takes_themselves_off(world: World) -> None:
    incident = world.report()
    with pytest.raises(InvalidAnswers):
        limit(world, incident, "hugo")
    limit(world, incident)

    for deed in (name, off):
        with pytest.raises(InvalidAnswers):
            deed(world, incident, "dora", "dora")


def test_naming_twice_is_one_entry_and_nobody_strange_is_named(world: World) -> None:
    incident = world.report()
    limit(world, incident)

    name(world, incident, "ada")
    name(world, incident, "ada")
    with pytest.raises(InvalidAnswers):
        name_person(world.handling, incident, incident, actor=world.actor("hugo"))

    assert world.verbs(incident).count("incident:named") == 1


def test_who_is_named_while_asked_for_something_reads_it_after_that(world: World) -> None:
    incident = at_work(world)
    limit(world, incident)

    name(world, incident, "bruno")
    world.act(incident, "bruno", "do_business_action")

    assert reads(world, incident, "bruno")


def test_who_led_it_or_worked_on_it_before_reads_it_only_if_named(world: World) -> None:
    incident = world.report()
    world.lead(incident, "ada")
    world.lead(incident, "hugo")
    world.agree(incident, world.for_team("databases"), world.for_team("accounting"))
    world.act(incident, "bruno", "do_business_action")

    limit(world, incident)

    assert not reads(world, incident, "ada")
    assert not reads(world, incident, "bruno")
    name(world, incident, "bruno")
    assert reads(world, incident, "bruno")


def test_who_is_taken_off_loses_sight_whatever_they_are_towards_it(world: World) -> None:
    incident = at_work(world)
    limit(world, incident)
    item = world.item(incident, "do_business_action")

    off(world, incident, "bruno")
    off(world, incident, "dora", "gita")

    assert not reads(world, incident, "bruno")
    assert not reads(world, incident, "dora"), "the owner, by office"
    with pytest.raises(NotFound):
        world.finish(item.id, "bruno", outcome="done", what_was_done="Done all the same")
    with pytest.raises(InvalidAnswers, match="another look"):
        world.propose(incident, "hugo", person_id=world.people["bruno"], team_id=None)
    name(world, incident, "bruno")
    assert reads(world, incident, "bruno")


def test_what_who_was_taken_off_was_asked_for_goes_to_the_lead(world: World) -> None:
    incident = at_work(world)
    limit(world, incident)
    claim(world.handling, world.item(incident, "do_business_action").id, actor=world.actor("bruno"))

    off(world, incident, "bruno")

    item = world.item(incident, "do_business_action")
    assert (item.people, item.claimed_by) == ([world.people["hugo"]], None)
    assert item.party == Party.BUSINESS, "whose turn it is stays as it was"


@pytest.mark.parametrize(
    ("who", "login", "says"),
    [("hugo", "dora", "take the lead first"), ("fay", "dora", "can always read it")],
)
def test_who_leads_it_or_reported_it_is_not_taken_off(
    world: World, who: str, login: str, says: str
) -> None:
    incident = world.report("fay")
    limit(world, incident)

    with pytest.raises(Conflict, match=says):
        off(world, incident, who, login)


def test_who_is_to_answer_is_not_taken_off_and_who_is_off_is_not_to_answer(world: World) -> None:
    incident = world.report("fay")
    world.lead(incident)
    limit(world, incident)
    off(world, incident, "olga")

    with pytest.raises(InvalidAnswers):
        world.agree(incident, for_person(world, "ada"), confirmers=("olga",))
    world.agree(incident, for_person(world, "ada"), confirmers=("carla",))
    with pytest.raises(Conflict, match="answer in the end"):
        off(world, incident, "carla")


def test_who_was_duty_lead_and_is_taken_off_does_not_get_what_is_opened_beside(
    world: World,
) -> None:
    incident = world.report("fay")
    take_lead(world.handling, incident, actor=world.actor("dora"))
    limit(world, incident, "ada", login="dora")
    off(world, incident, "hugo", "dora")

    texts = {"title": "Second", "expected": "This", "actual": "That"}
    second = split(world.handling, incident, texts, actor=world.actor("dora"))

    assert world.row(second).lead_id == world.people["dora"]
    assert readers(world, second) == {"fay", "dora", "gita", "ada", "egon"}


def test_what_is_back_is_for_the_same_named_people(world: World) -> None:
    incident = at_work(world)
    limit(world, incident)
    off(world, incident, "ada")
    world.act(incident, "hugo")
    world.act(incident, "bruno", "do_business_action")
    world.verify(incident)
    world.confirm(incident)

    again = report_recurrence(world.handling, incident, actor=world.actor("carla"))

    assert world.row(again).is_restricted
    assert [one.name for one in restriction(world, again).taken_off] == ["Ada Adler"]


def test_a_report_is_for_named_people_from_its_first_moment(world: World) -> None:
    incident = world.report("carla", is_restricted=True)

    assert readers(world, incident) == {"carla", "hugo", "dora", "gita", "egon"}
    assert restriction(world, incident).reason == "Reported so"
    (item,) = world.items(incident)
    assert (item.team_id, item.people) == (None, [world.people["hugo"]])


def test_deputies_read_it_once_they_are_asked_or_stand_in(world: World) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("INSERT INTO deputy (process_id, person_id, of) VALUES (:p, :fay, 'owner')"),
            {"p": world.process_id, "fay": world.people["fay"]},
        )
    checked = []
    for is_off in (False, True):
        incident = world.report(impact=Level.HIGH, urgency=Level.HIGH, is_restricted=True)
        world.lead(incident)
        if is_off:
            off(world, incident, "dora", "gita")
        world.agree(incident, for_person(world, "ada"))
        assert reads(world, incident, "fay") is is_off, "the owner's office is the deputy's then"
        world.act(incident, "ada")
        checked += [*world.item(incident, "verify_outcome").people, reads(world, incident, "fay")]

    assert checked == [world.people["dora"], False, world.people["fay"], True]


def test_what_is_being_checked_goes_to_the_deputy_of_who_is_taken_off(world: World) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("INSERT INTO deputy (process_id, person_id, of) VALUES (:p, :fay, 'owner')"),
            {"p": world.process_id, "fay": world.people["fay"]},
        )
    incident = world.report(impact=Level.HIGH, urgency=Level.HIGH, is_restricted=True)
    world.lead(incident)
    world.agree(incident, for_person(world, "ada"))
    world.act(incident, "ada")

    off(world, incident, "dora", "gita")

    assert world.item(incident, "verify_outcome").people == [world.people["fay"]]


# --- whose turn it is -----------------------------------------------------------------------------


def test_what_was_asked_of_a_team_moves_to_the_lead_by_name(world: World) -> None:
    incident = at_work(world)
    claim(world.handling, world.item(incident, "do_it_action").id, actor=world.actor("ada"))

    limit(world, incident)

    item = world.item(incident, "do_it_action")
    assert (item.team_id, item.people, item.claimed_by) == (None, [world.people["hugo"]], None)
    with world.handling.store.read() as conn:
        teams = conn.execute(text("SELECT team_id, person_id FROM action ORDER BY number")).all()
    assert [tuple(one) for one in teams] == [
        (None, world.people["hugo"]), (None, world.people["bruno"]),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        world.finish(item.id, "ada", outcome="done", what_was_done="Done")


def test_who_has_taken_it_and_is_named_keeps_it(world: World) -> None:
    incident = at_work(world)
    claim(world.handling, world.item(incident, "do_it_action").id, actor=world.actor("ada"))

    limit(world, incident, "ada")

    world.act(incident, "ada")
    assert "action:done" in world.verbs(incident)


def test_actions_and_hand_overs_go_to_people(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    limit(world, incident)

    with pytest.raises(InvalidAnswers) as refused:
        world.agree(incident, world.for_team("databases"))
    assert "choose a person" in str(refused.value.fields)
    with pytest.raises(InvalidAnswers):
        world.propose(incident, "hugo")
    world.agree(incident, for_person(world, "ada"))
    item = world.item(incident, "do_it_action")
    assert reads(world, incident, "ada"), "whoever is asked by name"
    with pytest.raises(InvalidAnswers):
        hand_over(
            world.handling, item.id, actor=world.actor("ada"), note="",
            team_id=world.teams["databases"],
        )  # fmt: skip
    hand_over(
        world.handling, item.id, actor=world.actor("ada"), note="",
        person_id=world.people["bruno"],
    )  # fmt: skip
    assert reads(world, incident, "bruno")
    assert not reads(world, incident, "ada")


def test_what_is_asked_of_nobody_by_name_is_asked_of_those_who_answer(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    limit(world, incident)

    asked = [{"title": party, "party": party} for party in ("it", "business", "external")]
    world.agree(incident, *asked)

    offered = {item.party: (item.team_id, item.people) for item in world.items(incident)}
    hugo, dora = [world.people["hugo"]], [world.people["dora"]]
    assert offered == {"it": (None, hugo), "business": (None, dora), "external": (None, hugo)}


def test_an_overdue_action_is_not_asked_of_who_was_taken_off(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    limit(world, incident)
    world.agree(incident, for_person(world, "ada"))
    off(world, incident, "dora", "gita")

    world.clock.forward(days=10)
    world.fire(incident)

    assert "action:overdue" in world.verbs(incident)
    assert world.people["dora"] not in world.item(incident, "do_it_action").people


def test_it_goes_its_whole_way_and_the_record_holds(world: World) -> None:
    incident = world.report(is_restricted=True)
    world.lead(incident)
    world.agree(incident, for_person(world, "ada"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)

    assert world.row(incident).closed_by == "confirmed"
    name(world, incident, "fay")
    assert reads(world, incident, "fay"), "people are named after the end too"
    with world.handling.store.read() as conn:
        assert faults_of_record(conn) == []


# --- elsewhere it has a number and no title -------------------------------------------------------


def test_lists_and_search_have_its_number_only_for_named_people_too(world: World) -> None:
    incident = world.report(title="Salaries mailed to everybody")
    limit(world, incident)

    for login in ("hugo", "carla", "dora", "bruno", "egon"):
        actor = world.actor(login)
        with world.handling.store.read() as conn:
            (line,) = incidents(conn, actor).lines
            assert incidents(conn, actor, Filters(words="salaries")).lines == ()
        assert (line.number, line.title, line.lead) == (1, None, None)
        assert line.may_open is (login in ("hugo", "carla", "dora"))


def test_lists_and_pages_agree_on_who_may_read_it(world: World) -> None:
    incident = at_work(world)
    limit(world, incident, "fay", "ada")
    off(world, incident, "ada")
    off(world, incident, "bruno")
    off(world, incident, "gita", "dora")

    for login in set(world.people) - {"egon"}:
        with world.handling.store.read() as conn:
            lines = incidents(conn, world.actor(login)).lines
        may_open = [line.may_open for line in lines]
        is_staff = "staff" in world.actor(login).roles
        assert may_open == ([reads(world, incident, login)] if lines else []), login
        assert bool(lines) is (is_staff or reads(world, incident, login)), login


def test_who_may_not_read_it_is_told_that_it_is_not_there(world: World) -> None:
    incident = at_work(world)
    item = world.item(incident, "do_it_action")
    limit(world, incident)
    deeds: list[Callable[[], object]] = [
        lambda: world.lead(incident, "ada"),
        lambda: world.propose(incident, "ada"),
        lambda: limit(world, incident, login="ada"),
        lambda: claim(world.handling, item.id, actor=world.actor("ada")),
        lambda: world.finish(item.id, "ada", outcome="done"),
    ]

    for deed in deeds:
        with pytest.raises(NotFound):
            deed()
    with world.handling.store.read() as conn, pytest.raises(NotFound):
        item_page(conn, item.id, world.actor("ada"), world.clock.now)


# --- lifting --------------------------------------------------------------------------------------


def test_two_people_lift_it_the_lead_or_owner_asks_and_another_agrees(world: World) -> None:
    incident = at_work(world)
    limit(world, incident)

    with pytest.raises(Conflict):
        agree_to_lift(world.handling, incident, actor=world.actor("dora"))
    for login, refusal in (("gita", NotAllowed), ("bruno", NotAllowed), ("ada", NotFound)):
        with pytest.raises(refusal):
            ask_to_lift(world.handling, incident, reason="Over", actor=world.actor(login))
    ask_to_lift(world.handling, incident, reason="It was a mistake", actor=world.actor("hugo"))
    assert not reads(world, incident, "ada"), "nothing changes yet"
    for login, refusal in (("hugo", NotAllowed), ("bruno", NotAllowed), ("egon", NotAllowed)):
        with pytest.raises(refusal):
            agree_to_lift(world.handling, incident, actor=world.actor(login))
    agree_to_lift(world.handling, incident, actor=world.actor("carla"))

    assert reads(world, incident, "ada")
    assert world.verbs(incident)[-2:] == ["incident:lift_asked", "incident:lifted"]


def test_who_may_agree_may_decline_with_a_reason_and_who_asked_may_ask_again(
    world: World,
) -> None:
    incident = at_work(world)
    limit(world, incident)
    handling, hugo, dora = world.handling, world.actor("hugo"), world.actor("dora")
    with pytest.raises(Conflict):
        decline_to_lift(handling, incident, reason="No", actor=dora)
    ask_to_lift(handling, incident, reason="It was a mistake", actor=hugo)
    with pytest.raises(InvalidAnswers):
        decline_to_lift(handling, incident, reason=" ", actor=dora)
    for login, refusal in (("hugo", NotAllowed), ("bruno", NotAllowed), ("ada", NotFound)):
        with pytest.raises(refusal):
            decline_to_lift(handling, incident, reason="No", actor=world.actor(login))

    decline_to_lift(handling, incident, reason="It is not over", actor=dora)

    assert not reads(world, incident, "ada")
    for word in (agree_to_lift, partial(decline_to_lift, reason="No")):
        with pytest.raises(Conflict):
            word(handling, incident, actor=world.actor("carla"))
    ask_to_lift(handling, incident, reason="Now it is", actor=hugo)
    agree_to_lift(handling, incident, actor=dora)
    assert reads(world, incident, "ada")
    lifting = [verb for verb in world.verbs(incident) if "lift" in verb]
    assert lifting == [
        "incident:lift_asked", "incident:lift_declined", "incident:lift_asked", "incident:lifted",
    ]  # fmt: skip


def test_who_asked_is_told_by_number_that_it_was_declined_and_reads_why_there(
    world: World, visit: Callable[[str], Visitor], machine: Callable[[str], Machine]
) -> None:
    incident = world.report(is_restricted=True)
    world.lead(incident)
    page, hugo, dora = "/incidents/1/named-people", visit("hugo"), visit("dora")
    hugo.send(f"{page}/lift", {"reason": "It was a mistake"}, at=page)
    assert "May everybody read it again? #1 for named people only" in words_of(dora.get("/"))

    dora.send(f"{page}/declined", {"declined": ""}, 422, at=page)
    dora.send(f"{page}/declined", {"declined": "It is not over"}, at=page)

    home = words_of(hugo.get("/"))
    assert "You asked that everybody may read #1 again, and somebody did not agree" in home
    assert "Dora" not in home
    assert "Wrong balances" not in home
    assert "It is not over" not in home
    assert "May everybody read it again?" not in words_of(dora.get("/"))
    assert "Dora Diaz did not agree, just now : “It is not over”" in words_of(hugo.get(page))
    shown = machine("hugo").get("/incidents/1/restriction")
    assert (shown["declined_by"], shown["declined_because"]) == ("Dora Diaz", "It is not over")
    machine("hugo").post("/incidents/1/restriction/lift", {"reason": "Now it is"}, status=204)
    machine("dora").post("/incidents/1/restriction/declined", {"reason": "Not yet"}, status=204)


def test_who_was_taken_off_once_is_not_so_the_next_time(world: World) -> None:
    incident = at_work(world)
    limit(world, incident)
    off(world, incident, "gita")
    ask_to_lift(world.handling, incident, reason="Over", actor=world.actor("hugo"))
    agree_to_lift(world.handling, incident, actor=world.actor("dora"))

    limit(world, incident)

    assert reads(world, incident, "gita")


def test_the_database_lets_nobody_lift_it_alone_or_without_an_entry(world: World) -> None:
    incident = world.report()
    limit(world, incident)
    ask_to_lift(world.handling, incident, reason="Over", actor=world.actor("hugo"))
    for sql in (
        "UPDATE incident SET is_restricted = false",
        "UPDATE restriction SET lifted_by = lift_asked_by, lifted_at = now()",
        "UPDATE restriction SET lifted_by = restricted_by, lifted_at = now(), lift_reason = NULL",
        """UPDATE restriction SET declined_by = lift_asked_by, declined_at = now(),
          declined_because = 'So'""",
        "UPDATE restriction SET declined_by = restricted_by, declined_at = now()",
    ):
        with pytest.raises(IntegrityError), world.handling.store.begin() as work:
            work.conn.execute(text(sql))


# --- ways out -------------------------------------------------------------------------------------


def out_in_every_way(world: World) -> dict[str, int]:
    """Return the numbers of restricted ones by a word in their titles, and of one for everybody."""
    hugo, carla, made = world.actor("hugo"), world.actor("carla"), {}

    def told(word: str, login: str = "carla", **more: Any) -> UUID:
        incident = world.report(login, title=f"{word} papers", **{"is_restricted": True} | more)
        made[word] = world.row(incident).number
        return incident

    earlier = told("Zephyrearlier", "fay")
    world.clock.forward(minutes=5)
    set_aside(world.handling, told("Zephyraside"), reason="Zephyr it is not", actor=hugo)
    merge(world.handling, told("Zephyrlater"), earlier, reason="Zephyr the same", actor=hugo)
    gone = told("Zephyrgone")
    world.lead(gone)
    world.agree(gone, for_person(world, "bruno"))
    world.act(gone, "bruno")
    world.verify(gone, "hugo")
    world.confirm(gone)
    back = report_recurrence(world.handling, gone, words="Zephyr again", actor=carla)
    made["Zephyrback"] = world.row(back).number
    world.clock.forward(minutes=5)
    told("Plain", "olga", is_restricted=False)
    return made


def shown_at(world: World, web: Flask, login: str, number: int) -> list[str]:
    """Return all that somebody is shown of an incident, and lists."""
    return [
        Caller(world, web, login).call("GET", path)[0].get_data(as_text=True)
        for path in (
            "/", "/incidents?show=out", "/incidents?show=reported", "/incidents?show=closed",
            "/api/v1/incidents", f"/incidents/{number}", f"/incidents/{number}/record",
            f"/incidents/{number}/deeds/bring-back", f"/incidents/{number}/deeds/separate",
            f"/incidents/{number}/deeds/is-back", f"/api/v1/incidents/{number}",
            f"/api/v1/incidents/{number}/records",
        )
    ]  # fmt: skip


def test_set_aside_merged_or_back_its_links_and_its_undoing_show_no_title(
    world: World, web: Flask
) -> None:
    made = out_in_every_way(world)

    def shows(login: str) -> None:
        for own, number in made.items():
            others = {word.lower() for word in made if word not in (own, "Plain")}
            # what is back is told in the words of the time before
            others -= {"zephyrgone"} if own == "Zephyrback" else set()
            for page in shown_at(world, web, login, number):
                found = {word for word in others if word in page.lower()}
                assert not found, (login, own, found)
                assert login in ("carla", "fay", "hugo") or "zephyr" not in page.lower()

    for login in ("carla", "fay", "hugo", "ada", "olga", "sami"):
        shows(login)
    for word, deed, login in (
        ("Zephyraside", "bring-back", "carla"), ("Zephyrlater", "separate", "carla"),
    ):  # fmt: skip
        path = f"/incidents/{made[word]}/deeds/{deed}"
        for other in ("ada", "olga"):
            refused, _ = Caller(world, web, other).call("POST", path, {"words": "So"})
            assert refused.status_code == 404
        done, browser = Caller(world, web, login).call("POST", path, {"words": "So"})
        assert done.status_code == 303
        with browser.session_transaction() as session:
            assert "zephyr" not in str(dict(session)).lower()
    for login in ("carla", "fay", "hugo", "ada", "olga", "sami"):
        shows(login)
