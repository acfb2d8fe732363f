"""Turns a BPMN file's XML into the model.  Forgiving: what is wrong is for `rules` to say."""

from collections.abc import Iterator, Set
from types import MappingProxyType

from lxml import etree

from engine.bpmn.document import BPMN, SPIFF, bpmn_children, local
from engine.bpmn.events import Names, read_event
from engine.bpmn.model import Element, Flow, Process, Repeats

SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
FLOW_NODES = SUBPROCESSES | {
    "boundaryEvent",
    "businessRuleTask",
    "callActivity",
    "choreographyTask",
    "complexGateway",
    "endEvent",
    "eventBasedGateway",
    "exclusiveGateway",
    "inclusiveGateway",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "manualTask",
    "parallelGateway",
    "receiveTask",
    "scriptTask",
    "sendTask",
    "serviceTask",
    "startEvent",
    "task",
    "userTask",
}
_TRUE = ("true", "1")


def flow_nodes(process: etree._Element) -> Iterator[tuple[etree._Element, str | None]]:
    """Yield every flow node below `process` with the id of the subprocess that holds it."""
    waiting: list[tuple[etree._Element, str | None]] = [(process, None)]
    while waiting:
        holder, container = waiting.pop(0)
        for node in bpmn_children(holder, *FLOW_NODES):
            yield node, container
            if local(node) in SUBPROCESSES:
                waiting.append((node, node.get("id")))


def read_processes(file: str, root: etree._Element, *, by_id: bool = False) -> list[Process]:
    """Return the model of each process of a file.

    With `by_id` messages and the like that have no name are called by their id.
    """
    names = Names(root, by_id=by_id)
    return [_process(file, node, names) for node in root.iter(f"{{{BPMN}}}process")]


def _process(file: str, process: etree._Element, names: Names) -> Process:
    process_id = process.get("id", "")
    lanes = _lanes(process)
    nodes = list(flow_nodes(process))
    elements: dict[str, Element] = {}
    for node, container in nodes:
        inherited = elements[container].lane if container in elements else None
        lane = lanes.get(node.get("id", "")) or inherited
        element = _element(node, names, process_id, container, lane)
        elements[element.id] = element
    return Process(
        id=process_id,
        name=process.get("name", process_id),
        file=file,
        elements=MappingProxyType(elements),
        flows=tuple(_flows(process, {node.get("default") for node, _ in nodes})),
        lanes=tuple(
            (lane.get("name") or "").strip()
            for lane_set in bpmn_children(process, "laneSet")
            for lane in bpmn_children(lane_set, "lane")
        ),
    )


def _lanes(process: etree._Element) -> dict[str, str]:
    """Return the lane's name by element id; white space around either does not count."""
    found = {}
    for lane_set in bpmn_children(process, "laneSet"):
        for lane in bpmn_children(lane_set, "lane"):
            name = (lane.get("name") or "").strip()
            for reference in bpmn_children(lane, "flowNodeRef"):
                found[(reference.text or "").strip()] = name
    return found


def _element(
    node: etree._Element,
    names: Names,
    process: str,
    container: str | None,
    lane: str | None,
) -> Element:
    kind = local(node)
    children = bpmn_children(node)
    extensions = [child for child in children if local(child) == "extensionElements"]
    scripts = [child for child in children if local(child) == "script"]
    interrupts = "cancelActivity" if kind == "boundaryEvent" else "isInterrupting"
    return Element(
        id=node.get("id", ""),
        name=" ".join(node.get("name", "").split()),
        type=kind,
        process=process,
        lane=lane or None,
        container=container,
        event=read_event(node, children, names),
        attached_to=node.get("attachedToRef"),
        interrupting=node.get(interrupts, "true") in _TRUE,
        called=node.get("calledElement"),
        decision=_extension(extensions, "calledDecisionId"),
        script=scripts[0].text if scripts else None,
        on_event=node.get("triggeredByEvent") in _TRUE,
        compensates=node.get("isForCompensation") in _TRUE,
        repeats=_repeats(children),
        properties=MappingProxyType(
            {
                one.get("name", ""): one.get("value", "")
                for holder in extensions
                for one in holder.iter(f"{{{SPIFF}}}property")
            }
        ),
    )


def _repeats(children: list[etree._Element]) -> Repeats | None:
    for child in children:
        if local(child) == "standardLoopCharacteristics":
            return "loop"
        if local(child) == "multiInstanceLoopCharacteristics":
            return "sequential" if child.get("isSequential") in _TRUE else "parallel"
    return None


def _extension(extensions: list[etree._Element], tag: str) -> str | None:
    for holder in extensions:
        for one in holder.iter(f"{{{SPIFF}}}{tag}"):
            return (one.text or "").strip() or None
    return None


def _flows(process: etree._Element, defaults: Set[str | None]) -> Iterator[Flow]:
    order: dict[str, int] = {}
    for flow in process.iter(f"{{{BPMN}}}sequenceFlow"):
        source = flow.get("sourceRef", "")
        conditions = bpmn_children(flow, "conditionExpression")
        order[source] = order.get(source, 0) + 1
        yield Flow(
            id=flow.get("id", ""),
            source=source,
            target=flow.get("targetRef", ""),
            name=" ".join(flow.get("name", "").split()),
            condition=(conditions[0].text or "").strip() if conditions else None,
            is_default=flow.get("id") in defaults,
            order=order[source],
        )
