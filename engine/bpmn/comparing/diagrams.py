"""Compares two versions of a diagram: what its elements mean, and where they are drawn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.comparing.values import Change, Difference, IncomparableError
from engine.bpmn.document import BPMN, UnreadableError, local, parse_xml
from engine.bpmn.model import Element, Event, Flow, Process
from engine.bpmn.reader import read_processes
from engine.language import Said, say

_TEXT = Mapping[str, str]


@dataclass(frozen=True)
class _Version:
    """One version of a diagram."""

    processes: Mapping[str, Process]
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    drawn: Mapping[str, tuple[str, ...]]
    notes: _TEXT
    # what others wrote into extension elements, as canonical XML
    more: _TEXT

    def name(self, element: str) -> str:
        """Return what an element is called; its id where it has no name."""
        one = self.elements.get(element)
        return one.name if one is not None and one.name else element.replace("_", " ")


def compare_diagrams(name: str, old: bytes, new: bytes) -> Iterator[Difference]:
    """Yield what differs: elements, then flows, in the order of the new file, then what is gone.

    Raises IncomparableError for XML that may not be read.
    """
    before, after = _read(name, old), _read(name, new)
    yield from _processes(before, after)
    for element, one in after.elements.items():
        yield from _element(before, after, element, one)
    for flow, way in after.flows.items():
        yield from _flow(before, after, flow, way)
    for gone in before.elements.keys() - after.elements.keys():
        yield Difference(Change.REMOVED, gone, before.name(gone))
    for lost in before.flows.keys() - after.flows.keys():
        yield Difference(Change.REMOVED, lost, _called(before, before.flows[lost]))


def _read(name: str, content: bytes) -> _Version:
    try:
        root = parse_xml(name, content)
    except UnreadableError as error:
        raise IncomparableError(str(error.finding)) from error
    processes = {one.id: one for one in read_processes(name, root)}
    return _Version(
        processes,
        {key: one for process in processes.values() for key, one in process.elements.items()},
        {one.id: one for process in processes.values() for one in process.flows},
        dict(_drawn(root)),
        dict(_notes(root)),
        dict(_more(root)),
    )


def _drawn(root: etree._Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in root.iter(etree.Element):
        if local(node) in ("BPMNShape", "BPMNEdge"):
            yield (
                node.get("bpmnElement", ""),
                tuple(
                    f"{key!s}={_rounded(str(value))}"
                    for one in node
                    if local(one) in ("Bounds", "waypoint")
                    for key, value in sorted(one.attrib.items())
                ),
            )


def _rounded(value: str) -> str:
    """A drawing that is saved again may say 100.0 for 100."""
    try:
        return f"{float(value):.0f}"
    except ValueError:
        return value


def _notes(root: etree._Element) -> Iterator[tuple[str, str]]:
    for node in root.iter(f"{{{BPMN}}}documentation"):
        parent = node.getparent()
        if parent is not None:
            yield parent.get("id", ""), " ".join((node.text or "").split())


def _more(root: etree._Element) -> Iterator[tuple[str, str]]:
    for node in root.iter(f"{{{BPMN}}}extensionElements"):
        parent = node.getparent()
        others = [one for one in node if local(one) not in ("properties", "calledDecisionId")]
        if parent is not None and others:
            written = (etree.tostring(one, method="c14n", exclusive=True) for one in others)
            texts = sorted(b" ".join(text.split()).decode() for text in written)
            yield parent.get("id", ""), "\n".join(texts)


def _processes(before: _Version, after: _Version) -> Iterator[Difference]:
    for name, process in after.processes.items():
        old = before.processes.get(name)
        words: list[Said] = []
        if old is None:
            yield Difference(Change.ADDED, name, process.name)
            continue
        words += _instead(say("It is called"), old.name, process.name)
        words += [
            say("The lane %(name)s is new", name=_lane(lane))
            for lane in process.lanes
            if lane not in old.lanes
        ]
        words += [
            say("The lane %(name)s is gone", name=_lane(lane))
            for lane in old.lanes
            if lane not in process.lanes
        ]
        if words:
            yield Difference(Change.CHANGED, name, process.name, tuple(words))
    for gone in before.processes.keys() - after.processes.keys():
        yield Difference(Change.REMOVED, gone, before.processes[gone].name)


def _element(before: _Version, after: _Version, name: str, one: Element) -> Iterator[Difference]:
    old = before.elements.get(name)
    if old is None:
        yield Difference(Change.ADDED, name, after.name(name))
        return
    words = [
        *_instead(say("It is called"), old.name, one.name),
        *_instead(say("It is"), old.type, one.type),
        *_instead(say("It is asked of"), _lane(old.lane), _lane(one.lane)),
        *_instead(say("It runs"), old.called, one.called),
        *_instead(say("It asks the table"), old.decision, one.decision),
        *_instead(say("It notes"), old.script, one.script),
        *_instead(say("It stands on"), old.attached_to, one.attached_to),
        *_event(old.event, one.event),
        *_properties(old.properties, one.properties),
        *_instead(say("Its notes say"), before.notes.get(name), after.notes.get(name)),
    ]
    if old.interrupting != one.interrupting:
        words.append(
            say("It ends what it stands on")
            if one.interrupting
            else say("It no longer ends what it stands on")
        )
    if before.more.get(name) != after.more.get(name):
        words.append(say("What other tools wrote into it differs"))
    if words:
        yield Difference(Change.CHANGED, name, after.name(name), tuple(words))
    elif before.drawn.get(name) != after.drawn.get(name):
        yield Difference(Change.MOVED, name, after.name(name))


def _event(old: Event | None, new: Event | None) -> Iterator[Said]:
    if old is None or new is None or old == new:
        return
    yield from _instead(say("It waits for"), old.kind, new.kind)
    yield from _instead(say("The news is"), old.name, new.name)
    yield from _instead(say("Its time is a"), old.timer, new.timer)
    yield from _instead(say("Its time is"), old.expression, new.expression)


def _properties(old: _TEXT, new: _TEXT) -> Iterator[Said]:
    for name in dict.fromkeys((*old, *new)):
        yield from _instead(say("Its “%(name)s” is", name=name), old.get(name), new.get(name))


def _flow(before: _Version, after: _Version, name: str, way: Flow) -> Iterator[Difference]:
    old = before.flows.get(name)
    if old is None:
        yield Difference(Change.ADDED, name, _called(after, way))
        return
    words = [
        *_instead(say("It is called"), old.name, way.name),
        *_end(say("It comes from"), before, after, old.source, way.source),
        *_end(say("It leads to"), before, after, old.target, way.target),
        *_instead(say("It is taken when"), old.condition, way.condition),
    ]
    if old.is_default != way.is_default:
        words.append(
            say("It is taken whenever no other is")
            if way.is_default
            else say("It is no longer what is taken whenever no other is")
        )
    if words:
        yield Difference(Change.CHANGED, name, _called(after, way), tuple(words))
    elif before.drawn.get(name) != after.drawn.get(name):
        yield Difference(Change.MOVED, name, _called(after, way))


def _end(what: Said, before: _Version, after: _Version, old: str, new: str) -> Iterator[Said]:
    if old != new:
        yield from _instead(what, before.name(old), after.name(new))


def _called(version: _Version, way: Flow) -> Said:
    source, target = version.name(way.source), version.name(way.target)
    if way.name:
        return say(
            "%(source)s → %(target)s (%(name)s)", source=source, target=target, name=way.name
        )
    return say("%(source)s → %(target)s", source=source, target=target)


def _lane(lane: str | None) -> str | None:
    return None if lane is None else lane.replace("_", " ")


def _instead(what: str, old: str | None, new: str | None) -> Iterator[Said]:
    """Yield the sentence of one thing that differs."""
    if (old or None) == (new or None):
        return
    if not new:
        yield say("%(what)s no longer “%(old)s”", what=what, old=old)
    elif not old:
        yield say("%(what)s “%(new)s”", what=what, new=new)
    else:
        yield say("%(what)s “%(new)s” instead of “%(old)s”", what=what, new=new, old=old)
