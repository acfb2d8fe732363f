"""Refuses elements that the engine ignores, mistakes or cannot leave.

Each rule is a line of what was found out about SpiffWorkflow 3.2.0 by running it: an error start
fires at once, a step with the id `End` is skipped and the run completes.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from engine.bpmn.findings import Findings
from engine.bpmn.model import Element, Event, Process, Release
from engine.bpmn.timing import parse_due, parse_repetition
from engine.errors import ExpressionRefused
from engine.expressions import evaluate, expression, is_reserved, script

MARKS = frozenset({"agreement", "work", "verification", "confirmation", "closing_decision"})
CLOSES = frozenset({"confirmed", "escalated"})
DOES = frozenset({"remind", "climb"})

_HOSTS = frozenset(
    {
        "businessRuleTask",
        "callActivity",
        "receiveTask",
        "scriptTask",
        "sendTask",
        "subProcess",
        "task",
        "userTask",
    }
)
_KINDS: Mapping[str, frozenset[str]] = {
    "startEvent": frozenset({"none"}),
    "endEvent": frozenset({"none", "terminate", "message", "error", "escalation"}),
    "intermediateCatchEvent": frozenset({"message", "timer", "signal"}),
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation"}),
    "boundaryEvent": frozenset({"message", "timer", "signal", "error", "escalation"}),
    "sendTask": frozenset({"message"}),
    "receiveTask": frozenset({"message"}),
}
_WHY: Mapping[tuple[str, str], str] = {
    ("startEvent", "error"): "An error start fires as soon as the process starts.",
    ("startEvent", "escalation"): "An escalation start fires as soon as the process starts.",
    ("endEvent", "signal"): "The engine ignores a signal end.",
    ("intermediateCatchEvent", "conditional"): "A condition is not looked at again by itself.",
    ("boundaryEvent", "conditional"): "A condition is not looked at again by itself.",
}
_RESERVED = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
# What the runs of an incident and of an action start with.
_STARTS_WITH = frozenset({"impact", "urgency", "party"})
_BARE_TIMER = re.compile(r"[RP][0-9A-Z/]*|\d{4}-\d\d-\d\d.*")


def check_elements(process: Process, release: Release, findings: Findings) -> None:
    """Add what is wrong with the elements of one process, one by one."""
    for element in process.elements.values():
        _check_id(process, element, release, findings)
        _check_event(process, element, findings)
        _check_properties(process, element, findings)
        _check_step(process, element, release, findings)
        _check_rules(process, element, release, findings)


def _check_id(process: Process, element: Element, release: Release, findings: Findings) -> None:
    # The parser makes tasks of its own with these names; an element of that name is skipped.
    if element.id in _RESERVED or "." in element.id or "[" in element.id:
        findings.refuse(
            process.file,
            element.id,
            "reserved_id",
            f"The engine skips an element with the id “{element.id}”.",
            "Rename it, as verb_noun.",
        )
    elif element.is_step and (is_reserved(element.id) or element.id in _process_data(release)):
        findings.refuse(
            process.file,
            element.id,
            "step_id",
            "A step's id names its answers in conditions; this one is taken or no name.",
            "Rename it, as verb_noun in small letters.",
        )


def _process_data(release: Release) -> frozenset[str]:
    """Return the names of process data that are no steps'."""
    return _STARTS_WITH.union(*(table.outputs for table in release.decisions.values()))


def _check_event(process: Process, element: Element, findings: Findings) -> None:
    event, allowed = element.event, _KINDS.get(element.type)
    if event is None or allowed is None:
        return
    if event.kind not in allowed:
        why = _WHY.get((element.type, event.kind), f"A {element.type} cannot be {event.kind}.")
        findings.refuse(
            process.file,
            element.id,
            "event_kind",
            why,
            f"Use one of: {', '.join(sorted(allowed))}.",
        )
    if event.kind in ("message", "signal") and not (event.name or "").strip():
        findings.refuse(
            process.file,
            element.id,
            f"no_{event.kind}",
            f"It says of no {event.kind} which; the engine would ignore it or crash.",
            f"Give it a {event.kind} with a name.",
        )
    if event.kind == "timer":
        _check_timer(process, element, event, findings)
    if element.type == "boundaryEvent":
        _check_border(process, element, event, findings)


