"""What waits elsewhere in the new drawing: mapped by hand, armed on its new border, told of."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from engine.bpmn import judge_release
from engine.errors import Conflict
from engine.proof import Bound, Verdict
from engine.proof.firing import gate_of
from engine.proof.machine import Machine
from engine.proof.prove import release_case
from engine.proof.search import explore_within
from engine.proof.standing import stands
from engine.runtime import Advanced, Specs, start
from engine.runtime.moving import move, unmatched_of
from engine.usecases.form_rules import read_forms
from engine.usecases.verifying import domains_of
from tests.proof.drawing import draw
from tests.workflows.test_moving import (
    NOW,
    OLD,
    SHIPPED,
    TIMER,
    Told,
    changed,
    fork,
    reached,
    until,
)
from tests.world import ROOT

ON_VERIFYING = TIMER.replace(
    'attachedToRef="agree_what_right_means"', 'attachedToRef="verify_outcome"'
)


def with_event(event: str) -> Specs:
    """Return the shipped release with an event more in the incident's diagram."""
    files = changed("incident.bpmn", ("<bpmn:callActivity", event + "<bpmn:callActivity"))
    return Specs.parse(files)


def test_a_timer_that_was_moved_to_another_step_is_armed_there() -> None:
    on_agreeing, on_verifying = with_event(TIMER), with_event(ON_VERIFYING)
    one = until("confirmed", 0)
    one.moved_to(on_agreeing)
    one.go("answer", "agree_what_right_means")
    one.go("told", "actions_settled")
    assert "too_long" not in {at.element for at in one.state.waiting}

    moved = one.moved_to(on_verifying)

    assert moved.has_new_events
    assert moved.changes == ("“Too long” begins to wait now.",)
    one.go("told", "nothing")
    assert "too_long" in {at.element for at in one.state.waiting}


def test_a_timer_that_was_moved_away_no_longer_comes() -> None:
    one = until("confirmed", 0)
    one.moved_to(with_event(TIMER))
    one.go("told", "nothing")
    assert one.state.due_at is not None

    moved = one.moved_to(with_event(ON_VERIFYING))

    assert moved.changes == ("“Too long” no longer comes.",)
    assert moved.unmatched == (("incident", "too_long"),)
    assert moved.due_at is None
    one.go("answer", "agree_what_right_means")
    one.go("told", "actions_settled")
    assert "too_long" in {at.element for at in one.state.waiting}


def test_a_timer_that_has_come_does_not_come_twice() -> None:
    timer = with_event(TIMER)
    one = until("confirmed", 0)
    one.moved_to(timer)
    one.go("told", "nothing")
    one.go("timer")
    assert one.passed[-2:] == ["too_long", "told_so"]

    moved = one.moved_to(with_event(TIMER.replace("Too long", "Far too long")))

    assert moved.changes == ()
    assert "too_long" not in {at.element for at in moved.waiting}


def test_a_timer_that_became_a_message_waits_for_that() -> None:
    message = TIMER.partition("<bpmn:timerEventDefinition>")[0] + (
        '<bpmn:messageEventDefinition messageRef="message_action_proposed"/></bpmn:boundaryEvent>'
        + TIMER.partition("</bpmn:boundaryEvent>")[2]
    )
    text = SHIPPED["incident.bpmn"].decode()
    name = text.partition("<bpmn:message id=")[2].partition('"')[2].partition('"')[0]
    one = until("confirmed", 0)
    one.moved_to(with_event(TIMER))
    one.go("told", "nothing")

    moved = one.moved_to(with_event(message.replace("message_action_proposed", name)))

    assert moved.changes == ("“Too long” no longer comes.", "“Too long” begins to wait now.")
    assert ("too_long", "message") in {(at.element, at.kind) for at in moved.waiting}


def test_a_timer_with_another_time_keeps_its_due_time_and_says_so() -> None:
    one = until("confirmed", 0)
    one.moved_to(with_event(TIMER))
    one.go("told", "nothing")
    due = one.state.due_at

    moved = one.moved_to(with_event(TIMER.replace("PT3H", "PT9H")))

    assert moved.due_at == due
    assert moved.changes == ("“Too long” keeps the time that it was set to.",)


