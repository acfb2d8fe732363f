"""Decision tables looked at as a whole: rows that overlap, and cases that no row answers."""

import random
import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from time import perf_counter

import pytest

from engine.bpmn import DecisionTable, Finding, Severity, read_release, regions_of, table_findings
from engine.bpmn.tables import MAX_RULES, Cell, Rule
from engine.errors import ExpressionRefused
from engine.expressions import expression

LEVELS = {"impact": ("high", "medium", "low"), "urgency": ("high", "medium", "low")}
SHIPPED = Path(__file__).parents[2] / "workflows"


def table(*rows: Sequence[str], policy: str = "UNIQUE", inputs: int = 1) -> DecisionTable:
    """Return a table with `inputs` inputs called a, b, c; a row has the text of its cells."""
    names = "abcdefgh"[:inputs]
    columns = "".join(
        f'<input id="i_{name}"><inputExpression><text>{name}</text></inputExpression></input>'
        for name in names
    )
    lines = "".join(
        f'<rule id="r{number}">'
        + "".join(
            f"<inputEntry><text>{cell.replace('<', '&lt;')}</text></inputEntry>" for cell in row
        )
        + "<outputEntry><text>1</text></outputEntry></rule>"
        for number, row in enumerate(rows, start=1)
    )
    content = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d">'
        f'<decision id="t" name="T"><decisionTable id="tt" hitPolicy="{policy}">{columns}'
        f'<output id="o" name="out"/>{lines}</decisionTable></decision></definitions>'
    )
    return read_release({"t.dmn": content.encode()}).release.decisions["t"]


def told(found: Sequence[Finding]) -> list[tuple[str | None, str, str]]:
    return [(one.element, one.rule, one.sentence) for one in found]


@pytest.mark.parametrize(
    ("file", "known"),
    [
        ("priority", LEVELS),
        ("route_action", {"party": ("it", "business", "customer", "external")}),
    ],
)
def test_the_shipped_tables_answer_every_case_once(file, known):
    content = (SHIPPED / f"{file}.dmn").read_bytes()
    shipped = read_release({f"{file}.dmn": content}).release.decisions[file]

    assert table_findings(shipped, known) == ()


def test_a_case_that_no_row_answers_is_told_with_the_labels_of_the_columns():
    content = (SHIPPED / "priority.dmn").read_text()
    without = re.sub(r'<rule id="priority_low_low">.*?</rule>', "", content, flags=re.DOTALL)
    left = read_release({"priority.dmn": without.encode()}).release.decisions["priority"]

    assert told(table_findings(left, LEVELS)) == [
        ("priority", "table_gap", "No row answers where Impact is “low” and Urgency is “low”.")
    ]


def test_two_rows_that_fit_at_once_are_refused_where_one_may():
    overlapping = table(("<= 10",), (">= 10",))

    (found,) = table_findings(overlapping, {})

    assert (found.element, found.severity) == ("r2", Severity.REFUSED)
    assert found.sentence == (
        "Rows 1 and 2 both answer where a is 10: an incident would stop there."
    )


def test_rows_may_overlap_where_the_first_decides():
    assert table_findings(table(("<= 10",), ("-",), policy="FIRST"), {}) == ()


def test_a_row_of_which_those_before_leave_nothing_is_never_reached():
    found = table_findings(
        table(
            ("< 10", "-"), (">= 10", "true"), ("-", "false"), ("3", "-"), policy="FIRST", inputs=2
        ),
        {},
    )

    assert [(one.element, one.rule, one.severity) for one in found] == [
        ("r4", "table_unreached", Severity.WARNING)
    ]


def test_numbers_leave_what_lies_between_them_open():
    assert told(table_findings(table(("< 10",), (">= 20",)), {})) == [
        ("t", "table_gap", "No row answers where a is 10 or between 10 and 20.")
    ]


def test_numbers_leave_what_lies_beyond_them_open():
    assert told(table_findings(table(("<= 10",), ("11",)), {})) == [
        ("t", "table_gap", "No row answers where a is between 10 and 11 or more than 11.")
    ]


def test_texts_without_a_known_end_leave_something_else_open():
    assert told(table_findings(table(('"x"',), ('"y"',)), {})) == [
        ("t", "table_gap", "No row answers where a is something else.")
    ]
    assert table_findings(table(('"x"',), ('"y"',)), {"a": ("x", "y")}) == ()
    assert table_findings(table(('"x"',), ('!= "x"',)), {}) == ()


