"""Where the diagram says how long timers run, a path is shown only if some clock leads along it."""

import pytest

from engine.proof import After, Severity, Verdict, prove_release
from engine.runtime import Specs
from tests.proof.drawing import draw
from tests.proof.happening import happens, walkable

SHORT, LONG = '"PT1H"', '"P1D"'


def proved(text, *rules):
    specs = Specs.load({"p.bpmn": draw(text)})
    (found,) = prove_release(specs.release, domains={"a": {"way": ("left", "right")}}, after=rules)
    return specs, found


def refuted(found):
    return {(one.rule, one.element) for one in found.findings if one.severity is Severity.REFUTED}


@pytest.mark.parametrize("first", ["short", "long"])
def test_behind_a_shorter_timer_that_ends_the_step_a_longer_one_never_comes(first):
    lines = {"short": f"short: timer {SHORT} on a", "long": f"long: timer {LONG} on a"}
    second = lines.pop(first), *lines.values()
    text = "\n".join(("begin -> [a] -> over", *second, "short -> soon", "long -> late"))

    _, found = proved(text)

    assert refuted(found) == {("dead_element", "long"), ("dead_element", "late")}


@pytest.mark.parametrize("reminder", [SHORT, '"R/PT1H"', '"R3/PT1H"'])
def test_a_reminder_comes_on_the_path_to_what_a_longer_timer_gets_wrong(reminder):
    text = f"""
    begin -> [a] -> over
    remind: timer {reminder} beside a
    remind -> note -> noted
    late: timer {LONG} on a
    late -> +both -> one -> +join -> two
    both -> ?never
    ?never -(a.way == "left")-> +join
    ?never -(else)-> three
    """
    specs, found = proved(text)

    (finding,) = walkable(found)
    assert finding.rule == "dead_end"
    assert finding.path.index("remind") < finding.path.index("late")
    assert happens(specs, finding)


def test_a_repeating_timer_that_is_longer_comes_after_one_that_is_shorter():
    text = f"""
    begin -> [a] -> over
    late: timer "R/P1D" beside a
    late -> note -> noted
    soon: timer {SHORT} on a
    soon -> out
    """

    _, found = proved(text)

    assert refuted(found) == {("dead_element", one) for one in ("late", "note", "noted")}


def test_working_days_last_longer_over_a_weekend_so_any_length_may_be_first():
    text = """
    begin -> [a] -> over
    soon: timer "1 working day" on a
    late: timer "P2D" on a
    soon -> out
    late -> gone
    """
    _, found = proved(text)

    assert not refuted(found)


def test_of_lengths_that_data_tell_any_may_be_first():
    text = f"""
    begin -> [a] -> over
    short: timer {SHORT} on a
    short -> soon
    long: timer due_long on a
    long -> late
    """

    _, found = proved(text)

    assert found.verdict is Verdict.SOUND


def test_equal_lengths_are_due_together():
    text = f"""
    begin -> [a] -> over
    one: timer {SHORT} on a
    one -> left
    other: timer {SHORT} beside a
    other -> note -> noted
    """

    _, found = proved(text)

    assert found.verdict is Verdict.SOUND


RACE = """
begin -> +both -> [a] -> over
both -> wait -> done
wait: timer {}; as intermediateCatchEvent
quick: timer "PT1H" on a
quick -> out
out: terminate
"""


def test_a_path_along_which_no_clock_leads_is_not_said_to_happen():
    _, found = proved(RACE.format(LONG), After("done", "a"))

    (finding,) = found.findings
    assert (finding.rule, finding.severity) == ("after", Severity.UNKNOWN)
    assert "due first" in finding.message
    assert found.verdict is Verdict.UNKNOWN


def test_a_path_along_which_a_clock_leads_is_one_that_the_engine_takes():
    rule = After("done", "a")
    specs, found = proved(RACE.format('"PT10M"'), rule)

    (finding,) = walkable(found)
    assert happens(specs, finding, [rule])
