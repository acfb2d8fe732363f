"""What other modelers draw is opened and run, or refused by a reason that names the element.

One diagram for each thing that the interchange working group's reference files hold; `RUNS` are
run on the real engine to their end, `REFUSED` say what is told of which element.
"""

import pytest

from engine.bpmn import judge_release
from engine.bpmn.document import text_of
from engine.runtime import Specs
from engine.runtime.trial import try_out
from engine.usecases.verifying import verify_soundness

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:other="https://example.org/other"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    ' id="all" targetNamespace="t">'
)


def flow(source: str, target: str, inner: str = "") -> str:
    return (
        f'<sequenceFlow id="{source}-{target}" isImmediate="true" sourceRef="{source}"'
        f' targetRef="{target}">{inner}</sequenceFlow>'
    )


def file(
    middle: str,
    *,
    start: str = "",
    end: str = "",
    flows: str = flow("s", "m") + flow("m", "e"),
    process: str = 'id="ours" isExecutable="true"',
    around: str = "",
    declared: str = "UTF-8",
) -> bytes:
    """Return a file whose process goes from `s` over what is in the middle, `m`, to `e`."""
    return (
        f'<?xml version="1.0" encoding="{declared}" standalone="yes"?>{HEAD}{around}'
        f'<process {process}><startEvent id="s">{start}</startEvent>{middle}'
        f'<endEvent id="e">{end}</endEvent>{flows}</process></definitions>'
    ).encode()


TASK = '<task id="m" name="A task"/>'


def task(inner: str, tag: str = "task", attributes: str = "") -> str:
    return f'<{tag} id="m" name="A task" {attributes}>{inner}</{tag}>'


def inside(inner: str, attributes: str = "") -> str:
    """Return a subprocess with this in its middle, `i`."""
    return (
        f'<subProcess id="m" {attributes}><startEvent id="si"/>{inner}<endEvent id="ei"/>'
        f"{flow('si', 'i')}{flow('i', 'ei')}</subProcess>"
    )


TWO_WAYS = flow("s", "m") + flow("m", "e") + flow("m", "e2")

RUNS = {
    "tasks in a row": file(
        TASK + '<task id="n"/>', flows=flow("s", "m") + flow("m", "n") + flow("n", "e")
    ),
    "a process that does not say whether it is to be run": file(TASK, process='id="ours"'),
    "ids with hyphens, as many tools make them": file(
        '<task id="sid-3D47-A1"/>',
        flows=flow("s", "sid-3D47-A1") + flow("sid-3D47-A1", "e"),
        process='id="WFP-6-1" isExecutable="true"',
    ),
    "attributes that say what holds anyway": file(
        task(
            "<incoming>s-m</incoming><outgoing>m-e</outgoing>",
            attributes='completionQuantity="1" isForCompensation="false" startQuantity="1"',
        ),
        process='id="ours" isExecutable="true" isClosed="false" processType="None"',
    ),
    "an empty condition on every flow": file(
        f'{task("")}<exclusiveGateway id="g" gatewayDirection="Unspecified"/>',
        flows=flow("s", "m")
        + flow("m", "g", '<conditionExpression xsi:type="tFormalExpression"/>')
        + flow(
            "g", "e", '<conditionExpression xsi:type="tFormalExpression"> \n</conditionExpression>'
        ),
    ),
    "a collapsed call of nothing but a subprocess with a task": file(
        inside('<task id="i"/>', 'triggeredByEvent="false"')
    ),
    "ways at once that come together": file(
        '<parallelGateway id="m" gatewayDirection="Diverging"/><task id="a"/><task id="b"/>'
        '<parallelGateway id="j" gatewayDirection="Converging"/>',
        flows="".join(
            flow(*pair.split(">")) for pair in ("s>m", "m>a", "m>b", "a>j", "b>j", "j>e")
        ),
    ),
    "two pools with a message flow between": file(
        TASK,
        around='<collaboration id="c"><participant id="p1" name="Us" processRef="ours"/>'
        '<participant id="p2" name="Nobody looks inside"/>'
        '<messageFlow id="told" sourceRef="p2" targetRef="m"/></collaboration>',
    ),
    "what is written beside": file(
        task('<documentation textFormat="text/html">&lt;p&gt;Words&lt;/p&gt;</documentation>')
        + '<textAnnotation id="note"><text>Look</text></textAnnotation>'
        '<association id="to_note" sourceRef="m" targetRef="note"/>'
        '<group id="together" categoryValueRef="none"/>',
    ),
    "extensions of others": file(
        task(
            '<extensionElements><other:style colour="red"><other:inner/></other:style>'
            "</extensionElements>",
            attributes='other:assignee="${somebody}"',
        )
    ),
    "interfaces, resources and items beside the process": file(
        TASK,
        around='<import importType="http://www.w3.org/2001/XMLSchema" location="t.xsd"'
        ' namespace="t"/><itemDefinition id="item" structureRef="t:string"/>'
        '<resource id="role" name="Somebody"/><interface id="face" name="Calls">'
        '<operation id="call" name="Call"><inMessageRef>news</inMessageRef></operation>'
        '</interface><message id="news" name="news"/>',
    ),
    "another encoding declared for plain letters": file(TASK, declared="ISO-8859-1"),
    "what the engine's own studio shows people": file(
        task(
            "<extensionElements><spiffworkflow:instructionsForEndUser>Look **twice**"
            "</spiffworkflow:instructionsForEndUser><spiffworkflow:preScript/>"
            "<spiffworkflow:unitTests><spiffworkflow:unitTest id='one'>"
            "<spiffworkflow:inputJson>{}</spiffworkflow:inputJson>"
            "<spiffworkflow:expectedOutputJson>{}</spiffworkflow:expectedOutputJson>"
            "</spiffworkflow:unitTest></spiffworkflow:unitTests></extensionElements>"
        )
    ),
}


