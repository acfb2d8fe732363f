"""Each place where a diagram can hold an expression, with an attack in it: none is published.

These are the positions in which stock SpiffWorkflow ran an operating-system command.  The three
in decision tables are in tests/unit/test_bpmn_tables.py.
"""

import pytest
from SpiffWorkflow.spiff.parser.task_spec import SpiffTaskParser

from engine.errors import DiagramRefused
from engine.runtime import Specs

MARK = "escaped"
ATTACK = f"__import__('os').system('touch {MARK}')"


def flow(source: str, target: str, inner: str = "") -> str:
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )


def straight(middle: str) -> str:
    ends = '<bpmn:startEvent id="begin"/><bpmn:endEvent id="over"/>'
    return ends + middle + flow("begin", "middle") + flow("middle", "over")


def extension(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def repeated(inner: str) -> str:
    loop = "multiInstanceLoopCharacteristics"
    return straight(f'<bpmn:task id="middle"><bpmn:{loop}>{inner}</bpmn:{loop}></bpmn:task>')


def catch(definition: str) -> str:
    return straight(
        f'<bpmn:intermediateCatchEvent id="middle">{definition}</bpmn:intermediateCatchEvent>'
    )


CONDITION = f"<bpmn:conditionExpression>{ATTACK}</bpmn:conditionExpression>"
POSITIONS = {
    "script": straight(
        f'<bpmn:scriptTask id="middle"><bpmn:script>x = {ATTACK}</bpmn:script></bpmn:scriptTask>'
    ),
    "gateway": straight('<bpmn:exclusiveGateway id="middle" name="?" default="middle_over"/>')
    + '<bpmn:endEvent id="other"/>'
    + flow("middle", "other", CONDITION),
    "pre script": straight(
        '<bpmn:task id="middle">'
        + extension(f"<spiffworkflow:preScript>{ATTACK}</spiffworkflow:preScript>")
        + "</bpmn:task>"
    ),
    "post script": straight(
        '<bpmn:task id="middle">'
        + extension(f"<spiffworkflow:postScript>{ATTACK}</spiffworkflow:postScript>")
        + "</bpmn:task>"
    ),
    "service parameter": straight(
        '<bpmn:serviceTask id="middle">'
        + extension(
            '<spiffworkflow:serviceTaskOperator id="o" resultVariable="r">'
            f'<spiffworkflow:parameters><spiffworkflow:parameter id="p" type="str" '
            f'value="{ATTACK}"/></spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>'
        )
        + "</bpmn:serviceTask>"
    ),
    "timer": catch(
        "<bpmn:timerEventDefinition><bpmn:timeDuration>"
        f"{ATTACK}</bpmn:timeDuration></bpmn:timerEventDefinition>"
    ),
    "conditional event": catch(
        "<bpmn:conditionalEventDefinition><bpmn:condition>"
        f"{ATTACK}</bpmn:condition></bpmn:conditionalEventDefinition>"
    ),
    "multi-instance cardinality": repeated(
        f"<bpmn:loopCardinality>{ATTACK}</bpmn:loopCardinality>"
    ),
    "multi-instance completion": repeated(
        "<bpmn:loopCardinality>3</bpmn:loopCardinality>"
        f"<bpmn:completionCondition>{ATTACK}</bpmn:completionCondition>"
    ),
    "loop condition": straight(
        '<bpmn:task id="middle"><bpmn:standardLoopCharacteristics>'
        f"<bpmn:loopCondition>{ATTACK}</bpmn:loopCondition>"
        "</bpmn:standardLoopCharacteristics></bpmn:task>"
    ),
    "message payload": straight(
        '<bpmn:intermediateThrowEvent id="middle"><bpmn:messageEventDefinition messageRef="news">'
        + extension(f"<spiffworkflow:messagePayload>{ATTACK}</spiffworkflow:messagePayload>")
        + "</bpmn:messageEventDefinition></bpmn:intermediateThrowEvent>"
    ),
    "signal payload": straight(
        '<bpmn:intermediateThrowEvent id="middle"><bpmn:signalEventDefinition signalRef="alarm">'
        + extension(f"<spiffworkflow:payloadExpression>{ATTACK}</spiffworkflow:payloadExpression>")
        + "</bpmn:signalEventDefinition></bpmn:intermediateThrowEvent>"
    ),
    "correlation": straight('<bpmn:task id="middle"/>')
    + '<bpmn:correlationProperty id="c"><bpmn:correlationPropertyRetrievalExpression '
    f'messageRef="news"><bpmn:formalExpression>{ATTACK}</bpmn:formalExpression>'
    "</bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>",
    "process correlation": catch(
        '<bpmn:messageEventDefinition messageRef="news">'
        + extension(
            "<spiffworkflow:processVariableCorrelation><spiffworkflow:propertyId>c"
            f"</spiffworkflow:propertyId><spiffworkflow:expression>{ATTACK}"
            "</spiffworkflow:expression></spiffworkflow:processVariableCorrelation>"
        )
        + "</bpmn:messageEventDefinition>"
    ),
}


@pytest.mark.parametrize("body", POSITIONS.values(), ids=POSITIONS.keys())
def test_an_attack_is_not_published(draw, body, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DiagramRefused) as refused:
        Specs.parse({"p.bpmn": draw(body)})

    assert "unparsed" not in {finding.rule for finding in refused.value.findings}
    assert not (tmp_path / MARK).exists()


def test_what_only_the_engines_parser_trips_over_is_refused_with_a_sentence(draw, monkeypatch):
    body = straight('<bpmn:task id="middle"/>')

    def trips(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(SpiffTaskParser, "create_task", trips)

    with pytest.raises(DiagramRefused, match="cannot read it"):
        Specs.parse({"p.bpmn": draw(body)})
