"""What use cases read from answers must be asked, however a form is redrawn."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.bpmn import Finding, judge_release
from engine.usecases.form_needs import PAGES, check_needs
from engine.usecases.form_rules import read_forms
from engine.usecases.verifying import verify_release
from forms import shipped
from tests.world import shipped_files

FILES = shipped_files()
RELEASE = judge_release(FILES).release
Change = Callable[[dict[str, Any]], None]


def changed(name: str, change: Change) -> dict[str, bytes]:
    form = json.loads(FILES[f"{name}.json"])
    change(form)
    return {f"{name}.json": json.dumps(form).encode()}


def found_in(name: str, change: Change) -> list[Finding]:
    files = FILES | changed(name, change)
    return list(check_needs(RELEASE, read_forms(files).forms, files))


def without(field: str) -> Change:
    def change(form: dict[str, Any]) -> None:
        del form["properties"][field]
        form["required"] = [one for one in form["required"] if one != field]

    return change


def optional(field: str) -> Change:
    return lambda form: form["required"].remove(field)


def with_choice(field: str) -> Change:
    more = {"const": "unheard_of", "title": "Unheard of"}
    return lambda form: form["properties"][field]["oneOf"].append(more)


def test_pages_ask_the_shipped_forms_that_no_step_asks():
    assert shipped().keys() - {step.id for step in RELEASE.steps()} == PAGES


def test_the_shipped_forms_ask_what_is_needed():
    assert list(check_needs(RELEASE, read_forms(FILES).forms, FILES)) == []


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("report_incident", without("title"), "needs the answer “title”"),
        ("report_incident", optional("title"), "must always be answered"),
        ("report_incident", with_choice("impact"), "choice “unheard_of” of “impact”"),
        ("decide_without_answer", optional("reason"), "must always be answered"),
        ("agree_what_right_means", optional("confirmers"), "must always be answered"),
        ("verify_outcome", optional("measured"), "must always be answered"),
        ("move_due", without("reason"), "needs the answer “reason”"),
    ],
)
def test_what_would_fail_once_somebody_sends_it_is_refused(name, change, said):
    (finding,) = found_in(name, change)

    assert (finding.file, finding.rule) == (f"{name}.json", "form_needed")
    assert said in finding.sentence


def test_another_kind_of_answer_is_refused():
    def change(form: dict[str, Any]) -> None:
        form["properties"]["reason"] = {"type": "boolean", "title": "Why?"}

    (finding,) = found_in("set_priority", change)

    assert "another kind of answer" in finding.sentence


def test_columns_of_rows_are_needed_too():
    def change(form: dict[str, Any]) -> None:
        items = form["properties"]["criteria"]["items"]
        items["required"] = [one for one in items["required"] if one != "answer"]

    (finding,) = found_in("confirm_outcome", change)

    assert finding.element == "criteria.answer"


def test_what_is_optional_may_go_and_more_may_be_asked():
    def change(form: dict[str, Any]) -> None:
        without("harm_begins_at")(form)
        form["properties"]["branch"] = {"type": "string", "title": "Where?", "maxLength": 60}
        form["properties"]["impact"]["oneOf"].pop()
        form["required"].append("branch")

    assert found_in("report_incident", change) == []


def test_it_is_told_of_a_file_in_a_folder():
    ((name, content),) = changed("report_incident", without("title")).items()

    (verified,) = verify_release({f"forms/{name}": content})

    assert [one.rule for one in verified.findings] == ["form_needed"]
