"""A table as its author sees it: what its inputs can be, and what it would decide."""

from pathlib import Path

import pytest

from engine.errors import InvalidAnswers
from engine.usecases.table_checking import check_table, try_table
from tests.unit.test_bpmn_tables import dmn

ROOT = Path(__file__).parents[2]
BESIDE = {
    path.name: path.read_bytes()
    for folder in ("workflows", "forms")
    for path in (ROOT / folder).iterdir()
    if path.suffix in (".bpmn", ".dmn", ".json")
}


def test_inputs_offer_what_use_cases_give():
    checked = check_table("priority.dmn", BESIDE["priority.dmn"], BESIDE)

    assert checked.findings == ()
    assert [(one.label, one.reads, one.is_known) for one in checked.inputs] == [
        ("Impact", "impact", True),
        ("Urgency", "urgency", True),
    ]
    assert [one.value for one in checked.inputs[0].offered] == ["high", "medium", "low"]


def test_inputs_offer_the_answers_of_a_form():
    content = dmn(('"right"', "1"), ('"not_right"', "2"), tested="verify_outcome.verdict")

    checked = check_table("size.dmn", content, BESIDE)

    assert [one.sentence for one in checked.findings] == [
        "No row answers where verify_outcome.verdict is “watch_until”."
    ]


def test_inputs_offer_what_another_table_gives():
    content = dmn(('"P1"', "1"), ('!= "P1"', "2"), tested="priority")

    (tried,) = check_table("size.dmn", content, BESIDE).inputs

    assert [one.value for one in tried.offered] == ["P1", "P2", "P3", "P4"]


def test_a_table_that_cannot_be_read_says_why():
    hostile = b'<!DOCTYPE x [<!ENTITY a "b">]><definitions/>'

    checked = check_table("size.dmn", hostile, BESIDE)

    assert [one.rule for one in checked.findings] == ["doctype"]
    with pytest.raises(InvalidAnswers):
        try_table(checked, [1])


def test_trying_gives_the_outputs_and_the_row():
    tried = try_table(check_table("p.dmn", BESIDE["priority.dmn"], BESIDE), ["high", "low"])

    assert (tried.rules, dict(tried.outputs), tried.why_not) == (
        ("priority_high_low",),
        {"priority": "P3"},
        None,
    )


@pytest.mark.parametrize(
    ("value", "rules", "why"),
    [
        (50, (), "No row answers this: an incident would stop there."),
        (5, ("r0", "r1"), "2 rows answer this, and one may: an incident would stop there."),
        ("x", (), "A row compares unlike things: an incident would stop there."),
    ],
)
def test_trying_says_why_nothing_comes_out(value, rules, why):
    checked = check_table("size.dmn", dmn(("&lt; 10", "1"), ("&lt; 20", "2")), {})

    tried = try_table(checked, [value])

    assert (tried.rules, tried.outputs, tried.why_not) == (rules, {}, why)


def test_trying_needs_a_value_for_each_input():
    with pytest.raises(InvalidAnswers):
        try_table(check_table("size.dmn", dmn(("-", "1")), {}), [])
