"""Answers are checked by their form, and refused in sentences that a reader can act on."""

import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import Checked, Form, check, decisions, finite_domains, overall, shipped
from forms.sentences import IN_FUTURE, IN_PAST, LINES_CHANGED, NOT_ASKED, NOT_OFFERED, NOT_YOURS

FORMS = {name: Form.parse(name, content) for name, content in shipped().items()}
NOW = datetime(2026, 4, 3, 8, 0, tzinfo=UTC)
CARLA = "00000000-0000-4000-8000-000000000003"
DORA = "00000000-0000-4000-8000-000000000004"
CHOICES = {
    "person": [(CARLA, "Carla"), (DORA, "Dora")],
    "team": [("t1", "Accounting")],
    "product": [("p1", "Statements")],
    "action": [("a1", "Correct the rows")],
}
CRITERIA = [
    {"criterion": "c1", "measure": "Balances", "threshold": "Equal the ledger"},
    {"criterion": "c2", "measure": "Letters", "threshold": "All in hand"},
]


def _check(step: str, answers: dict[str, object], **more: object) -> Checked:
    given_rows = {"criteria": CRITERIA, "measured": CRITERIA}
    options = {"choices": CHOICES, "prefill": given_rows, "now": NOW} | more
    return check(FORMS[step], answers, **options)  # type: ignore[arg-type]


def _confirm(*answers: str) -> dict[str, object]:
    rows = [
        {"criterion": row["criterion"], "answer": answer, "words": "I looked."}
        for row, answer in zip(CRITERIA, answers, strict=True)
    ]
    return {"criteria": rows}


def test_a_confirmation_is_kept_with_the_wording_that_was_asked():
    checked = _check("confirm_outcome", _confirm("yes", "yes"))

    assert checked.ok
    assert checked.answers["criteria"][0] == {
        "criterion": "c1",
        "measure": "Balances",
        "threshold": "Equal the ledger",
        "answer": "yes",
        "words": "I looked.",
    }


@pytest.mark.parametrize(
    ("answers", "whole"),
    [(("yes", "yes"), "yes"), (("yes", "partly"), "partly"), (("no", "partly"), "no")],
)
def test_the_whole_answer_is_the_worst_of_its_points(answers: tuple[str, str], whole: str):
    checked = _check("confirm_outcome", _confirm(*answers))

    assert checked.answers["answer"] == whole
    assert decisions(FORMS["confirm_outcome"], checked.answers) == {"answer": whole}


def test_nobody_sends_the_whole_answer_themselves():
    checked = _check("confirm_outcome", {**_confirm("no", "yes"), "answer": "yes"})

    assert checked.findings == {"answer": NOT_YOURS}
    assert "answer" not in checked.answers


def test_silence_is_never_a_yes():
    assert overall({}) == "no"
    assert overall({"criteria": []}) == "no"
    assert overall({"criteria": [{"answer": "yes"}, {}]}) == "no"
    assert overall({"criteria": [{"answer": "yes"}, {"answer": "fine"}]}) == "no"
    assert overall({"criteria": [{"answer": "yes"}, {"answer": "yes"}]}) == "yes"


def test_partly_and_not_right_say_what_is_wrong():
    answers = _confirm("yes", "partly")
    answers["criteria"][1]["words"] = "  \n "

    assert _check("confirm_outcome", answers).findings == {
        "criteria.1.words": "Please say what is still wrong."
    }


def test_a_point_left_out_is_asked_for():
    answers = _confirm("yes", "yes")
    del answers["criteria"][1]["answer"]

    assert _check("confirm_outcome", answers).findings == {
        "criteria.1.answer": "Please say how it is for you."
    }


def test_given_rows_may_come_in_any_order_and_go_in_theirs():
    answers = _confirm("yes", "no")
    answers["criteria"].reverse()

    checked = _check("confirm_outcome", answers)

    assert [row["criterion"] for row in checked.answers["criteria"]] == ["c1", "c2"]
    assert [row["answer"] for row in checked.answers["criteria"]] == ["yes", "no"]


@pytest.mark.parametrize("keys", [[], ["c1"], ["c1", "c1"], ["c1", "c2", "c2"], ["c1", "c9"]])
def test_given_rows_are_answered_once_each_and_no_others(keys: list[str]):
    rows = [{"criterion": key, "answer": "yes"} for key in keys]

    checked = _check("confirm_outcome", {"criteria": rows})

    assert checked.findings["criteria"] == LINES_CHANGED
    assert "answer" not in checked.answers


def test_nobody_rewrites_what_was_asked():
    answers = _confirm("yes", "yes")
    answers["criteria"][0]["threshold"] = "Anything will do"

    checked = _check("confirm_outcome", answers)

    assert checked.findings == {"criteria.0.threshold": NOT_YOURS}
    assert checked.answers["criteria"][0]["threshold"] == "Equal the ledger"


