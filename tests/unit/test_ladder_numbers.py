"""Numbers of the ladder as people write them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT
from engine.domain.ladder_numbers import answers_of, kinds, problems, with_answers
from forms import check, fixed

P3 = DEFAULT.of(Priority.P3)


@pytest.mark.parametrize("priority", list(Priority))
def test_what_is_shipped_is_written_and_read_back_unchanged(priority: Priority) -> None:
    rungs = DEFAULT.of(priority)

    answers = {"priority": priority.value, **answers_of(rungs)}

    assert check(fixed("ladder"), answers, choices={}).ok
    assert list(problems(answers)) == []
    assert with_answers(rungs, answers) == rungs
    # every number is told, and none is left from before
    blank = replace(DEFAULT.of(Priority.P1), reminders=(9,), debt=99, deputy=99, decision=99)
    told = {name: getattr(with_answers(blank, answers), name) for name in kinds()}
    assert told == {name: getattr(rungs, name) for name in kinds()}


def test_the_form_asks_each_number_that_may_be_set_and_no_other() -> None:
    asked = {field.name for field in fixed("ladder").fields}

    assert asked == set(kinds()) | {"priority"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("3", 3),
        (" 0 ", 0),
        ("4 h", timedelta(hours=4)),
        ("4h", timedelta(hours=4)),
        ("1 d 12 h", timedelta(hours=36)),
        ("90 min", timedelta(minutes=90)),
    ],
)
def test_days_are_working_days_and_lengths_are_by_the_clock(said: str, meant: object) -> None:
    assert with_answers(P3, answers_of(P3) | {"deputy": said}).deputy == meant


@pytest.mark.parametrize(
    "said", ["", "-1", "1.5", "four", "3 wd", "4 h 1 x", "367", "٣", "1e3", "9999999 h"]
)
def test_what_is_no_number_is_named(said: str) -> None:
    answers = answers_of(P3) | {"deputy": said}

    assert [name for name, _ in problems(answers)] == ["deputy"]


@pytest.mark.parametrize("said", ["3", "0 min", "4 min"])
def test_what_repeats_is_a_length_and_not_too_short(said: str) -> None:
    found = dict(problems(answers_of(P3) | {"next_look": said, "remind_every": said}))

    assert set(found) == {"next_look", "remind_every"}
    assert "5 min" in found["next_look"]


def test_an_owner_who_is_not_told_is_left_out() -> None:
    answers = answers_of(P3)
    del answers["owner_told"]

    assert with_answers(P3, answers).owner_told is None
    assert list(problems(answers)) == []
