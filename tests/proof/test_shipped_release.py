"""The shipped diagrams are proved, and one change that matters anywhere in them is refuted."""

from pathlib import Path

import pytest

from engine.bpmn import read_release
from engine.proof import After, Severity, Verdict, prove_release

WORKFLOWS = Path(__file__).parents[2] / "workflows"
ACTORS = ("it", "business", "customer", "supplier")
DOMAINS = {
    "agree_what_right_means": {},
    "verify_outcome": {"verdict": ("right", "not_right", "watch_until")},
    "confirm_outcome": {"answer": ("yes", "partly", "no")},
    "decide_without_answer": {
        "decided": ("close", "keep_asking", "ask_somebody_else", "back_to_work")
    },
    "decide_declined_action": {"decided": ("drop", "ask_again")},
    **{f"do_{actor}_action": {"outcome": ("done", "declined")} for actor in ACTORS},
}


def proved(*changes, after=()):
    """The proofs of the shipped files, with texts in them replaced."""
    files = {path.name: path.read_text("utf-8") for path in WORKFLOWS.iterdir() if path.is_file()}
    for file, old, new in changes:
        assert old in files[file]
        files[file] = files[file].replace(old, new)
    read = read_release({name: content.encode() for name, content in files.items()})
    return {one.id: one for one in prove_release(read.release, domains=DOMAINS, after=after)}


def test_the_shipped_release_is_proved_without_a_word_of_doubt():
    results = proved()

    assert {one.verdict for one in results.values()} == {Verdict.SOUND}
    assert [finding for one in results.values() for finding in one.findings] == []
    assert {name: one.properties["closure"] for name, one in results.items()} == {
        "action": None,
        "confirmation": None,
        "incident": True,
    }


def test_an_incident_is_closed_only_after_it_was_verified():
    rules = [After("closed_confirmed", "verify_outcome"), After("closed_confirmed", "remind")]
    results = proved(after=rules)
    (finding,) = results["incident"].findings

    assert finding.message.startswith("“Closed, confirmed” can be completed before “Time for a re")


CHANGES = {
    "closing whatever the gate says": (
        ("incident.bpmn", 'gate == "confirmed"', 'gate != "escalated"'),
        "closes_stale closed_confirmed",
    ),
    "asking the answer instead of the gate, and taking partly for yes": (
        ("incident.bpmn", 'gate == "confirmed"', 'confirm_outcome.answer != "no"'),
        "closes_stale closed_confirmed",
    ),
    "calling a confirmation a decision": (
        ("incident.bpmn", 'name="closes" value="confirmed"', 'name="closes" value="escalated"'),
        "closes_otherwise closed_confirmed",
    ),
    "work that nobody marks": (
        ("incident.bpmn", 'name="mark" value="work"', 'name="mark" value="agreement"'),
        "no_work incident",
    ),
    "a decision that is no longer marked": (
        ("confirmation.bpmn", 'value="closing_decision"', 'value="agreement"'),
        "dead_element closed_by_escalation",
    ),
    "a proposal that leads past the work": (
        (
            "incident.bpmn",
            'sourceRef="proposed_while_confirming" targetRef="every_action_is_settled"',
            'sourceRef="proposed_while_confirming" targetRef="closed_confirmed"',
        ),
        "closes_stale closed_confirmed",
    ),
}


@pytest.mark.parametrize(("change", "refuted"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_that_matters_is_refuted(change, refuted):
    result = proved(change)["incident"]
    found = {
        f"{one.rule} {one.element}" for one in result.findings if one.severity is Severity.REFUTED
    }

    assert result.verdict is Verdict.UNSOUND
    assert refuted in found