# --- mapped by hand ------------------------------------------------------------------------------

RENAMED = Specs.parse(
    {
        **{
            name: content.replace(b"verify_outcome", b"check_outcome")
            for name, content in SHIPPED.items()
        },
        "check_outcome.json": SHIPPED["verify_outcome.json"],
    }
)
SAME = {"incident": {"verify_outcome": "check_outcome"}}


def carried(one: Told, new: Specs, mapped: dict[str, dict[str, str]]) -> None:
    """Move a run as it was mapped; its proof has to hold for where it stands then."""
    assert one.state.snapshot is not None
    moved = move(one.specs, new, one.diagram, one.state.snapshot, now=one.now, mapped=mapped)
    one.specs = new
    one.state = Advanced(
        moved.snapshot, moved.waiting, (), moved.due_at, None, None, one.state.data
    )


def test_a_step_with_another_id_stays_until_it_is_mapped_and_then_goes_on() -> None:
    one = until("confirmed", 2)
    before = {at.task_id: at.since for at in one.state.waiting}
    assert one.state.snapshot is not None
    with pytest.raises(Conflict, match="does not have in the same kind") as refused:
        move(OLD, RENAMED, "incident", one.state.snapshot, now=one.now)
    assert unmatched_of(refused.value) == (("incident", "verify_outcome"),)

    carried(one, RENAMED, SAME)

    assert {at.element for at in one.state.waiting} == {"check_outcome", "proposed_while_checking"}
    assert {at.task_id: at.since for at in one.state.waiting} == before
    one.go("answer", "check_outcome", verdict="right")
    one.go("answer", "confirm_outcome", answer="yes")
    assert one.state.closes == "confirmed"


def test_earlier_answers_of_a_mapped_step_are_known_by_its_new_name() -> None:
    one = until("confirmed", 3)
    assert one.state.snapshot is not None
    moved = move(OLD, RENAMED, "incident", one.state.snapshot, now=one.now, mapped=SAME)
    assert all(
        at.data["check_outcome"] == {"verdict": "right"} and "verify_outcome" not in at.data
        for at in moved.standing
    )
    assert b"verify_outcome" not in moved.snapshot
    found = reached(
        {
            **{
                name: content.replace(b"verify_outcome", b"check_outcome")
                for name, content in SHIPPED.items()
            },
            "check_outcome.json": SHIPPED["verify_outcome.json"],
        },
        "incident",
    )
    assert found.verdict is Verdict.SOUND
    assert found.include([(at.place, at.data) for at in moved.standing])


def test_a_mapping_to_another_kind_is_refused() -> None:
    one = until("confirmed", 2)
    assert one.state.snapshot is not None
    mapped = {"incident": {"verify_outcome": "every_action_is_settled"}}
    with pytest.raises(Conflict, match="in the same kind"):
        move(OLD, RENAMED, "incident", one.state.snapshot, now=one.now, mapped=mapped)


def test_a_step_that_is_asked_of_others_moves_if_that_is_said_by_hand() -> None:
    others = Specs.parse(
        changed(
            "confirmation.bpmn",
            ('lane_authority" name="authority"', 'lane_authority" name="business_owner"'),
        )
    )
    one = until("reminded, decided", 18)
    assert one.state.snapshot is not None
    with pytest.raises(Conflict, match="asks it of others") as refused:
        move(OLD, others, "incident", one.state.snapshot, now=one.now)
    assert unmatched_of(refused.value) == (("confirmation", "decide_without_answer"),)
    mapped = {"confirmation": {"decide_without_answer": "decide_without_answer"}}

    moved = move(OLD, others, "incident", one.state.snapshot, now=one.now, mapped=mapped)

    assert moved.reoffered == {"decide_without_answer"}
    lanes = {at.element: at.lane for at in moved.waiting if at.kind == "step"}
    assert lanes["decide_without_answer"] == "business_owner"


