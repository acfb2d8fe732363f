"""Everything that the engine ignores, mistakes or hangs on is refused by name, with a mend."""

import re
from collections.abc import Mapping

import pytest

from engine.bpmn import read_release
from engine.errors import DiagramRefused
from tests.proof.drawing import draw
from tests.world import ROOT

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t">
  <bpmn:message id="news" name="news"/><bpmn:message id="nameless"/>
  <bpmn:signal id="alarm" name="alarm"/><bpmn:signal id="mute"/>
  <bpmn:error id="broken" name="broken" errorCode="broken"/>
  <bpmn:error id="unlike" name="unlike" errorCode="unlike"/>
  <bpmn:escalation id="help" name="help" escalationCode="help"/>
"""
LANE = (
    '<bpmn:laneSet id="lanes"><bpmn:lane id="lane_it" name="it">'
    "<bpmn:flowNodeRef>ask</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
)
START = '<bpmn:startEvent id="begin"/>'
STEP = '<bpmn:userTask id="ask" name="Ask somebody"/>'
END = '<bpmn:endEvent id="over"/>'


def flow(source: str, target: str, condition: str = "", name: str = "") -> str:
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return (
        f'<bpmn:sequenceFlow id="{name or f"{source}_{target}"}" sourceRef="{source}" '
        f'targetRef="{target}">{inner}</bpmn:sequenceFlow>'
    )


def process(body: str, attributes: str = 'id="p" isExecutable="true"') -> bytes:
    return f"{HEAD}<bpmn:process {attributes}>{body}</bpmn:process></bpmn:definitions>".encode()


def straight(middle: str, between: str = "middle", extra: str = "", start: str = START) -> bytes:
    """A process with `middle` between the step and the end."""
    flows = flow("begin", "ask") + flow("ask", between) + flow(between, "over")
    return process(LANE + start + STEP + middle + END + flows + extra)


def event(definition: str, tag: str = "intermediateCatchEvent", attributes: str = "") -> str:
    return f'<bpmn:{tag} id="middle" {attributes}>{definition}</bpmn:{tag}>'


def border(definition: str, attributes: str = "") -> bytes:
    """A process with an event on the step's border."""
    boundary = event(definition, "boundaryEvent", f'attachedToRef="ask" {attributes}')
    flows = flow("begin", "ask") + flow("ask", "over") + flow("middle", "over")
    return process(LANE + START + STEP + boundary + END + flows)


def task(inner: str = "", tag: str = "task", attributes: str = "") -> bytes:
    return straight(f'<bpmn:{tag} id="middle" {attributes}>{inner}</bpmn:{tag}>')


def timer(kind: str, text: str) -> str:
    return (
        f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
    )


def definition(kind: str, reference: str = "") -> str:
    attribute = f'{kind}Ref="{reference}"' if reference else ""
    return f"<bpmn:{kind}EventDefinition {attribute}/>"


def gateway(
    *flows: str, default: str = "", tag: str = "exclusiveGateway", name: str = "Well?"
) -> bytes:
    attribute = f'default="{default}"' if default else ""
    other = '<bpmn:endEvent id="other"/>'
    choice = f'<bpmn:{tag} id="choice" name="{name}" {attribute}/>'
    body = LANE + START + STEP + choice + END + other
    return process(body + flow("begin", "ask") + flow("ask", "choice") + "".join(flows))


def properties(name: str, value: str) -> str:
    return (
        "<bpmn:extensionElements><spiffworkflow:properties>"
        f'<spiffworkflow:property name="{name}" value="{value}"/>'
        "</spiffworkflow:properties></bpmn:extensionElements>"
    )


def extension(tag: str, text: str) -> str:
    return (
        f"<bpmn:extensionElements><spiffworkflow:{tag}>{text}</spiffworkflow:{tag}>"
        "</bpmn:extensionElements>"
    )


def sub(inner: str, attributes: str = "", tag: str = "subProcess") -> str:
    return f'<bpmn:{tag} id="middle" {attributes}>{inner}</bpmn:{tag}>'


INNER = (
    '<bpmn:startEvent id="in"/><bpmn:endEvent id="out"/>'
    '<bpmn:sequenceFlow id="in_out" sourceRef="in" targetRef="out"/>'
)
GOOD = straight('<bpmn:task id="middle"/>')