def test_texts_may_be_compared_by_their_order():
    assert table_findings(table(('< "m"',), ('>= "m"',)), {}) == ()
    assert [one.sentence for one in table_findings(table(('< "m"',), ('> "m"',)), {})] == [
        "No row answers where a is “m”."
    ]


def test_a_truth_value_is_yes_or_no():
    assert table_findings(table(("true",), ("False",)), {}) == ()
    assert [one.sentence for one in table_findings(table(("true",)), {})] == [
        "No row answers where a is no."
    ]


def test_an_answer_that_may_be_left_out_needs_a_row():
    assert [one.sentence for one in table_findings(table(('"x"',)), {"a": ("x", None)})] == [
        "No row answers where a is nothing."
    ]


def test_a_row_for_a_value_that_cannot_come_never_answers():
    found = table_findings(table(('"x"',), ('"zz"',), ('"y"',)), {"a": ("x", "y")})

    assert told(found) == [
        ("r2", "table_idle", "Row 2 never answers: a can only be “x” or “y”."),
    ]


def test_an_order_of_unlike_things_is_refused():
    (found, *_) = table_findings(table((">= 3",), ("< 3",)), {"a": (1, 5, "many")})

    assert (found.element, found.rule, found.severity) == ("r1", "table_unlike", Severity.REFUSED)


def test_a_case_names_only_what_matters():
    found = table_findings(table(('"x"', "-"), ('"y"', "< 3"), inputs=2), {"a": ("x", "y", "z")})

    assert [one.sentence for one in found] == [
        "No row answers where a is “z”.",
        "No row answers where a is “y” and b is 3 or more than 3.",
    ]


def test_what_is_found_is_what_trying_every_case_finds():
    chance = random.Random(7)
    cells = ("-", "1", "2", "< 2", ">= 2", "!= 1", "<= 1", "> 2")
    for _ in range(150):
        rows = [[chance.choice(cells) for _ in range(3)] for _ in range(chance.randint(1, 7))]
        policy = chance.choice(("UNIQUE", "FIRST"))
        drawn = table(*rows, policy=policy, inputs=3)
        columns = [regions_of([rule.tests[at] for rule in drawn.rules], None) for at in range(3)]

        hits = [
            [rule.id for rule in drawn.hits(case)]
            for case in product(*([one.value for one in column] for column in columns))
        ]
        found = {one.rule for one in table_findings(drawn, {})}
        first = {one[0] for one in hits if one}

        assert ("table_gap" in found) == any(not one for one in hits)
        assert ("table_overlap" in found) == (policy == "UNIQUE" and any(one[1:] for one in hits))
        assert ("table_unreached" in found) == (policy == "FIRST" and len(first) < len(rows))


def huge(columns: int, values: int, dashes: float, policy: str = "UNIQUE") -> DecisionTable:
    chance = random.Random(3)

    def cell() -> Cell:
        is_any = chance.random() < dashes
        return Cell("any", None) if is_any else Cell("<=", chance.randrange(values))

    rules = tuple(
        Rule(f"r{number}", tuple(cell() for _ in range(columns)), (1,))
        for number in range(MAX_RULES)
    )
    names = tuple(f"n{number}" for number in range(columns))
    return DecisionTable(
        "t",
        "T",
        "t.dmn",
        "FIRST" if policy == "FIRST" else "UNIQUE",
        tuple(map(expression, names)),
        ("out",),
        rules,
        names,
    )


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST"])
@pytest.mark.parametrize(
    ("columns", "values", "dashes"),
    [(18, 2, 0.5), (18, 500, 0.1), (39, 2, 0.9), (6, 500, 0), (8, 4, 0.5), (60, 1, 0.5)],
)
def test_the_work_is_bounded_whatever_the_table(policy, columns, values, dashes):
    drawn = huge(columns, values, dashes, policy)
    begun = perf_counter()

    found = table_findings(drawn, {})

    assert perf_counter() - begun < 5  # a hundredth of it where nobody else is at work
    assert len(found) < 60


def test_too_much_to_decide_is_said():
    found = table_findings(huge(60, 2, 0.5), {})

    assert [(one.element, one.rule) for one in found] == [("t", "table_too_large")]


def test_comparing_unlike_things_stops_the_decision_too():
    with pytest.raises(ExpressionRefused, match="failed"):
        table((">= 3",)).decide({"a": "many"})
