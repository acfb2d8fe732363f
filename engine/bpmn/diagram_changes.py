"""What differs between two versions of a diagram: its steps, its ways, and what else is drawn.

A newcomer would compare the files' XML: an editor that saves a diagram writes it all anew.  What
an element means comes from the model, and where it stands from the drawing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from engine.bpmn.document import BPMN, bpmn_children, local, name_flows, parse_xml
from engine.bpmn.drawn import Drawn, moved_boxes, moved_lines, read_drawn
from engine.bpmn.element_changes import (
    TYPES,
    Read,
    called,
    element_changes,
    in_plain_words,
    text_changes,
    written,
)
from engine.bpmn.model import Element, Flow
from engine.bpmn.reader import FLOW_NODES, read_processes
from engine.domain.difference import Difference, How, Swap, shortened
from engine.language import Said, say

# drawn beside steps and ways
_OTHERS = (
    "association",
    "dataObjectReference",
    "dataStoreReference",
    "group",
    "lane",
    "messageFlow",
    "participant",
    "textAnnotation",
)
_NAME = Swap(
    say("“%(before)s” is called “%(now)s” now."),
    say("It is called “%(now)s”; it had no name."),
    say("It has no name; it was called “%(before)s”."),
)
_CONDITION = Swap(
    say("%(name)s is taken when `%(now)s` instead of `%(before)s`."),
    say("%(name)s is taken when `%(now)s`; it had no condition."),
    say("%(name)s has no condition any more; it was taken when `%(before)s`."),
)
_FLOW_NAME = Swap(
    say("%(name)s is called “%(now)s” instead of “%(before)s”."),
    say("%(name)s is called “%(now)s”; it had no name."),
    say("%(name)s has no name; it was called “%(before)s”."),
)


@dataclass(frozen=True)
class _Diagram:
    """One version of a file: its XML, its processes together, and its drawing."""

    root: etree._Element
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    titles: Mapping[str, str]

    @cached_property
    def nodes(self) -> Mapping[str, etree._Element]:
        """XML by id: of steps and ways, and of what else is drawn."""
        kept = FLOW_NODES | {"sequenceFlow", *_OTHERS}
        found: dict[str, etree._Element] = {}
        for node in self.root.iter(f"{{{BPMN}}}*"):
            if local(node) in kept:
                found.setdefault(node.get("id", ""), node)
        return found

    @cached_property
    def drawn(self) -> Drawn:
        return read_drawn(self.root)

    @cached_property
    def others(self) -> Mapping[str, str | None]:
        """What else is drawn by id, with what it is called."""
        return {one: _words_of(node) for one, node in self.nodes.items() if local(node) in _OTHERS}

    @cached_property
    def tried(self) -> Mapping[str, Sequence[str]]:
        """The ways out of each element, in the order in which they are tried."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for flow in self.flows.values():
            found[flow.source].append(flow.id)
        return found

    def name(self, element: str | None) -> Said | None:
        """Return what people call an element; None for none."""
        if element is None:
            return None
        known = self.elements.get(element)
        return called(known.name if known else "", element)

    def way(self, flow: Flow) -> Said:
        """Return what to call a flow: by where it leads."""
        source, target = self.name(flow.source), self.name(flow.target)
        return say("The way from “%(source)s” to “%(target)s”", source=source, target=target)


def diagram_changes(file: str, before: bytes, after: bytes) -> tuple[Difference, ...]:
    """Return how two versions of a BPMN file differ, as far as it has a meaning or is drawn.

    Raises UnreadableError if either is no XML that may be read.
    """
    old, new = _read(file, before), _read(file, after)
    return (
        *_titles(old, new),
        *_elements(old, new),
        *_flows(old, new),
        *_others(old, new),
    )


