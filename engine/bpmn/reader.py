"""Turns a BPMN file's XML into the model.  Forgiving: what is wrong is for `rules` to say."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lxml import etree

from engine.bpmn.document import BPMN, SPIFF, bpmn_children, local
from engine.bpmn.model import Element, Event, EventKind, Flow, Process, TimerKind

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
_EVENTS: Mapping[str, EventKind] = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "terminateEventDefinition": "terminate",
    "cancelEventDefinition": "cancel",
    "linkEventDefinition": "link",
    "compensateEventDefinition": "compensate",
    "conditionalEventDefinition": "conditional",
}
_TIMERS: Mapping[str, TimerKind] = {
    "timeDate": "date",
    "timeDuration": "duration",
    "timeCycle": "cycle",
}


def flow_nodes(process: etree._Element) -> Iterator[tuple[etree._Element, str | None]]:
    """Yield every flow node below `process` with the id of the subprocess that holds it."""
    waiting: list[tuple[etree._Element, str | None]] = [(process, None)]
    while waiting:
        holder, container = waiting.pop(0)
        for node in bpmn_children(holder, *FLOW_NODES):
            yield node, container
            if local(node) in SUBPROCESSES:
                waiting.append((node, node.get("id")))


def read_process(file: str, root: etree._Element, process: etree._Element) -> Process:
    """Return the model of one `bpmn:process`."""
    name = process.get("id", "")
    lanes = _lanes(process)
    elements: dict[str, Element] = {}
    for node, container in flow_nodes(process):
        inherited = elements[container].lane if container in elements else None
        element = _element(node, root, name, container, lanes.get(node.get("id", "")) or inherited)
        elements[element.id] = element
    return Process(
        id=name,
        name=process.get("name", name),
        file=file,
        elements=MappingProxyType(elements),
        flows=tuple(_flows(process)),
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
    root: etree._Element,
    process: str,
    container: str | None,
    lane: str | None,
) -> Element:
    scripts = bpmn_children(node, "script")
    return Element(
        id=node.get("id", ""),
        name=" ".join(node.get("name", "").split()),
        type=local(node),
        process=process,
        lane=lane or None,
        container=container,
        event=_event(node, root),
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("cancelActivity", "true") == "true",
        called=node.get("calledElement"),
        decision=_extension(node, "calledDecisionId"),
        script=scripts[0].text if scripts else None,
        properties=MappingProxyType(
            {
                one.get("name", ""): one.get("value", "")
                for holder in bpmn_children(node, "extensionElements")
                for one in holder.iter(f"{{{SPIFF}}}property")
            }
        ),
    )


def _extension(node: etree._Element, tag: str) -> str | None:
    for holder in bpmn_children(node, "extensionElements"):
        for one in holder.iter(f"{{{SPIFF}}}{tag}"):
            return (one.text or "").strip() or None
    return None


def _event(node: etree._Element, root: etree._Element) -> Event | None:
    tag = local(node)
    if tag in ("sendTask", "receiveTask"):
        return Event("message", name=_named(root, "message", node.get("messageRef")).get("name"))
    if not tag.endswith("Event"):
        return None
    definitions = [child for child in bpmn_children(node) if local(child) in _EVENTS]
    if bpmn_children(node, "eventDefinitionRef") or len(definitions) > 1:
        return Event("multiple")
    if not definitions:
        return Event("none")
    definition = definitions[0]
    kind = _EVENTS[local(definition)]
    if kind == "timer":
        for child in bpmn_children(definition, *_TIMERS):
            text = (child.text or "").strip()
            return Event(kind, timer=_TIMERS[local(child)], expression=text)
        return Event(kind)
    if kind in ("message", "signal", "error", "escalation"):
        target = _named(root, kind, definition.get(f"{kind}Ref"))
        code = target.get(f"{kind}Code")
        return Event(kind, name=target.get("name"), code=code)
    return Event(kind)


def _named(root: etree._Element, tag: str, name: str | None) -> Mapping[str, str]:
    """Return the attributes of the top-level message, signal, ... with this id; {} without."""
    for node in bpmn_children(root, tag):
        if name and node.get("id") == name:
            return {str(key): str(value) for key, value in node.attrib.items()}
    return {}


def _flows(process: etree._Element) -> Iterator[Flow]:
    nodes = {node.get("id"): node for node, _ in flow_nodes(process)}
    order: dict[str, int] = {}
    for flow in process.iter(f"{{{BPMN}}}sequenceFlow"):
        source = flow.get("sourceRef", "")
        conditions = bpmn_children(flow, "conditionExpression")
        origin = nodes.get(source)
        order[source] = order.get(source, 0) + 1
        yield Flow(
            id=flow.get("id", ""),
            source=source,
            target=flow.get("targetRef", ""),
            name=" ".join(flow.get("name", "").split()),
            condition=(conditions[0].text or "").strip() if conditions else None,
            is_default=origin is not None and origin.get("default") == flow.get("id"),
            order=order[source],
        )