def test_repeating_what_was_asked_is_fine():
    answers = _confirm("yes", "yes")
    answers["criteria"][0]["threshold"] = "Equal the ledger "

    assert _check("confirm_outcome", answers).ok


def test_a_field_that_the_form_does_not_have_is_refused():
    answers = _confirm("yes", "yes") | {"confirmed": True}
    answers["criteria"][0]["grade"] = "signed_in"

    assert _check("confirm_outcome", answers).findings == {
        "confirmed": NOT_ASKED,
        "criteria.0.grade": NOT_ASKED,
    }


def test_a_decision_needs_a_reason_and_blanks_are_none():
    checked = _check("decide_without_answer", {"decided": "close", "reason": " \t\n"})

    assert checked.findings == {"reason": "Please give the reason for your decision."}


def test_what_goes_with_an_answer_is_asked_with_it_and_only_with_it():
    asked = _check("decide_without_answer", {"decided": "keep_asking", "reason": "Away"})
    unasked = _check(
        "decide_without_answer", {"decided": "close", "reason": "Away", "until": "2026-05-01"}
    )

    assert asked.findings == {"until": "Please give a date for “Keep asking until”."}
    assert unasked.findings == {
        "until": "Only if you choose “Keep asking until a date”. "
        "Please clear this or change that answer."
    }


def test_only_people_on_offer_can_be_named():
    answers = {"decided": "ask_somebody_else", "reason": "Away", "ask": "somebody"}

    assert _check("decide_without_answer", answers).findings == {"ask": NOT_OFFERED}
    assert _check("decide_without_answer", answers | {"ask": CARLA}).ok


def test_choices_by_path_come_before_choices_by_format():
    answers = {"decided": "ask_somebody_else", "reason": "Away", "ask": DORA}
    choices = CHOICES | {"ask": [(CARLA, "Carla")]}

    assert _check("decide_without_answer", answers, choices=choices).findings == {
        "ask": NOT_OFFERED
    }


def test_where_nothing_is_on_offer_a_reference_still_looks_like_one():
    answers = {"decided": "ask_somebody_else", "reason": "Away", "ask": "' OR 1=1"}

    assert _check("decide_without_answer", answers, choices={}).findings == {"ask": NOT_OFFERED}
    assert _check("decide_without_answer", answers | {"ask": CARLA}, choices={}).ok


def _verify(**answers: object) -> dict[str, object]:
    measured = [{"criterion": row["criterion"], "measured": "Seen"} for row in CRITERIA]
    return {"measured": measured, "verdict": "right", **answers}


def test_right_since_is_kept_in_utc_and_never_lies_ahead():
    past = _check("verify_outcome", _verify(right_since="2026-04-02T09:30:15.5+02:00"))
    ahead = _check("verify_outcome", _verify(right_since="2026-04-03T08:00:01Z"))

    assert past.answers["right_since"] == "2026-04-02T07:30:15Z"
    assert ahead.findings == {"right_since": IN_PAST}


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2026-04-02T09:30",
        "2026-13-01T00:00Z",
        "0001-01-01T00:00+09:00",
        "0001-01-01T00:00Z",
        "1899-12-31T23:59Z",
    ],
)
def test_an_instant_that_nobody_can_place_is_refused(text: str):
    findings = _check("verify_outcome", _verify(right_since=text)).findings

    assert findings == {"right_since": "Please give a date and time, like 2026-03-31 14:30."}


def test_nothing_is_put_off_beyond_all_time():
    findings = _check(
        "propose_action", {"title": "Call", "party": "it", "due_at": "9999-12-31T23:59Z"}
    ).findings
    until = {"decided": "keep_asking", "reason": "Away", "until": "9999-12-31"}

    assert list(findings) == ["due_at"]
    assert list(_check("decide_without_answer", until).findings) == ["until"]


def test_a_date_is_future_or_not_by_the_reader_s_calendar():
    late = datetime(2026, 4, 3, 23, 0, tzinfo=UTC)  # already the 4th in Vienna
    answers = {"decided": "keep_asking", "reason": "Away", "until": "2026-04-04"}

    there = _check("decide_without_answer", answers, now=late, tz=ZoneInfo("Europe/Vienna"))
    here = _check("decide_without_answer", answers, now=late)

    assert there.findings == {"until": IN_FUTURE}
    assert here.ok


def _report(**more: object) -> dict[str, object]:
    return {
        "product": "p1",
        "title": "Wrong balances",
        "actual": "Payments are missing",
        "expected": "All payments",
        "impact": "high",
        "urgency": "low",
        **more,
    }


@pytest.mark.parametrize("money", [0.07, 1234567.89, 12, 0, 19.99, 1e11])
def test_money_with_cents_is_taken(money: float):
    assert _check("report_incident", _report(money=money, currency="EUR")).ok