def _read(file: str, content: bytes) -> _Diagram:
    root = parse_xml(file, content)
    name_flows(root)
    processes = read_processes(file, root)
    return _Diagram(
        root,
        {one.id: one for process in processes for one in process.elements.values()},
        {flow.id: flow for process in processes for flow in process.flows},
        {process.id: process.name for process in processes},
    )


def _titles(old: _Diagram, new: _Diagram) -> Iterator[Difference]:
    for process in dict.fromkeys((*old.titles, *new.titles)):
        before, now = old.titles.get(process), new.titles.get(process)
        if before == now:
            continue
        name = called(now or before or "", process)
        if before is None:
            said = say("The diagram “%(name)s” was added.", name=name)
        elif now is None:
            said = say("The diagram “%(name)s” was removed.", name=name)
        else:
            said = say(
                "The diagram is called “%(now)s” instead of “%(before)s”.", now=now, before=before
            )
        yield Difference(How.CHANGED, None, None, name, (said,))


def _elements(old: _Diagram, new: _Diagram) -> Iterator[Difference]:
    moved = moved_boxes(old.drawn, new.drawn)
    for one in new.elements.values():
        name = called(one.name, one.id)
        before = old.elements.get(one.id)
        if before is None:
            yield Difference(How.ADDED, None, one.id, name, (_added(one, name),))
            continue
        # an id that stands at two places of the XML has a model, and perhaps no node of its own
        nodes = old.nodes.get(one.id), new.nodes.get(one.id)
        if nodes[0] is None or nodes[1] is None:
            continue
        said = [
            *element_changes(Read(before, nodes[0], old.name), Read(one, nodes[1], new.name)),
            *_order(one.id, name, old, new),
        ]
        yield from _one(said, one.id, name, is_moved=one.id in moved)
    for one in old.elements.values():
        if one.id not in new.elements:
            name = called(one.name, one.id)
            removed = say("“%(name)s” was removed.", name=name)
            yield Difference(How.REMOVED, one.id, None, name, (removed,))


def _added(one: Element, name: str) -> Said:
    kind = TYPES.get(one.type, one.type)
    if one.is_step and one.lane:
        lane = in_plain_words(one.lane)
        return say("“%(name)s” was added: %(kind)s, for %(lane)s.", name=name, kind=kind, lane=lane)
    return say("“%(name)s” was added: %(kind)s.", name=name, kind=kind)


def _order(element: str, name: str, old: _Diagram, new: _Diagram) -> Iterator[Said]:
    befores, nows = old.tried.get(element, ()), new.tried.get(element, ())
    both = set(befores) & set(nows)
    if [one for one in befores if one in both] != [one for one in nows if one in both]:
        yield say("The ways out of “%(name)s” are tried in another order.", name=name)


def _one(said: list[Said], id_: str, name: str, *, is_moved: bool) -> Iterator[Difference]:
    if is_moved:
        said.append(say("“%(name)s” stands elsewhere in the drawing.", name=name))
    if said:
        how = How.MOVED if is_moved and len(said) == 1 else How.CHANGED
        yield Difference(how, id_, id_, name, tuple(said))


def _flows(old: _Diagram, new: _Diagram) -> Iterator[Difference]:
    """A way that was drawn anew between the same two is the same way."""
    redrawn = _redrawn(old, new)
    went = moved_boxes(old.drawn, new.drawn)
    moved = moved_lines(old.drawn, new.drawn)
    for flow in new.flows.values():
        before = old.flows.get(flow.id) or redrawn.get(flow.id)
        if before is None:
            said = _way_added(flow, new)
            yield Difference(How.ADDED, None, flow.id, new.way(flow), (said,))
            continue
        sentences = list(_way_changes(before, flow, old, new))
        # a line follows what it ends at
        bent = flow.id in moved and not {flow.source, flow.target} & went
        is_moved = bent and before.id == flow.id
        if is_moved:
            sentences.append(say("%(name)s is drawn another way round.", name=new.way(flow)))
        if sentences:
            how = How.MOVED if is_moved and len(sentences) == 1 else How.CHANGED
            yield Difference(how, before.id, flow.id, new.way(flow), tuple(sentences))
    same = {one.id for one in redrawn.values()}
    for flow in old.flows.values():
        if flow.id not in new.flows and flow.id not in same:
            removed = say("%(way)s was removed.", way=old.way(flow))
            yield Difference(How.REMOVED, flow.id, None, old.way(flow), (removed,))


