"""What differs between two releases in who closes an incident, and when.

For asking a second person before it is published, so it errs on the side of asking: whatever has
a mark or closes, the ways that ask what was answered there, timers beside an answer that is
missing, and the table of priorities.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.model import Element, Process
from engine.bpmn.release import JudgedFiles, judge_release
from engine.bpmn.tables import DecisionTable
from engine.errors import ExpressionRefused
from engine.expressions import expression
from engine.language import Said, say

_GATE = "gate"
_PRIORITY = "priority"
_ASKED = frozenset({"confirmation", "closing_decision"})
_Facts = dict[tuple[str, str], tuple[object, "Touch"]]


@dataclass(frozen=True)
class Touch:
    """A part of a file (an element, a way, a table, a form) by its id, and what it has to do."""

    file: str
    part: str
    said: Said


def changes_who_closes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Said, ...]:
    """Return a sentence for each difference; none if closing is as it was."""
    return tuple(dict.fromkeys(one.said for one in closing_touched(before, after)))


def closing_touched(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Touch, ...]:
    """Return each part that differs, in the file that holds it; none if closing is as it was.

    A file that cannot be read differs in whatever it held.
    """
    old, new = _facts(before), _facts(after)
    found = [
        touch
        for key in dict.fromkeys((*old, *new))
        if (old.get(key) or (None,))[0] != (new.get(key) or (None,))[0]
        # a part that went to another file is touched in both
        for touch in dict.fromkeys(held[key][1] for held in (old, new) if key in held)
    ]
    return tuple(found)


def _facts(files: Mapping[str, bytes]) -> _Facts:
    judged = judge_release(files)
    facts: _Facts = {}
    for process in judged.release.processes.values():
        facts |= _of_process(process, files, judged)
    for table in judged.release.decisions.values():
        if _PRIORITY in table.outputs:
            said = say("the table “%(name)s” sets the priority", name=table.name)
            facts["table", table.id] = (_of_table(table), Touch(table.file, table.id, said))
    return facts


def _of_process(process: Process, files: Mapping[str, bytes], judged: JudgedFiles) -> _Facts:
    marked = {
        name: one
        for name, one in process.elements.items()
        # what is called may hold either
        if one.mark or one.closes or one.type == "callActivity"
    }
    asks = any(one.mark in _ASKED for one in marked.values())
    steps = {one.id for one in judged.release.steps() if one.mark}
    facts: _Facts = {}
    for one in process.elements.values():
        said = say("“%(name)s” has a part in closing", name=one.name or one.id)
        if one.id in marked:
            touch = Touch(process.file, one.id, said)
            facts["element", one.id] = (_of_element(one, process), touch)
            if one.is_step:
                form = f"{one.id}.json"
                facts["form", one.id] = (files.get(form), Touch(form, one.id, said))
        elif asks and ((one.event is not None and one.event.kind == "timer") or one.does):
            said = say("“%(name)s” is a rung of the ladder", name=one.name or one.id)
            facts["ladder", one.id] = (
                _of_element(one, process),
                Touch(process.file, one.id, said),
            )
    for flow in process.flows:
        reads = {*_read_by(flow.condition)}
        if reads & (steps | {_GATE}):
            said = say("the way “%(name)s” asks what was answered", name=flow.name or flow.id)
            facts["flow", flow.id] = (
                (flow.source, flow.target, flow.condition, flow.is_default),
                Touch(process.file, flow.id, said),
            )
    return facts


def _of_element(one: Element, process: Process) -> object:
    # what may lead to a closing end, and where an answer leads, is the proof's to judge
    ways = [flow.source for flow in process.incoming(one.id)] if one.closes else []
    properties = (one.mark, one.closes, one.does, one.lane, one.called)
    return (
        process.id,
        one.type,
        properties,
        one.event,
        one.attached_to,
        one.interrupting,
        ways,
    )


def _of_table(table: DecisionTable) -> object:
    inputs = [one.text for one in table.inputs]
    return (table.policy, inputs, table.outputs, [(one.tests, one.outputs) for one in table.rules])


def _read_by(condition: str | None) -> Iterator[str]:
    if condition is None:
        return
    try:
        yield from expression(condition).reads
    except ExpressionRefused:
        yield _GATE  # nobody knows what it would ask
