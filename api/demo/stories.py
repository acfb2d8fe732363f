"""The incidents of the demonstration, the oldest first; each story leaves its own at one stage."""

from collections.abc import Callable

from api.demo import (
    stories_asking,
    stories_confidential,
    stories_ended,
    stories_out,
    stories_working,
)
from api.demo.story import Story

ALL: tuple[Callable[[Story], None], ...] = (
    stories_ended.closed_by_decision,
    stories_ended.closed_confirmed,
    stories_out.back_again,
    stories_asking.decision_open,
    stories_ended.sent_back,
    stories_asking.asked_for_confirmation,
    stories_working.many_targets,
    stories_working.waiting_for_a_supplier,
    stories_asking.being_checked,
    stories_asking.asked_by_link,
    stories_asking.proposed,
    stories_out.set_aside,
    stories_out.joined,
    stories_confidential.at_work,
    stories_out.alerted,
    stories_working.to_be_accepted,
    stories_working.just_reported,
)
