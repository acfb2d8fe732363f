"""A decision table while its author draws it: what is wrong with it, and what it would decide.

Nothing is kept.  What the inputs can be is taken from the files beside it, as far as they say; a
newcomer would ask for them to be right first: whatever can be read of them counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bpmn import (
    DecisionTable,
    Finding,
    Region,
    Scalar,
    UnreadableError,
    judge_release,
    parse_xml,
    read_table,
    regions_of,
    rule_ids,
    table_findings,
)
from engine.errors import ExpressionRefused, InvalidAnswers
from engine.language import Said, say
from engine.usecases.form_rules import read_forms
from engine.usecases.table_inputs import Known, known_inputs
from engine.usecases.verifying import domains_of

_MOST_OFFERED = 50


@dataclass(frozen=True, slots=True)
class TableInput:
    """A column that is tried: what it is called, what it reads, and values to choose from.

    `is_known`: there are no others.
    """

    label: str
    reads: str
    offered: tuple[Region, ...]
    is_known: bool


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """A table as far as it can be read (None: not at all), and all that is wrong with it.

    `rows` are the ids of the rules in the file, also of those that cannot be read.
    """

    table: DecisionTable | None
    findings: tuple[Finding, ...]
    inputs: tuple[TableInput, ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TriedTable:
    """What a table decides: ids of the rules that fit, the outputs, or why there are none."""

    rules: tuple[str, ...]
    outputs: Mapping[str, Scalar]
    why_not: Said | None = None


def check_table(file: str, content: bytes, beside: Mapping[str, bytes]) -> CheckedTable:
    """Return what is wrong with a table, each finding by its rule's id.

    `beside` are the files of its release; what they hold of `file` itself is not looked at.
    """
    try:
        root = parse_xml(file, content)
    except UnreadableError as error:
        return CheckedTable(None, (error.finding,))
    table, findings = read_table(file, root)
    rows = rule_ids(root)
    if table is None:
        return CheckedTable(None, tuple(findings), rows=rows)
    known = _known({name: one for name, one in beside.items() if name != file})
    inputs = tuple(_inputs(table, known))
    return CheckedTable(table, table_findings(table, known), inputs, rows)


def try_table(checked: CheckedTable, values: Sequence[Scalar]) -> TriedTable:
    """Return what the table decides where its inputs have these values, one for each.

    Raises InvalidAnswers if the table cannot be read, or has another number of inputs.
    """
    table = checked.table
    if table is None:
        raise InvalidAnswers({"content": say("The table cannot be read yet.")})
    if len(values) != len(table.inputs):
        raise InvalidAnswers({"values": say("Please give a value for each input.")})
    try:
        hits = table.hits(values)
    except ExpressionRefused:
        return TriedTable(
            (), {}, say("A row compares unlike things: an incident would stop there.")
        )
    rules = tuple(rule.id for rule in hits)
    if not hits:
        return TriedTable((), {}, say("No row answers this: an incident would stop there."))
    if table.policy == "UNIQUE" and len(hits) > 1:
        why = say(
            "%(count)s rows answer this, and one may: an incident would stop there.",
            count=len(hits),
        )
        return TriedTable(rules, {}, why)
    return TriedTable(rules[:1], dict(zip(table.outputs, hits[0].outputs, strict=True)))


def _known(beside: Mapping[str, bytes]) -> Known:
    release = judge_release(beside).release
    return known_inputs(release, domains_of(release, read_forms(beside).forms))


def _inputs(table: DecisionTable, known: Known) -> list[TableInput]:
    found = []
    for place, (told, label) in enumerate(zip(table.inputs, table.labels, strict=True)):
        values = known.get(told.text)
        regions = regions_of([rule.tests[place] for rule in table.rules], values)
        found.append(TableInput(label, told.text, regions[:_MOST_OFFERED], values is not None))
    return found
