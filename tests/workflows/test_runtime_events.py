"""Events and subprocesses that diagrams may use, told through small diagrams."""

from datetime import UTC, datetime

import pytest

from engine.runtime import Answered, Specs, advance, start
from tests.proof.drawing import draw as drawn


def flow(source: str, target: str) -> str:
    return f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def border(name: str, host: str, definition: str, *, interrupts: bool = True) -> str:
    attribute = "" if interrupts else 'cancelActivity="false"'
    return (
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="{host}" {attribute}>{definition}'
        "</bpmn:boundaryEvent>"
    )


def end(name: str, definition: str = "") -> str:
    return f'<bpmn:endEvent id="{name}">{definition}</bpmn:endEvent>'


ERROR = '<bpmn:errorEventDefinition errorRef="broken"/>'
HELP = '<bpmn:escalationEventDefinition escalationRef="help"/>'
NEWS = '<bpmn:messageEventDefinition messageRef="news"/>'
ALARM = '<bpmn:signalEventDefinition signalRef="alarm"/>'
SUB = (
    '<bpmn:subProcess id="part"><bpmn:startEvent id="in"/>'
    '<bpmn:userTask id="inside" name="Inside"/>{0}'
    + flow("in", "inside")
    + flow("inside", "out")
    + "</bpmn:subProcess>"
)
FRAME = '<bpmn:startEvent id="begin"/><bpmn:endEvent id="over"/>' + flow("begin", "part")


@pytest.fixture
def run(draw, clock):
    """Start a process; the result answers, tells and shows it."""

    class Small:
        def __init__(self, body: str, steps: list[str]) -> None:
            self.specs = Specs.parse({"p.bpmn": draw(body, steps=steps)})
            self.state = start(self.specs, "p", data={}, facts={}, now=clock.now)

        def go(self, **how: object) -> "Small":
            self.state = advance(
                self.specs, "p", self.state.snapshot, facts={}, now=clock.now, **how
            )
            return self

        def answer(self, step: str) -> "Small":
            one = next(one for one in self.state.waiting if one.element == step)
            return self.go(answered=Answered(one.task_id, step, {}))

        def open(self) -> list[str]:
            return sorted(one.element for one in self.state.waiting)

    return Small


def test_a_step_inside_a_subprocess_is_in_the_subprocess_lane(run):
    small = run(FRAME + SUB.format(end("out")) + flow("part", "over"), ["part"])

    assert small.state.waiting[0].lane == "it"
    assert small.state.waiting[0].diagram == "p"
    assert small.answer("inside").state.end_element == "over"


def test_an_error_thrown_in_a_subprocess_is_caught_on_its_border(run):
    body = FRAME + SUB.format(end("out", ERROR)) + flow("part", "over")
    body += border("broke", "part", ERROR) + end("failed") + flow("broke", "failed")

    assert run(body, ["part"]).answer("inside").state.end_element == "failed"


def test_an_escalation_beside_a_subprocess_lets_it_go_on(run):
    body = FRAME + SUB.format(end("out", HELP)) + flow("part", "over")
    body += border("called", "part", HELP, interrupts=False)
    body += '<bpmn:userTask id="look" name="Look"/>' + flow("called", "look")
    body += end("looked") + flow("look", "looked")
    small = run(body, ["part", "look"]).answer("inside")

    assert small.open() == ["look"]
    passed = [one.element for one in small.state.passages]
    assert {"inside", "out", "called", "part", "over"} <= set(passed)
    assert small.answer("look").state.end_element == "looked"


def test_automatic_tasks_beside_a_throw_that_interrupts_do_not_run(run):
    inner = (
        '<bpmn:subProcess id="part"><bpmn:startEvent id="in"/>'
        '<bpmn:userTask id="inside" name="Inside"/><bpmn:parallelGateway id="split"/>'
        '<bpmn:task id="one"/><bpmn:task id="two"/><bpmn:task id="three"/>'
        + end("thrown", HELP)
        + end("done")
        + flow("in", "inside")
        + flow("inside", "split")
        + flow("split", "thrown")
        + flow("split", "one")
        + flow("one", "two")
        + flow("two", "three")
        + flow("three", "done")
        + "</bpmn:subProcess>"
    )
    body = FRAME + inner + flow("part", "over") + border("called", "part", HELP)
    body += end("helped") + flow("called", "helped")
    small = run(body, ["part"]).answer("inside")

    assert small.state.end_element == "helped"
    assert "three" not in [one.element for one in small.state.passages]


