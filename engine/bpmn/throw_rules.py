"""Refuses errors and escalations that nobody hears, or that the wrong activity hears.

Found by running SpiffWorkflow 3.2.0: an error that no border catches is taken for a plain end, and
one that may be caught goes to every border on the way up that waits for it, also to that of an
activity which only happens to be open beside.
"""

from typing import NamedTuple

from engine.bpmn.findings import Findings
from engine.bpmn.graph import Graph
from engine.bpmn.model import Element, Event, Release

_THROWS = frozenset({"endEvent", "intermediateThrowEvent"})
_KINDS = frozenset({"error", "escalation"})


class _Level(NamedTuple):
    """A process or subprocess that a throw comes through, and the activity it comes out of."""

    process: str
    container: str | None
    host: str | None


def check_throws(release: Release, findings: Findings) -> None:
    """Add each error or escalation that is not caught just where it should be."""
    for process in release.processes.values():
        for element in process.elements.values():
            event = element.event
            if event is not None and event.kind in _KINDS and element.type in _THROWS:
                _check_throw(release, element, event, findings)


def _check_throw(release: Release, element: Element, event: Event, findings: Findings) -> None:
    process = release.processes[element.process]
    for level in _levels(release, _Level(process.id, element.container, None), event):
        hearing = [one for one in _borders(release, level) if _hears(one, event)]
        wrong = [one.id for one in hearing if one.attached_to != level.host]
        if wrong and Graph(release.processes[level.process], level.container).splits():
            findings.refuse(
                process.file,
                element.id,
                "caught_beside",
                f"The engine would hand this {event.kind} to “{wrong[0]}” too.",
                "Give the two codes of their own.",
            )
        if len(hearing) == len(wrong) and not _above(release, level):
            findings.refuse(
                process.file,
                element.id,
                "not_caught",
                f"Nobody hears this {event.kind}; the engine would go on as if it were nothing.",
                "Catch it on the border of what it comes out of, or make it a plain end.",
            )


def _levels(release: Release, begin: _Level, event: Event) -> list[_Level]:
    """Return the levels that the event comes through, on every way up until it is heard."""
    found = [begin]
    for level in found:
        is_heard = any(
            _hears(one, event) and one.attached_to == level.host for one in _borders(release, level)
        )
        if not is_heard:
            found += [one for one in _above(release, level) if one not in found]
    return found


def _above(release: Release, level: _Level) -> list[_Level]:
    """Return the level around this one; a process that is called has one for each caller."""
    if level.container is not None:
        around = release.processes[level.process].elements[level.container].container
        return [_Level(level.process, around, level.container)]
    return [
        _Level(process.id, one.container, one.id)
        for process in release.processes.values()
        for one in process.elements.values()
        if one.type == "callActivity" and one.called == level.process
    ]


def _borders(release: Release, level: _Level) -> list[Element]:
    return [
        one
        for one in release.processes[level.process].elements.values()
        if one.type == "boundaryEvent" and one.container == level.container
    ]


def _hears(border: Element, event: Event) -> bool:
    """Return whether the engine takes the event to be the border's: by code, none is any."""
    heard = border.event
    return heard is not None and heard.kind == event.kind and heard.code in (None, event.code)
