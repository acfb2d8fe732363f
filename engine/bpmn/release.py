"""Reads the files of one release together: what one file cannot know is checked here."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from lxml import etree

from engine.bpmn.document import (
    BPMN,
    UnreadableError,
    drop_empty_conditions,
    name_flows,
    parse_xml,
)
from engine.bpmn.element_rules import check_elements
from engine.bpmn.findings import Finding, Findings
from engine.bpmn.flow_rules import check_flows
from engine.bpmn.markup_rules import check_markup
from engine.bpmn.model import Process, Release
from engine.bpmn.reader import read_processes
from engine.bpmn.scenarios import SUFFIX as SCENARIOS
from engine.bpmn.scenarios import read_scenarios
from engine.bpmn.size_rules import MAX_PROCESSES, check_calls, check_fans, is_small
from engine.bpmn.tables import DecisionTable, read_table
from engine.bpmn.throw_rules import check_throws
from engine.errors import DiagramRefused

MAX_FILES = 200
WHOLE = "the release"
"""Where a finding is that is about no file by itself."""


@dataclass(frozen=True)
class ReadFiles:
    """A release that may be run: its model, the XML for the engine's parser, and warnings."""

    release: Release
    documents: Mapping[str, etree._Element]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True)
class JudgedFiles:
    """What could be read of a release, and everything that is wrong with it.

    `unreadable` are the findings that hide a whole file: it is not in `release`.
    """

    release: Release
    documents: Mapping[str, etree._Element]
    unreadable: tuple[Finding, ...]
    refused: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def read_release(files: Mapping[str, bytes]) -> ReadFiles:
    """Return the model of `files` ({file name: content}; .bpmn, .dmn, .json forms, scenarios).

    The XML in `documents` is shared: copy it before changing it.  Raises DiagramRefused with
    every finding at once; a file that cannot be read at all hides what depends on it.
    """
    judged = judge_release(files)
    if refused := Findings([*judged.unreadable, *judged.refused]).refused():
        raise DiagramRefused(refused)
    return ReadFiles(judged.release, judged.documents, judged.warnings)


def judge_release(files: Mapping[str, bytes]) -> JudgedFiles:
    """Return what can be read of `files`, and all that is wrong with it; raises nothing."""
    reading = _Reading()
    if len(files) > MAX_FILES:
        reading.unreadable.refuse(WHOLE, None, "too_large", "It has too many files.", "Split it.")
        files = {}
    for file, content in sorted(files.items()):
        reading.read(file, content)
    return reading.judged()


class _Reading:
    """Reads one file after the other; what needs all of them is checked at the end."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.tables: list[DecisionTable] = []
        self.documents: dict[str, etree._Element] = {}
        self.forms: set[str] = set()
        self.unreadable = Findings()
        self.findings = Findings()

    def read(self, file: str, content: bytes) -> None:
        path = PurePosixPath(file)
        if path.suffix == ".json":
            self.forms.add(path.stem)
            return
        if file.endswith(SCENARIOS):
            self.findings.extend(read_scenarios(file, content)[1])
            return
        if path.suffix not in (".bpmn", ".dmn"):
            self.unreadable.refuse(
                file, None, "file_kind", "Nobody reads such files.", "Remove it."
            )
            return
        try:
            root = parse_xml(file, content)
        except UnreadableError as error:
            self.unreadable.append(error.finding)
            return
        if path.suffix == ".dmn":
            self._read_table(file, root)
        else:
            self._read_diagram(file, root)

    def _read_table(self, file: str, root: etree._Element) -> None:
        table, wrong = read_table(file, root)
        self.findings.extend(wrong)
        if table is not None:
            self.tables.append(table)

    def _read_diagram(self, file: str, root: etree._Element) -> None:
        name_flows(root)
        drop_empty_conditions(root)
        found = read_processes(file, root)
        if root.tag != f"{{{BPMN}}}definitions":
            self.unreadable.refuse(
                file, None, "not_bpmn", "It is not a BPMN 2.0 file.", "Export it as BPMN."
            )
        elif not found:
            self.unreadable.refuse(file, None, "no_process", "It holds no process.", "Draw one.")
        else:
            check_markup(file, root, self.findings)
            self.processes += found
            self.documents[file] = root

    def judged(self) -> JudgedFiles:
        release = Release(
            MappingProxyType({one.id: one for one in self.processes}),
            MappingProxyType({one.id: one for one in self.tables}),
            frozenset(self.forms),
        )
        _check_names(self.processes, self.tables, self.findings)
        for process in self.processes:
            if is_small(process, self.findings):
                check_elements(process, release, self.findings)
                check_flows(process, self.findings)
                check_fans(process, self.findings)
        _check_calls(release, self.findings)
        return JudgedFiles(
            release,
            MappingProxyType(self.documents),
            tuple(self.unreadable),
            tuple(self.findings.refused()),
            self.findings.warnings(),
        )


def _check_names(processes: list[Process], tables: list[DecisionTable], findings: Findings) -> None:
    """An id names one thing in a release: a step's form and answers, a visit's element."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for process in processes:
        places[process.id].append(process.file)
        for element in process.elements:
            places[element].append(process.file)
    decisions: defaultdict[str, list[str]] = defaultdict(list)
    for table in tables:
        decisions[table.id].append(table.file)
    for found in (places, decisions):
        for name, files in found.items():
            if name and len(files) > 1:
                findings.refuse(
                    files[-1],
                    name,
                    "duplicate_id",
                    f"The id “{name}” stands in {' and '.join(sorted(set(files)))}.",
                    "Rename one.",
                )


def _check_calls(release: Release, findings: Findings) -> None:
    """A process that calls itself, however far round, would never stop starting."""
    if len(release.processes) > MAX_PROCESSES:
        findings.refuse(WHOLE, None, "too_large", "It has too many processes.", "Split it.")
        return
    check_calls(release, findings)
    check_throws(release, findings)
    calls = {
        name: {
            one.called
            for one in process.elements.values()
            if one.type == "callActivity" and one.called in release.processes
        }
        for name, process in release.processes.items()
    }
    for name, process in release.processes.items():
        reached: set[str] = set()
        waiting = [one for one in calls[name] if one]
        while waiting:
            called = waiting.pop()
            if called not in reached:
                reached.add(called)
                waiting.extend(one for one in calls[called] if one)
        if name in reached:
            findings.refuse(
                process.file,
                name,
                "called_recursively",
                "The process calls itself and would never stop.",
                "Call another, or draw the loop.",
            )