def ending(inner: str) -> bytes:
    """A process with this in its end event."""
    end = f'<bpmn:endEvent id="over">{inner}</bpmn:endEvent>'
    return GOOD.replace(b'<bpmn:endEvent id="over"/>', end.encode())


def failing(thrown: str, caught: str) -> bytes:
    """A subprocess that ends in one error and has another on its border."""
    end = f'<bpmn:endEvent id="out">{definition("error", thrown)}</bpmn:endEvent>'
    catch = f'<bpmn:boundaryEvent id="failed" attachedToRef="middle">{definition("error", caught)}'
    return straight(
        sub(INNER.replace('<bpmn:endEvent id="out"/>', end)) + catch + "</bpmn:boundaryEvent>",
        extra=flow("failed", "over"),
    )


WAY_OUT = flow("choice", "other")


def findings(files: Mapping[str, bytes]) -> list[tuple[str, str | None]]:
    with pytest.raises(DiagramRefused) as refused:
        read_release(files)
    for finding in refused.value.findings:
        assert finding.sentence.endswith(".")
        assert finding.mend
    return [(finding.rule, finding.element) for finding in refused.value.findings]


def test_the_plain_diagram_that_all_these_are_made_from_is_fine():
    release = read_release({"p.bpmn": GOOD}).release

    assert release.processes["p"].elements["ask"].lane == "it"


MENDED = {
    "a flow without an id gets one": re.sub(rb' id="ask_middle"', b"", GOOD),
    "white space around the elements of a lane does not count": GOOD.replace(
        b">ask<", b">\n      ask\n    <"
    ),
}


@pytest.mark.parametrize("content", MENDED.values(), ids=MENDED.keys())
def test_what_can_be_mended_is_mended(content):
    p = read_release({"p.bpmn": content}).release.processes["p"]

    assert p.elements["ask"].lane == "it"
    assert [one.target for one in p.outgoing("ask")] == ["middle"]
    assert all(one.id for one in p.flows)


