"""Scenarios are somebody's upload: plain YAML, within bounds, each mistake with its line."""

from datetime import timedelta

import pytest

from engine.bpmn.scenarios import (
    MAX_BYTES,
    MAX_MOVES,
    MAX_SCENARIOS,
    Answer,
    Known,
    Passes,
    Scenario,
    Told,
    Waits,
    read_scenarios,
    with_scenario,
)

FILE = "incident.scenarios.yaml"
WHOLE = b"""\
# A remark that stays.
- name: The straight way
  shows: >
    From the report
    to the yes.
  given: {impact: high, tries: missing}
  moves:
    - answer: verify_outcome
      with: {verdict: right, is_ours: true}
    - told: actions_settled
    - passes: PT4H
    - passes: next timer
    - known: {tries: enough}
    - waits: [confirm_outcome, remind]
    - answer: confirm_outcome
      with: {answer: yes}
  ends: closed_confirmed
  closes: confirmed
"""
STORY = Scenario(
    "The straight way",
    "From the report to the yes.",
    "incident",
    {"impact": "high", "tries": "missing"},
    (
        Answer("verify_outcome", {"verdict": "right", "is_ours": True}),
        Told("actions_settled"),
        Passes(timedelta(hours=4)),
        Passes(None),
        Known({"tries": "enough"}),
        Waits(frozenset({"confirm_outcome", "remind"})),
        Answer("confirm_outcome", {"answer": "yes"}),
    ),
    "closed_confirmed",
    "confirmed",
)


def wrong(content: bytes) -> str:
    found, findings = read_scenarios(FILE, content)
    assert found == ()
    (finding,) = findings
    assert finding.file == FILE
    return finding.sentence


def test_a_file_says_its_stories_in_order() -> None:
    assert read_scenarios(FILE, WHOLE) == ((STORY,), [])


def test_an_answer_yes_is_a_word_and_no_truth_value() -> None:
    (story,), _ = read_scenarios(FILE, WHOLE)
    last = story.moves[-1]
    assert isinstance(last, Answer)
    assert last.decisions == {"answer": "yes"}


@pytest.mark.parametrize("content", [b"", b"\n", b"# only a remark\n"])
def test_an_empty_file_has_none(content: bytes) -> None:
    assert read_scenarios(FILE, content) == ((), [])


def test_what_is_written_is_read_again_and_what_stood_there_stays() -> None:
    other = Scenario("Another", "", "incident", {}, (Passes(timedelta(days=2)),), None, None)

    written = with_scenario(WHOLE, other)
    both = with_scenario(written, Scenario("Third", "", "incident", {}, STORY.moves, None, None))

    assert written.startswith(WHOLE)
    assert read_scenarios(FILE, written) == ((STORY, other), [])
    third = read_scenarios(FILE, both)[0][2]
    assert third.moves == STORY.moves
    assert read_scenarios(FILE, with_scenario(b"", STORY)) == ((STORY,), [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"- name: A\n  moves: [\n", "not YAML"),
        (b"name: A\n", "no list of scenarios"),
        (b"- A\n", "Line 1: 'A' is not of type 'object'"),
        (b"- name: A\n", "'moves' is a required property"),
        (b"- name: A\n  moves: []\n  colour: red\n", "'colour' was unexpected"),
        (b"- name: A\n  moves:\n    - jumps: high\n", "Line 3: A move is one of: answer,"),
        (b"- name: A\n  moves:\n    - passes: soon\n", "Line 3: Time that passes is"),
        (b"- name: A\n  moves:\n    - passes: PT0S\n", "Line 3: Time that passes is"),
        (b"- name: A\n  moves:\n    - answer: x y\n", "does not match"),
        (b"- name: A\n  moves:\n    - answer: x\n      with: {a: 1}\n", "is not of type"),
        (b"- name: A\n  moves: []\n- name: A\n  moves: []\n", "Line 3: There are two called"),
        (b"- name: A\n  name: B\n  moves: []\n", "not YAML"),
        (b"- &a {name: A, moves: []}\n- *a\n", "Anchors and aliases are not read"),
        (b"- !!python/object:os.system {name: A}\n", "Tags are not read"),
        (b"- !x {name: A}\n", "Tags are not read"),
        (b"[" * 50 + b"]" * 50, "nested too deeply"),
        (b"\xff\xfe", "not YAML"),
        (b"- name: A\n  moves: []\n--- \n- name: B\n", "not YAML"),
        (b" " * (MAX_BYTES + 1), "larger than"),
        (b"[" + b"1," * 50_000 + b"]", "It says too much"),
    ],
)
def test_what_is_no_scenario_says_why(content: bytes, said: str) -> None:
    assert said in wrong(content)


def test_there_are_bounds() -> None:
    one = b"- name: A%d\n  moves: []\n"
    assert "more than" in wrong(b"".join(one % place for place in range(MAX_SCENARIOS + 1)))
    move = b"    - told: a\n"
    assert "more than 200 moves" in wrong(b"- name: A\n  moves:\n" + move * (MAX_MOVES + 1))
    many = b"".join(b"- name: A%d\n  moves:\n" % place + move * MAX_MOVES for place in range(11))
    assert "All of them have more than" in wrong(many)
