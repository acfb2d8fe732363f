"""Files from anywhere are read for their control flow, or refused by name before they cost much."""

import pytest

from engine.bpmn import UnreadableError, read_any
from engine.proof import Verdict, prove_soundness
from tests.proof.drawing import draw, draw_pools

MODEL = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'


def bare(body: str, attributes: str = "") -> bytes:
    return f"<definitions {MODEL}><process {attributes}>{body}</process></definitions>".encode()


PLAIN = (
    '<startEvent id="a"/><task id="b"/><endEvent id="c"/>'
    '<sequenceFlow sourceRef="a" targetRef="b"/><sequenceFlow sourceRef="b" targetRef="c"/>'
)
NESTED = 10_000

READ = {
    "no prefix, no ids on flows, nothing executable": bare(PLAIN),
    "UTF-16": ('<?xml version="1.0" encoding="UTF-16"?>' + bare(PLAIN).decode()).encode("utf-16"),
    "Latin-1": (
        '<?xml version="1.0" encoding="ISO-8859-1"?>'
        + bare(PLAIN.replace("task id", 'task name="Prüfen" id')).decode()
    ).encode("latin-1"),
    "a prefix before the ids that are meant": bare(
        PLAIN.replace('Ref="', 'Ref="tns:'), 'id="main"'
    ),
    "data objects, lanes and texts beside": bare(
        '<laneSet id="l"><lane id="m"><flowNodeRef>b</flowNodeRef></lane></laneSet>'
        '<dataObject id="d"/><textAnnotation id="t"/>' + PLAIN
    ),
    "a flow that leads nowhere": bare(PLAIN + '<sequenceFlow sourceRef="c" targetRef="lost"/>'),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ.keys())
def test_it_is_read_and_proved(content):
    proved = prove_soundness(read_any("p.bpmn", content))

    assert [one.verdict for one in proved] == [Verdict.SOUND]


def test_elements_without_ids_are_told_apart():
    file = read_any("p.bpmn", bare("<task/><task/><endEvent/>"))
    (process,) = file.processes.values()

    assert process.id == "process_1"
    assert len(process.elements) == 3


def test_pools_and_their_messages_are_read():
    file = read_any("p.bpmn", draw_pools([("a", "b")], one="s -> a -> e", two="t -> b -> f"))

    (together,) = file.collaborations
    assert dict(together.pools) == {"one_pool": "one", "two_pool": "two"}
    assert [(one.source, one.target) for one in together.message_flows] == [("a", "b")]


def test_a_pool_nobody_can_look_inside_sends_what_it_likes():
    text = "begin -> <heard> -> over\nheard: message news"
    content = draw_pools([("other_pool", "heard")], one=text)
    content = content.replace(
        b"</bpmn:collaboration>",
        b'<bpmn:participant id="other_pool"/></bpmn:collaboration>',
    )

    assert {one.verdict for one in prove_soundness(read_any("p.bpmn", content))} == {Verdict.SOUND}


REFUSED = {
    "10 MB that are not well-formed": (b"<definitions " + MODEL.encode() + b">" + b"x" * 10**7),
    "10 MB of tags": b"<definitions " + MODEL.encode() + b">" + b"<a/>" * 2_500_000,
    "8 MB of attributes": b"<definitions " + b" ".join(b'a%d="1"' % n for n in range(700_000)),
    "a document type": b"<!DOCTYPE definitions><definitions/>",
    "an entity bomb": b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    "ten thousand subprocesses in each other": bare(
        "".join(f'<subProcess id="s{n}">' for n in range(NESTED)) + "</subProcess>" * NESTED
    ),
    "too many bytes": b" " * 20_000_001,
    "no BPMN": b"<html/>",
    "no process": f"<definitions {MODEL}/>".encode(),
    "bytes of no encoding": b"\xff\xfa\x00\x01",
    "an id that stands twice": bare('<task id="a"/><task id="a"/>'),
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_with_one_reason(content):
    with pytest.raises(UnreadableError) as refused:
        read_any("p.bpmn", content)

    assert refused.value.finding.sentence.endswith(".")
    assert refused.value.finding.mend


def test_ninety_subprocesses_in_each_other_are_proved():
    text = "\n".join(
        [f"in{n} -> part{n}\npart{n} = {{" for n in range(90)] + ["a -> b"] + ["}"] * 90
    )
    proved = prove_soundness(read_any("p.bpmn", draw(text)))

    assert proved[0].verdict is Verdict.SOUND
