"""What differs between two versions of one element of a diagram, in words for its owner."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.document import BPMN, SPIFF, bpmn_children, local
from engine.bpmn.event_changes import event_changes
from engine.bpmn.model import Element
from engine.bpmn.reader import FLOW_NODES
from engine.domain.difference import Swap, shortened
from engine.domain.wording import WORDS, word
from engine.language import Said, say

TYPES: Mapping[str, Said] = {
    "boundaryEvent": say("an event at a step"),
    "businessRuleTask": say("a look into a table"),
    "callActivity": say("a call of another diagram"),
    "endEvent": say("an end"),
    "eventBasedGateway": say("a wait for whichever comes first"),
    "exclusiveGateway": say("a choice of one way"),
    "inclusiveGateway": say("a choice of one or more ways"),
    "intermediateCatchEvent": say("a wait"),
    "intermediateThrowEvent": say("an event that tells others"),
    "parallelGateway": say("a gateway for all ways at once"),
    "receiveTask": say("a wait for a message"),
    "scriptTask": say("a calculation"),
    "sendTask": say("a step that sends a message"),
    "serviceTask": say("a call of a service"),
    "startEvent": say("a beginning"),
    "subProcess": say("a part with steps of its own"),
    "task": say("an automatic step"),
    "userTask": say("a step for people"),
}
_LANE = Swap(
    say("“%(name)s” is for %(now)s instead of %(before)s."),
    say("“%(name)s” is for %(now)s; it was in no lane."),
    say("“%(name)s” is in no lane; it was for %(before)s."),
)
_TYPE = Swap(
    say("“%(name)s” is %(now)s instead of %(before)s."),
    say("“%(name)s” is %(now)s."),
    say("“%(name)s” is no longer %(before)s."),
)
_NAME = Swap(
    say("It is called “%(now)s” instead of “%(before)s”."),
    say("It is called “%(now)s”; it had no name."),
    say("It has no name; it was called “%(before)s”."),
)
_MARK = Swap(
    say("“%(name)s” counts as %(now)s instead of %(before)s."),
    say("“%(name)s” counts as %(now)s."),
    say("“%(name)s” no longer counts as %(before)s."),
)
_CLOSES = Swap(
    say("What ends at “%(name)s” is “%(now)s” instead of “%(before)s”."),
    say("What ends at “%(name)s” is “%(now)s”."),
    say("What ends at “%(name)s” is no longer “%(before)s”."),
)
_DOES = Swap(
    say("“%(name)s” does “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” now does “%(now)s”."),
    say("“%(name)s” no longer does “%(before)s”."),
)
_CALLED = Swap(
    say("“%(name)s” calls “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” calls “%(now)s”."),
    say("“%(name)s” no longer calls “%(before)s”."),
)
_DECISION = Swap(
    say("“%(name)s” reads the table “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” reads the table “%(now)s”."),
    say("“%(name)s” no longer reads the table “%(before)s”."),
)
_SCRIPT = Swap(
    say("“%(name)s” calculates `%(now)s` instead of `%(before)s`."),
    say("“%(name)s” calculates `%(now)s`."),
    say("“%(name)s” no longer calculates `%(before)s`."),
)
_ATTACHED = Swap(
    say("“%(name)s” stands at “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” stands at “%(now)s”."),
    say("“%(name)s” no longer stands at “%(before)s”."),
)
_INSIDE = Swap(
    say("“%(name)s” is inside “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” is inside “%(now)s”."),
    say("“%(name)s” is no longer inside “%(before)s”."),
)
_REPEATS = Swap(
    say("“%(name)s” repeats as a %(now)s instead of a %(before)s."),
    say("“%(name)s” is done several times (%(now)s)."),
    say("“%(name)s” is done once; it was done several times (%(before)s)."),
)
_PROPERTY = Swap(
    say("“%(name)s”: %(property)s is “%(now)s” instead of “%(before)s”."),
    say("“%(name)s”: %(property)s is “%(now)s”; it was not set."),
    say("“%(name)s”: %(property)s is no longer set; it was “%(before)s”."),
)
_DOCUMENTATION = Swap(
    say("What is written about “%(name)s” is “%(now)s” instead of “%(before)s”."),
    say("Now it is written about “%(name)s”: “%(now)s”."),
    say("Nothing is written about “%(name)s” any more; it was “%(before)s”."),
)
_INSTRUCTIONS = Swap(
    say("The instructions of “%(name)s” are “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” has instructions now: “%(now)s”."),
    say("“%(name)s” has no instructions any more; they were “%(before)s”."),
)
_KNOWN = {"mark": _MARK, "closes": _CLOSES, "does": _DOES}


@dataclass(frozen=True, slots=True)
class Read:
    """An element as the model has it, beside its XML, in which more may be written."""

    element: Element
    node: etree._Element
    names: Callable[[str | None], str | None]


def called(name: str, element_id: str) -> Said:
    """Return what people call something: its name, or its id where it has none."""
    return say(name or element_id.replace("_", " "))


def in_plain_words(machine: str | None) -> str | None:
    """Return the screen's word for a lane, a mark and the like, itself if there is none."""
    return word(machine) if machine is not None and machine in WORDS else machine


