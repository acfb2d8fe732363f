"""The one hardened reader of BPMN, DMN and their marks, for runtime, proof and editor alike."""

from engine.bpmn.findings import Finding, Severity
from engine.bpmn.model import Element, Event, Flow, Process, Release
from engine.bpmn.release import JudgedFiles, ReadFiles, judge_release, read_release
from engine.bpmn.tables import Cell, DecisionTable, Rule

__all__ = [
    "Cell",
    "DecisionTable",
    "Element",
    "Event",
    "Finding",
    "Flow",
    "JudgedFiles",
    "Process",
    "ReadFiles",
    "Release",
    "Rule",
    "Severity",
    "judge_release",
    "read_release",
]
