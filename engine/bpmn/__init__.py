"""The one hardened reader of BPMN, DMN and their marks, for runtime, proof and editor alike."""

from engine.bpmn.anything import read_any
from engine.bpmn.document import UnreadableError
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
from engine.bpmn.tables import Cell, DecisionTable, Rule

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
    "Release",
    "Rule",
    "Severity",
    "UnreadableError",
    "judge_release",
    "read_any",
    "read_release",
]
