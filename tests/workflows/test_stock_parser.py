"""What is drawn here is read by the engine's own parser, and by the modeler of its own studio.

That modeler knows the extension elements of `THEIRS`, by these names; whatever else a file held
would be lost to whoever opens it there.
"""

import io

from lxml import etree
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser

from engine.bpmn import judge_release
from engine.bpmn.document import SPIFF
from tests.world import shipped_files

SHIPPED = shipped_files()
DRAWN = {name: content for name, content in SHIPPED.items() if name.endswith(".bpmn")}
THEIRS = {"properties", "property", "calledDecisionId"}


def stock() -> SpiffBpmnParser:
    parser = SpiffBpmnParser()
    for name, content in SHIPPED.items():
        if name.endswith(".bpmn"):
            parser.add_bpmn_io(io.BytesIO(content), name)
        elif name.endswith(".dmn"):
            parser.add_dmn_io(io.BytesIO(content), name)
    return parser


def test_every_diagram_and_table_is_read_by_the_stock_parser() -> None:
    parser = stock()

    for process in judge_release(SHIPPED).release.processes.values():
        spec = parser.get_spec(process.id)
        assert {*process.elements} <= {*spec.task_specs}, process.id


def test_meaning_stands_where_the_engine_and_its_modeler_look_for_it() -> None:
    parser = stock()
    marked = [
        element
        for process in judge_release(SHIPPED).release.processes.values()
        for element in process.elements.values()
        if element.properties
    ]

    assert marked
    for element in marked:
        spec = parser.get_spec(element.process).task_specs[element.id]
        assert spec.extensions["properties"] == dict(element.properties), element.id


def test_no_extension_is_of_a_name_that_the_modeler_does_not_know() -> None:
    for content in DRAWN.values():
        for node in etree.fromstring(content).iter(f"{{{SPIFF}}}*"):
            assert etree.QName(node).localname in THEIRS
