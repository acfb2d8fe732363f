"""What relies on the fields of a form: conditions, scripts, tables, and use cases."""

import json
from collections.abc import Mapping

import pytest

from engine.usecases.form_uses import Use, lost, uses_of
from forms import Form
from tests.unit.test_bpmn_tables import dmn
from tests.world import shipped_files

FILES = shipped_files()
VERDICT = b'verify_outcome.verdict == "right"'


def said(step: str, files: Mapping[str, bytes] = FILES) -> set[tuple[str, object, str]]:
    return {(one.field, one.value, str(one.by)) for one in uses_of(step, files)}


def with_condition(text: str) -> Mapping[str, bytes]:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").encode()
    return FILES | {"incident.bpmn": FILES["incident.bpmn"].replace(VERDICT, escaped)}


RIGHT = "the way “right” out of “What did the check say?”"


def test_a_condition_uses_the_field_and_the_answer_that_it_compares():
    found = said("verify_outcome")

    assert ("verdict", None, RIGHT) in found
    assert ("verdict", "right", RIGHT) in found
    assert ("verdict", "not_right", RIGHT) not in found


@pytest.mark.parametrize(
    "condition",
    [
        'verify_outcome["verdict"] == "right"',
        '"right" == verify_outcome.verdict',
        'verify_outcome.verdict in ["right", "watch_until"]',
        'gate == "shut" or not (verify_outcome.verdict != "right")',
        '"x" if verify_outcome.verdict == "right" else "y"',
    ],
)
def test_a_condition_may_be_written_in_many_ways(condition):
    found = said("verify_outcome", with_condition(condition))

    assert {("verdict", None, RIGHT), ("verdict", "right", RIGHT)} <= found


def test_a_condition_that_cannot_be_read_uses_nothing():
    found = said("verify_outcome", with_condition("verify_outcome.verdict =="))

    assert not [one for one in found if one[2] == RIGHT]


def test_a_table_uses_the_field_and_the_answers_in_its_rows():
    table = dmn(('"right"', "1"), ('!= "right"', "2"), tested="verify_outcome.verdict")

    found = said("verify_outcome", FILES | {"size.dmn": table})

    assert ("verdict", "right", "the decision table “Size”") in found


def test_a_mark_uses_what_its_use_case_records():
    found = said("decide_without_answer")

    assert ("reason", None, "deciding without an answer") in found
    assert ("decided", "keep_asking", "deciding without an answer") in found


def test_an_action_uses_how_it_ended():
    assert ("what_was_done", None, "what becomes of an action") in said("do_it_action")


def test_a_page_uses_all_that_it_asks():
    found = said("report_incident")

    assert ("title", None, "the page that asks it") in found
    assert ("impact", "high", "the page that asks it") in found


def test_a_form_of_ones_own_is_used_where_a_diagram_reads_it():
    assert said("ask_the_bank") == set()


def test_hostile_files_use_nothing():
    assert said("ask_the_bank", {"x.bpmn": b"<!DOCTYPE x><x/>", "y.dmn": b"\xff"}) == set()


def changed(**choices: object) -> Form:
    form = json.loads(FILES["decide_declined_action.json"])
    form["properties"]["decided"] |= choices
    form.pop("allOf")
    return Form.parse("decide_declined_action", json.dumps(form).encode())


def test_what_is_lost_is_what_was_asked_before_and_is_not_asked_now():
    uses = [Use("decided", None, "a"), Use("decided", "drop", "b"), Use("gone", None, "c")]
    before = changed()
    without_drop = changed(oneOf=[{"const": "ask_again", "title": "Ask again"}])
    as_text = Form.parse(
        "decide_declined_action",
        FILES["set_priority.json"].replace(b'"reason"', b'"decided"'),
    )

    assert lost(uses, before, before) == ()
    assert lost(uses, before, without_drop) == (uses[1],)
    assert lost(uses, before, as_text) == tuple(uses[:2])
    assert lost(uses, without_drop, without_drop) == ()


SCENARIO = b"""
- name: Right at once
  given: {impact: low, urgency: low}
  moves:
    - answer: agree_what_right_means
    - told: actions_settled
    - answer: verify_outcome
      with: {verdict: right}
"""


def test_a_scenario_uses_the_answers_that_it_gives():
    files = FILES | {"incident.scenarios.yaml": SCENARIO}
    by = "the scenario “Right at once”"

    assert {one for one in said("verify_outcome", files) if one[2] == by} == {
        ("verdict", None, by),
        ("verdict", "right", by),
    }
    assert not [one for one in said("confirm_outcome", files) if one[2] == by]


def test_scenarios_that_cannot_be_read_use_nothing():
    files = FILES | {"incident.scenarios.yaml": b"- name: ["}

    assert not [one for one in said("verify_outcome", files) if "the scenario" in one[2]]
