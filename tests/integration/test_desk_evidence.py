"""What one incident was closed on, as an auditor finds it: then, and now."""

import re
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import text

from engine.domain.gate import Gate
from engine.domain.incident import Answer, Priority
from engine.queries.closure_evidence import ClosureEvidence, closure_evidence
from engine.store.embedded import DatabaseUrls
from engine.usecases.objecting import answer_late
from engine.usecases.priority import set_priority
from engine.usecases.restricting import restrict
from tests.integration.test_closing_lists import phoned
from tests.machine import Machine
from tests.staffing import hire
from tests.unguarded import unguarded
from tests.visitor import Visitor, words_of
from tests.world import KEY, World

Visit = Callable[[str | None], Visitor]


def found(world: World, incident: UUID) -> ClosureEvidence:
    with world.handling.store.read() as conn:
        return closure_evidence(conn, incident, {KEY.id: KEY.secret})


def page_of(world: World, visit: Visit, incident: UUID, login: str = "egon") -> str:
    return words_of(visit(login).get(f"/desk/closures/{world.row(incident).number}"))


def test_an_answer_is_told_line_by_line_with_how_it_was_given(world: World) -> None:
    evidence = found(world, world.confirmed())

    (answer,) = evidence.answers
    assert (answer.person, answer.answer, answer.grade) == ("Carla Costa", "yes", "signed_in")
    assert [(line.measure, line.answer) for line in answer.lines] == [("Balance", "yes")]
    assert (answer.is_last, answer.is_late, answer.recorded_by) == (True, False, None)
    assert (evidence.silent, evidence.decision) == ((), None)


def test_an_answer_by_phone_names_who_wrote_it_down(world: World) -> None:
    hire(world, "nina", team="desk")
    incident = world.asked()
    phoned(world, incident, "yes")

    (answer,) = found(world, incident).answers

    assert (answer.grade, answer.recorded_by) == ("phone", "Nina")


def test_criteria_are_told_with_what_was_measured_and_by_whom(world: World) -> None:
    (criterion,) = found(world, world.confirmed()).criteria

    assert (criterion.measure, criterion.threshold, criterion.measured) == (
        "Balance", "0 differences", "0",
    )  # fmt: skip
    assert (criterion.verified_by, criterion.stands) == ("Dora Diaz", "in_force")


def test_a_decision_is_told_with_why_this_person_could_take_it_then(world: World) -> None:
    incident = world.decided()

    made = found(world, incident).decision

    assert made is not None
    assert (made.person, made.reason, made.was_asked) == ("Dora Diaz", "Has moved away", True)
    assert [str(one.what) for one in made.offices] == ["Owner of “Customer statements”"]
    assert found(world, incident).silent == ("Carla Costa",)


def test_the_diagrams_it_ran_on_come_with_hash_and_proof(world: World) -> None:
    (release,) = found(world, world.confirmed()).releases

    files = {one.name: one for one in release.files}
    assert (files["incident.bpmn"].verdict, files["incident.bpmn"].closure) == ("sound", True)
    assert len(files["incident.bpmn"].hash) == 64
    assert (release.number, release.is_left) == (1, False)


def test_what_was_sound_holds_then_and_now(world: World) -> None:
    for incident in (world.confirmed(), world.decided()):
        evidence = found(world, incident)
        assert (evidence.then.holds, evidence.now.holds, evidence.is_separate) == (True,) * 3


def test_an_objection_after_the_closing_changes_now_and_not_then(
    world: World, visit: Visit
) -> None:
    incident = world.decided()
    answer_late(
        world.handling, incident, Answer.NO, words="Still wrong", actor=world.actor("carla")
    )

    evidence = found(world, incident)

    assert evidence.then.holds
    assert (evidence.now.holds, evidence.now.gate) == (False, Gate.SHUT)
    assert "Carla Costa has objected since Dora Diaz decided" in evidence.now.reasons
    assert evidence.answers[0].is_late
    page = page_of(world, visit, incident)
    # an auditor who has stated no purpose is not told who it was
    assert re.search("Customer [0-9A-F]{6} has objected since Dora Diaz decided", page)
    assert "after it was closed" in page


def test_a_yes_after_the_closing_confirms_it_now(world: World) -> None:
    incident = world.decided()
    answer_late(world.handling, incident, Answer.YES, actor=world.actor("carla"))

    evidence = found(world, incident)

    assert (evidence.then.gate, evidence.then.holds) == (Gate.ESCALATED, True)
    assert evidence.now.holds


def test_evidence_that_somebody_took_away_is_named(
    world: World, database: DatabaseUrls, visit: Visit
) -> None:
    incident = world.confirmed()
    with unguarded(database) as conn:
        conn.execute(text("UPDATE criterion SET verified_by = NULL, verified_seq = 0"))

    evidence = found(world, incident)

    assert not evidence.then.holds
    assert any("has not been checked" in why for why in evidence.then.reasons)
    assert "“Balance” has not been checked" in page_of(world, visit, incident)


def test_a_check_that_was_written_in_after_the_closing_proves_nothing(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.confirmed()
    with unguarded(database) as conn:
        conn.execute(text("UPDATE criterion SET verified_seq = 99"))

    assert any("has not been checked" in why for why in found(world, incident).then.reasons)


def test_duties_that_a_rule_keeps_apart_are_named_with_the_rule(
    world: World, database: DatabaseUrls, visit: Visit
) -> None:
    incident = world.decided()
    with unguarded(database) as conn:
        conn.execute(text("UPDATE decision SET person_id = :ada"), {"ada": world.people["ada"]})

    evidence = found(world, incident)

    assert not evidence.is_separate
    assert "forbidden: Who led it or worked on it does not decide" in page_of(
        world, visit, incident
    )


def test_only_auditors_see_it_and_find_it_from_the_incident(world: World, visit: Visit) -> None:
    incident = world.confirmed()
    path = f"/desk/closures/{world.row(incident).number}"

    assert path in visit("egon").get("/incidents/1")
    assert path not in visit("hugo").get("/incidents/1")
    visit("hugo").get(path, 403)
    visit("carla").get(path, 403)


def test_what_is_not_closed_was_closed_on_nothing(world: World, visit: Visit) -> None:
    world.report()

    visit("egon").get("/desk/closures/1", 404)


def test_reading_what_is_for_named_people_only_is_a_record(
    world: World, visit: Visit, machine: Callable[[str | None], Machine]
) -> None:
    incident = world.asked()
    restrict(world.handling, incident, reason="So", actor=world.actor("hugo"), people=[])
    world.confirm(incident)

    page_of(world, visit, incident)
    machine("egon").get(f"/incidents/{world.row(incident).number}/closure")

    assert world.verbs(incident).count("incident:read") == 2


def test_the_resource_tells_the_same(
    world: World, machine: Callable[[str | None], Machine]
) -> None:
    incident = world.decided()

    said = machine("egon").get(f"/incidents/{incident}/closure")

    assert said["then"] == {"gate": "escalated", "holds": True, "reasons": []}
    assert said["decision"]["was_asked"] is True
    assert said["hands"]
    machine("dora").get(f"/incidents/{incident}/closure", 403)


def test_a_raised_priority_needs_a_signature(world: World) -> None:
    incident = world.report()
    set_priority(world.handling, incident, Priority.P2, reason="More", actor=world.actor("hugo"))
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)

    assert found(world, incident).needs_signature
