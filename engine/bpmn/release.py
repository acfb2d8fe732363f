"""Reads the files of one release together: what one file cannot know is checked here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from lxml import etree

from engine.bpmn.document import BPMN, UnreadableError, name_flows, parse_xml
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.model import Process, Release
from engine.bpmn.reader import read_process
from engine.bpmn.tables import DecisionTable, read_table
from engine.errors import DiagramRefused


@dataclass(frozen=True)
class ReadFiles:
    """A release that may be run: its model, the XML for the engine's parser, and warnings."""

    release: Release
    documents: Mapping[str, etree._Element]
    warnings: tuple[Finding, ...]


def read_release(files: Mapping[str, bytes]) -> ReadFiles:
    """Return the model of `files` ({file name: content}; .bpmn, .dmn and .json forms).

    The XML in `documents` is shared: copy it before changing it.  Raises DiagramRefused with
    every finding at once.
    """
    findings: list[Finding] = []
    processes: dict[str, Process] = {}
    decisions: dict[str, DecisionTable] = {}
    documents: dict[str, etree._Element] = {}
    forms = set()
    for file, content in sorted(files.items()):
        path = PurePosixPath(file)
        if path.suffix == ".json":
            forms.add(path.stem)
            continue
        try:
            root = parse_xml(file, content)
        except UnreadableError as error:
            findings.append(error.finding)
            continue
        if path.suffix == ".dmn":
            table, wrong = read_table(file, root)
            findings += wrong
            if table is not None:
                decisions[table.id] = table
        else:
            name_flows(root)
            documents[file] = root
            for node in root.iter(f"{{{BPMN}}}process"):
                process = read_process(file, root, node)
                processes[process.id] = process
    refused = [one for one in findings if one.severity is Severity.REFUSED]
    if refused:
        raise DiagramRefused(sorted(refused, key=str))
    release = Release(MappingProxyType(processes), MappingProxyType(decisions), frozenset(forms))
    return ReadFiles(release, MappingProxyType(documents), tuple(findings))