def element_changes(before: Read, after: Read) -> tuple[Said, ...]:
    """Return in sentences what differs between two versions of one element; none if nothing."""
    said = tuple(_changes(before, after))
    if not said and written(before.node) != written(after.node):
        name = called(after.element.name, after.element.id)
        return (
            say("“%(name)s” is written differently in what Putright does not read.", name=name),
        )
    return said


def _changes(before: Read, after: Read) -> Iterator[Said]:
    old, new = before.element, after.element
    name = called(new.name, new.id)
    yield from _NAME.told(old.name or None, new.name or None)
    yield from _TYPE.told(_type(old), _type(new), name=name)
    yield from _LANE.told(in_plain_words(old.lane), in_plain_words(new.lane), name=name)
    yield from _CALLED.told(old.called, new.called, name=name)
    yield from _DECISION.told(old.decision, new.decision, name=name)
    yield from _SCRIPT.told(_line(old.script), _line(new.script), name=name)
    yield from event_changes(old, new, name)
    if old.attached_to != new.attached_to:
        yield from _ATTACHED.told(
            before.names(old.attached_to), after.names(new.attached_to), name=name
        )
    if old.container != new.container:
        yield from _INSIDE.told(before.names(old.container), after.names(new.container), name=name)
    yield from _REPEATS.told(in_plain_words(old.repeats), in_plain_words(new.repeats), name=name)
    for key in dict.fromkeys((*old.properties, *new.properties)):
        swap = _KNOWN.get(key, _PROPERTY)
        values = (old.properties.get(key), new.properties.get(key))
        was, now = (in_plain_words(_line(one)) for one in values)
        yield from swap.told(was, now, name=name, property=key)
    yield from text_changes(before.node, after.node, name)


def text_changes(before: etree._Element, after: etree._Element, name: str) -> Iterator[Said]:
    """Yield what differs in what is written about something, and in its instructions."""
    old, new = (_documentation(node) for node in (before, after))
    if old != new:
        yield from _DOCUMENTATION.told(_line(old), _line(new), name=name)
    olds, news = (_extensions(node) for node in (before, after))
    for tag in dict.fromkeys((*olds, *news)):
        if olds.get(tag) == news.get(tag):
            continue
        was, now = _line(olds.get(tag)), _line(news.get(tag))
        if tag == "instructionsForEndUser":
            yield from _INSTRUCTIONS.told(was, now, name=name)
        else:
            yield from _PROPERTY.told(was, now, name=name, property=tag)


def written(node: etree._Element) -> object:
    """Return all that is written of an element itself: not its neighbours, nor what it holds."""
    return (
        node.tag,
        sorted(node.items()),
        [
            _whole(child)
            for child in node.iterchildren(etree.Element)
            if local(child) not in _OF_OTHERS
        ],
    )


_OF_OTHERS = FLOW_NODES | {
    "association",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "group",
    "incoming",
    "laneSet",
    "outgoing",
    "sequenceFlow",
    "textAnnotation",
}


def _whole(node: etree._Element) -> object:
    attributes = sorted((key, value) for key, value in node.items() if key != "id")
    children = [_whole(child) for child in node.iterchildren(etree.Element)]
    return (node.tag, attributes, " ".join((node.text or "").split()), children)


def _type(element: Element) -> str:
    return TYPES.get(element.type, element.type)


def _line(words: str | None) -> str | None:
    return None if words is None else shortened(words)


def _documentation(node: etree._Element) -> str | None:
    found = [(one.text or "").strip() for one in bpmn_children(node, "documentation")]
    return "\n".join(found).strip() or None


def _extensions(node: etree._Element) -> dict[str, str]:
    """Return the texts of SpiffWorkflow's own below an element, without what the model has."""
    return {
        local(one): (one.text or "").strip()
        for holder in node.iterchildren(f"{{{BPMN}}}extensionElements")
        for one in holder.iterchildren(f"{{{SPIFF}}}*")
        if local(one) not in ("properties", "calledDecisionId") and (one.text or "").strip()
    }