@pytest.mark.parametrize("content", RUNS.values(), ids=RUNS.keys())
def test_it_is_opened_and_run(content: bytes) -> None:
    specs = Specs.parse({"theirs.bpmn": content})

    (moved,) = try_out(specs, next(iter(specs.diagrams())), {}, [])

    assert moved.wrong is None
    assert moved.ends == "e"


DATA = "Data objects, stores and references are not supported"
MESSAGE = "It says of no message which"
EVENT_SUBPROCESS = "Event subprocesses start by themselves or never."

REFUSED = {
    "a process that is only drawn": (
        "ours",
        "says of itself that it is not to be run",
        file(TASK, process='id="ours" isExecutable="false"'),
    ),
    "a process whose id has dots": (
        "C.1.0",
        "an id of letters, digits, _ and -",
        file(TASK, process='id="C.1.0" isExecutable="true"'),
    ),
    "a task that calls a service": (
        "m",
        "A diagram cannot call services.",
        file(task("", "serviceTask", 'implementation="##WebService"')),
    ),
    "a task by hand": ("m", "A manual task has no form", file(task("", "manualTask"))),
    "a step in no lane": ("m", "The step is in no lane", file(task("", "userTask"))),
    "a lane that nobody knows": (
        "lane",
        "“Team Assistant” is no lane. Lanes are it,",
        file('<laneSet id="lanes"><lane id="lane" name="Team Assistant"/></laneSet>' + TASK),
    ),
    "a lane without a name": (
        "lane",
        "The lane has no name. Lanes are it,",
        file('<laneSet id="lanes"><lane id="lane"/></laneSet>' + TASK),
    ),
    "two flows out of a task": (
        "m",
        "Two flows leave it.",
        file(TASK + '<endEvent id="e2"/>', flows=TWO_WAYS),
    ),
    "a condition on a task's flow": (
        "m-e",
        "The engine ignores a condition on this flow.",
        file(
            TASK,
            flows=flow("s", "m")
            + flow("m", "e", "<conditionExpression>true</conditionExpression>"),
        ),
    ),
    "a condition in another language": (
        "m-e",
        "“${approved}” is not an expression.",
        file(
            '<exclusiveGateway id="m" name="Approved?" default="m-e2"/><endEvent id="e2"/>',
            flows=flow("s", "m")
            + flow("m", "e", "<conditionExpression>${approved}</conditionExpression>")
            + flow("m", "e2"),
        ),
    ),
    "a gateway that does not say which way": (
        "m",
        "The flow to “e2” has no condition.",
        file('<exclusiveGateway id="m" name="Which?"/><endEvent id="e2"/>', flows=TWO_WAYS),
    ),
    "a start by a message": (
        "s",
        "A run begins with its incident or action, or is called.",
        file(
            TASK,
            start='<messageEventDefinition messageRef="news"/>',
            around='<message id="news" name="news"/>',
        ),
    ),
    "a start by a time": (
        "s",
        "A run begins with its incident or action, or is called.",
        file(TASK, start="<timerEventDefinition><timeDate/></timerEventDefinition>"),
    ),
    "several starts": (
        "ours",
        "It has 2 start events.",
        file(
            TASK + '<startEvent id="s2"/>', flows=flow("s", "m") + flow("s2", "m") + flow("m", "e")
        ),
    ),
    "a message that is an item": (
        "e",
        MESSAGE,
        file(
            TASK,
            end='<messageEventDefinition messageRef="item"><operationRef>call</operationRef>'
            "</messageEventDefinition>",
            around='<itemDefinition id="item"/>',
        ),
    ),
    "a message without a name": (
        "e",
        MESSAGE,
        file(
            TASK,
            end='<messageEventDefinition messageRef="mute"/>',
            around='<message id="mute"/>',
        ),
    ),
    "a sending task without a message": ("m", MESSAGE, file(task("", "sendTask"))),
    "a receiving task without a message": ("m", MESSAGE, file(task("", "receiveTask"))),
    "a signal without a name": (
        "m",
        "It says of no signal which",
        file(task("<signalEventDefinition/>", "intermediateThrowEvent")),
    ),
    "a timer that does not say when": (
        "m",
        "The timer does not say when.",
        file(task("<timerEventDefinition/>", "intermediateCatchEvent")),
    ),
    "an end by a signal": (
        "e",
        "The engine ignores a signal end.",
        file(TASK, end="<signalEventDefinition/>"),
    ),
    "an end by an error that nobody hears": (
        "e",
        "Nobody hears this error",
        file(TASK, end="<errorEventDefinition/>"),
    ),
    "a condition that is waited for": (
        "m",
        "A condition is not looked at again by itself.",
        file(
            task(
                "<conditionalEventDefinition><condition/></conditionalEventDefinition>",
                "intermediateCatchEvent",
            )
        ),
    ),
    "a link": (
        "m",
        "A link event cannot stand here.",
        file(task('<linkEventDefinition name="A"/>', "intermediateThrowEvent")),
    ),
    "an escalation on a task's border": (
        "b",
        "A task throws no escalation.",
        file(
            TASK + '<boundaryEvent id="b" attachedToRef="m"><escalationEventDefinition/>'
            '</boundaryEvent><endEvent id="e2"/>',
            flows=flow("s", "m") + flow("m", "e") + flow("b", "e2"),
        ),
    ),
    "an event on the border of what calls a service": (
        "b",
        "Nothing can stand on the border of a serviceTask here.",
        file(
            task("", "serviceTask")
            + '<boundaryEvent id="b" attachedToRef="m"><errorEventDefinition/></boundaryEvent>'
            '<endEvent id="e2"/>',
            flows=flow("s", "m") + flow("m", "e") + flow("b", "e2"),
        ),
    ),
    "a call of nothing": (
        "m",
        "It does not say which process it calls.",
        file(task("", "callActivity")),
    ),
    "a call of a file that is not there": (
        "m",
        "There is no process “WFP-0-” in this release.",
        file(task("", "callActivity", 'calledElement="WFP-0-"')),
    ),
    "a call of a global task": (
        "everywhere",
        "Global tasks are not supported",
        file(
            task("", "callActivity", 'calledElement="everywhere"'),
            around='<globalUserTask id="everywhere" name="Everywhere"/>',
        ),
    ),
    "a rule without a table": (
        "m",
        "It does not say which table it asks.",
        file(task("", "businessRuleTask", 'implementation="##unspecified"')),
    ),
    "several instances": (
        "m",
        "Repeated activities are not supported",
        file(task('<multiInstanceLoopCharacteristics isSequential="true"/>')),
    ),
    "a loop on a task": (
        "i",
        "Repeated activities are not supported",
        file(inside('<task id="i"><standardLoopCharacteristics testBefore="false"/></task>')),
    ),
    "quantities": (
        "m",
        "The engine ignores startQuantity.",
        file(task("", attributes='startQuantity="2" completionQuantity="2"')),
    ),
    "a subprocess with nothing in it": (
        "ours",
        "It has 0 start events.",
        file('<subProcess id="m" triggeredByEvent="false"/>'),
    ),
    "a subprocess that an event starts": (
        "when",
        EVENT_SUBPROCESS,
        file(
            TASK + '<subProcess id="when" triggeredByEvent="true"><startEvent id="ws">'
            '<errorEventDefinition/></startEvent><endEvent id="we"/></subProcess>'
        ),
    ),
    "what a task reads": (
        "m",
        DATA,
        file(
            task(
                '<ioSpecification><dataInput id="in"/><inputSet><dataInputRefs>in'
                "</dataInputRefs></inputSet><outputSet/></ioSpecification>",
                "userTask",
            )
        ),
    ),
    "what a process reads": (
        "ours",
        DATA,
        file('<ioSpecification><dataInput id="in"/></ioSpecification>' + TASK),
    ),
    "a data object": ("thing", DATA, file('<dataObject id="thing"/>' + TASK)),
    "a store": (
        "store",
        DATA,
        file(TASK, around='<dataStore id="store" name="Books" isUnlimited="false"/>'),
    ),
    "what the engine's own studio runs as code": (
        "m",
        "The extension “preScript” is not supported.",
        file(
            task(
                "<extensionElements><spiffworkflow:preScript>import os</spiffworkflow:preScript>"
                "</extensionElements>"
            )
        ),
    ),
    "what the engine's own studio puts into a message": (
        "news",
        "The extension “messagePayload” is not supported.",
        file(
            TASK,
            around='<message id="news" name="news"><extensionElements>'
            '<spiffworkflow:messagePayload>{"to": who}</spiffworkflow:messagePayload>'
            "</extensionElements></message>",
        ),
    ),
    "a correlation": (
        "mine",
        "Correlations are not supported",
        file(TASK, around='<correlationProperty id="mine" name="mine"/>'),
    ),
}