REFUSED: dict[str, tuple[str, str | None, bytes]] = {
    # starts
    "an error start": (
        "event_kind",
        "begin",
        straight(
            '<bpmn:task id="middle"/>',
            start=f'<bpmn:startEvent id="begin">{definition("error", "broken")}</bpmn:startEvent>',
        ),
    ),
    "an escalation start": (
        "event_kind",
        "begin",
        straight(
            '<bpmn:task id="middle"/>',
            start=f'<bpmn:startEvent id="begin">{definition("escalation")}</bpmn:startEvent>',
        ),
    ),
    "a compensation start": (
        "event_kind",
        "begin",
        straight(
            '<bpmn:task id="middle"/>',
            start=f'<bpmn:startEvent id="begin">{definition("compensate")}</bpmn:startEvent>',
        ),
    ),
    "a link start": (
        "event_kind",
        "begin",
        straight(
            '<bpmn:task id="middle"/>',
            start=f'<bpmn:startEvent id="begin">{definition("link")}</bpmn:startEvent>',
        ),
    ),
    "two starts": (
        "one_start",
        "p",
        straight(
            '<bpmn:task id="middle"/>',
            extra='<bpmn:startEvent id="again"/>' + flow("again", "middle"),
        ),
    ),
    "no start": ("one_start", "p", process(LANE + STEP + END + flow("ask", "over"))),
    # events
    "a link catch": ("event_kind", "middle", straight(event(definition("link")))),
    "a compensation catch": ("event_kind", "middle", straight(event(definition("compensate")))),
    "a conditional catch": ("event_kind", "middle", straight(event(definition("conditional")))),
    "a catch of nothing": ("event_kind", "middle", straight(event(""))),
    "a catch of two things": (
        "event_kind",
        "middle",
        straight(event(definition("message", "news") + definition("signal", "alarm"))),
    ),
    "a link throw": (
        "event_kind",
        "middle",
        straight(event(definition("link"), "intermediateThrowEvent")),
    ),
    "an error throw": (
        "event_kind",
        "middle",
        straight(event(definition("error", "broken"), "intermediateThrowEvent")),
    ),
    "a compensation throw": (
        "event_kind",
        "middle",
        straight(event(definition("compensate"), "intermediateThrowEvent")),
    ),
    "a link end": ("event_kind", "over", ending(definition("link"))),
    "a cancel end outside a transaction": ("event_kind", "over", ending(definition("cancel"))),
    "an error that nobody hears": ("not_caught", "over", ending(definition("error", "broken"))),
    "an escalation that nobody hears": (
        "not_caught",
        "over",
        ending(definition("escalation", "help")),
    ),
    "an error of another code": ("not_caught", "out", failing("broken", "unlike")),
    "an error without a code for a border with one": ("not_caught", "out", failing("", "broken")),
    "a signal end": (
        "event_kind",
        "over",
        ending(definition("signal", "alarm")),
    ),
    "a compensation end": (
        "event_kind",
        "over",
        ending(definition("compensate")),
    ),
    "a conditional event on a border": ("event_kind", "middle", border(definition("conditional"))),
    "a link event on a border": ("event_kind", "middle", border(definition("link"))),
    "a compensation event on a border": ("event_kind", "middle", border(definition("compensate"))),
    "a cancel event outside a transaction": ("event_kind", "middle", border(definition("cancel"))),
    "an error event on a task's border": (
        "border",
        "middle",
        border(definition("error", "broken")),
    ),
    "an event on no border": (
        "border",
        "middle",
        border(definition("message", "news")).replace(b'ToRef="ask"', b'ToRef="nobody"'),
    ),
    "a catch of a message without a name": (
        "no_message",
        "middle",
        straight(event(definition("message", "nameless"))),
    ),
    "a signal without a name": (
        "no_signal",
        "middle",
        straight(event(definition("signal", "mute"))),
    ),
    "a send task without a message": ("no_message", "middle", task(tag="sendTask")),
    "a receive task without a message": ("no_message", "middle", task(tag="receiveTask")),
    # timers
    "a duration without its quotes": (
        "timer",
        "middle",
        straight(event(timer("timeDuration", "PT1H"))),
    ),
    "a timer that does not say when": ("timer", "middle", straight(event(timer("timeDate", "")))),
    "a timer without anything": ("timer", "middle", straight(event(definition("timer")))),
    "minus five minutes": ("timer", "middle", straight(event(timer("timeDuration", '"-PT5M"')))),
    "a timer of None": ("timer", "middle", straight(event(timer("timeDuration", "None")))),
    "a date without a time zone": (
        "timer",
        "middle",
        straight(event(timer("timeDate", '"2026-03-01T09:00"'))),
    ),
    "a repetition of nothing": (
        "timer",
        "middle",
        border(timer("timeCycle", '"R/PT0S"'), 'cancelActivity="false"'),
    ),
    "a repeating timer that interrupts": (
        "repeating_timer",
        "middle",
        border(timer("timeCycle", '"R/PT1H"')),
    ),
    "a repeating timer in the middle of a path": (
        "repeating_timer",
        "middle",
        straight(event(timer("timeCycle", '"R/PT1H"'))),
    ),
    "a step on the path of a repeating timer": (
        "repeating_timer",
        "ask",
        border(timer("timeCycle", '"R/PT1H"'), 'cancelActivity="false"').replace(
            flow("middle", "over").encode(), flow("middle", "ask").encode()
        ),
    ),
    # subprocesses and repetition
    "an event subprocess": (
        "event_subprocess",
        "middle",
        straight(sub(INNER, 'triggeredByEvent="true"')),
    ),
    "an ad-hoc subprocess": ("ad_hoc", "middle", straight(sub(INNER, tag="adHocSubProcess"))),
    "a transaction": ("transaction", "middle", straight(sub(INNER, tag="transaction"))),
    "a lane inside a subprocess": (
        "lane_in_subprocess",
        "middle",
        straight(
            sub(
                '<bpmn:laneSet id="inside"><bpmn:lane id="deep" name="business"/></bpmn:laneSet>'
                + INNER
            )
        ),
    ),
    "a data reference in a nested subprocess": (
        "data_reference",
        "data",
        straight(sub(INNER + '<bpmn:dataObjectReference id="data" dataObjectRef="d"/>')),
    ),
    "a data object": (
        "data_reference",
        "data",
        straight('<bpmn:task id="middle"/>', extra='<bpmn:dataObject id="data"/>'),
    ),
    "a multi-instance": (
        "repeated_activity",
        "middle",
        task(
            "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>10000000"
            "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
        ),
    ),
    "a loop activity": (
        "repeated_activity",
        "middle",
        task('<bpmn:standardLoopCharacteristics loopMaximum="3"/>'),
    ),
    "a task for compensation": (
        "compensation",
        "middle",
        task(attributes='isForCompensation="true"'),
    ),
    "an event gateway for all its events": (
        "event_gateway",
        "middle",
        task(tag="eventBasedGateway", attributes='eventGatewayType="Parallel"'),
    ),
    "a receive task that starts the process": (
        "instantiate",
        "middle",
        task(tag="receiveTask", attributes='messageRef="news" instantiate="true"'),
    ),
    "a global task": (
        "global_task",
        "anywhere",
        GOOD.replace(b"<bpmn:process ", b'<bpmn:globalUserTask id="anywhere"/><bpmn:process '),
    ),
    "a one that XML takes for true": (
        "spelling",
        "middle",
        border(definition("message", "news"), 'cancelActivity="1"'),
    ),
    "a start quantity": ("quantity", "middle", task(attributes='startQuantity="2"')),
    "a completion quantity": ("quantity", "middle", task(attributes='completionQuantity="3"')),
    # activities
    "a service task": ("service_task", "middle", task(tag="serviceTask")),
    "a manual task": ("manual_task", "middle", task(tag="manualTask")),
    "a complex gateway": ("complex_gateway", "middle", task(tag="complexGateway")),
    "a script that imports": (
        "script",
        "middle",
        task("<bpmn:script>import os</bpmn:script>", "scriptTask"),
    ),
    "a script that sets the gate": (
        "script",
        "middle",
        task('<bpmn:script>gate = "confirmed"</bpmn:script>', "scriptTask"),
    ),
    "a script before a step": (
        "extension",
        "middle",
        task(extension("preScript", "x = 1")),
    ),
    "a script after a step": ("extension", "middle", task(extension("postScript", "x = 1"))),
    "a table that is not there": ("decision", "middle", task(tag="businessRuleTask")),
    "a process that is not there": (
        "called",
        "middle",
        task(tag="callActivity", attributes='calledElement="nobody"'),
    ),
    "a process that calls itself": (
        "called_recursively",
        "p",
        task(tag="callActivity", attributes='calledElement="p"'),
    ),
    # ids
    "a step with the id End": ("reserved_id", "End", GOOD.replace(b'"ask"', b'"End"')),
    "a step with the id Start": ("reserved_id", "Start", GOOD.replace(b'"ask"', b'"Start"')),
    "a step with the id of the engine's join": (
        "reserved_id",
        "p.EndJoin",
        GOOD.replace(b'"ask"', b'"p.EndJoin"'),
    ),
    "a step with the name of a fact": ("step_id", "gate", GOOD.replace(b'"ask"', b'"gate"')),
    "a step with the name of a function": ("step_id", "len", GOOD.replace(b'"ask"', b'"len"')),
    "a step that conditions cannot name": ("step_id", "a-b", GOOD.replace(b'"ask"', b'"a-b"')),
    "an id twice": (
        "duplicate_id",
        "middle",
        straight('<bpmn:task id="middle"/><bpmn:task id="middle"/>'),
    ),
    "an element without an id": ("no_id", None, straight('<bpmn:task id="middle"/><bpmn:task/>')),
    # lanes
    "a step in no lane": ("no_lane", "ask", GOOD.replace(b">ask<", b">middle<")),
    "a lane nobody knows": ("unknown_lane", "lane_it", GOOD.replace(b'"it"', b'"helpdesk"')),
    "a lane without a name": ("unknown_lane", "lane_it", GOOD.replace(b' name="it"', b"")),
    "a lane in a lane": (
        "nested_lane",
        "lane_it",
        GOOD.replace(b"</bpmn:lane>", b"<bpmn:childLaneSet/></bpmn:lane>"),
    ),
    "a step in two lanes": (
        "two_lanes",
        "ask",
        GOOD.replace(
            b"</bpmn:laneSet>",
            b'<bpmn:lane id="two" name="business"><bpmn:flowNodeRef>ask</bpmn:flowNodeRef>'
            b"</bpmn:lane></bpmn:laneSet>",
        ),
    ),
    # flows
    "a condition on a plain task's flow": (
        "condition_ignored",
        "middle_over",
        GOOD.replace(
            flow("middle", "over").encode(), flow("middle", "over", "gate == 'shut'").encode()
        ),
    ),
    "a gateway without a default": (
        "no_default",
        "choice",
        gateway(flow("choice", "over", "ask.x == 1"), flow("choice", "other", "ask.x == 2")),
    ),
    "a flow without a condition": (
        "no_condition",
        "choice",
        gateway(flow("choice", "over"), WAY_OUT, default="choice_other"),
    ),
    "a gateway that asks nothing": (
        "no_name",
        "choice",
        gateway(flow("choice", "over", "ask.x == 1"), WAY_OUT, default="choice_other", name=""),
    ),
    "a condition that calls": (
        "condition",
        "choice_over",
        gateway(
            flow("choice", "over", "__import__('os').system('id')"),
            WAY_OUT,
            default="choice_other",
        ),
    ),
    "two flows to one element": (
        "double_flow",
        "choice",
        gateway(
            flow("choice", "over", "ask.x == 1", "one"),
            flow("choice", "over", "ask.x == 2", "two"),
            WAY_OUT,
            default="choice_other",
        ),
    ),
    "an event gateway before a task": (
        "event_gateway",
        "choice",
        gateway(flow("choice", "over"), WAY_OUT, tag="eventBasedGateway"),
    ),
    "two flows out of a task": (
        "two_ways",
        "ask",
        straight('<bpmn:task id="middle"/>', extra=flow("ask", "over")),
    ),
    "a path that just stops": (
        "no_way_on",
        "middle",
        GOOD.replace(flow("middle", "over").encode(), b""),
    ),
    "an element nothing leads to": (
        "unreachable",
        "lost",
        straight('<bpmn:task id="middle"/><bpmn:task id="lost"/>', extra=flow("lost", "over")),
    ),
    "a flow to nowhere": (
        "flow_ends",
        "lost",
        straight('<bpmn:task id="middle"/>', extra=flow("middle", "nowhere", name="lost")),
    ),
    "a flow into a subprocess": (
        "flow_ends",
        "into",
        straight(sub(INNER), extra=flow("ask", "out", name="into")),
    ),
    # marks
    "a mark nobody knows": ("property", "middle", task(properties("mark", "important"))),
    "a mark on a plain task": ("property", "middle", task(properties("mark", "confirmation"))),
    "closes on a task": ("property", "middle", task(properties("closes", "confirmed"))),
    "does on a step": (
        "property",
        "ask",
        GOOD.replace(
            STEP.encode(),
            STEP.replace("/>", f">{properties('does', 'climb')}</bpmn:userTask>").encode(),
        ),
    ),
    # files
    "no process": ("no_process", None, f"{HEAD}</bpmn:definitions>".encode()),
    "a process that is not executable": (
        "not_executable",
        "p",
        GOOD.replace(b' isExecutable="true"', b' isExecutable="false"'),
    ),
    "a DOCTYPE": (
        "doctype",
        None,
        GOOD.replace(b"?>", b'?><!DOCTYPE d [<!ENTITY x "y">]>', 1),
    ),
    "no XML": ("not_xml", None, b"<bpmn:definitions"),
    "no BPMN": ("not_bpmn", None, b"<html/>"),
    "UTF-16": ("not_utf8", None, GOOD.decode().encode("utf-16")),
    "Latin-1": ("not_utf8", None, GOOD.replace(b"Ask somebody", "Ärger".encode("latin-1"))),
    "a very deep file": ("too_deep", None, b"<a>" * 100 + b"</a>" * 100),
    "a very long file": ("too_large", None, b"<a>" + b" " * 1_000_000 + b"</a>"),
    "very many nodes": ("too_large", None, b"<a>" + b"<b/>" * 30_000 + b"</a>"),
}


