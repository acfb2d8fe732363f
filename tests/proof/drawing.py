"""A small notation for diagrams, so that a case of the gallery is a few lines that one can see.

    begin -> [ask] -> ?which
    ?which -(ask.answer == "yes")-> done
    ?which -(else)-> [ask]
    late: timer on ask
    late -> over

`[x]` is a user task, `?x` an exclusive, `+x` a parallel, `*x` an inclusive, `%x` an event-based
gateway, `<x>` a catch event, `x` a start, end, task or whatever its line `x: ...` says.  Of a line
`x: a; b` each part is one of _SAYS, below.  `part = {` ... `}` draws a subprocess.  Flows are
called `source_target`; `-(condition)->` and `-(else)->` are what they say.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  id="definitions" targetNamespace="t">
"""
_ARROW = re.compile(r"\s*-(?:\((?P<condition>[^()]*(?:\([^()]*\)[^()]*)*)\)-)?>\s*")
_SHAPES = {
    "?": "exclusiveGateway",
    "+": "parallelGateway",
    "*": "inclusiveGateway",
    "%": "eventBasedGateway",
    "[": "userTask",
    "<": "intermediateCatchEvent",
}
_SAYS = """
mark M | closes C | lane L | script S | decides T | calls P | as TAG | loops | sequential | parallel
| timer [E] | message N | signal N | error [N] | escalation [N] | terminate | cancel | link N
| compensate | conditional | on HOST | beside HOST | throws | on event | starts beside | compensates
"""
_EVENTS = (
    "timer",
    "message",
    "signal",
    "error",
    "escalation",
    "terminate",
    "cancel",
    "link",
    "compensate",
    "conditional",
)
_NAMED = ("message", "signal", "error", "escalation")


@dataclass
class _Node:
    name: str
    tag: str = ""
    holder: str | None = None
    says: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class _Sheet:
    nodes: dict[str, _Node] = field(default_factory=dict)
    flows: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)


def draw(
    text: str = "",
    *,
    name: str = "p",
    lanes: Mapping[str, Iterable[str]] | None = None,
    **more: str,
) -> bytes:
    """Return a BPMN file of process `name`, and of `more`: process id and its text.

    User tasks stand in lane `it` unless a line says otherwise.
    """
    texts = {name: text} if text else {}
    sheets = {one: _read(said) for one, said in (texts | more).items()}
    body = "".join(_process(one, sheet, lanes or {}) for one, sheet in sheets.items())
    return f"{HEAD}{_named(sheets.values())}{body}</bpmn:definitions>".encode()


def draw_pools(tells: Iterable[tuple[str, str]], **processes: str) -> bytes:
    """Return a BPMN file with a pool for each process, and message flows between elements."""
    sheets = {one: _read(said) for one, said in processes.items()}
    pools = "".join(
        f'<bpmn:participant id="{one}_pool" name="{one}" processRef="{one}"/>' for one in sheets
    )
    flows = "".join(
        f'<bpmn:messageFlow id="{source}_tells_{target}" sourceRef="{source}" '
        f'targetRef="{target}"/>'
        for source, target in tells
    )
    body = "".join(_process(one, sheet, {}) for one, sheet in sheets.items())
    together = f'<bpmn:collaboration id="together">{pools}{flows}</bpmn:collaboration>'
    return f"{HEAD}{together}{_named(sheets.values())}{body}</bpmn:definitions>".encode()


def _read(text: str) -> _Sheet:
    sheet = _Sheet()
    holder: list[str] = []
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        if line == "}":
            holder.pop()
        elif line.endswith("= {"):
            name = line.removesuffix("= {").strip()
            _node(sheet, name, holder).tag = "subProcess"
            holder.append(name)
        elif ":" in line and not _ARROW.search(line):
            name, _, says = line.partition(":")
            node = _node(sheet, name.strip(), holder)
            node.says += [part for one in says.split(";") for part in _parts(one.strip())]
        else:
            _read_flows(sheet, line, holder)
    for node in sheet.nodes.values():
        _settle(sheet, node)
    return sheet