def test_a_signal_thrown_on_one_branch_is_caught_on_the_other(run):
    body = (
        '<bpmn:startEvent id="begin"/><bpmn:parallelGateway id="split"/>'
        f'<bpmn:intermediateCatchEvent id="hear">{ALARM}</bpmn:intermediateCatchEvent>'
        '<bpmn:userTask id="look" name="Look"/>'
        f'<bpmn:intermediateThrowEvent id="cry">{ALARM}</bpmn:intermediateThrowEvent>'
        + end("heard")
        + end("cried")
        + flow("begin", "split")
        + flow("split", "hear")
        + flow("split", "look")
        + flow("look", "cry")
        + flow("cry", "cried")
        + flow("hear", "heard")
    )
    small = run(body, ["look"])
    assert small.open() == ["look"]

    small.answer("look")

    assert small.state.snapshot is None
    assert {"heard", "cried"} <= {one.element for one in small.state.passages}


def test_a_message_ends_a_step_or_comes_beside_it(run):
    for interrupts, still_open in ((True, ["after"]), (False, ["after", "look"])):
        body = (
            '<bpmn:startEvent id="begin"/><bpmn:userTask id="look" name="Look"/>'
            '<bpmn:userTask id="after" name="After"/>'
            + border("told", "look", NEWS, interrupts=interrupts)
            + end("seen")
            + end("known")
            + flow("begin", "look")
            + flow("look", "seen")
            + flow("told", "after")
            + flow("after", "known")
        )
        small = run(body, ["look", "after"]).go(message="news")

        assert [one for one in small.open() if one != "told"] == still_open


def test_a_receive_task_waits_for_its_message(run):
    body = (
        '<bpmn:startEvent id="begin"/><bpmn:receiveTask id="hear" name="Hear" messageRef="news"/>'
        + end("heard")
        + flow("begin", "hear")
        + flow("hear", "heard")
    )
    small = run(body, [])
    assert small.state.waiting[0].message == "news"

    assert small.go(message="other").open() == ["hear"]
    assert small.go(message="news").state.end_element == "heard"


def test_flows_are_tried_in_the_order_of_the_file_whatever_the_drawing_says(draw, clock):
    drawing = (
        '<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><d:BPMNPlane>'
        '<d:BPMNShape bpmnElement="first"><dc:Bounds x="0" y="900"/></d:BPMNShape>'
        '<d:BPMNShape bpmnElement="second"><dc:Bounds x="0" y="not a number"/></d:BPMNShape>'
        "</d:BPMNPlane></d:BPMNDiagram></bpmn:definitions>"
    )
    always = "<bpmn:conditionExpression>1 == 1</bpmn:conditionExpression></bpmn:sequenceFlow>"
    body = (
        '<bpmn:startEvent id="begin"/>'
        '<bpmn:exclusiveGateway id="which" name="Which?" default="which_third"/>'
        + end("first")
        + end("second")
        + end("third")
        + flow("begin", "which")
        + flow("which", "third")
        + flow("which", "first").replace("/>", ">")
        + always
        + flow("which", "second").replace("/>", ">")
        + always
    )
    content = draw(body).replace(b"</bpmn:definitions>", drawing.encode())
    specs = Specs.parse({"p.bpmn": content})

    assert start(specs, "p", data={}, facts={}, now=clock.now).end_element == "first"
    assert [one.order for one in specs.release.processes["p"].outgoing("which")] == [1, 2, 3]


def test_a_script_sets_process_data(run):
    body = (
        '<bpmn:startEvent id="begin"/><bpmn:scriptTask id="set"><bpmn:script>level = 2\n'
        "half = level / 2</bpmn:script></bpmn:scriptTask>"
        '<bpmn:userTask id="look" name="Look"/>'
        + end("seen")
        + flow("begin", "set")
        + flow("set", "look")
        + flow("look", "seen")
    )
    assert run(body, ["look"]).state.data == {"level": 2, "half": 1.0}


def test_the_shipped_release_lists_its_steps_with_lane_and_mark(specs):
    assert specs.diagrams() == ("action", "confirmation", "incident")
    assert {one.id: (one.lane, one.mark) for one in specs.steps() if one.mark} == {
        "agree_what_right_means": ("service_desk", "agreement"),
        "verify_outcome": ("business_owner", "verification"),
        "confirm_outcome": ("customer", "confirmation"),
        "decide_without_answer": ("authority", "closing_decision"),
    }
    assert specs.warnings == ()


def test_a_step_with_several_events_that_have_come_still_ends_the_run():
    text = """
        begin -> [ask]
        [ask] -> over
        one: message m1 beside ask
        two: message m2 beside ask
        one -> told
        two -> told_too
    """
    specs = Specs.parse({"p.bpmn": drawn(text)})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    state = start(specs, "p", data={}, facts={}, now=now)
    for message in ("m1", "m2"):
        state = advance(specs, "p", state.snapshot, facts={}, now=now, message=message)
    (step,) = state.waiting
    answered = Answered(step.task_id, "ask", {})

    state = advance(specs, "p", state.snapshot, facts={}, now=now, answered=answered)

    assert (state.snapshot, state.end_element) == (None, "over")
