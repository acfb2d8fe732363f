"""What does not change a diagram's meaning changes no verdict: names, order, a task in passing."""

import re

import pytest

from engine.bpmn import AnyFile, read_any
from engine.proof import Severity, prove_soundness
from tests.proof.drawing import draw
from tests.proof.test_soundness_gallery import GALLERY

_FLOW = re.compile(
    rb'<bpmn:sequenceFlow id="[^"]*" sourceRef="[^"]*" targetRef="[^"]*">[^<]*</bpmn:sequenceFlow>'
)
_ID = re.compile(
    rb'(?<=[" ])(id|sourceRef|targetRef|attachedToRef|default|calledElement)="([^"]*)"'
)


def renamed(content: bytes) -> bytes:
    content = _ID.sub(rb'\1="x_\2"', content)
    return re.sub(rb"<bpmn:flowNodeRef>", rb"<bpmn:flowNodeRef>x_", content)


def turned_round(content: bytes) -> bytes:
    """The flows of each level in the opposite order."""
    flows = _FLOW.findall(content)
    parts = _FLOW.split(content)
    runs, at = [], 0
    for number, part in enumerate(parts[1:], start=1):
        if part:
            runs.append((at, number))
            at = number
    order: list[bytes] = []
    for first, last in runs:
        order += reversed(flows[first:last])
    return b"".join(part + flow for part, flow in zip(parts, [*order, b""], strict=True))


def with_tasks_in_passing(content: bytes) -> bytes:
    """A task more on every flow that enters an end event or leaves a start."""
    ends = set(re.findall(rb'<bpmn:endEvent id="([^"]*)"', content))
    number = 0

    def longer(match: re.Match[bytes]) -> bytes:
        nonlocal number
        flow = match[0]
        target = re.search(rb'targetRef="([^"]*)"', flow)
        if target is None or target[1] not in ends:
            return flow
        number += 1
        name = b"passing%d" % number
        first = flow.replace(b'targetRef="%s"' % target[1], b'targetRef="%s"' % name)
        return first + (
            b'<bpmn:task id="%s"/><bpmn:sequenceFlow sourceRef="%s" targetRef="%s"/>'
            % (name, name, target[1])
        )

    return _FLOW.sub(longer, content)


def verdicts(file: AnyFile) -> list[object]:
    """The verdicts, with what is refuted, by rule."""
    return [
        (
            one.verdict,
            dict(one.properties),
            {finding.rule for finding in one.findings if finding.severity is Severity.REFUTED},
        )
        for one in prove_soundness(file)
    ]


@pytest.mark.parametrize("change", [renamed, turned_round, with_tasks_in_passing])
@pytest.mark.parametrize("text", [text for text, _ in GALLERY.values()], ids=GALLERY.keys())
def test_the_verdict_stays(text, change):
    more = {"q": "start_q -> work -> end_q"} if "calls q" in text else {}
    content = draw(text, **more)
    changed = change(content)

    assert verdicts(read_any("p.bpmn", changed)) == verdicts(read_any("p.bpmn", content))