@pytest.mark.parametrize(("rule", "element", "content"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_by_name(rule, element, content):
    assert (rule, element) in findings({"p.bpmn": content})


def test_an_id_in_two_files_is_refused():
    other = GOOD.replace(b'id="p"', b'id="q"')

    assert ("duplicate_id", "ask") in findings({"p.bpmn": GOOD, "q.bpmn": other})


def test_a_process_in_two_files_is_refused():
    assert ("duplicate_id", "p") in findings({"p.bpmn": GOOD, "q.bpmn": GOOD})


def test_two_processes_that_call_each_other_are_refused():
    call = '<bpmn:callActivity id="{0}_call" calledElement="{1}"/>'

    def calling(me: str, other: str) -> bytes:
        body = (
            f'<bpmn:startEvent id="{me}_in"/>{call.format(me, other)}<bpmn:endEvent id="{me}_out"/>'
        )
        flows = flow(f"{me}_in", f"{me}_call") + flow(f"{me}_call", f"{me}_out")
        return process(body + flows, f'id="{me}" isExecutable="true"')

    refused = findings({"p.bpmn": calling("p", "q"), "q.bpmn": calling("q", "p")})

    assert refused == [("called_recursively", "p"), ("called_recursively", "q")]


def test_a_step_without_a_form_is_refused_if_forms_are_given():
    assert findings({"p.bpmn": GOOD, "forms/other.json": b"{}"}) == [("no_form", "ask")]
    assert read_release({"p.bpmn": GOOD, "forms/ask.json": b"{}"}).release.forms == {"ask"}


def test_a_file_nobody_reads_is_refused():
    assert findings({"p.bpmn": GOOD, "notes.txt": b""}) == [("file_kind", None)]


def test_all_findings_come_at_once():
    content = GOOD.replace(b'name="it"', b'name="helpdesk"').replace(b'"middle"', b'"End"')

    assert {"unknown_lane", "reserved_id"} <= {rule for rule, _ in findings({"p.bpmn": content})}


def test_a_property_nobody_knows_is_a_warning():
    warnings = read_release({"p.bpmn": task(properties("colour", "red"))}).warnings

    assert [(one.rule, one.element) for one in warnings] == [("property", "middle")]


def parallel_loop(beside: bool) -> bytes:
    """Split, two tasks, join, and round again; if `beside`, next to an open branch."""
    body = (
        LANE
        + START
        + STEP
        + '<bpmn:exclusiveGateway id="again"/>'
        + '<bpmn:parallelGateway id="split"/><bpmn:task id="a"/><bpmn:task id="b"/>'
        + '<bpmn:parallelGateway id="join"/><bpmn:exclusiveGateway id="done" name="Done?" '
        + 'default="done_over"/>'
        + END
        + flow("again", "split")
        + flow("split", "a")
        + flow("split", "b")
        + flow("a", "join")
        + flow("b", "join")
        + flow("join", "done")
        + flow("done", "over")
        + flow("done", "again", "gate == 'shut'")
    )
    if beside:
        body += '<bpmn:parallelGateway id="fork"/>'
        body += flow("begin", "fork") + flow("fork", "ask") + flow("fork", "again")
        return process(body + flow("ask", "over"))
    return process(body + flow("begin", "ask") + flow("ask", "again"))


def test_a_join_in_a_loop_beside_an_open_branch_is_refused():
    assert ("join_in_loop", "join") in findings({"p.bpmn": parallel_loop(beside=True)})


def test_a_join_that_waits_for_what_it_leads_to_itself_is_refused():
    body = """
        begin -> +join
        +join -> [ask]
        [ask] -> ?again
        ?again -(ask.answer == "yes")-> +join
        ?again -(else)-> over
    """

    assert ("join_behind_itself", "join") in findings({"p.bpmn": draw(body)})


def test_a_loop_that_no_gateway_can_leave_is_refused():
    body = """
        begin -> [ask] -> [look] -> +both
        +both -> note -> [ask]
        +both -> [file] -> over
    """

    found = findings({"p.bpmn": draw(body)})

    (element,) = (element for rule, element in found if rule == "endless_loop")
    assert element in {"ask", "look", "both", "note"}


@pytest.mark.parametrize("host", ["[ask]", "part"])
def test_an_event_that_leads_straight_back_to_what_it_interrupts_is_refused(host: str):
    body = f"""
        begin -> {host}
        {host} -> over
        part = {{
          in -> [inside]
          [inside] -> out
        }}
        stop: message news; on {host.strip("[]")}
        stop -> {host}
    """

    assert ("straight_back", "stop") in findings({"p.bpmn": draw(body)})


@pytest.mark.parametrize("name", ["impact", "party", "priority"])
def test_a_step_called_like_process_data_is_refused(name: str):
    table = (ROOT / "workflows" / "priority.dmn").read_bytes()
    body = f"begin -> [{name}]\n[{name}] -> over"

    assert ("step_id", name) in findings({"p.bpmn": draw(body), "priority.dmn": table})


def test_a_join_in_a_loop_is_a_warning():
    warnings = read_release({"p.bpmn": parallel_loop(beside=False)}).warnings

    assert [(one.rule, one.element) for one in warnings] == [("join_in_loop", "join")]


def test_many_parallel_splits_in_sequence_are_refused_and_some_are_warned_of():
    def pairs(count: int) -> bytes:
        body, before = LANE + START + STEP + END + flow("begin", "ask"), "ask"
        for number in range(count):
            s, a, b, j = (f"{kind}{number}" for kind in "sabj")
            body += f'<bpmn:parallelGateway id="{s}"/><bpmn:task id="{a}"/><bpmn:task id="{b}"/>'
            body += f'<bpmn:parallelGateway id="{j}"/>' + flow(before, s) + flow(s, a) + flow(s, b)
            body += flow(a, j) + flow(b, j)
            before = j
        return process(body + flow(before, "over"))

    assert ("parallel_pairs", "s0") in findings({"p.bpmn": pairs(10)})
    assert [one.rule for one in read_release({"p.bpmn": pairs(5)}).warnings] == ["parallel_pairs"]
    assert read_release({"p.bpmn": pairs(4)}).warnings == ()


def two_parts(catches: tuple[str, ...], between: str = "parallelGateway") -> bytes:
    """Two subprocesses; the first ends in an error, and `catches` have it on their borders."""

    def part(name: str, end: str) -> str:
        inner = f'<bpmn:startEvent id="{name}_in"/><bpmn:endEvent id="{name}_out">{end}'
        return (
            f'<bpmn:subProcess id="{name}">{inner}</bpmn:endEvent>'
            + flow(f"{name}_in", f"{name}_out")
            + "</bpmn:subProcess>"
            + flow("split", name)
            + flow(name, "over")
        )

    error = definition("error", "broken")
    body = LANE + START + STEP + f'<bpmn:{between} id="split" name="Which?" default="split_first"/>'
    body += END + part("first", error) + part("second", "")
    for name in catches:
        body += f'<bpmn:boundaryEvent id="{name}_failed" attachedToRef="{name}">{error}'
        body += "</bpmn:boundaryEvent>" + flow(f"{name}_failed", "over")
    body = body.replace("</bpmn:subProcess>" + flow("split", "second"), "</bpmn:subProcess>")
    body += flow("split", "second", "" if between == "parallelGateway" else "gate == 'shut'")
    return process(body + flow("begin", "ask") + flow("ask", "split"))


def test_an_error_that_a_border_beside_would_hear_too_is_refused():
    both = two_parts(("first", "second"))

    assert findings({"p.bpmn": both}) == [("caught_beside", "first_out")]
    assert findings({"p.bpmn": two_parts(("second",))}) == [
        ("caught_beside", "first_out"),
        ("not_caught", "first_out"),
    ]
    read_release({"p.bpmn": two_parts(("first", "second"), between="exclusiveGateway")})
    read_release({"p.bpmn": two_parts(("first",))})


def test_an_error_may_be_caught_by_whoever_calls():
    error = definition("error", "broken")
    inner = '<bpmn:startEvent id="in"/>' + flow("in", "out")
    inner += f'<bpmn:endEvent id="out">{error}</bpmn:endEvent>'
    call = '<bpmn:callActivity id="middle" calledElement="q"/>'
    catch = f'<bpmn:boundaryEvent id="failed" attachedToRef="middle">{error}</bpmn:boundaryEvent>'

    def calling(catches: str) -> dict[str, bytes]:
        flows = flow("failed", "over") if catches else ""
        called = process(inner, 'id="q" isExecutable="true"')
        return {"p.bpmn": straight(call + catches, extra=flows), "q.bpmn": called}

    read_release(calling(catch))
    assert findings(calling("")) == [("not_caught", "out")]
