"""Reads what an event is about.  Forgiving: what is wrong is for `rules` to say.

A newcomer would look a reference up in the tree for each event: a file with thousands of them
would take minutes.  `Names` holds every named thing of a file once.
"""

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.document import bpmn_children, local
from engine.bpmn.model import Event, EventKind, TimerKind

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
_NAMED = frozenset({"message", "signal", "error", "escalation"})
_YES = ("true", "1")


class Names:
    """The messages, signals, errors, escalations and shared definitions of one file.

    With `by_id` something without a name is called by its id, as files from anywhere do.
    """

    def __init__(self, root: etree._Element, *, by_id: bool = False) -> None:
        self.by_id = by_id
        self.shared: dict[str, etree._Element] = {}
        self._found: dict[tuple[str, str], etree._Element] = {}
        for node in bpmn_children(root):
            if local(node) in _NAMED:
                self._found[local(node), node.get("id", "")] = node
            elif local(node) in _EVENTS:
                self.shared[node.get("id", "")] = node

    def of(self, kind: EventKind, reference: str | None) -> tuple[str | None, str | None]:
        """Return name and code of what `reference` means; None for what is not said."""
        if not reference:
            return None, None
        bare = reference.rpartition(":")[2]
        node = self._found.get((kind, reference), self._found.get((kind, bare)))
        if node is None:
            return (bare, bare) if self.by_id else (None, None)
        code = node.get(f"{kind}Code")
        if not self.by_id:
            return node.get("name"), code
        return node.get("name") or bare, code or node.get("name") or bare


def read_event(node: etree._Element, children: list[etree._Element], names: Names) -> Event | None:
    """Return what an event, send task or receive task is about; None for anything else."""
    tag = local(node)
    if tag in ("sendTask", "receiveTask"):
        return Event("message", name=names.of("message", node.get("messageRef"))[0])
    if not tag.endswith("Event"):
        return None
    definitions = [child for child in children if local(child) in _EVENTS]
    shared = [child for child in children if local(child) == "eventDefinitionRef"]
    if shared or len(definitions) > 1:
        found = [names.shared.get((one.text or "").strip()) for one in shared]
        definitions += [one for one in found if one is not None]
        return Event(
            "multiple",
            parts=tuple(_definition(one, names) for one in definitions),
            all_parts=node.get("parallelMultiple") in _YES,
        )
    return _definition(definitions[0], names) if definitions else Event("none")


def _definition(node: etree._Element, names: Names) -> Event:
    kind = _EVENTS[local(node)]
    if kind == "timer":
        for child in bpmn_children(node, *_TIMERS):
            text = (child.text or "").strip()
            return Event(kind, timer=_TIMERS[local(child)], expression=text)
    if kind in _NAMED:
        name, code = names.of(kind, node.get(f"{kind}Ref"))
        return Event(kind, name=name, code=code)
    return Event(kind, name=node.get("name") if kind == "link" else None)