def _redrawn(old: _Diagram, new: _Diagram) -> Mapping[str, Flow]:
    gone: defaultdict[tuple[str, str], list[Flow]] = defaultdict(list)
    for flow in old.flows.values():
        if flow.id not in new.flows:
            gone[flow.source, flow.target].append(flow)
    return {
        flow.id: gone[flow.source, flow.target].pop(0)
        for flow in new.flows.values()
        if flow.id not in old.flows and gone.get((flow.source, flow.target))
    }


def _way_added(flow: Flow, new: _Diagram) -> Said:
    way = new.way(flow)
    if flow.condition:
        when = shortened(flow.condition)
        return say("%(way)s was added: it is taken when `%(when)s`.", way=way, when=when)
    if flow.is_default:
        return say("%(way)s was added: it is taken when no other is.", way=way)
    return say("%(way)s was added.", way=way)


def _way_changes(before: Flow, now: Flow, old: _Diagram, new: _Diagram) -> Iterator[Said]:
    way = new.way(now)
    if (before.source, before.target) != (now.source, now.target):
        if old.way(before) == way:
            yield say("%(way)s leads between others that are called the same.", way=way)
        else:
            yield say(
                "%(way)s led from “%(source)s” to “%(target)s” before.",
                way=way,
                source=old.name(before.source),
                target=old.name(before.target),
            )
    yield from _CONDITION.told(_line(before.condition), _line(now.condition), name=way)
    if now.is_default and not before.is_default:
        yield say("%(way)s is taken when no other is.", way=way)
    if before.is_default and not now.is_default:
        yield say("%(way)s is no longer the one that is taken when no other is.", way=way)
    yield from _FLOW_NAME.told(before.name or None, now.name or None, name=way)
    nodes = old.nodes.get(before.id), new.nodes.get(now.id)
    if nodes[0] is not None and nodes[1] is not None:
        yield from text_changes(nodes[0], nodes[1], way)


def _others(old: _Diagram, new: _Diagram) -> Iterator[Difference]:
    moved = moved_boxes(old.drawn, new.drawn)
    for one, words in new.others.items():
        name = called(words or "", one)
        if one not in old.others:
            added = say("“%(name)s” was added.", name=name)
            yield Difference(How.ADDED, None, one, name, (added,))
            continue
        said = [
            *_NAME.told(old.others[one], words),
            *text_changes(old.nodes[one], new.nodes[one], name),
        ]
        is_drawn = local(new.nodes[one]) not in ("association", "messageFlow")
        if not said and is_drawn and _rest(old.nodes[one]) != _rest(new.nodes[one]):
            said.append(say("“%(name)s” is written differently.", name=name))
        yield from _one(said, one, name, is_moved=one in moved)
    for one, words in old.others.items():
        if one not in new.others:
            name = called(words or "", one)
            removed = say("“%(name)s” was removed.", name=name)
            yield Difference(How.REMOVED, one, None, name, (removed,))


def _rest(node: etree._Element) -> object:
    # whom a lane holds is told of each of them
    return None if local(node) == "lane" else written(node)


def _words_of(node: etree._Element) -> str | None:
    name = node.get("name")
    if name:
        return in_plain_words(name.strip()) if local(node) == "lane" else shortened(name)
    texts = [shortened(one.text or "") for one in bpmn_children(node, "text")]
    return texts[0] if texts else None


def _line(words: str | None) -> str | None:
    return shortened(words) if words else None
