"""A parsed release: what every run of it shares.

SpiffWorkflow's specs are not changed by running, so one `Specs` serves all threads.  Snapshots
name it by `content_hash` and never contain it.
"""

import copy
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import full_tag
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    IntermediateCatchEvent,
)
from SpiffWorkflow.spiff.parser.event_parsers import (
    SpiffBoundaryEventParser,
    SpiffIntermediateCatchEventParser,
)
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser

from engine.bpmn import (
    WHOLE,
    DecisionTable,
    Element,
    Finding,
    ReadFiles,
    Release,
    judge_release,
    read_release,
)
from engine.errors import DiagramRefused
from engine.runtime.timers import Cycle, Date, Duration

_DRAWING = ("/spec/BPMN/20100524/DI", "/spec/DD/")


class Specs:
    """A release that can be run; immutable and shareable between threads."""

    def __init__(
        self,
        release: Release,
        warnings: tuple[Finding, ...],
        content_hash: str,
        parsed: Mapping[str, tuple[Any, Mapping[str, Any]]],
    ) -> None:
        self.release = release
        self.warnings = warnings
        self.content_hash = content_hash
        self._parsed = parsed
        self._diagram_of = {
            element.id: element.process
            for process in release.processes.values()
            for element in process.elements.values()
            if element.type == "subProcess"
        }
        self.no_answers: Mapping[str, object] = MappingProxyType(
            {element.id: MappingProxyType({}) for element in release.steps()}
        )

    @classmethod
    def parse(cls, files: Mapping[str, bytes]) -> "Specs":
        """Return the release made of `files` ({name: content}; .bpmn, .dmn, and .json forms).

        A form is the file called after its step; a step without one is refused, unless no forms
        are given at all.  Raises DiagramRefused with every finding.
        """
        return cls.of(read_release(files), files)

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> "Specs":
        """Return a release that was published once, by whatever rules were known then.

        A rule found later keeps nobody's open run from going on.  Raises DiagramRefused if the
        files cannot be read any more.
        """
        judged = judge_release(files)
        if judged.unreadable:
            raise DiagramRefused(judged.unreadable)
        return cls.of(ReadFiles(judged.release, judged.documents, judged.warnings), files)

    @classmethod
    def of(cls, read: ReadFiles, files: Mapping[str, bytes]) -> "Specs":
        """Return the release that was read from `files`.

        Raises DiagramRefused with the one finding that the engine's own parser has.
        """
        parser = _Parser(read.release.decisions)
        try:
            for file, root in read.documents.items():
                parser.add_bpmn_xml(_without_drawing(root), file)
            parsed = {
                process: (parser.get_spec(process), parser.get_subprocess_specs(process))
                for process in read.release.processes
            }
        except Exception as error:
            raise DiagramRefused([_unparsed(error)]) from error
        return cls(read.release, read.warnings, content_hash(files), MappingProxyType(parsed))

    def elements(self, diagram: str) -> Mapping[str, Element]:
        """Return a diagram's elements by id, in the order of its file; KeyError if unknown."""
        return self.release.processes[diagram].elements

    def diagrams(self) -> tuple[str, ...]:
        """Return the process ids, in the order of the files' names."""
        return tuple(self.release.processes)

    def steps(self) -> tuple[Element, ...]:
        """Return every step of every diagram; its form is `forms/<id>.json`."""
        return self.release.steps()

    def diagram_of(self, spec_name: str) -> str:
        """Return the process id that an engine spec (a process or subprocess) belongs to."""
        return self._diagram_of.get(spec_name, spec_name)

    def engine_specs(self, diagram: str) -> tuple[Any, Mapping[str, Any]]:
        """Return SpiffWorkflow's spec and its subprocess specs; KeyError if unknown."""
        return self._parsed[diagram]


def content_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256, in hex, over diagrams and tables: a snapshot fits no other content."""
    digest = hashlib.sha256()
    for name in sorted(files):
        if not name.endswith((".json", ".yaml")):
            digest.update(f"{len(name)}:{name}:{len(files[name])}:".encode())
            digest.update(files[name])
    return digest.hexdigest()


class _Table:
    """Stands where SpiffWorkflow expects its DMN engine."""

    def __init__(self, table: DecisionTable) -> None:
        self.table = table

    def result(self, my_task: Any) -> dict[str, Any]:
        """Return the outputs that go into the task's data."""
        environment = my_task.workflow.script_engine.environment
        return dict(self.table.decide(environment.names(my_task.data)))


class _OwnTimers:
    """Makes our timers of timer event definitions."""

    def parse_timer_event(self, event: etree._Element) -> Date | Cycle:
        """Return the timer; the reader has made sure that there is one."""
        name = self.node.get("id")  # type: ignore[attr-defined]
        for child in event:
            tag = etree.QName(child).localname
            text = (child.text or "").strip()
            if tag == "timeDate":
                return Date(name, text)
            if tag == "timeDuration":
                return Duration(name, text)
            if tag == "timeCycle":
                return Cycle(name, text)
        raise ValueError("a timer says when")


class _BoundaryParser(_OwnTimers, SpiffBoundaryEventParser):
    pass


class _CatchParser(_OwnTimers, SpiffIntermediateCatchEventParser):
    pass


class _Parser(SpiffBpmnParser):
    """SpiffWorkflow's parser with our timers and tables."""

    OVERRIDE_PARSER_CLASSES = SpiffBpmnParser.OVERRIDE_PARSER_CLASSES | {
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
    }

    def __init__(self, decisions: Mapping[str, DecisionTable]) -> None:
        super().__init__()
        self.decisions = decisions

    def get_engine(self, decision_ref: str, node: etree._Element) -> _Table:  # noqa: ARG002
        """Return our table for a business rule task."""
        return _Table(self.decisions[decision_ref])


def _without_drawing(root: etree._Element) -> etree._Element:
    """Return a copy without the drawing.

    The parser orders the flows of a gateway by the y coordinate of their targets; without a
    drawing it keeps the order of the file, which the model shows.
    """
    bare = copy.deepcopy(root)
    for node in list(bare):
        namespace = etree.QName(node).namespace or ""
        if any(part in namespace for part in _DRAWING):
            bare.remove(node)
    return bare


def _unparsed(error: Exception) -> Finding:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    return Finding(
        str(getattr(error, "file_name", None) or WHOLE),
        getattr(error, "id", None),
        "unparsed",
        f"The engine cannot read it ({reason}).",
        "Redraw the element it names.",
    )