@pytest.mark.parametrize(("element", "sentence", "content"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_by_name(element: str, sentence: str, content: bytes) -> None:
    refused = [str(one) for one in judge_release({"theirs.bpmn": content}).refused]

    assert any(
        one.startswith(f"theirs.bpmn, {element}: ") and sentence in one for one in refused
    ), refused


@pytest.mark.parametrize("content", [*RUNS.values(), *(one[2] for one in REFUSED.values())])
def test_its_control_flow_is_judged_whether_it_may_be_run_or_not(content: bytes) -> None:
    told = verify_soundness("theirs.bpmn", content).as_json()

    assert told["processes"]
    assert all(one["message"] for process in told["processes"] for one in process["findings"])


def test_a_message_flow_and_what_only_another_studio_shows_are_warned_of() -> None:
    warned = {
        (one.element, one.rule)
        for name in (
            "two pools with a message flow between",
            "what the engine's own studio shows people",
        )
        for one in judge_release({"theirs.bpmn": RUNS[name]}).warnings
    }

    assert warned == {("told", "message_flow"), ("m", "extension"), ("one", "extension")}


def test_letters_are_read_in_the_encoding_that_a_file_declares() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><a name="Rechnung klären"/>'

    assert text_of(text.encode("latin-1")) == text
    assert text_of(text.replace("ISO-8859-1", "UTF-8").encode("latin-1")).endswith('kl�ren"/>')
