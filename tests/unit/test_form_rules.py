"""What a step's mark means is read from its answers: its form must ask them."""

import json
from typing import Any

from engine.bpmn import Finding, judge_release
from engine.usecases.form_rules import check_marks, read_forms
from engine.usecases.verifying import domains_of
from tests.world import shipped_files

FILES = shipped_files()
RELEASE = judge_release(FILES).release


def found_in(step: str, **fields: dict[str, Any] | None) -> list[Finding]:
    """Return what is found where fields of a step's form are changed, or missing (None)."""
    form = json.loads(FILES[f"{step}.json"])
    for name, field in fields.items():
        if field is None:
            del form["properties"][name]
            form["required"] = [one for one in form["required"] if one != name]
            form.pop("allOf", None)
        else:
            form["properties"][name] |= field
    read = read_forms({f"{step}.json": json.dumps(form).encode()})
    return [*read.unreadable, *read.refused, *check_marks(RELEASE, read.forms)]


def test_the_shipped_forms_ask_what_their_marks_mean() -> None:
    read = read_forms(FILES)

    assert (read.unreadable, read.refused) == ([], [])
    assert list(check_marks(RELEASE, read.forms)) == []


def test_a_decision_without_a_reason_is_refused() -> None:
    (finding,) = found_in("decide_without_answer", reason=None)

    assert (finding.rule, finding.element) == ("form_of_mark", "decide_without_answer")
    assert "“reason”" in finding.sentence


def test_a_word_that_the_domain_does_not_know_is_refused() -> None:
    known = json.loads(FILES["decide_without_answer.json"])["properties"]["decided"]["oneOf"]
    more = [*known, {"const": "shrug", "title": "Shrug"}]

    (finding,) = found_in("decide_without_answer", decided={"oneOf": more})

    assert "as one of close, keep_asking" in finding.sentence


def test_a_form_that_takes_a_name_from_expressions_is_refused() -> None:
    form = json.loads(FILES["do_it_action.json"])
    form["properties"]["gate"] = {"type": "boolean", "title": "Open the gate"}

    read = read_forms({"do_it_action.json": json.dumps(form).encode()})

    assert [(one.file, one.element, one.rule) for one in read.refused] == [
        ("do_it_action.json", "gate", "form")
    ]


def test_a_run_is_told_the_whole_answer_of_a_confirmation_only() -> None:
    form = json.loads(FILES["confirm_outcome.json"])
    form["properties"]["urgent"] = {"type": "boolean", "title": "Is it urgent?"}
    read = read_forms({"confirm_outcome.json": json.dumps(form).encode()})

    domains = domains_of(RELEASE, read.forms)["confirm_outcome"]

    assert domains == {"answer": ("yes", "partly", "no"), "urgent": (None,)}
