"""Refuses what stands in a file's XML and would be ignored, hang, or run as code.

These look at tags, because the model has no place for what is refused.
"""

import re
from collections import Counter
from collections.abc import Mapping

from lxml import etree

from engine.bpmn.document import BPMN, SPIFF, bpmn_children, local
from engine.bpmn.findings import Findings
from engine.bpmn.reader import FLOW_NODES, SUBPROCESSES, flow_nodes
from engine.domain.party import Lane

# What a diagram may not hold anywhere: rule, sentence, mend by local name.
_REFUSED: Mapping[str, tuple[str, str, str]] = {
    **dict.fromkeys(
        (
            "dataObject",
            "dataObjectReference",
            "dataStore",
            "dataStoreReference",
            "dataInputAssociation",
            "dataOutputAssociation",
            "ioSpecification",
        ),
        (
            "data_reference",
            "Data objects, stores and references are not supported (the engine's parser can hang).",
            "Remove it: process data holds decisions only, facts live in tables.",
        ),
    ),
    **dict.fromkeys(
        ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
        (
            "repeated_activity",
            "Repeated activities are not supported (their cost grows with the square).",
            "Draw the loop, or make each one a run of its own.",
        ),
    ),
    **dict.fromkeys(
        ("correlationKey", "correlationProperty", "correlationSubscription"),
        (
            "correlation",
            "Correlations are not supported (they would be evaluated as code).",
            "Remove it: a message goes to its incident's run.",
        ),
    ),
    "adHocSubProcess": (
        "ad_hoc",
        "Ad-hoc subprocesses crash the engine.",
        "Draw the order, or use actions.",
    ),
    "transaction": (
        "transaction",
        "Transactions are not supported.",
        "Use a subprocess with an error event.",
    ),
    "complexGateway": (
        "complex_gateway",
        "Complex gateways are not supported.",
        "Use exclusive and parallel gateways.",
    ),
    "manualTask": (
        "manual_task",
        "A manual task has no form, so nobody could complete it.",
        "Make it a user task.",
    ),
    "serviceTask": (
        "service_task",
        "A diagram cannot call services.",
        "Use a plain task with a “does” property.",
    ),
    **dict.fromkeys(
        (
            "globalTask",
            "globalUserTask",
            "globalManualTask",
            "globalScriptTask",
            "globalBusinessRuleTask",
        ),
        (
            "global_task",
            "Global tasks are not supported (nobody could call them).",
            "Draw it as a process of its own.",
        ),
    ),
    "choreographyTask": (
        "choreography",
        "Choreographies are not supported.",
        "Draw a process.",
    ),
    "childLaneSet": (
        "nested_lane",
        "Nested lanes are not supported (the inner name alone would count).",
        "Draw lanes side by side.",
    ),
}
# Attributes that the engine ignores: the value that changes nothing, rule, mend.
_IGNORED: Mapping[str, tuple[str, str, str]] = {
    **dict.fromkeys(
        ("startQuantity", "completionQuantity"),
        ("1", "quantity", "Remove it, or draw the join that you mean."),
    ),
    "isForCompensation": ("false", "compensation", "Draw what puts it right as a path of its own."),
    "eventGatewayType": (
        "Exclusive",
        "event_gateway",
        "Draw a parallel gateway before the events.",
    ),
    "instantiate": ("false", "instantiate", "Begin with a start event."),
}
# In XML 1 is true as well, but not for the engine.
_TRUE_OR_FALSE = ("cancelActivity", "isInterrupting", "triggeredByEvent", "isExecutable")
_ALLOWED_BESIDE = frozenset(
    {
        "association",
        "auditing",
        "conditionExpression",
        "documentation",
        "extensionElements",
        "group",
        "incoming",
        "laneSet",
        "monitoring",
        "outgoing",
        "script",
        "sequenceFlow",
        "textAnnotation",
    }
)
_ALLOWED_EXTENSIONS = frozenset({"properties", "property", "calledDecisionId"})
# What the modeler of the engine's own studio writes beside, for its own screens: nothing runs it.
_IDLE_EXTENSIONS = frozenset(
    {
        "allowGuest",
        "expectedOutputJson",
        "guestConfirmation",
        "inputJson",
        "instructionsForEndUser",
        "signalButtonLabel",
        "unitTest",
        "unitTests",
    }
)
_SCRIPTS_AROUND = frozenset({"preScript", "postScript"})
_PROCESS_ID = re.compile(r"[^\W\d][\w-]*")
# what a finding is about, where it stands deeper inside
_PLACES = FLOW_NODES | {"lane", "message", "participant", "process", "sequenceFlow"}


def check_markup(file: str, root: etree._Element, findings: Findings) -> None:
    """Add what is wrong with one BPMN file's XML."""
    for node in root.iter(f"{{{BPMN}}}*"):
        reason = _REFUSED.get(local(node))
        if reason is not None:
            findings.refuse(file, _nearest_id(node), *reason)
        _check_attributes(file, node, findings)
        if local(node) == "messageFlow":
            findings.warn(
                file,
                node.get("id"),
                "message_flow",
                "A message flow is only drawn; the engine carries nothing along it.",
                "Let an event throw the message, and another one catch it.",
            )
    for node in root.iter(f"{{{SPIFF}}}*"):
        _check_extension(file, node, findings)
    _check_ids(file, root, findings)
    for process in root.iter(f"{{{BPMN}}}process"):
        _check_process(file, process, findings)