def test_a_mapped_timer_keeps_its_due_time() -> None:
    one = until("confirmed", 0)
    one.moved_to(with_event(TIMER))
    one.go("told", "nothing")
    due = one.state.due_at
    assert due == NOW + timedelta(hours=3)
    called = with_event(TIMER.replace("too_long", "far_too_long"))

    carried(one, called, {"incident": {"too_long": "far_too_long"}})

    assert one.state.due_at == due
    assert "far_too_long" in {at.element for at in one.state.waiting}


def test_two_that_change_places_are_mapped_at_once() -> None:
    row = fork("", ("begin", "first"), ("first", "second"), ("second", "over"))
    specs = Specs.parse(row)
    state = start(specs, "p", data={}, facts={}, now=NOW)
    assert state.snapshot is not None
    swapped = {"p": {"first": "second", "second": "first"}}

    moved = move(specs, specs, "p", state.snapshot, now=NOW, mapped=swapped)

    assert [at.element for at in moved.waiting] == ["second"]
    assert json.loads(moved.snapshot)["trees"][0]["tasks"][-1][0] != "first"


# --- what a release's own runs know of the gate -------------------------------------------------

ASKED = """
    begin -> [work_on_it] -> [ask] -> ?said
    ?said -(ask.answer == "yes")-> [tell_all] -> ?gate
    ?said -(else)-> [work_on_it]
    ?gate -(gate == "confirmed")-> over
    ?gate -(else)-> [never]
    [never] -> [work_on_it]
    work_on_it: mark work
    ask: mark confirmation
"""


CLOSURES = {
    "shipped": ({name: one for name, one in SHIPPED.items() if name.endswith(".bpmn")}, "incident"),
    "waits after the answer": ({"p.bpmn": draw(ASKED)}, "p"),
}


@pytest.mark.parametrize("name", CLOSURES)
def test_wherever_anything_waits_the_gate_may_be_shut(name: str) -> None:
    """Why the monitor of closure is no part of where a run stands: it takes nothing away."""
    files, process = CLOSURES[name]
    release = judge_release({**SHIPPED, **files} if name == "shipped" else files).release
    forms = read_forms(SHIPPED).forms if name == "shipped" else {}
    domains = domains_of(release, forms) | {"ask": {"answer": ("yes", "no")}}
    machine = Machine(release_case(release.processes[process], release, domains).net)
    gates: dict[tuple[int, ...], set[str]] = {}
    for state in explore_within(machine, Bound()).states:
        if machine.is_stable(state) and not machine.is_final(state):
            places = zip(state, machine.places(state), strict=True)
            without = tuple(token for token, at in places if at != machine.net.monitor)
            gates.setdefault(without, set()).add(gate_of(machine.monitored(state)))
    assert gates
    assert all("shut" in found for found in gates.values())


def test_a_run_that_waits_after_its_answer_is_moved_and_its_shut_gate_was_followed() -> None:
    release = judge_release({"p.bpmn": draw(ASKED)}).release
    found = stands(release, "p", {"ask": {"answer": ("yes", "no")}})
    assert found.verdict is Verdict.SOUND
    assert found.include([("tell_all", {"ask": {"answer": "yes"}})])
    assert found.include([("never", {})])


def test_yes_is_not_one_and_true_is_not_1() -> None:
    text = """
        begin -> [ask] -> ?which
        ?which -(ask.sure == True)-> [sure] -> ?again
        ?which -(else)-> [unsure] -> ?again
        ?again -(ask.sure == True)-> done
        ?again -(else)-> over
    """
    release = judge_release({"p.bpmn": draw(text)}).release
    found = stands(release, "p", {"ask": {"sure": (True, False)}})
    assert found.include([("sure", {"ask": {"sure": True}})])
    assert not found.include([("sure", {"ask": {"sure": 1}})])
    assert not found.include([("unsure", {"ask": {"sure": 0}})])


def test_the_process_that_proves_apart_loads_no_database() -> None:
    """Whoever draws waits for it to begin."""
    loaded = "import sys, api.proving; print('sqlalchemy' in sys.modules)"
    command = [sys.executable, "-c", loaded]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
