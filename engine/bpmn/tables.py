"""Decision tables: read from DMN, decided here.

SpiffWorkflow decides rule order, output order, priority and collect wrongly without a word, and
evaluates cells as Python.  So it never sees a table: cells are literals, comparisons with a
literal, or `-`, and the hit policy is UNIQUE (two rules that match are a fault) or FIRST.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from engine.bpmn.document import local
from engine.bpmn.findings import Finding
from engine.errors import ExpressionRefused
from engine.expressions import Expression, evaluate, expression, is_reserved

Scalar = str | int | float | bool | None
Refuse = Callable[[str | None, str, str, str], None]
MAX_RULES = 500
_DMN = "/spec/DMN/"
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
# what DMN's own language calls them, and editors write
_WORDS: Mapping[str, Scalar] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Cell:
    """One input cell: `how` is a comparison or `any`; `value` a literal."""

    how: str
    value: Scalar

    def matches(self, value: object) -> bool:
        """Return whether `value` passes.

        Raises ExpressionRefused for an order of unlike types: a text is not less than a number.
        """
        if self.how == "any":
            return True
        try:
            return _COMPARISONS[self.how](value, self.value) is True
        except TypeError as error:
            raise ExpressionRefused(f"“{value!r} {self.how} {self.value!r}” failed.") from error


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: a test for each input, a literal for each output."""

    id: str
    tests: tuple[Cell, ...]
    outputs: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision: `inputs` are expressions, `outputs` names of process data.

    `labels` are what people call the inputs, one for each.
    """

    id: str
    name: str
    file: str
    policy: Literal["UNIQUE", "FIRST"]
    inputs: tuple[Expression, ...]
    outputs: tuple[str, ...]
    rules: tuple[Rule, ...]
    labels: tuple[str, ...]

    def hits(self, values: Sequence[object]) -> list[Rule]:
        """Return the rules that match, in their order; `values` has one for each input.

        Raises ExpressionRefused where a cell cannot be compared with its value.
        """
        return [
            rule
            for rule in self.rules
            if all(test.matches(value) for test, value in zip(rule.tests, values, strict=True))
        ]

    def decide(self, names: Mapping[str, object]) -> dict[str, Scalar]:
        """Return the outputs of the rule that matches.

        Raises ExpressionRefused if none matches (the old outputs must not stay in force), or two
        do where one may.
        """
        values = [evaluate(one, names) for one in self.inputs]
        hits = self.hits(values)
        shown = ", ".join(
            f"{one.text} = {value!r}" for one, value in zip(self.inputs, values, strict=True)
        )
        if not hits:
            raise ExpressionRefused(f"Table “{self.id}” has no rule for {shown}.", table=self.id)
        if self.policy == "UNIQUE" and len(hits) > 1:
            raise ExpressionRefused(
                f"Table “{self.id}” has {len(hits)} rules for {shown} and may have one.",
                table=self.id,
            )
        return dict(zip(self.outputs, hits[0].outputs, strict=True))


def read_table(file: str, root: etree._Element) -> tuple[DecisionTable | None, list[Finding]]:
    """Return the one table of a DMN file (None if it is unusable) and what is wrong with it."""
    findings: list[Finding] = []

    def refuse(element: str | None, rule: str, sentence: str, mend: str) -> None:
        findings.append(Finding(file, element, rule, sentence, mend))

    decisions = [node for node in root.iter() if local(node) == "decision"]
    if _DMN not in (etree.QName(root).namespace or "") or len(decisions) != 1:
        refuse(None, "one_decision", "It is not a DMN file with one decision.", "Split it.")
        return None, findings
    decision = decisions[0]
    name = decision.get("id", "")
    tables = [node for node in decision if local(node) == "decisionTable"]
    if len(tables) != 1 or not name:
        refuse(name, "one_table", "A decision has an id and one table.", "Draw a table.")
        return None, findings
    table = tables[0]
    policy = table.get("hitPolicy", "UNIQUE").upper()
    if policy not in ("UNIQUE", "FIRST") or table.get("aggregation"):
        refuse(name, "hit_policy", f"Hit policy {policy} is not supported.", "Use UNIQUE or FIRST.")
        return None, findings
    columns = [node for node in table if local(node) == "input"]
    inputs = [_input(node, refuse, name) for node in columns]
    outputs = [node.get("name", "") for node in table if local(node) == "output"]
    for output in outputs:
        if is_reserved(output):
            refuse(name, "table_output", f"No output can be called “{output}”.", "Rename it.")
    if not outputs or len(set(outputs)) != len(outputs):
        refuse(name, "table_output", "Outputs have names of their own.", "Name each output.")
    rules = tuple(
        _rule(node, len(inputs), len(outputs), refuse) for node in table if local(node) == "rule"
    )
    if not 0 < len(rules) <= MAX_RULES:
        refuse(name, "table_rules", f"A table has 1 to {MAX_RULES} rules.", "Split it.")
    if findings:
        return None, findings
    return (
        DecisionTable(
            name,
            decision.get("name", name),
            file,
            "FIRST" if policy == "FIRST" else "UNIQUE",
            tuple(one for one in inputs if one is not None),
            tuple(outputs),
            tuple(one for one in rules if one is not None),
            tuple(" ".join(node.get("label", "").split()) or _text_below(node) for node in columns),
        ),
        findings,
    )


def rule_ids(root: etree._Element) -> tuple[str, ...]:
    """Return the ids of a file's rules, in their order; empty where one has none."""
    return tuple(node.get("id", "") for node in root.iter() if local(node) == "rule")


def _input(node: etree._Element, refuse: Refuse, name: str) -> Expression | None:
    text = _text_below(node)
    try:
        return expression(text)
    except ExpressionRefused as error:
        refuse(name, "table_input", error.sentence, "Name the value that the column tests.")
        return None


def _rule(node: etree._Element, inputs: int, outputs: int, refuse: Refuse) -> Rule | None:
    name = node.get("id", "")
    cells_in = [_text_below(cell) for cell in node if local(cell) == "inputEntry"]
    cells_out = [_text_below(cell) for cell in node if local(cell) == "outputEntry"]
    if len(cells_in) != inputs or len(cells_out) != outputs:
        refuse(name, "table_cells", "A rule has a cell for each column.", "Fill the line.")
        return None
    try:
        tests = tuple(_test(cell) for cell in cells_in)
        values = tuple(_literal(cell) for cell in cells_out)
    except ExpressionRefused as error:
        mend = 'Write a literal such as "high" or 3, a comparison such as >= 3, or -.'
        refuse(name, "table_cell", error.sentence, mend)
        return None
    return Rule(name, tests, values)


def _text_below(node: etree._Element) -> str:
    for child in node.iter():
        if local(child) == "text":
            return (child.text or "").strip()
    return ""


def _test(cell: str) -> Cell:
    if cell in ("", "-"):
        return Cell("any", None)
    for how in _COMPARISONS:
        if cell.startswith(how):
            return Cell(how, _literal(cell.removeprefix(how)))
    return Cell("==", _literal(cell))


def _literal(cell: str) -> Scalar:
    """Return the value of a cell that is a text, a number, a truth value or None."""
    if cell in _WORDS:
        return _WORDS[cell]
    checked = expression(cell)
    plain = isinstance(checked.node, ast.Constant | ast.UnaryOp) and not checked.reads
    value = evaluate(checked, {}) if plain else ()
    if not isinstance(value, str | int | float | None):
        raise ExpressionRefused(f"“{cell}” is not a literal.", expression=cell)
    return value
