"""What was found of a decision table, as its editor and programs are told it: in plain values.

Rows are counted from 1, as people count them; their ids lead to them in the drawing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.bpmn import Scalar
from engine.language import in_words
from engine.usecases.table_checking import CheckedTable, TriedTable, try_table


def told(checked: CheckedTable, values: Sequence[Scalar] | None = None) -> dict[str, Any]:
    """Return findings, inputs, and what these `values` give (None: nothing is tried).

    Values that do not fit the inputs, as they are now, are not tried.
    """
    rows = _rows(checked)
    fit = checked.table is not None and len(values or ()) == len(checked.inputs)
    return {
        "findings": [
            {
                "element": one.element,
                "row": rows.get(one.element),
                "rule": one.rule,
                "severity": one.severity.value,
                "message": f"{in_words(one.sentence)} {in_words(one.mend)}",
            }
            for one in checked.findings
        ],
        "inputs": [
            {
                "label": one.label,
                "reads": one.reads,
                "is_known": one.is_known,
                "offered": [
                    {"value": region.value, "words": in_words(region.words)}
                    for region in one.offered
                ],
            }
            for one in checked.inputs
        ],
        "tried": _tried(try_table(checked, values), rows) if values is not None and fit else None,
    }


def _tried(tried: TriedTable, rows: Mapping[str | None, int]) -> dict[str, Any]:
    return {
        "rules": list(tried.rules),
        "rows": [rows[one] for one in tried.rules],
        "outputs": dict(tried.outputs),
        "why_not": in_words(tried.why_not) if tried.why_not is not None else None,
    }


def _rows(checked: CheckedTable) -> dict[str | None, int]:
    """Return the number of each row by its id."""
    return {rule: number for number, rule in enumerate(checked.rows, start=1)}