def _parts(said: str) -> list[str]:
    """`timer on ask` says two things."""
    match = re.fullmatch(r"(\S.*) (on|beside) (\w+)", said)
    return [match[1], f"{match[2]} {match[3]}"] if match else [said]


def _node(sheet: _Sheet, said: str, holder: list[str]) -> _Node:
    name = said.strip("[]<>?+*% ")
    node = sheet.nodes.setdefault(name, _Node(name, holder=holder[-1] if holder else None))
    if said[0] in _SHAPES:
        node.tag = _SHAPES[said[0]]
    return node


def _read_flows(sheet: _Sheet, line: str, holder: list[str]) -> None:
    parts = _ARROW.split(line)
    names = [_node(sheet, one, holder).name for one in parts[::2]]
    for source, condition, target in zip(names, parts[1::2], names[1:], strict=False):
        sheet.flows.append((source, target, condition, holder[-1] if holder else None))


_TAGS = {"calls": "callActivity", "script": "scriptTask", "decides": "businessRuleTask"}
_ATTRIBUTES = {
    "calls": "calledElement",
    "on": "attachedToRef",
    "beside": "attachedToRef",
}
_MEANS = {
    "on event": ("triggeredByEvent", "true"),
    "starts beside": ("isInterrupting", "false"),
    "compensates": ("isForCompensation", "true"),
}


def _settle(sheet: _Sheet, node: _Node) -> None:
    """Decide what an element is from what is said of it and from its flows."""
    event = ""
    for said in node.says:
        word, _, rest = said.partition(" ")
        if said in _MEANS:
            name, value = _MEANS[said]
            node.attributes[name] = value
            continue
        node.tag = rest if word == "as" else _TAGS.get(word, node.tag)
        if word in ("on", "beside"):
            node.tag = "boundaryEvent"
        if word == "beside":
            node.attributes["cancelActivity"] = "false"
        if word in _ATTRIBUTES:
            node.attributes[_ATTRIBUTES[word]] = rest
        event = word if word in _EVENTS else event
    node.tag = node.tag or _tag(sheet, node, event)


def _tag(sheet: _Sheet, node: _Node, event: str) -> str:
    comes = any(target == node.name for _, target, _, _ in sheet.flows)
    goes = any(source == node.name for source, _, _, _ in sheet.flows)
    if comes and goes:
        if not event:
            return "task"
        return "intermediateThrowEvent" if "throws" in node.says else "intermediateCatchEvent"
    return "endEvent" if comes else "startEvent"


def _process(name: str, sheet: _Sheet, lanes: Mapping[str, Iterable[str]]) -> str:
    of_lane: dict[str, list[str]] = {lane: list(steps) for lane, steps in lanes.items()}
    known = {step for steps in of_lane.values() for step in steps}
    for node in sheet.nodes.values():
        told = [one.removeprefix("lane ") for one in node.says if one.startswith("lane ")]
        if node.name not in known and node.holder is None:
            of_lane.setdefault(told[0] if told else "it", []).append(node.name)
    drawn = "".join(
        f'<bpmn:lane id="{name}_lane_{lane}" name="{lane}">'
        + "".join(f"<bpmn:flowNodeRef>{one}</bpmn:flowNodeRef>" for one in elements)
        + "</bpmn:lane>"
        for lane, elements in of_lane.items()
        if any(element in sheet.nodes for element in elements)
    )
    return (
        f'<bpmn:process id="{name}" name="{_words(name)}" isExecutable="true">'
        f'<bpmn:laneSet id="{name}_lanes">{drawn}</bpmn:laneSet>'
        f"{_level(sheet, None)}</bpmn:process>"
    )


