"""The numbers of the rules as an organisation sets them, and what has no setting."""

from datetime import timedelta
from pathlib import Path

import pytest

from api.rules_file import RulesWrong, read_rules, settable, written
from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Rungs
from engine.domain.rules import DEFAULT_RULES, Rules

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def test_what_is_not_set_stays_as_it_is(file: Path) -> None:
    file.write_text("")

    assert read_rules(file) == (DEFAULT_RULES, DEFAULT)


def test_numbers_durations_and_lists_are_set_by_name(file: Path) -> None:
    file.write_text(
        """
        [rules]
        disputable_for = "P60D"
        dispute_working_days = 5

        [ladder.P3]
        decision = 12
        remind_every = "PT12H"
        reminders = [2, "P7D"]
        """
    )

    rules, ladder = read_rules(file)

    assert (rules.disputable_for, rules.dispute_working_days) == (timedelta(days=60), 5)
    assert (ladder.p3.decision, ladder.p3.remind_every) == (12, timedelta(hours=12))
    assert ladder.p3.reminders == (2, timedelta(days=7))
    assert (ladder.p1, ladder.p2, ladder.p4) == (DEFAULT.p1, DEFAULT.p2, DEFAULT.p4)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("rules = 1", "rules"),
        ("[rule]", "rule"),
        ("[ladder.P5]", "ladder.P5"),
        ("[rules]\ndispute_working_days = true", "rules.dispute_working_days"),
        ("[rules]\ndispute_working_days = -1", "rules.dispute_working_days"),
        ("[rules]\ndisputable_for = 30", "rules.disputable_for"),
        ('[rules]\ndisputable_for = "-P1D"', "rules.disputable_for"),
        ("[ladder.P1]\nreminders = []", "ladder.P1.reminders"),
        ("[ladder.P1]\nremind_on = 1", "ladder.P1.remind_on"),
        ('[ladder.P1]\ndecision = "soon"', "ladder.P1.decision"),
        ("[rules", "read"),
    ],
)
def test_what_cannot_be_a_rule_is_named(file: Path, text: str, about: str) -> None:
    file.write_text(text)

    with pytest.raises(RulesWrong) as refused:
        read_rules(file)

    assert about in str(refused.value)


# What the rules call never: nobody can set who decides, nor have a timer close anything.
NEVER = (
    "rules.close_after",
    "rules.auto_close",
    "ladder.P1.decided_by",
    "ladder.P4.decided_by",
    "ladder.P1.never_decided_by",
    "ladder.P1.outside_it_only",
)


@pytest.mark.parametrize("name", NEVER)
def test_what_the_rules_call_never_has_no_setting(file: Path, name: str) -> None:
    table, _, field = name.rpartition(".")
    file.write_text(f"[{table}]\n{field} = 1\n")

    with pytest.raises(RulesWrong, match="is no number of the rules"):
        read_rules(file)


def test_the_readme_lists_every_number_of_the_rules_with_its_meaning_and_default() -> None:
    for one in settable(Rules):
        default = written(getattr(DEFAULT_RULES, one.name))
        assert f"| `rules.{one.name}` | {one.meaning} | {default} |" in README
    for one in settable(Rungs):
        columns = " | ".join(written(getattr(DEFAULT.of(each), one.name)) for each in Priority)
        assert f"| `{one.name}` | {one.meaning} | {columns} |" in README
