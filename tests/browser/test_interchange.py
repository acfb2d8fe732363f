"""Files from other modelers in the editor: what they hold beside stays, what stops them is mended.

What the modeler of the engine's own studio writes, all of it, stands in `ARENA`; the names are its
own, the diagram is ours.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from lxml import etree
from playwright.sync_api import Page, expect
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser

from engine.bpmn import judge_release
from engine.queries.drafts import draft_file
from engine.runtime import Specs
from engine.runtime.trial import try_out
from engine.usecases.drafting import begin_draft, save_file
from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser

EXTENSIONS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}extensionElements"


def drawn(elements: str, boxes: str, *, process: str, around: str = "", more: str = "") -> bytes:
    """Return a file whose drawing shows boxes (`id x y width height` each) and their flows."""
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"><dc:Bounds x="{x}" y="{y}" '
        f'width="{width}" height="{height}"/></bpmndi:BPMNShape>'
        for name, x, y, width, height in (one.split() for one in boxes.split(";"))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
        'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
        'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
        'xmlns:other="https://example.org/other" id="all" targetNamespace="t">'
        f"{around}<bpmn:process {process}>{elements}</bpmn:process>{more}"
        '<bpmndi:BPMNDiagram id="sheet"><bpmndi:BPMNPlane id="plane" bpmnElement="theirs">'
        f"{shapes}"
        '<bpmndi:BPMNEdge id="f1_di" bpmnElement="f1"><di:waypoint x="136" y="118"/>'
        '<di:waypoint x="200" y="118"/></bpmndi:BPMNEdge>'
        '<bpmndi:BPMNEdge id="f2_di" bpmnElement="f2"><di:waypoint x="300" y="118"/>'
        '<di:waypoint x="400" y="118"/></bpmndi:BPMNEdge>'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
    ).encode()


FLOWS = (
    '<bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="look"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="look" targetRef="over"/>'
)
BOXES = "begin 100 100 36 36;look 200 78 100 80;over 400 100 36 36"
ARENA = drawn(
    '<bpmn:startEvent id="begin"/>'
    '<bpmn:userTask id="look" name="Look" other:assignee="${who}"><bpmn:extensionElements>'
    "<spiffworkflow:instructionsForEndUser># Look\n\n**twice** &lt;b&gt;"
    "</spiffworkflow:instructionsForEndUser>"
    '<spiffworkflow:properties><spiffworkflow:property name="formJsonSchemaFilename" '
    'value="look.json"/><spiffworkflow:property name="formUiSchemaFilename" '
    'value="look-ui.json"/></spiffworkflow:properties>'
    "<spiffworkflow:preScript>seen = False</spiffworkflow:preScript>"
    "<spiffworkflow:postScript>seen = True\nmore = 1</spiffworkflow:postScript>"
    "<spiffworkflow:guestConfirmation>Thanks</spiffworkflow:guestConfirmation>"
    "<spiffworkflow:allowGuest>true</spiffworkflow:allowGuest>"
    '<spiffworkflow:serviceTaskOperator id="http/Get" resultVariable="r">'
    '<spiffworkflow:parameters><spiffworkflow:parameter id="url" type="str" value="\'u\'"/>'
    "</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
    '<spiffworkflow:unitTests><spiffworkflow:unitTest id="t1">'
    '<spiffworkflow:inputJson>{"a": 1}</spiffworkflow:inputJson>'
    '<spiffworkflow:expectedOutputJson>{"a": 2}</spiffworkflow:expectedOutputJson>'
    "</spiffworkflow:unitTest></spiffworkflow:unitTests>"
    '<other:style colour="red"><other:inner> a </other:inner><other:deep/></other:style>'
    "</bpmn:extensionElements></bpmn:userTask>"
    '<bpmn:endEvent id="over"/>' + FLOWS,
    BOXES,
    process='id="theirs" isExecutable="true"',
    more='<bpmn:message id="news" name="news"><bpmn:extensionElements>'
    "<spiffworkflow:messagePayload>{'to': 1}</spiffworkflow:messagePayload>"
    "<spiffworkflow:messageVariable>reply</spiffworkflow:messageVariable>"
    "</bpmn:extensionElements></bpmn:message>"
    '<bpmn:signal id="bell" name="bell"><bpmn:extensionElements>'
    "<spiffworkflow:variableName>x</spiffworkflow:variableName>"
    "</bpmn:extensionElements></bpmn:signal>",
)
PLAIN = drawn(
    '<bpmn:startEvent id="begin"/><bpmn:task id="look" name="Look"/><bpmn:endEvent id="over"/>'
    + FLOWS,
    BOXES,
    process='id="theirs" isExecutable="false"',
)


@pytest.fixture
def draft(world: World) -> UUID:
    return begin_draft(world.handling, "From elsewhere", actor=world.actor("dora"))


def bring(world: World, draft: UUID, content: bytes) -> None:
    dora = world.actor("dora")
    save_file(world.handling, draft, "theirs.bpmn", content, revision=0, actor=dora)


def kept(world: World, page: Page, draft: UUID) -> bytes:
    expect(page.locator(".editor-state")).to_have_text("Saved")
    with world.handling.store.read() as conn:
        content = draft_file(conn, draft, "theirs.bpmn").content
    assert content is not None
    return content


def opened(page: Page, draft: UUID) -> Page:
    page.goto(f"/studio/drafts/{draft}/diagrams/theirs.bpmn")
    page.locator("#editor[data-ready]").wait_for()
    page.locator(".editor-found[data-checked]").wait_for()
    return page


def extensions(content: bytes) -> dict[Any, list[str]]:
    """Return each extension of each element, canonically."""
    root = etree.fromstring(content)
    found = {}
    for holder in root.iter(EXTENSIONS):
        for node in holder.iter():
            # white space between elements is nothing that anybody wrote
            if len(node) and not (node.text or "").strip():
                node.text = None
            node.tail = None if not (node.tail or "").strip() else node.tail
        parent = holder.getparent()
        assert parent is not None
        found[parent.get("id")] = [
            etree.tostring(one, method="c14n", exclusive=True).decode() for one in holder
        ]
    return found


def test_what_the_engines_own_modeler_wrote_stays_as_it_is(
    world: World, enter: Enter, draft: UUID
) -> None:
    bring(world, draft, ARENA)
    page = opened(enter("dora"), draft)

    page.locator('[data-element="look"] button').click()
    page.get_by_label("Name", exact=True).fill("Look again")
    page.keyboard.press("Tab")

    after = kept(world, page, draft)
    assert extensions(after) == extensions(ARENA)
    assert {*extensions(ARENA)} == {"look", "news", "bell"}
    assert b'other:assignee="${who}"' in after
    assert b'name="Look again"' in after


def test_what_is_saved_here_is_read_by_the_engines_own_parser(
    world: World, enter: Enter, draft: UUID
) -> None:
    bring(world, draft, PLAIN.replace(b'"false"', b'"true"'))
    page = opened(enter("dora"), draft)

    page.locator('[data-element="over"] button').click()
    page.get_by_label("What it does to the incident").select_option("confirmed")

    parser = SpiffBpmnParser()
    parser.add_bpmn_xml(etree.fromstring(kept(world, page, draft)), "theirs.bpmn")
    spec = parser.get_spec("theirs")
    assert spec.task_specs["over"].extensions == {"properties": {"closes": "confirmed"}}


def test_a_diagram_that_is_only_drawn_is_made_to_run(
    world: World, enter: Enter, draft: UUID
) -> None:
    bring(world, draft, PLAIN)
    page = opened(enter("dora"), draft)
    expect(page.locator(".editor-findings")).to_contain_text("that it is not to be run")

    page.get_by_label("It may be run").click()

    expect(page.locator(".editor-findings")).not_to_contain_text("that it is not to be run")
    specs = Specs.parse({"theirs.bpmn": kept(world, page, draft)})
    assert try_out(specs, "theirs", {}, [])[0].ends == "over"


def test_a_diagrams_name_in_files_is_changed(world: World, enter: Enter, draft: UUID) -> None:
    bring(world, draft, PLAIN.replace(b'"theirs"', b'"C.1.0"'))
    page = opened(enter("dora"), draft)
    expect(page.locator(".editor-findings")).to_contain_text("an id of letters, digits, _ and -")

    page.get_by_label("Name of the diagram in files").fill("theirs")
    page.keyboard.press("Tab")

    expect(page.locator(".editor-findings")).not_to_contain_text("an id of letters")
    assert [*judge_release({"theirs.bpmn": kept(world, page, draft)}).release.processes] == [
        "theirs"
    ]


def test_a_file_without_a_drawing_is_shown_as_a_table_and_stays_as_it_is(
    world: World, enter: Enter, draft: UUID
) -> None:
    content = PLAIN[: PLAIN.index(b"<bpmndi:BPMNDiagram")] + b"</bpmn:definitions>"
    bring(world, draft, content)
    page = enter("dora")

    page.goto(f"/studio/drafts/{draft}/diagrams/theirs.bpmn")

    expect(page.locator("#editor")).to_contain_text("No drawing can be shown of this file")
    expect(page.locator("#elements-table")).to_contain_text("Look")
    with world.handling.store.read() as conn:
        assert draft_file(conn, draft, "theirs.bpmn").content == content
