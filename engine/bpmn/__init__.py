"""The one hardened reader of BPMN, DMN and their marks, for runtime, proof and editor alike."""

from engine.bpmn.anything import read_any
from engine.bpmn.document import UnreadableError, parse_xml
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.model import (
    AnyFile,
    Collaboration,
    Element,
    Event,
    Flow,
    MessageFlow,
    Process,
    Release,
)
from engine.bpmn.release import WHOLE, JudgedFiles, ReadFiles, judge_release, read_release
from engine.bpmn.table_gaps import table_findings
from engine.bpmn.table_regions import Region, regions_of, shown
from engine.bpmn.tables import Cell, DecisionTable, Rule, Scalar, read_table, rule_ids

__all__ = [
    "WHOLE",
    "AnyFile",
    "Cell",
    "Collaboration",
    "DecisionTable",
    "Element",
    "Event",
    "Finding",
    "Flow",
    "JudgedFiles",
    "MessageFlow",
    "Process",
    "ReadFiles",
    "Region",
    "Release",
    "Rule",
    "Scalar",
    "Severity",
    "UnreadableError",
    "judge_release",
    "parse_xml",
    "read_any",
    "read_release",
    "read_table",
    "regions_of",
    "rule_ids",
    "shown",
    "table_findings",
]