def _check_extension(file: str, node: etree._Element, findings: Findings) -> None:
    """Refuse what would run as code or means something, warn of what is kept and does nothing."""
    tag = local(node)
    is_empty_script = tag in _SCRIPTS_AROUND and not (node.text or "").strip()
    if tag in _ALLOWED_EXTENSIONS or is_empty_script:
        return
    if tag in _IDLE_EXTENSIONS:
        findings.warn(
            file,
            _nearest_id(node),
            "extension",
            f"The extension “{tag}” is kept, and does nothing here.",
            "What people are to read belongs into the step's form.",
        )
        return
    findings.refuse(
        file,
        _nearest_id(node),
        "extension",
        f"The extension “{tag}” is not supported.",
        "Remove it; rules belong on the flows out of gateways or in tables.",
    )


def _nearest_id(node: etree._Element) -> str | None:
    """Return the id of `node`, or of the nearest element around it that people know of."""
    one: etree._Element | None = node
    while one is not None:
        if one.get("id") and (local(one) in _PLACES or one is node):
            return one.get("id")
        one = one.getparent()
    return None


def _check_attributes(file: str, node: etree._Element, findings: Findings) -> None:
    for attribute, (plain, rule, mend) in _IGNORED.items():
        if node.get(attribute, plain) != plain:
            findings.refuse(file, node.get("id"), rule, f"The engine ignores {attribute}.", mend)
    for attribute in _TRUE_OR_FALSE:
        if node.get(attribute, "true") not in ("true", "false"):
            sentence = f"The engine takes {attribute} to be false."
            findings.refuse(file, node.get("id"), "spelling", sentence, "Write true or false.")


def _check_ids(file: str, root: etree._Element, findings: Findings) -> None:
    ids = Counter(node.get("id") for node in root.iter() if node.get("id"))
    for name, count in ids.items():
        if count > 1:
            findings.refuse(
                file, name, "duplicate_id", f"The id “{name}” stands {count} times.", "Rename one."
            )


def _check_process(file: str, process: etree._Element, findings: Findings) -> None:
    name = process.get("id")
    if not name or _PROCESS_ID.fullmatch(name) is None:
        findings.refuse(
            file,
            name,
            "process_id",
            "A process has an id of letters, digits, _ and -.",
            "Give it one, such as incident.",
        )
    # the engine takes a process that does not say so to be executable
    if process.get("isExecutable", "true") != "true":
        findings.refuse(
            file,
            name,
            "not_executable",
            "The process says of itself that it is not to be run.",
            "Mark it executable.",
        )
    _check_children(file, process, findings)
    for node, _ in flow_nodes(process):
        if local(node) in SUBPROCESSES:
            _check_children(file, node, findings)
        if node.get("triggeredByEvent") == "true":
            findings.refuse(
                file,
                node.get("id"),
                "event_subprocess",
                "Event subprocesses start by themselves or never.",
                "Use an event on the border of an activity.",
            )
    _check_lanes(file, process, findings)


def _check_children(file: str, holder: etree._Element, findings: Findings) -> None:
    """Refuse every BPMN tag that nothing here understands."""
    inside = local(holder) != "process"
    for node in bpmn_children(holder):
        tag = local(node)
        if tag in FLOW_NODES:
            if not node.get("id"):
                findings.refuse(
                    file, None, "no_id", f"A {tag} has no id.", "Give it one, as verb_noun."
                )
        elif tag not in _ALLOWED_BESIDE and tag not in _REFUSED:
            findings.refuse(
                file,
                node.get("id"),
                "unsupported",
                f"“{tag}” is not supported.",
                "Remove it.",
            )
        if tag == "laneSet" and inside:
            findings.refuse(
                file,
                holder.get("id"),
                "lane_in_subprocess",
                "A lane inside a subprocess is not its own: it inherits.",
                "Make the subprocess a called process with lanes.",
            )


def _check_lanes(file: str, process: etree._Element, findings: Findings) -> None:
    known = set(Lane)
    places: Counter[str] = Counter()
    for lane_set in bpmn_children(process, "laneSet"):
        for lane in bpmn_children(lane_set, "lane"):
            name = (lane.get("name") or "").strip()
            if name not in known:
                findings.refuse(
                    file,
                    lane.get("id"),
                    "unknown_lane",
                    f"“{name}” is no lane." if name else "The lane has no name.",
                    f"Lanes are {', '.join(Lane)}.",
                )
            places.update(
                (reference.text or "").strip() for reference in bpmn_children(lane, "flowNodeRef")
            )
    for element, count in places.items():
        if count > 1:
            findings.refuse(
                file, element, "two_lanes", "It stands in two lanes.", "Move it into one."
            )
