"""One incident for who inspects it: on its diagram at any moment, who signed what, whose time."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.bench.counting import counted
from api.filters import exactly
from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.domain.signer import Signer, bearer_of_link
from engine.queries.borders import borders
from engine.queries.drawings import Drawing, Look
from engine.queries.ledger import incident_ledger
from engine.queries.moments import FactKind, Moments, moments
from engine.queries.paging import Page
from engine.queries.run import RunPast, run_past
from engine.queries.trail import Trail, Wanted, signed_by, trail
from engine.usecases.complete import complete
from engine.usecases.criteria import change_criteria
from engine.usecases.disputing import dispute
from engine.usecases.moving import begin_move, move_all
from engine.usecases.priority import set_priority
from engine.usecases.publish import publish
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.world import CRITERION, World, shipped_files

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def told(world: World) -> UUID:
    """An incident that was closed by decision, hours between all that happened."""
    incident = world.report()
    world.clock.forward(hours=1)
    world.lead(incident)
    world.clock.forward(hours=1)
    world.agree(incident, world.for_team("databases", ends_cause=True))
    world.clock.forward(hours=2)
    world.act(incident, "ada")
    world.clock.forward(hours=3)
    world.verify(incident, "hugo")
    world.clock.forward(days=15)
    world.fire(incident)
    world.clock.forward(hours=5)
    world.do(incident, "dora", "decide_without_answer", decided="close", reason="Has moved away")
    return incident


def past_of(world: World, incident: UUID) -> RunPast:
    with world.handling.store.read() as conn:
        return run_past(conn, incident_id=incident)


def moments_of(world: World, incident: UUID, *, is_outside: bool = False) -> Moments:
    with world.handling.store.read() as conn:
        ledger = incident_ledger(conn, incident, world.clock.now)
        return moments(conn, incident, ledger, is_outside=is_outside)


def trail_of(world: World, incident: UUID, wanted: Wanted, login: str = "egon") -> Trail:
    actor = world.actor(login)
    with world.handling.store.read() as conn:
        return trail(conn, incident, actor, Page(200), wanted)


def drawn(past: RunPast, diagram: str) -> Drawing:
    return next(one for one in past.drawings if one.diagram == diagram)


def at(world: World, incident: UUID, verb: str) -> datetime:
    with world.handling.store.read() as conn:
        found: datetime = conn.execute(
            text("SELECT at FROM entry WHERE incident_id = :id AND verb = :verb ORDER BY seq"),
            {"id": incident, "verb": verb},
        ).scalar()  # type: ignore[assignment]
    return found


def facts(found: Moments, kind: FactKind, when: datetime) -> list[str]:
    return [str(fact.words) for fact in found.facts if fact.kind is kind and fact.holds(when)]


# --- on its diagram ------------------------------------------------------------------------------


def test_a_moment_shows_what_was_done_then_and_not_what_came_later(
    world: World, told: UUID
) -> None:
    own = drawn(past_of(world, told), "incident")
    agreed, end = at(world, told, "incident:agreed"), own.looks(None)

    then = own.looks(agreed)

    assert "agree_what_right_means" in then[Look.DONE]
    assert "verify_outcome" not in then[Look.DONE] | then[Look.WAITING] | then[Look.SKIPPED]
    assert then[Look.WAITING] == {"actions_settled"} or len(then[Look.WAITING]) == 1
    assert "verify_outcome" in end[Look.DONE]
    assert "closed_by_escalation" in end[Look.DONE]
    assert "closed_confirmed" in end[Look.SKIPPED], "another way was taken"


def test_what_was_left_and_what_was_never_come_to_are_two_things(world: World, told: UUID) -> None:
    called = drawn(past_of(world, told), "confirmation").looks(None)

    assert "confirm_outcome" in called[Look.CANCELLED]
    assert "decide_without_answer" in called[Look.DONE]
    assert called[Look.WAITING] == frozenset()
    assert called[Look.SKIPPED], "an end that nobody came to"
    assert not called[Look.SKIPPED] & (called[Look.DONE] | called[Look.CANCELLED])


def test_what_can_still_be_come_to_is_not_skipped(world: World) -> None:
    own = drawn(past_of(world, world.asked()), "incident").looks(None)

    assert own[Look.SKIPPED] == frozenset(), "it may all come again, from where it waits"
    assert "obtain_confirmation" in own[Look.WAITING]


def test_the_table_has_what_was_not_taken_too(world: World, told: UUID) -> None:
    steps = past_of(world, told).steps()

    how = {(one.title, one.how) for one in steps}
    assert ("Closed, confirmed", "skipped") in how
    assert ("Decide without an answer", "completed") in how
    assert ("Confirm the outcome", "cancelled") in how


def test_a_failed_diagram_shows_where_until_it_goes_on(world: World) -> None:
    incident = world.asked()
    with world.handling.store.begin() as work:
        case = work.incident(incident)
        run = work.conn.execute(
            text("SELECT id FROM run WHERE incident_id = :id AND action_id IS NULL"),
            {"id": incident},
        ).scalar_one()
        content = {"run": str(run), "fault": "“x” failed", "element": "confirm_outcome"}
        case.record("incident:faulted", content, world.actor("hugo"))

    failed = drawn(past_of(world, incident), "confirmation").looks(None)
    assert failed[Look.FAILED] == {"confirm_outcome"}

    world.clock.forward(hours=1)
    world.confirm(incident)
    after = drawn(past_of(world, incident), "confirmation").looks(None)
    assert after[Look.FAILED] == frozenset()
    assert "confirm_outcome" in after[Look.DONE]


def test_a_run_that_was_moved_is_drawn_on_each_release_that_it_was_on(
    world: World, visit: Visit
) -> None:
    incident = world.report()
    world.clock.forward(hours=1)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.clock.forward(hours=1)
    files = shipped_files()
    renamed = files["incident.bpmn"].replace(b'name="Verify', b'name="Look at')
    with world.handling.store.read() as conn:
        before = conn.execute(text("SELECT id FROM release")).scalar_one()
    without = {name: one for name, one in files.items() if not name.endswith(".scenarios.yaml")}
    after, _ = publish(
        world.handling.store, without | {"incident.bpmn": renamed}, by="Dora", reason="a test"
    )
    move = begin_move(world.handling, before, after, reason="Newer", actor=world.actor("dora"))
    move_all(world.handling, move)
    world.clock.forward(hours=1)
    world.act(incident, "ada")

    first, second = past_of(world, incident).drawings

    assert (first.stretch.number, second.stretch.number) == (1, 2)
    assert "agree_what_right_means" in first.looks(None)[Look.DONE]
    assert "agree_what_right_means" not in second.looks(None)[Look.SKIPPED]
    assert "verify_outcome" in second.looks(None)[Look.WAITING]
    egon = visit("egon")
    page = egon.get("/incidents/1/history")
    assert "drawing-incident-1" in page
    assert "drawing-incident-2" in page
    assert "Look at" not in egon.get("/incidents/1/drawings/incident.bpmn?release=1")
    assert "Look at" in egon.get("/incidents/1/drawings/incident.bpmn?release=2")
    egon.get("/incidents/1/drawings/incident.bpmn?release=3", 404)
    # what was answered before the move was answered on the version of then
    answered = trail_of(world, incident, Wanted())
    on = {one.verb: one.on.number for one in answered.lines if one.on}
    assert (on["incident:agreed"], on["action:done"]) == (1, 2)


# --- a moment ------------------------------------------------------------------------------------


def test_a_moment_has_the_facts_of_then(world: World) -> None:
    incident = world.report()
    world.clock.forward(hours=1)
    world.lead(incident)
    world.clock.forward(hours=1)
    world.agree(incident, world.for_team("databases"))
    agreed = world.clock.now
    world.clock.forward(hours=1)
    set_priority(
        world.handling, incident, Priority.P1, reason="It grows", actor=world.actor("hugo")
    )
    world.clock.forward(hours=1)
    reworded = CRITERION | {"threshold": "1 difference"}
    change_criteria(
        world.handling, incident, [reworded], reason="Not worth it", actor=world.actor("hugo")
    )
    world.clock.forward(hours=1)
    world.act(incident, "ada")
    found = moments_of(world, incident)

    assert facts(found, FactKind.PRIORITY, agreed) == ["P3"]
    assert facts(found, FactKind.PRIORITY, world.clock.now) == ["P1"]
    assert facts(found, FactKind.LEAD, agreed) == ["Hugo Hahn"]
    assert facts(found, FactKind.STATE, agreed) == ["open"]
    assert facts(found, FactKind.WHOSE, agreed) == ["IT: Do the action (IT): Put it right"]
    assert facts(found, FactKind.CRITERION, agreed) == ["Balance: 0 differences"]
    assert facts(found, FactKind.CRITERION, world.clock.now) == ["Balance: 1 difference"]
    assert facts(found, FactKind.OPEN, agreed) == ["Do the action (IT): Put it right (Databases)"]
    assert facts(found, FactKind.ANSWERED, agreed) == ["Agree what right means – Hugo Hahn"]


def test_who_led_it_before_is_who_led_it_then(world: World, told: UUID) -> None:
    found = moments_of(world, told)

    assert [fact.words for fact in found.facts if fact.kind is FactKind.STATE] == [
        "open",
        "closed: decided without the customer's answer",
    ]
    assert facts(found, FactKind.WHOSE, found.moments[-1].at) == [], "its time is over"


def test_who_is_outside_is_not_told_what_others_answered(world: World, told: UUID) -> None:
    last = world.clock.now
    inside = facts(moments_of(world, told), FactKind.ANSWERED, last)
    outside = facts(moments_of(world, told, is_outside=True), FactKind.ANSWERED, last)

    assert "Verify the outcome – Hugo Hahn: right" in inside
    assert "Verify the outcome – Hugo Hahn" in outside
    assert not any("right" in one for one in outside if one.startswith("Verify"))


def test_any_moment_has_an_address_and_needs_no_script(
    world: World, told: UUID, visit: Visit
) -> None:
    egon = visit("egon")
    agreed = next(
        one.seq for one in trail_of(world, told, Wanted()).lines if one.verb == "incident:agreed"
    )

    then = egon.get(f"/incidents/1/history?at={agreed}")
    by_instant = egon.get("/incidents/1/history", 200) and egon.get(
        f"/incidents/1/history?at={at(world, told, 'incident:agreed').isoformat()}"
    )

    words = words_of(then)
    assert "Hugo Hahn wrote down how we know it is right, and who answers" in words
    assert words == words_of(by_instant)
    shown = re.findall(r"<tr[^>]*?(hidden)?><th scope=\"row\">(.*?)</th>", then)
    assert ("", "Agree what right means") in shown
    assert ("hidden", "Verify the outcome") in shown, "it came later"
    (begun, nothing_yet) = re.findall(r'<details class="panel"( hidden)?>', then)
    assert (begun, nothing_yet) == ("", " hidden"), "what was not taken is known in the end"
    assert f"/incidents/1/history?at={agreed - 1}" in then or 'data-step="back" href' in then
    state = egon.client.get(
        f"/incidents/1/states/incident.json?at={at(world, told, 'incident:agreed').isoformat()}"
    ).get_json()
    assert "agree_what_right_means" in state["done"]
    assert "verify_outcome" not in state["done"]
    egon.get("/incidents/1/history?at=yesterday", 422)
    assert words_of(egon.get("/incidents/1/history?moment=1")).count("reported this")


def test_a_replay_has_every_moment_and_agrees_with_the_page_at_each(
    world: World, told: UUID, visit: Visit
) -> None:
    egon = visit("egon")
    replay = egon.client.get("/incidents/1/replay.json").get_json()
    own = drawn(past_of(world, told), "incident")

    assert len(replay["moments"]) > 5
    for place, moment in enumerate(replay["moments"]):
        held = {
            (one["look"], one["id"])
            for one in replay["drawings"]["incident"]["spans"]
            if one["from"] <= place and (one["until"] is None or place < one["until"])
        }
        looks = own.looks(datetime.fromisoformat(moment["instant"]) + timedelta(seconds=0.9))
        for look, ids in looks.items():
            assert {(look, one) for one in ids} <= held, (place, look)
        page = words_of(egon.get(f"/incidents/1/history?at={moment['at']}"))
        assert moment["deed"] in page
    moved = [flow for flows in replay["drawings"]["incident"]["moves"].values() for flow in flows]
    assert {"begin", "plan", "work", "check"} <= set(moved)


# --- who, what, when -----------------------------------------------------------------------------


def test_a_person_a_link_and_a_machine_are_told_apart(world: World, visit: Visit) -> None:
    incident = world.asked()
    carla = world.actor("carla")
    bearer = replace(carla, name=bearer_of_link(carla.name), by_link=True)
    item = world.item(incident, "confirm_outcome", "carla")
    rows = [{"criterion": str(one), "answer": "yes"} for one in world.criteria(incident)]
    complete(world.handling, item.id, {"criteria": rows}, actor=bearer)
    with world.handling.store.read() as conn:
        signed = {one.actor: one.signer for one in signed_by(conn, incident)}

    assert signed["Hugo Hahn"] is Signer.PERSON
    assert signed["the bearer of a link sent to Carla Costa"] is Signer.LINK
    line = trail_of(world, incident, Wanted(signer=Signer.LINK)).lines[0]
    assert line.verb == "confirmation:given"
    page = visit("egon").get("/incidents/1/record?who=kind:link")
    assert "by a link, not signed in" in words_of(page)
    history = words_of(visit("egon").get("/incidents/1/history"))
    assert "the bearer of a link sent to Customer" in history


def test_what_a_machine_did_is_never_shown_as_a_person_s(world: World, told: UUID) -> None:
    machines = trail_of(world, told, Wanted(signer=Signer.MACHINE)).lines

    assert machines
    assert {line.actor for line in machines} == {"Putright's timer"}
    assert {line.signer for line in machines} == {Signer.MACHINE}


def test_an_entry_says_what_was_before_and_what_is_now(world: World) -> None:
    incident = world.report()
    world.lead(incident, "ada")
    set_priority(world.handling, incident, Priority.P1, reason="It grows", actor=world.actor("ada"))

    lines = {line.verb: line for line in trail_of(world, incident, Wanted()).lines}

    assert lines["incident:lead_taken"].changes == (("Hugo Hahn", "Ada Adler"),)
    assert lines["incident:priority_set"].changes == (("P3", "P1"),)
    assert lines["incident:priority_set"].summary == (("Reason", "It grows"),)
    assert trail_of(world, incident, Wanted(), "carla").lines[1].changes == ()


def test_an_answer_leads_to_the_form_and_diagram_version_it_was_given_on(
    world: World, told: UUID, visit: Visit
) -> None:
    lines = {line.verb: line.on for line in trail_of(world, told, Wanted()).lines if line.on}

    on = lines["decision:made"]
    assert on is not None
    assert (on.form, on.diagram, on.number) == (
        "decide_without_answer.json",
        "confirmation.bpmn",
        1,
    )
    agreed = lines["incident:agreed"]
    assert agreed is not None
    assert agreed.diagram == "incident.bpmn"
    assert set(lines) == {"incident:agreed", "action:done", "outcome:verified", "decision:made"}
    egon = visit("egon")
    page = egon.get("/incidents/1/record")
    [address] = re.findall(r'href="(/studio/releases/1/files/verify_outcome\.json)"', page)
    assert egon.client.get(address).data == shipped_files()["verify_outcome.json"]


def test_records_are_narrowed_by_who_and_about_what_and_begin_anywhere(
    world: World, told: UUID, visit: Visit
) -> None:
    whole = trail_of(world, told, Wanted())
    by_ada = trail_of(world, told, Wanted(actor="Ada Adler"))
    about = trail_of(world, told, Wanted(subject="action"))

    assert {line.actor for line in by_ada.lines} == {"Ada Adler"}
    assert by_ada.total == len(by_ada.lines) < whole.total
    assert {line.verb.split(":")[0] for line in about.lines} == {"action"}
    assert trail_of(world, told, Wanted(at=5)).lines[0].seq == 5
    page = visit("egon").get("/incidents/1/record?who=Ada+Adler")
    assert page.count('<li class="person" id="entry-') == by_ada.total
    visit("egon").get("/incidents/1/record?who=kind:nobody&about=nothing&at=x")


# --- whose time ----------------------------------------------------------------------------------


def test_each_part_of_the_time_has_the_entries_that_began_and_ended_it(
    world: World, told: UUID, visit: Visit
) -> None:
    with world.handling.store.read() as conn:
        ledger = incident_ledger(conn, told, world.clock.now)
        found = borders(conn, ledger)

    told_so = [
        (one.began and one.began.sentence, one.ended and one.ended.sentence) for one in found
    ]
    assert told_so[0] == ("Carla Costa reported this", told_so[1][0])
    assert told_so[-1][1] == "Dora Diaz decided without the customer's answer"
    assert [one.began.signer for one in found if one.began].count(Signer.MACHINE) == 1
    for (_, ended), (began, _) in pairwise(told_so):
        assert ended == began
    page = visit("egon").get("/incidents/1/time")
    assert page.count('class="milestone"') == 5
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "From the cause being fixed until it was right again: 3 h ." in words
    assert "15 d 12 h" in words


def test_a_dispute_is_seen_in_the_picture(world: World, told: UUID, visit: Visit) -> None:
    del told
    incident = world.asked()
    world.clock.forward(days=1, seconds=7)
    with world.handling.store.read() as conn:
        ledger = incident_ledger(conn, incident, world.clock.now)
        line = ledger.lines[-1]
    dispute(
        world.handling,
        incident,
        since=line.since,
        until=line.until,
        should_be=Party.BUSINESS,
        why="We were never asked",
        actor=world.actor("carla"),
    )

    page = visit("egon").get("/incidents/2/time")

    assert 'class="disputed"' in page
    assert "(disputed)" in page
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert f"So far: {exactly(ledger.whole)} .".replace("\N{NO-BREAK SPACE}", " ") in words
    assert "1 d 7 s of it is disputed." in words


# --- for programs --------------------------------------------------------------------------------


def test_an_auditor_s_program_gets_it_whole_and_nobody_else_s_does(
    world: World, told: UUID, machine: Callable[[str | None], Machine]
) -> None:
    egon = machine("egon")
    found: Any = egon.get("/incidents/1/instance?size=5")

    assert [one["seq"] for one in found["entries"]] == [1, 2, 3, 4, 5]
    assert found["next_seq"] == 6
    rest: Any = egon.get("/incidents/1/instance?since=6")
    assert rest["next_seq"] is None
    entries = [*found["entries"], *rest["entries"]]
    assert [one["verb"] for one in entries] == world.verbs(told)
    assert all(one["previous"] == before["hash"] for before, one in pairwise(entries))
    assert {one["diagram"] for one in found["runs"]} == {"incident", "action"}
    assert any(one["element"] == "verify_outcome" for one in found["runs"][0]["visits"])
    assert len(found["borders"]) == len(found["ledger"]["lines"])
    assert found["milestones"][0]["milestone"] == "told"
    for login in ("hugo", "dora", "carla"):
        machine(login).ask("GET", "/incidents/1/instance", status=403)


def test_the_desk_leads_to_an_incident_by_its_number(
    world: World, told: UUID, visit: Visit
) -> None:
    del world, told
    egon = visit("egon")

    assert "/desk/incident" in egon.get("/desk")
    assert "Its number" in words_of(egon.get("/desk/incident"))
    assert egon.client.get("/desk/incident?number=%231").headers["Location"].endswith("/1/history")
    assert "There is no such incident" in egon.get("/desk/incident?number=99", 404)
    egon.get("/desk/incident?number=one", 422)
    visit("hugo").get("/desk/incident", 403)


def test_pages_of_one_incident_ask_as_often_however_much_there_is(
    world: World, told: UUID, visit: Visit
) -> None:
    del told
    long = world.report()
    world.lead(long)
    world.agree(long, *[world.for_team("databases") for _ in range(12)])
    for item in world.items(long):
        if item.action_id:
            world.clock.forward(minutes=1)
            world.finish(item.id, "ada", outcome="done", what_was_done="Done as asked")
    egon = visit("egon")

    for page, most in (("history", 60), ("replay.json", 60), ("record", 50), ("time", 50)):
        spent = []
        for number in (1, 2):
            egon.get(f"/incidents/{number}/{page}")
            with counted(world.handling.store.engine) as sent:
                egon.get(f"/incidents/{number}/{page}")
            spent.append(len(sent.statements))
        assert spent[0] == spent[1] <= most, page
