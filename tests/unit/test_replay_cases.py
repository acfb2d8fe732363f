"""What the rows of one case mean."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.party import Party
from engine.usecases.replay.cases import Meaning, meanings
from engine.usecases.replay.mapping import Phase
from engine.usecases.replay.reading import Row

START = datetime(2016, 3, 1, 8, 0, tzinfo=UTC)


def rows(*phases: Phase, **every: str) -> list[Row]:
    """Return a row an hour for each phase."""
    return [
        Row(n, "A", n, START + timedelta(hours=n), phase.value, phase, **every)  # type: ignore[arg-type]
        for n, phase in enumerate(phases)
    ]


def last(*phases: Phase) -> Meaning:
    """Return what the last of these rows means."""
    return list(meanings(rows(*phases)))[-1]


def test_a_case_that_nobody_has_begun_asks_nobody() -> None:
    assert not last(Phase.REPORTED, Phase.REPORTED).does_something


def test_the_first_work_is_agreed_together_with_what_right_is() -> None:
    meaning = last(Phase.REPORTED, Phase.WORK)

    assert meaning.begins
    assert meaning.asks is not None
    assert meaning.asks.party is Party.IT
    assert not meaning.settles


@pytest.mark.parametrize(
    ("phase", "party"),
    [
        (Phase.WAIT_CUSTOMER, Party.CUSTOMER),
        (Phase.WAIT_EXTERNAL, Party.EXTERNAL),
        (Phase.WAIT_BUSINESS, Party.BUSINESS),
        (Phase.WAIT_IT, Party.IT),
    ],
)
def test_a_wait_is_an_action_of_whoever_is_waited_for(phase: Phase, party: Party) -> None:
    meaning = last(Phase.WORK, phase)

    assert meaning.asks is not None
    assert meaning.asks.party is party
    assert meaning.settles


def test_the_end_of_a_wait_settles_it_and_asks_it_again() -> None:
    meaning = last(Phase.WORK, Phase.WAIT_CUSTOMER, Phase.WORK)

    assert meaning.settles
    assert meaning.asks is not None
    assert meaning.asks.party is Party.IT
    assert not meaning.goes_back


def test_resolved_settles_the_open_action_and_verifies() -> None:
    meaning = last(Phase.WORK, Phase.RESOLVED)

    assert (meaning.settles, meaning.verifies, meaning.asks) == (True, True, None)


def test_what_was_resolved_at_once_had_one_action_all_the_same() -> None:
    meaning = last(Phase.RESOLVED)

    assert meaning.begins
    assert meaning.asks is not None
    assert (meaning.settles, meaning.verifies, meaning.tries_to_close) == (True, True, False)


def test_closed_only_tries_to_close() -> None:
    meaning = last(Phase.WORK, Phase.RESOLVED, Phase.CLOSED)

    assert meaning.tries_to_close
    assert not (meaning.settles)
    assert not (meaning.verifies)
    assert meaning.asks is None


def test_closed_without_resolved_is_both() -> None:
    meaning = last(Phase.WORK, Phase.CLOSED)

    assert (meaning.settles, meaning.verifies, meaning.tries_to_close) == (True, True, True)


def test_a_second_closed_row_tries_nothing_again() -> None:
    assert not last(Phase.RESOLVED, Phase.CLOSED, Phase.CLOSED).does_something


@pytest.mark.parametrize("over", [Phase.RESOLVED, Phase.CLOSED])
@pytest.mark.parametrize("busy", [Phase.WORK, Phase.WAIT_CUSTOMER, Phase.REPORTED])
def test_work_after_it_was_over_goes_back(over: Phase, busy: Phase) -> None:
    meaning = last(Phase.WORK, over, busy)

    assert meaning.goes_back
    assert meaning.asks is not None
    assert not meaning.settles


def test_a_state_that_says_nothing_changes_nothing() -> None:
    assert not last(Phase.WORK, Phase.UNKNOWN).does_something
    assert last(Phase.WORK, Phase.UNKNOWN, Phase.RESOLVED).verifies


def test_time_that_goes_backwards_stands_still() -> None:
    first, second = rows(Phase.REPORTED, Phase.WORK)
    late = Row(1, "A", 1, START - timedelta(days=1), "work", Phase.WORK)

    found = list(meanings([first, late, second]))

    assert [meaning.at for meaning in found] == [first.at, first.at, second.at]


def test_a_new_holder_is_a_hand_over_and_the_same_is_none() -> None:
    one, two, three = rows(Phase.WORK, Phase.WORK, Phase.WORK, group="G1")
    moved = Row(2, "A", 2, three.at, "work", Phase.WORK, group="G2", person="P")

    found = list(meanings([one, two, moved]))

    assert found[1].hands_to is None
    assert found[2].hands_to is not None
    assert found[2].hands_to.person == "P"


def test_a_row_that_names_nobody_leaves_it_where_it_is() -> None:
    one = Row(0, "A", 0, START, "work", Phase.WORK, group="G1")

    found = list(meanings([one, *rows(Phase.WORK)]))

    assert found[1].hands_to is None


def test_the_first_person_named_takes_the_lead_once() -> None:
    found = list(meanings(rows(Phase.REPORTED, Phase.WORK, Phase.WORK, person="P")))

    assert [meaning.takes_lead for meaning in found] == ["P", None, None]
