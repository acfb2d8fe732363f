"""incident.bpmn and confirmation.bpmn, told as stories."""

from datetime import timedelta

import pytest


def test_the_table_sets_the_priority_when_an_incident_is_reported(story):
    assert story.state.data["priority"] == "P3"
    assert story.passed() == ["reported", "set_priority"]
    assert story.open_steps() == ["agree_what_right_means"]
    assert story.waiting("agree_what_right_means").lane == "service_desk"


def test_nothing_is_verified_before_every_action_is_settled(story):
    story.answers("agree_what_right_means")

    assert story.open_steps() == []
    assert story.waiting("every_action_is_settled").message == "actions_settled"
    assert story.waiting("every_action_is_settled").mark == "work"


def test_a_message_that_nobody_waits_for_is_ignored(story):
    before = story.state

    story.is_told("actions_settled")

    assert story.waits_for() == [one.element for one in before.waiting]
    assert story.passed() == []


def test_it_closes_confirmed_when_the_customer_says_yes_and_the_gate_agrees(story):
    story.reaches("confirm_outcome")
    story.facts["gate"] = "confirmed"

    story.answers("confirm_outcome", answer="yes")

    assert story.state.snapshot is None
    assert (story.state.end_element, story.state.closes) == ("closed_confirmed", "confirmed")
    assert story.passed()[-3:] == ["obtain_confirmation", "may_it_close", "closed_confirmed"]


def test_a_yes_alone_closes_nothing_while_the_gate_is_shut(story):
    story.reaches("confirm_outcome")

    story.answers("confirm_outcome", answer="yes")

    assert story.open_steps() == ["agree_what_right_means"]
    assert story.state.closes is None


def test_without_a_gate_among_the_facts_it_is_shut(story):
    story.reaches("confirm_outcome")
    story.facts.pop("gate", None)

    story.answers("confirm_outcome", answer="yes")

    assert story.open_steps() == ["agree_what_right_means"]


def test_a_no_goes_back_to_agreeing_and_the_next_yes_closes(story):
    story.reaches("confirm_outcome").answers("confirm_outcome", answer="no")
    assert story.open_steps() == ["agree_what_right_means"]

    story.reaches("confirm_outcome")
    story.facts["gate"] = "confirmed"
    story.answers("confirm_outcome", answer="yes")

    assert story.state.closes == "confirmed"


def test_not_right_goes_back_to_agreeing(story):
    story.reaches("verify_outcome").answers("verify_outcome", verdict="not_right")

    assert story.open_steps() == ["agree_what_right_means"]


def test_a_verdict_that_is_missing_counts_as_not_right(story):
    story.reaches("verify_outcome").answers("verify_outcome")

    assert story.open_steps() == ["agree_what_right_means"]


def test_watching_comes_back_to_the_check_when_its_time_is_over(story):
    story.reaches("verify_outcome").answers("verify_outcome", verdict="watch_until")
    assert story.open_steps() == []
    assert story.state.due_at == story.waiting("watch_until").due_at

    story.time_passes(days=2)

    assert story.open_steps() == ["verify_outcome"]
    assert "verify_outcome" not in story.state.data


def test_an_action_proposed_while_watching_goes_back_to_the_work(story):
    story.reaches("verify_outcome").answers("verify_outcome", verdict="watch_until")

    story.is_told("action_proposed")

    assert story.waits_for() == ["every_action_is_settled"]
    assert story.state.due_at is None


def test_an_action_proposed_while_checking_interrupts_the_check(story):
    story.reaches("verify_outcome")

    story.is_told("action_proposed")

    assert story.waits_for() == ["every_action_is_settled"]
    assert story.cancelled() == ["verify_outcome"]
    assert story.passed() == ["proposed_while_checking"]


def test_an_action_proposed_while_confirming_interrupts_the_confirmation(story):
    story.reaches("confirm_outcome")

    story.is_told("action_proposed")

    assert story.waits_for() == ["every_action_is_settled"]
    assert set(story.cancelled()) == {"confirm_outcome", "obtain_confirmation"}
    assert story.state.due_at is None


def test_a_step_that_was_interrupted_is_asked_afresh(story):
    story.reaches("confirm_outcome")
    first = story.waiting("confirm_outcome").task_id
    story.is_told("action_proposed").is_told("actions_settled")
    story.answers("verify_outcome", verdict="right")

    assert story.waiting("confirm_outcome").task_id != first


def test_the_reminder_repeats_every_four_hours(story):
    story.reaches("confirm_outcome")
    for _ in range(3):
        story.time_passes(hours=4)

        assert story.passed() == ["remind", "remind_confirmers", "reminded"]
        assert [one.does for one in story.state.passages] == [None, "remind", None]
    assert story.open_steps() == ["confirm_outcome"]


def test_nothing_happens_a_second_before_the_reminder_is_due(story):
    story.reaches("confirm_outcome").time_passes(hours=3, minutes=59, seconds=59)

    assert story.passed() == []


