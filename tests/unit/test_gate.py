"""The gate, rule by rule, then in general."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.gate import (
    ConfirmerFacts,
    CriterionFacts,
    DecisionFacts,
    Gate,
    GateFacts,
    Grade,
    decide_confirmation,
    judge,
)
from engine.domain.incident import Answer, Decided

BALANCES = CriterionFacts("Balances agree", verified_seq=11)
CARLA = ConfirmerFacts("Carla Costa", Answer.YES, entry_seq=12)
CAROL = ConfirmerFacts("Carol Cruz", Answer.YES, entry_seq=13)
SILENT = ConfirmerFacts("Carla Costa")
CLOSE = DecisionFacts("Zoe Zane", Decided.CLOSE, 14, "She left the firm", has_authority=True)
READY = GateFacts(unsettled=0, work_seq=10, criteria=(BALANCES,), confirmers=(CARLA,))
UNANSWERED = replace(READY, confirmers=(SILENT,))
DECIDED = replace(UNANSWERED, decision=CLOSE)


def _missing(facts: GateFacts) -> tuple[str, ...]:
    gate, missing = judge(facts)
    assert gate is Gate.SHUT
    return missing


def test_settled_verified_and_confirmed_opens_the_gate() -> None:
    assert judge(READY) == (Gate.CONFIRMED, ())


def test_a_decision_with_authority_opens_the_gate_without_the_answer() -> None:
    assert judge(DECIDED) == (Gate.ESCALATED, ())


def test_one_open_action_keeps_the_gate_shut_and_is_counted() -> None:
    assert _missing(replace(READY, unsettled=1)) == ("1 action is not finished",)
    assert _missing(replace(READY, unsettled=3)) == ("3 actions are not finished",)


@pytest.mark.parametrize("facts", [READY, DECIDED], ids=["confirmed", "decided"])
def test_neither_answer_nor_decision_goes_over_open_work(facts: GateFacts) -> None:
    assert _missing(replace(facts, unsettled=1))[0] == "1 action is not finished"


@pytest.mark.parametrize("facts", [READY, DECIDED], ids=["confirmed", "decided"])
def test_a_missed_criterion_has_to_be_made_good(facts: GateFacts) -> None:
    assert _missing(replace(facts, missed=("Paid in time",)))[0] == (
        "“Paid in time” can no longer be met, and nothing is agreed in its place"
    )


@pytest.mark.parametrize("facts", [READY, DECIDED], ids=["confirmed", "decided"])
def test_those_who_are_left_out_have_to_be_accepted(facts: GateFacts) -> None:
    assert _missing(replace(facts, uncovered=1))[0] == (
        "1 of those harmed is covered by nobody, and the owner has not accepted that"
    )


@pytest.mark.parametrize("facts", [READY, DECIDED], ids=["confirmed", "decided"])
def test_a_criterion_that_has_to_hold_was_right_so_many_times_in_a_row(facts: GateFacts) -> None:
    once = replace(BALANCES, must_hold=2, held=1)

    assert _missing(replace(facts, criteria=(once,)))[0] == (
        "“Balances agree” was right at 1 of 2 checks in a row"
    )
    assert judge(replace(facts, criteria=(replace(once, held=2),)))[0] is not Gate.SHUT


def test_targets_not_done_must_be_accepted_by_the_owner() -> None:
    assert _missing(replace(READY, unaccepted=1)) == (
        "1 of those it reaches is not done, and the owner has not accepted that",
    )
    assert _missing(replace(DECIDED, unaccepted=2)) == (
        "2 of those it reaches are not done, and the owner has not accepted that",
    )


def test_without_a_criterion_nothing_is_known_to_be_right() -> None:
    missing = _missing(replace(READY, criteria=()))

    assert missing == ("Nobody has said how we know that it is right",)


@pytest.mark.parametrize(
    ("seq", "said"),
    [
        (0, "“Letters out” has not been checked"),
        (10, "“Letters out” has not been checked since the last work"),
    ],
)
def test_every_criterion_must_be_verified_since_the_last_work(seq: int, said: str) -> None:
    letters = CriterionFacts("Letters out", verified_seq=seq)

    assert _missing(replace(READY, criteria=(BALANCES, letters))) == (said,)


def test_every_confirmer_must_have_answered() -> None:
    facts = replace(READY, confirmers=(CARLA, ConfirmerFacts("Carol Cruz")))

    assert _missing(facts) == ("Carol Cruz has not answered",)


def test_without_a_confirmer_nobody_can_confirm_but_somebody_can_decide() -> None:
    nobody = replace(READY, confirmers=())

    assert _missing(nobody) == ("Nobody is named to answer for those who were harmed",)
    assert judge(replace(nobody, decision=CLOSE)) == (Gate.ESCALATED, ())


def test_an_answer_as_old_as_the_last_work_does_not_count() -> None:
    facts = replace(READY, confirmers=(replace(CARLA, entry_seq=10),))

    assert _missing(facts) == ("Carla Costa has not answered since the last change",)


def test_changing_a_criterion_ends_earlier_answers_and_decisions() -> None:
    assert _missing(replace(READY, criteria_seq=12)) == (
        "Carla Costa has not answered since the last change",
    )
    assert "Zoe Zane decided before the last change" in _missing(replace(DECIDED, criteria_seq=14))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer.NO, "Carla Costa says that it is not right"),
        (Answer.PARTLY, "Carla Costa says that it is only partly right"),
    ],
)
def test_partly_and_no_never_close(answer: Answer, said: str) -> None:
    assert _missing(replace(READY, confirmers=(replace(CARLA, answer=answer),))) == (said,)


def test_a_confirmer_who_led_worked_or_verified_does_not_count() -> None:
    assert _missing(replace(READY, confirmers=(replace(CARLA, is_barred=True),))) == (
        "Carla Costa led, worked on or checked it and cannot answer for it",
    )


def test_an_answer_by_phone_is_not_enough_where_a_signature_is_needed() -> None:
    by_phone = replace(READY, confirmers=(replace(CARLA, grade=Grade.PHONE),))

    assert judge(by_phone) == (Gate.CONFIRMED, ())
    needed = replace(by_phone, needs_signature=True)
    assert _missing(needed) == ("Carla Costa has answered by phone only",)
    by_link = replace(needed, confirmers=(replace(CARLA, grade=Grade.LINK),))
    assert judge(by_link) == (Gate.CONFIRMED, ())


@pytest.mark.parametrize(
    ("flaw", "said"),
    [
        ({"entry_seq": 10}, "Zoe Zane decided before the last change"),
        ({"has_authority": False}, "Zoe Zane may not decide this"),
        (
            {"is_barred": True},
            "Zoe Zane led, worked on or checked it and cannot decide to close it",
        ),
        ({"reason": " \n"}, "Zoe Zane has given no reason"),
    ],
)
def test_a_flawed_decision_closes_nothing(flaw: dict[str, object], said: str) -> None:
    flawed = replace(CLOSE, **flaw)  # type: ignore[arg-type]

    assert _missing(replace(UNANSWERED, decision=flawed)) == ("Carla Costa has not answered", said)


@pytest.mark.parametrize("decided", [one for one in Decided if one is not Decided.CLOSE])
def test_only_the_decision_to_close_closes(decided: Decided) -> None:
    facts = replace(UNANSWERED, decision=replace(CLOSE, decided=decided))

    assert _missing(facts) == ("Carla Costa has not answered",)


def test_an_objection_after_the_decision_holds_the_gate_shut() -> None:
    objection = replace(CARLA, answer=Answer.NO, entry_seq=15)

    assert "Carla Costa has objected since Zoe Zane decided" in _missing(
        replace(DECIDED, confirmers=(objection,))
    )


def test_a_decision_may_go_over_an_objection_it_knew() -> None:
    objection = replace(CARLA, answer=Answer.NO, entry_seq=13)

    assert judge(replace(DECIDED, confirmers=(objection,))) == (Gate.ESCALATED, ())


def test_a_full_confirmation_goes_before_a_decision() -> None:
    assert judge(replace(READY, decision=CLOSE)) == (Gate.CONFIRMED, ())


def test_the_confirmation_is_open_until_everybody_has_said_yes() -> None:
    assert decide_confirmation([CARLA, ConfirmerFacts("Carol")], since_seq=10) is None
    assert decide_confirmation([CARLA, CAROL], since_seq=10) is Answer.YES
    assert decide_confirmation([], since_seq=10) is None


def test_one_no_decides_at_once_and_goes_before_a_partly() -> None:
    no = replace(CARLA, answer=Answer.NO)
    partly = replace(CAROL, answer=Answer.PARTLY)

    assert decide_confirmation([partly, ConfirmerFacts("Cem")], since_seq=10) is Answer.PARTLY
    assert decide_confirmation([partly, no], since_seq=10) is Answer.NO


def test_answers_from_before_the_last_work_decide_nothing() -> None:
    no = replace(CARLA, answer=Answer.NO)

    assert decide_confirmation([no], since_seq=12) is None
    assert decide_confirmation([CARLA], since_seq=12) is None


def test_asking_again_ends_an_objection_but_not_a_yes() -> None:
    no = replace(CARLA, answer=Answer.NO)

    assert decide_confirmation([no], since_seq=10, asked_seq=12) is None
    assert decide_confirmation([CARLA], since_seq=10, asked_seq=12) is Answer.YES


def test_the_yes_of_a_barred_person_is_worth_nothing_but_their_no_is_heard() -> None:
    yes = replace(CARLA, is_barred=True)

    assert decide_confirmation([yes], since_seq=10) is None
    no = replace(yes, answer=Answer.NO)
    assert decide_confirmation([no], since_seq=10) is Answer.NO


SEQ = st.integers(0, 8)
CONFIRMERS = st.builds(
    ConfirmerFacts,
    st.sampled_from(["Carla", "Carol"]),
    st.none() | st.sampled_from(Answer),
    SEQ,
    st.sampled_from(Grade),
    st.booleans(),
)
DECISIONS = st.builds(
    DecisionFacts,
    st.just("Zoe"),
    st.sampled_from(Decided),
    SEQ,
    st.sampled_from(["", "because"]),
    st.booleans(),
    st.booleans(),
)
FACTS = st.builds(
    GateFacts,
    st.integers(0, 1),
    SEQ,
    st.lists(
        st.builds(CriterionFacts, st.just("It adds up"), SEQ, st.integers(1, 3), st.integers(0, 3)),
        max_size=2,
    ).map(tuple),
    st.lists(CONFIRMERS, max_size=3).map(tuple),
    st.none() | DECISIONS,
    st.integers(0, 1),
    SEQ,
    st.lists(st.just("Paid in time"), max_size=1).map(tuple),
    st.integers(0, 1),
    st.booleans(),
)
general = settings(deadline=None, derandomize=True, max_examples=300)


@general
@given(FACTS)
def test_a_shut_gate_always_says_why_and_an_open_one_never(facts: GateFacts) -> None:
    gate, missing = judge(facts)

    assert (gate is Gate.SHUT) == bool(missing)


@general
@given(FACTS)
def test_new_work_shuts_every_gate(facts: GateFacts) -> None:
    assert judge(replace(facts, work_seq=9))[0] is Gate.SHUT


@general
@given(FACTS)
def test_the_confirmers_yes_and_the_gate_never_disagree(facts: GateFacts) -> None:
    answer = decide_confirmation(
        facts.confirmers, since_seq=facts.answers_since, needs_signature=facts.needs_signature
    )
    work_is_done = replace(
        facts, unsettled=0, unaccepted=0, criteria=(CriterionFacts("x", 9),), decision=None
    )

    assert (answer is Answer.YES) == (judge(work_is_done)[0] is Gate.CONFIRMED)


@general
@given(FACTS)
def test_no_gate_opens_without_a_persons_word_newer_than_the_work(facts: GateFacts) -> None:
    gate, _ = judge(facts)

    words = [c.entry_seq for c in facts.confirmers if c.answer is Answer.YES]
    if facts.decision and facts.decision.decided is Decided.CLOSE:
        words.append(facts.decision.entry_seq)
    assert gate is Gate.SHUT or max(words) > facts.work_seq