def _check_border(process: Process, element: Element, event: Event, findings: Findings) -> None:
    host = process.elements.get(element.attached_to or "")
    if host is None or host.type not in _HOSTS or host.container != element.container:
        findings.refuse(
            process.file,
            element.id,
            "border",
            "It stands on no activity's border.",
            "Attach it to a task, subprocess or call activity.",
        )
        return
    if element.interrupting and process.flow_between(element.id, host.id) is not None:
        findings.refuse(
            process.file,
            element.id,
            "straight_back",
            "The engine would interrupt what it leads straight back to only the first time.",
            "Put a task or a gateway between.",
        )
    if event.kind == "error" and not element.interrupting:
        findings.refuse(
            process.file,
            element.id,
            "border",
            "An error always interrupts.",
            "Make it interrupting.",
        )
    if event.kind in ("error", "escalation") and host.type not in ("subProcess", "callActivity"):
        findings.refuse(
            process.file,
            element.id,
            "border",
            f"A task throws no {event.kind}.",
            "Attach it to a subprocess or call activity.",
        )


def _check_timer(process: Process, element: Element, event: Event, findings: Findings) -> None:
    def refuse(rule: str, sentence: str, mend: str) -> None:
        findings.refuse(process.file, element.id, rule, sentence, mend)

    text = event.expression
    if not text:
        refuse("timer", "The timer does not say when.", "Write an expression such as due_at.")
        return
    if event.timer == "cycle" and (element.type != "boundaryEvent" or element.interrupting):
        refuse(
            "repeating_timer",
            "Only a timer that stands beside an activity can repeat.",
            "Make it a non-interrupting event on a border, or use a date or duration.",
        )
    if _BARE_TIMER.fullmatch(text):
        refuse("timer", f"{text} is read as a name.", f'Put it in quotes: "{text}".')
        return
    try:
        checked = expression(text)
        if checked.reads:
            return  # what it says is known when it is entered, and checked then
        now = datetime(2026, 1, 1, tzinfo=UTC)
        value = evaluate(checked, {})
        parse_repetition(value, now) if event.timer == "cycle" else parse_due(value, now)
    except (ExpressionRefused, ValueError, OverflowError) as error:
        refuse(
            "timer",
            f"The timer cannot run: {error}.",
            "Write it as “PT4H”, “5 working days” or “R/P1D”.",
        )


def _check_properties(process: Process, element: Element, findings: Findings) -> None:
    places: Mapping[str, tuple[frozenset[str], bool, str]] = {
        "mark": (MARKS, _may_be_marked(element), "a user task, call activity or message catch"),
        "closes": (CLOSES, element.type == "endEvent", "an end event"),
        "does": (DOES, element.type == "task", "a plain task"),
    }
    for name, value in element.properties.items():
        if name not in places:
            findings.warn(
                process.file,
                element.id,
                "property",
                f"Nobody knows the property “{name}”.",
                f"There are {', '.join(places)}.",
            )
            continue
        values, fits, where = places[name]
        if value not in values or not fits:
            findings.refuse(
                process.file,
                element.id,
                "property",
                f"“{name}” cannot be “{value}” here.",
                f"It stands on {where} and is one of: {', '.join(sorted(values))}.",
            )


def _may_be_marked(element: Element) -> bool:
    if element.type == "intermediateCatchEvent":
        return element.event is not None and element.event.kind == "message"
    return element.type in ("userTask", "callActivity")


def _check_step(process: Process, element: Element, release: Release, findings: Findings) -> None:
    if not element.is_step:
        return
    if element.lane is None:
        findings.refuse(
            process.file,
            element.id,
            "no_lane",
            "The step is in no lane, so it would be offered to nobody.",
            "Move it into a lane that has a name.",
        )
    if release.forms and element.id not in release.forms:
        findings.refuse(
            process.file,
            element.id,
            "no_form",
            "The step has no form.",
            f"Add forms/{element.id}.json.",
        )
    if not element.name:
        findings.refuse(
            process.file, element.id, "no_name", "The step has no name.", "Name it: verb and noun."
        )


def _check_rules(process: Process, element: Element, release: Release, findings: Findings) -> None:
    """Check what an element runs or calls: script, table, process."""
    if element.type == "scriptTask":
        try:
            script(element.script or "")
        except ExpressionRefused as error:
            findings.refuse(
                process.file,
                element.id,
                "script",
                error.sentence,
                "A script is lines of name = expression.",
            )
    if element.type == "businessRuleTask" and element.decision not in release.decisions:
        findings.refuse(
            process.file,
            element.id,
            "decision",
            f"There is no table “{element.decision}”.",
            "Name the decision of a table in this release.",
        )
    if element.type == "callActivity" and element.called not in release.processes:
        findings.refuse(
            process.file,
            element.id,
            "called",
            f"There is no process “{element.called}” in this release.",
            "Add its file, or name another.",
        )