def test_missed_reminders_come_as_one(story):
    story.reaches("confirm_outcome").time_passes(hours=4 * 9 + 1)

    assert story.passed() == ["remind", "remind_confirmers", "reminded"]
    assert story.state.due_at == story.clock.now + timedelta(hours=3)
    story.time_passes(minutes=1)
    assert story.passed() == []


def test_no_answer_for_five_days_asks_the_authority_beside_the_customer(story):
    story.reaches("confirm_outcome")

    story.time_passes(days=5)

    assert story.open_steps() == ["confirm_outcome", "decide_without_answer"]
    assert story.waiting("decide_without_answer").lane == "authority"
    assert story.waiting("decide_without_answer").mark == "closing_decision"
    assert story.waiting("confirm_outcome").mark == "confirmation"


def test_it_is_not_decided_before_it_was_tried_often_enough_however_late_it_is(story):
    story.reaches("confirm_outcome")
    story.facts["tries"] = "missing"

    story.time_passes(days=500)

    assert story.open_steps() == ["confirm_outcome"]
    assert story.waiting("tried_once_more").message == "tried"


def test_each_try_is_counted_and_the_last_one_needed_asks_the_authority(story):
    story.reaches("confirm_outcome")
    story.facts["tries"] = "missing"
    story.time_passes(days=5).is_told("tried")
    assert story.open_steps() == ["confirm_outcome"]

    story.facts["tries"] = "enough"
    story.is_told("tried")

    assert story.open_steps() == ["confirm_outcome", "decide_without_answer"]
    assert story.passed() == ["tried_once_more", "tried_often_enough"]


def test_tries_before_its_time_ask_nobody_early(story):
    story.reaches("confirm_outcome").is_told("tried")

    assert story.open_steps() == ["confirm_outcome"]


def test_asking_again_counts_the_tries_again(story):
    story.reaches("confirm_outcome").time_passes(days=5)
    story.facts |= {"ask_again_at": story.clock.after(days=5), "tries": "missing"}

    story.answers("decide_without_answer", decided="ask_somebody_else").time_passes(days=5)

    assert story.open_steps() == ["confirm_outcome"]
    assert "tried_once_more" in story.waits_for()


def test_an_answer_ends_the_wait_for_tries_too(story):
    story.reaches("confirm_outcome")
    story.facts |= {"tries": "missing", "gate": "confirmed"}
    story.time_passes(days=5)

    story.answers("confirm_outcome", answer="yes")

    assert story.state.closes == "confirmed"


def test_no_timer_closes_anything(story):
    story.reaches("confirm_outcome")
    story.facts["gate"] = "confirmed"

    story.time_passes(days=3650)

    assert story.state.snapshot is not None
    assert story.open_steps() == ["confirm_outcome", "decide_without_answer"]


def test_a_closing_decision_closes_by_escalation(story):
    story.reaches("confirm_outcome").time_passes(days=5)
    story.facts["gate"] = "escalated"

    story.answers("decide_without_answer", decided="close")

    assert (story.state.end_element, story.state.closes) == ("closed_by_escalation", "escalated")
    assert story.cancelled() == ["confirm_outcome"]


def test_back_to_work_ends_the_wait_for_the_customer(story):
    story.reaches("confirm_outcome").time_passes(days=5)

    story.answers("decide_without_answer", decided="back_to_work")

    assert story.open_steps() == ["agree_what_right_means"]
    assert story.cancelled() == ["confirm_outcome"]


@pytest.mark.parametrize("decided", ["keep_asking", "ask_somebody_else"])
def test_keeping_on_asking_leaves_the_customer_the_question_and_asks_the_authority_later(
    story, decided
):
    story.reaches("confirm_outcome").time_passes(days=5)
    for _ in range(3):
        story.facts["ask_again_at"] = story.clock.after(days=5)
        story.answers("decide_without_answer", decided=decided)
        assert story.open_steps() == ["confirm_outcome"]

        story.time_passes(days=5)
        assert story.open_steps() == ["confirm_outcome", "decide_without_answer"]


def test_reminders_go_on_while_the_authority_keeps_asking(story):
    story.reaches("confirm_outcome").time_passes(days=5)
    story.answers("decide_without_answer", decided="keep_asking")

    story.time_passes(hours=4)

    assert "remind_confirmers" in story.passed()


def test_the_customer_who_answers_while_the_decision_is_open_ends_the_wait(story):
    story.reaches("confirm_outcome").time_passes(days=5)
    story.facts["gate"] = "confirmed"

    story.answers("confirm_outcome", answer="yes")

    assert story.state.closes == "confirmed"
    assert story.cancelled() == ["decide_without_answer"]


def test_an_answer_that_comes_in_before_the_time_was_noticed_counts_first(story, clock):
    story.reaches("confirm_outcome")
    story.facts["gate"] = "confirmed"
    clock.forward(days=6)

    story.answers("confirm_outcome", answer="yes")

    assert story.state.closes == "confirmed"
    assert "unanswered" not in story.passed()
    assert "remind_confirmers" not in story.passed()
