"""What goes wrong while a run moves is said in a sentence, and nothing has happened."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from engine.domain.working_calendar import WorkingCalendar
from engine.errors import Conflict, DiagramRefused, ExpressionRefused, WorkflowFault
from engine.runtime import Answered, Specs, advance, start
from engine.runtime.interpreter import Interpreter

BEGIN = '<bpmn:startEvent id="begin"/>'
STEP = '<bpmn:userTask id="ask" name="Ask"/>'
OVER = '<bpmn:endEvent id="over"/>'


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )


@pytest.fixture
def begun(draw, clock):
    """Start a process that first asks; `middle` comes after the step."""

    def begin(middle: str, way: str, *, facts=None, steps=("ask",)):
        body = BEGIN + STEP + OVER + middle + flow("begin", "ask") + way
        specs = Specs.parse({"p.bpmn": draw(body, steps=list(steps))})
        return specs, start(specs, "p", data={}, facts=facts or {}, now=clock.now)

    return begin


def answer(specs, state, clock, **how):
    one = next(one for one in state.waiting if one.element == "ask")
    answered = Answered(one.task_id, "ask", how.pop("decisions", {}))
    return advance(
        specs,
        "p",
        state.snapshot,
        facts=how.pop("facts", {}),
        now=clock.now,
        answered=answered,
    )


def catch(kind: str, text: str) -> str:
    return (
        '<bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition>'
        f"<bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
        "</bpmn:intermediateCatchEvent>"
    )


WAY = flow("ask", "wait") + flow("wait", "over")


def test_a_condition_that_fails_names_its_gateway_and_the_snapshot_still_works(begun, clock):
    gateway = '<bpmn:exclusiveGateway id="well" name="Well?" default="well_over"/>'
    gateway += '<bpmn:endEvent id="other"/>'
    way = flow("ask", "well") + flow("well", "over") + flow("well", "other", "ask.size &gt; 3")
    specs, state = begun(gateway, way)

    with pytest.raises(WorkflowFault, match="well") as fault:
        answer(specs, state, clock, decisions={"size": "large"})

    assert fault.value.context["step"] == "well"
    with pytest.raises(WorkflowFault):
        answer(specs, state, clock, decisions={"size": "large"})


@pytest.mark.parametrize(
    "value", [None, "-PT5M", "PT0S", "P1Y", "tomorrow", "2026-03-01T09:00", 5, "P99999999D"]
)
def test_a_timer_whose_fact_is_no_time_is_a_fault(begun, clock, value):
    specs, state = begun(catch("timeDate", "due_at"), WAY)

    with pytest.raises(WorkflowFault, match="wait"):
        answer(specs, state, clock, facts={"due_at": value})


@pytest.mark.parametrize("kind", ["timeDate", "timeDuration"])
def test_a_timer_takes_an_instant_or_a_duration(begun, clock, kind):
    specs, state = begun(catch(kind, "due_at"), WAY)

    for value in ("PT2H", clock.after(hours=2)):
        after = answer(specs, state, clock, facts={"due_at": value})
        assert after.due_at is not None
        assert after.due_at.isoformat() == clock.after(hours=2)


def test_working_days_are_counted_in_the_calendar_of_whom_they_are_for(begun):
    specs, state = begun(catch("timeDuration", '"2 working days"'), WAY)
    friday = datetime(2026, 4, 3, 15, tzinfo=UTC)
    easter = WorkingCalendar(UTC, holidays={date(2026, 4, 6)})
    answered = Answered(next(iter(state.waiting)).task_id, "ask", {})

    due = {
        calendar: advance(
            specs,
            "p",
            state.snapshot,
            facts={},
            now=friday,
            answered=answered,
            calendar=calendar,
        ).due_at
        for calendar in (None, lambda: easter)
    }

    assert list(due.values()) == [friday + timedelta(days=4), friday + timedelta(days=5)]


@pytest.mark.parametrize(
    "value", ["0 working days", "-1 working days", "5 workingdays", "1e2 working days"]
)
def test_what_only_looks_like_working_days_is_a_fault(begun, clock, value):
    specs, state = begun(catch("timeDate", "due_at"), WAY)

    with pytest.raises(WorkflowFault, match="wait"):
        answer(specs, state, clock, facts={"due_at": value})


def test_a_timer_that_is_due_exactly_now_fires(begun, clock):
    specs, state = begun(catch("timeDuration", '"PT2H"'), WAY)
    state = answer(specs, state, clock)
    clock.forward(hours=2)

    state = advance(specs, "p", state.snapshot, facts={}, now=clock.now)

    assert state.end_element == "over"


def test_a_loop_in_which_nothing_waits_is_a_fault_not_a_hang(begun, clock):
    gateways = '<bpmn:exclusiveGateway id="again"/>'
    gateways += '<bpmn:exclusiveGateway id="enough" name="Enough?" default="enough_again"/>'
    way = flow("ask", "again") + flow("again", "enough") + flow("enough", "again")
    specs, state = begun(gateways, way + flow("enough", "over", "gate == 'confirmed'"))

    with pytest.raises(WorkflowFault, match="without waiting"):
        answer(specs, state, clock)


def test_an_answer_to_a_step_that_is_done_is_a_conflict(story):
    task = story.waiting("agree_what_right_means").task_id
    story.answers("agree_what_right_means")

    for task_id in (task, uuid4()):
        with pytest.raises(Conflict):
            story._advance(answered=Answered(task_id, "agree_what_right_means", {}))


def test_an_answer_under_another_steps_name_is_a_conflict(story):
    task = story.waiting("agree_what_right_means").task_id

    with pytest.raises(Conflict):
        story._advance(answered=Answered(task, "verify_outcome", {"verdict": "right"}))


def test_a_message_event_cannot_be_answered_like_a_step(story):
    story.answers("agree_what_right_means")
    task = story.waiting("every_action_is_settled").task_id

    with pytest.raises(Conflict):
        story._advance(answered=Answered(task, "every_action_is_settled", {}))


@pytest.mark.parametrize(
    "name", ["gate", "due_at", "len", "typename", "verify_outcome", "_x", "not a name"]
)
def test_process_data_cannot_shadow_a_fact_a_function_or_a_step(specs, story, clock, name):
    with pytest.raises(WorkflowFault, match="cannot be called"):
        start(specs, "incident", data={name: "x"}, facts={}, now=clock.now)
    with pytest.raises(WorkflowFault, match="cannot be called"):
        story._advance(data={name: "x"})


@pytest.mark.parametrize("value", [["list"], {"a": 1}, object()])
def test_process_data_holds_decisions_only(specs, clock, value):
    with pytest.raises(WorkflowFault):
        start(specs, "incident", data={"impact": value}, facts={}, now=clock.now)


def test_an_answer_holds_decisions_only(story):
    task = story.waiting("agree_what_right_means").task_id

    with pytest.raises(WorkflowFault, match="no decision"):
        story._advance(answered=Answered(task, "agree_what_right_means", {"who": ["Ada"]}))


def test_an_answer_cannot_open_the_gate(story):
    story.reaches("confirm_outcome")

    story.answers("confirm_outcome", answer="yes", gate="confirmed")

    assert story.open_steps() == ["agree_what_right_means"]


def test_a_table_without_a_rule_is_a_fault(specs, clock):
    with pytest.raises(WorkflowFault, match="no rule"):
        start(specs, "incident", data={"impact": "huge", "urgency": "low"}, facts={}, now=clock.now)


def test_a_naive_instant_and_an_unknown_fact_are_programming_errors(specs, clock):
    data = {"impact": "high", "urgency": "low"}
    with pytest.raises(ValueError, match="naive"):
        start(specs, "incident", data=data, facts={}, now=clock.now.replace(tzinfo=None))
    with pytest.raises(ValueError, match="not a fact"):
        start(specs, "incident", data=data, facts={"closed": True}, now=clock.now)


def test_a_snapshot_of_another_version_is_refused(story):
    content = json.loads(story.state.snapshot)
    for version in (0, 2, "1.1", None):
        changed = json.dumps(content | {"v": version}).encode()
        story.state = replace(story.state, snapshot=changed)
        with pytest.raises(WorkflowFault, match="another version"):
            story.is_told("actions_settled")


def test_a_snapshot_of_another_release_or_diagram_is_refused(story, files, clock):
    other = Specs.parse(files | {"action.bpmn": files["action.bpmn"].replace(b"Climb", b"Go up")})
    for specs, diagram in ((other, "incident"), (story.specs, "action")):
        with pytest.raises(WorkflowFault, match="release or diagram"):
            advance(specs, diagram, story.state.snapshot, facts={}, now=clock.now)


def test_a_rule_found_after_publishing_does_not_stop_what_runs(draw, clock):
    body = BEGIN + STEP + OVER + flow("begin", "ask") + flow("ask", "over")
    error = (
        '<bpmn:endEvent id="over"><bpmn:errorEventDefinition errorRef="broken"/></bpmn:endEvent>'
    )
    files = {"p.bpmn": draw(body.replace(OVER, error), steps=["ask"])}

    with pytest.raises(DiagramRefused, match="Nobody hears"):
        Specs.parse(files)
    specs = Specs.load(files)

    state = start(specs, "p", data={}, facts={}, now=clock.now)
    assert answer(specs, state, clock).end_element == "over"


@pytest.mark.parametrize("snapshot", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"v": 1}'])
def test_a_damaged_snapshot_is_a_fault(specs, clock, snapshot):
    with pytest.raises(WorkflowFault):
        advance(specs, "incident", snapshot, facts={}, now=clock.now)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch escaped')",
        "().__class__.__base__.__subclasses__()",
        "[c for c in ().__class__.__mro__]",
        "9**9**9",
    ],
)
def test_the_environment_itself_is_replaced_not_only_the_engine(clock, text):
    environment = Interpreter(clock.now, {}, {}).environment

    with pytest.raises(ExpressionRefused):
        environment.evaluate(text, {})
    with pytest.raises(ExpressionRefused):
        environment.execute(f"x = {text}", {})
    with pytest.raises(ExpressionRefused):
        environment.execute(text, {})
    with pytest.raises(WorkflowFault):
        environment.call_service({}, operation="os.system")
