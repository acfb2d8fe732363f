"""action.bpmn, told as stories."""

import pytest

STEPS = {
    "it": "do_it_action",
    "business": "do_business_action",
    "customer": "do_customer_action",
    "external": "do_supplier_action",
}


@pytest.mark.parametrize(("party", "step"), STEPS.items())
def test_each_party_gets_its_own_step_in_its_own_lane(action, party, step):
    story = action(party)

    assert story.open_steps() == [step]
    assert story.waiting(step).lane == party


@pytest.mark.parametrize(("party", "step"), STEPS.items())
def test_an_action_done_is_settled(action, party, step):
    story = action(party).answers(step, outcome="done")

    assert story.state.end_element == "settled"
    assert story.state.snapshot is None


def test_a_declined_action_goes_to_the_service_desk(action):
    story = action("business").answers("do_business_action", outcome="declined")

    assert story.open_steps() == ["decide_declined_action"]
    assert story.waiting("decide_declined_action").lane == "service_desk"


def test_a_declined_action_may_be_dropped(action):
    story = action("business").answers("do_business_action", outcome="declined")

    story.answers("decide_declined_action", decided="drop")

    assert story.state.end_element == "settled"


def test_a_declined_action_may_be_asked_of_another_party(action):
    story = action("business").answers("do_business_action", outcome="declined")

    story.answers("decide_declined_action", decided="ask_again", data={"party": "customer"})

    assert story.open_steps() == ["do_customer_action"]
    assert story.state.data["party"] == "customer"


def test_the_party_asked_again_has_not_answered_yet(action):
    story = action("it").answers("do_it_action", outcome="done", data=None)
    assert story.state.snapshot is None

    story = action("it").answers("do_it_action", outcome="declined")
    story.answers("decide_declined_action", decided="ask_again")

    assert story.open_steps() == ["do_it_action"]
    story.answers("do_it_action")  # no outcome: not done
    assert story.open_steps() == ["decide_declined_action"]


def test_an_overdue_action_climbs_three_rungs_and_no_more(action):
    story = action("external")
    for _ in range(3):
        story.time_passes(days=1)

        assert story.passed() == ["supplier_overdue", "climb_supplier_line", "supplier_climbed"]
        assert [one.does for one in story.state.passages] == [None, "climb", None]
        assert story.open_steps() == ["do_supplier_action"]
    story.time_passes(days=30)

    assert story.passed() == []
    assert story.state.due_at is None


def test_an_action_whose_date_was_moved_climbs_three_rungs_from_the_new_date_on(action, clock):
    story = action("it").time_passes(days=1)
    assert "climb_it_line" in story.passed()
    story.facts["due_at"] = clock.after(days=9)

    story.rereads_its_timers().time_passes(days=8)
    assert story.passed() == []
    climbed = [story.time_passes(days=1).passed().count("climb_it_line") for _ in range(5)]

    assert climbed == [1, 1, 1, 0, 0]


def test_rungs_missed_while_the_machine_was_down_are_climbed_one_by_one(action):
    story = action("it").time_passes(days=7)
    assert story.passed().count("climb_it_line") == 1

    story.time_passes(days=1)
    assert story.passed().count("climb_it_line") == 1


def test_a_visit_says_where_it_came_from_and_by_which_flow(action):
    story = action("customer").answers("do_customer_action", outcome="done")

    ways = [(one.from_element, one.flow, one.element) for one in story.history]
    assert ways == [
        (None, None, "requested"),
        ("requested", "asked_for", "route_action"),
        ("route_action", "routed", "whose_action"),
        ("whose_action", "its_customer", "do_customer_action"),
        ("do_customer_action", "customer_answered", "has_customer_done_it"),
        ("has_customer_done_it", "customer_done", "settled"),
    ]


def test_a_visit_says_how_long_it_took(action, clock):
    story = action("customer")
    asked_at = clock.now
    clock.forward(hours=5)
    story.answers("do_customer_action", outcome="done")

    visit = next(one for one in story.history if one.element == "do_customer_action")
    assert (visit.entered_at, visit.left_at) == (asked_at, clock.now)
