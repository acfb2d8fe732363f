"""Decision tables: what may stand in them, and how they decide."""

import pytest

from engine.bpmn import DecisionTable, read_release
from engine.errors import DiagramRefused, ExpressionRefused


def dmn(
    *rules: tuple[str, str],
    policy: str = "UNIQUE",
    tested: str = "amount",
    output: str = "level",
    extra: str = "",
) -> bytes:
    lines = "".join(
        f'<rule id="r{number}"><inputEntry id="i{number}"><text>{test}</text></inputEntry>'
        f'<outputEntry id="o{number}"><text>{value}</text></outputEntry></rule>'
        for number, (test, value) in enumerate(rules)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d">'
        f'<decision id="size" name="Size"><decisionTable id="t" hitPolicy="{policy}" {extra}>'
        f'<input id="i"><inputExpression id="e"><text>{tested}</text></inputExpression></input>'
        f'<output id="o" name="{output}"/>{lines}</decisionTable></decision></definitions>'
    ).encode()


def table(*rules: tuple[str, str], **how: str) -> DecisionTable:
    return read_release({"size.dmn": dmn(*rules, **how)}).release.decisions["size"]


def test_the_rule_that_matches_decides():
    small_or_large = table(("&lt; 10", '"small"'), ("&gt;= 10", '"large"'))

    assert small_or_large.decide({"amount": 9}) == {"level": "small"}
    assert small_or_large.decide({"amount": 10}) == {"level": "large"}


def test_a_dash_matches_anything_and_the_first_rule_wins():
    first = table(('"a"', "1"), ("-", "2"), policy="FIRST")

    assert first.decide({"amount": "a"}) == {"level": 1}
    assert first.decide({"amount": "b"}) == {"level": 2}


def test_two_rules_that_match_are_a_fault_where_one_may():
    with pytest.raises(ExpressionRefused, match="2 rules"):
        table(("&lt; 10", "1"), ("&lt; 20", "2")).decide({"amount": 5})


def test_no_rule_is_a_fault_and_leaves_no_old_output_in_force():
    with pytest.raises(ExpressionRefused, match="no rule"):
        table(("&lt; 10", "1")).decide({"amount": 50})


def test_an_input_may_look_into_an_answer():
    assert table(('"yes"', "1"), tested="ask.answer").decide({"ask": {"answer": "yes"}}) == {
        "level": 1
    }


@pytest.mark.parametrize(
    "policy",
    ["ANY", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"],
)
def test_other_hit_policies_are_refused(policy):
    with pytest.raises(DiagramRefused, match="Hit policy"):
        table(("-", "1"), policy=policy)


@pytest.mark.parametrize(
    "cell",
    [
        "__import__('os').system('id')",
        '"a","b"',
        "[1..5]",
        "amount",
        "1 if True else 2",
        "().__class__",
        "&lt; other",
    ],
)
def test_a_cell_that_is_no_literal_is_refused(cell):
    with pytest.raises(DiagramRefused):
        table((cell, "1"))
    with pytest.raises(DiagramRefused):
        table(("1", cell))


@pytest.mark.parametrize("output", ["gate", "due_at", "len", "typename", "", "a b"])
def test_an_output_cannot_take_a_reserved_name(output):
    with pytest.raises(DiagramRefused, match="output"):
        table(("-", "1"), output=output)


def test_a_hostile_input_expression_is_refused():
    with pytest.raises(DiagramRefused):
        table(("-", "1"), tested="__import__('os').getcwd()")


def test_a_file_that_is_no_table_is_refused():
    with pytest.raises(DiagramRefused):
        read_release({"size.dmn": b"<definitions/>"})
