"""Reads the files of one release together: what one file cannot know is checked here."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from lxml import etree

from engine.bpmn.document import UnreadableError, name_flows, parse_xml
from engine.bpmn.element_rules import check_elements
from engine.bpmn.findings import Finding, Findings
from engine.bpmn.flow_rules import check_flows
from engine.bpmn.markup_rules import check_markup
from engine.bpmn.model import Process, Release
from engine.bpmn.reader import read_processes
from engine.bpmn.tables import DecisionTable, read_table
from engine.errors import DiagramRefused

MAX_FILES = 200


@dataclass(frozen=True)
class ReadFiles:
    """A release that may be run: its model, the XML for the engine's parser, and warnings."""

    release: Release
    documents: Mapping[str, etree._Element]
    warnings: tuple[Finding, ...]


def read_release(files: Mapping[str, bytes]) -> ReadFiles:
    """Return the model of `files` ({file name: content}; .bpmn, .dmn and .json forms).

    The XML in `documents` is shared: copy it before changing it.  Raises DiagramRefused with
    every finding at once; a file that cannot be read at all hides what depends on it.
    """
    findings = Findings()
    if len(files) > MAX_FILES:
        findings.refuse("the release", None, "too_large", "It has too many files.", "Split it.")
        raise DiagramRefused(findings)
    processes: list[Process] = []
    tables: list[DecisionTable] = []
    documents: dict[str, etree._Element] = {}
    forms = set()
    for file, content in sorted(files.items()):
        path = PurePosixPath(file)
        if path.suffix == ".json":
            forms.add(path.stem)
            continue
        if path.suffix not in (".bpmn", ".dmn"):
            findings.refuse(file, None, "file_kind", "Nobody reads such files.", "Remove it.")
            continue
        try:
            root = parse_xml(file, content)
        except UnreadableError as error:
            findings.append(error.finding)
            continue
        if path.suffix == ".dmn":
            tables += _read_table(file, root, findings)
        else:
            processes += _read_diagram(file, root, findings)
            documents[file] = root
    release = Release(
        MappingProxyType({one.id: one for one in processes}),
        MappingProxyType({one.id: one for one in tables}),
        frozenset(forms),
    )
    _check_names(processes, tables, findings)
    for process in processes:
        check_elements(process, release, findings)
        check_flows(process, findings)
    _check_calls(release, findings)
    if refused := findings.refused():
        raise DiagramRefused(refused)
    return ReadFiles(release, MappingProxyType(documents), findings.warnings())


def _read_table(file: str, root: etree._Element, findings: Findings) -> list[DecisionTable]:
    table, wrong = read_table(file, root)
    findings.extend(wrong)
    return [table] if table is not None else []


def _read_diagram(file: str, root: etree._Element, findings: Findings) -> list[Process]:
    name_flows(root)
    check_markup(file, root, findings)
    return read_processes(file, root)


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