@pytest.mark.parametrize(
    ("money", "said"),
    [
        (0.075, "Please give at most 2 decimals."),
        (-1, "Please give 0 or more."),
        (10**30, "Please give 1,000,000,000,000 or less."),
        (10**400, "Please give 1,000,000,000,000 or less."),
        ("1.234,5", "Please write a plain number, like 12.5 (without separators for thousands)."),
        (True, "Please write a plain number, like 12.5 (without separators for thousands)."),
    ],
)
def test_money_that_is_none_is_refused(money: object, said: str):
    findings = _check("report_incident", _report(money=money, currency="EUR")).findings

    assert findings == {"money": said}


@pytest.mark.parametrize("money", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_have_are_refused(money: float):
    assert "money" in _check("report_incident", _report(money=money, currency="EUR")).findings


def test_an_amount_needs_its_unit():
    assert _check("report_incident", _report(size=214, money=5)).findings == {
        "size_unit": "Please say of what, for example statements.",
        "currency": "Please give the currency, for example EUR.",
    }


def test_texts_are_kept_without_what_nobody_sees():
    checked = _check("report_incident", _report(title=" a\x00b\ud800\r\nc\x07 "))

    assert checked.answers["title"] == "ab�\nc"
    json.dumps(checked.answers, ensure_ascii=False).encode()


def test_a_text_that_is_too_long_says_by_how_much():
    assert _check("report_incident", _report(title="x" * 201)).findings == {
        "title": "Please use at most 200 characters; there are 201 now."
    }


def test_findings_come_in_the_order_of_the_form():
    assert list(_check("report_incident", {"zzz": 1, "size": "many"}).findings) == [
        "product", "title", "actual", "expected", "size", "size_unit", "impact", "urgency", "zzz",
    ]  # fmt: skip


def test_a_list_far_too_long_is_cut_before_it_costs_anything():
    targets = [f"Customer {n}" for n in range(100_000)]

    checked = _check("propose_action", {"title": "Call", "party": "it", "targets": targets})

    assert checked.findings == {"targets": "Please give at most 1000; there are 100000 now."}


def test_the_same_person_confirms_once():
    answers = {
        "criteria": [{"measure": "a", "threshold": "b", "evidence": "c"}],
        "confirmers": [CARLA, CARLA],
    }

    findings = _check("agree_what_right_means", answers).findings

    assert findings == {"confirmers": "One of these is there twice."}


def test_targets_may_stay_open_and_may_be_left_out():
    prefill = {"targets": [{"target": "t1", "label": "Miller & Sons"}]}
    done = {"outcome": "done", "what_was_done": "Called them"}
    rows = [{"target": "t1", "outcome": "", "note": "Line busy"}]

    left_out = _check("do_business_action", done, prefill=prefill)
    still_open = _check("do_business_action", done | {"targets": rows}, prefill=prefill)

    assert left_out.ok
    assert "targets" not in left_out.answers
    assert still_open.answers["targets"] == [
        {"target": "t1", "outcome": "", "note": "Line busy", "label": "Miller & Sons"}
    ]


def test_an_unticked_box_is_a_no_and_an_open_choice_is_nothing():
    assert decisions(FORMS["propose_action"], {"title": "x", "party": "it"}) == {
        "party": "it",
        "ends_cause": False,
        "targets_answer": False,
    }


def test_what_a_decision_can_be_leaves_room_for_no_choice_where_none_need_be_made():
    assert finite_domains(FORMS["propose_action"]) == {
        "party": ("it", "business", "customer", "external"),
        "kind": ("puts_right", "prevents", None),
        "ends_cause": (False, True),
        "targets_answer": (False, True),
    }


def test_a_choice_that_is_not_always_asked_may_be_nothing():
    domains = finite_domains(FORMS["decide_declined_action"])

    assert domains["decided"] == ("ask_again", "drop")
    assert domains["party"][-1] is None


def test_what_is_computed_is_always_there():
    assert finite_domains(FORMS["confirm_outcome"]) == {"answer": ("yes", "partly", "no")}


_NAMES = sorted(
    {field.name for form in FORMS.values() for field in form.fields}
    | {column.name for form in FORMS.values() for field in form.fields for column in field.fields}
)
_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["c1", "yes", "no", "close", "2026-04-01", "right", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4)
    ),
    max_leaves=15,
)
_JARGON = re.compile(r"schema|valid|instance|object|string|array|\bNone\b|is not of type")


@given(st.sampled_from(sorted(FORMS)), st.dictionaries(st.sampled_from(_NAMES), _ANY, max_size=5))
def test_any_json_is_answered_in_plain_sentences(step: str, answers: dict[str, object]):
    checked = _check(step, answers)

    for sentence in checked.findings.values():
        assert sentence.endswith((".", "now."))
        assert not _JARGON.search(sentence)


@given(st.sampled_from(sorted(FORMS)), st.dictionaries(st.sampled_from(_NAMES), _ANY, max_size=5))
def test_checking_what_has_passed_changes_nothing(step: str, answers: dict[str, object]):
    checked = _check(step, answers)
    if checked.ok:
        again = {
            k: v for k, v in checked.answers.items() if (step, k) != ("confirm_outcome", "answer")
        }
        assert _check(step, again) == checked