def _level(sheet: _Sheet, holder: str | None) -> str:
    nodes = [_drawn(sheet, node) for node in sheet.nodes.values() if node.holder == holder]
    seen: dict[str, int] = {}
    flows = []
    for source, target, condition, within in sheet.flows:
        base = f"{source}_{target}"
        seen[base] = seen.get(base, 0) + 1
        flow = base if seen[base] == 1 else f"{base}_{seen[base]}"
        if within != holder:
            continue
        inner = ""
        if condition is not None and condition != "else":
            inner = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>"
        flows.append(
            f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}">{inner}'
            "</bpmn:sequenceFlow>"
        )
    return "".join([*nodes, *flows])


def _drawn(sheet: _Sheet, node: _Node) -> str:
    attributes = dict(node.attributes)
    inner = ""
    for said in node.says:
        word, _, rest = said.partition(" ")
        if word == "script":
            inner = f"<bpmn:script>{escape(rest)}</bpmn:script>"
        elif word in _EVENTS and node.tag in ("sendTask", "receiveTask"):
            attributes["messageRef"] = f"message_{rest}"
        elif word in _EVENTS:
            inner += _event(word, rest)
    inner += "".join(_REPEATS[said] for said in node.says if said in _REPEATS)
    if any(source == node.name and only == "else" for source, _, only, _ in sheet.flows):
        default = next(
            target
            for source, target, only, _ in sheet.flows
            if (source, only) == (node.name, "else")
        )
        attributes["default"] = f"{node.name}_{default}"
    if any(one.holder == node.name for one in sheet.nodes.values()):
        inner = _level(sheet, node.name) + inner
    shown = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return (
        f'<bpmn:{node.tag} id="{node.name}" name="{_words(node.name)}"{shown}>'
        f"{_extensions(node)}{inner}</bpmn:{node.tag}>"
    )


def _extensions(node: _Node) -> str:
    said = [one.partition(" ") for one in node.says]
    properties = "".join(
        f'<spiffworkflow:property name="{word}" value="{rest}"/>'
        for word, _, rest in said
        if word in ("mark", "closes", "does")
    )
    if properties:
        properties = f"<spiffworkflow:properties>{properties}</spiffworkflow:properties>"
    decisions = "".join(
        f"<spiffworkflow:calledDecisionId>{rest}</spiffworkflow:calledDecisionId>"
        for word, _, rest in said
        if word == "decides"
    )
    if not properties and not decisions:
        return ""
    return f"<bpmn:extensionElements>{properties}{decisions}</bpmn:extensionElements>"


_REPEATS = {
    "loops": "<bpmn:standardLoopCharacteristics/>",
    "sequential": '<bpmn:multiInstanceLoopCharacteristics isSequential="true"/>',
    "parallel": "<bpmn:multiInstanceLoopCharacteristics/>",
}


def _event(word: str, rest: str) -> str:
    if word == "timer":
        kind = "timeCycle" if rest.startswith('"R') else "timeDuration"
        text = escape(rest or '"PT1H"')
        inner = f"<bpmn:{kind}>{text}</bpmn:{kind}>"
        return f"<bpmn:timerEventDefinition>{inner}</bpmn:timerEventDefinition>"
    if word in _NAMED:
        reference = f' {word}Ref="{word}_{rest}"' if rest else ""
        return f"<bpmn:{word}EventDefinition{reference}/>"
    name = f' name="{rest}"' if word == "link" else ""
    return f"<bpmn:{word}EventDefinition{name}/>"


def _named(sheets: Iterable[_Sheet]) -> str:
    found: dict[str, None] = {}
    for sheet in sheets:
        for node in sheet.nodes.values():
            for said in node.says:
                word, _, rest = said.partition(" ")
                if word in _NAMED and rest:
                    code = f' {word}Code="{rest}"' if word in ("error", "escalation") else ""
                    found[f'<bpmn:{word} id="{word}_{rest}" name="{rest}"{code}/>'] = None
    return "".join(found)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
