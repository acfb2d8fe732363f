"""The shipped forms: every step has one, in plain words, with the values the tables know."""

import json

import pytest

from engine.domain.action import ActionKind, TargetOutcome
from engine.domain.incident import Answer, Decided, Level, Verdict
from engine.domain.party import Party
from forms import Form, finite_domains, shipped

FORMS = {name: Form.parse(name, content) for name, content in shipped().items()}
STEPS = {
    "agree_what_right_means", "verify_outcome", "confirm_outcome", "decide_without_answer",
    "do_it_action", "do_business_action", "do_customer_action", "do_supplier_action",
    "decide_declined_action",
}  # fmt: skip
PAGES = {
    "report_incident", "propose_action", "change_criteria", "miss_criterion", "make_good",
    "set_priority", "decide_lowering", "name_checker", "count_harmed", "stand_for",
    "accept_uncovered", "give_caller_page", "move_due",
}  # fmt: skip
FACTS = {"gate", "remind_every", "decide_at", "ask_again_at", "watch_until", "due_at", "tries"}


def test_every_step_has_a_form():
    assert set(FORMS) == STEPS | PAGES


@pytest.mark.parametrize("name", sorted(FORMS))
def test_shipped_forms_keep_clear_of_the_names_of_expressions(name: str):
    Form.parse(name, shipped()[name], reserved=FACTS | {"now", "len", "min", "max"})


@pytest.mark.parametrize(
    ("step", "field", "words"),
    [
        ("verify_outcome", "verdict", Verdict),
        ("confirm_outcome", "answer", Answer),
        ("decide_without_answer", "decided", Decided),
        ("decide_declined_action", "party", Party),
        ("propose_action", "party", Party),
        ("propose_action", "kind", ActionKind),
        ("report_incident", "impact", Level),
        ("report_incident", "urgency", Level),
    ],
)
def test_choices_are_the_words_of_the_domain(step: str, field: str, words: type):
    known = set(finite_domains(FORMS[step])[field]) - {None}

    assert known == {word.value for word in words}  # type: ignore[attr-defined]


@pytest.mark.parametrize("step", sorted(step for step in STEPS if step.startswith("do_")))
def test_the_four_parties_answer_with_the_same_fields(step: str):
    fields = {field.name: field for field in FORMS[step].fields}

    assert " ".join(fields) == "outcome what_was_done reason not_ours evidence done_at targets"
    assert finite_domains(FORMS[step]) == {
        "outcome": ("done", "declined"),
        "not_ours": (False, True),
    }
    column = next(c for c in fields["targets"].fields if c.name == "outcome")
    assert {o.value for o in column.options} == {"", *(o.value for o in TargetOutcome)}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_readers_meet_no_word_of_the_machine(name: str):
    shown = json.dumps(_texts(json.loads(shipped()[name]))).lower()

    for word in ("escalat", "work item", "criterion", "deviation", "verify", "settled", "lane",
                 "ledger entry", "gateway", "party", "diagram", "token"):  # fmt: skip
        assert word not in shown, word


def _texts(value: object) -> list[object]:
    if isinstance(value, dict):
        own = [v for k, v in value.items() if isinstance(v, str) and k in _SHOWN]
        return [*own, *(text for v in value.values() for text in _texts(v))]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []


_SHOWN = {"title", "description", "x-submit", "x-add", "x-missing"}
