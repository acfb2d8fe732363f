"""Which two duties one person may have towards one incident."""

import pytest

from engine.domain.duties import Duty, overlaps

LED, WORKED, VERIFIED = Duty.LED, Duty.WORKED, Duty.VERIFIED
RECORDED, CONFIRMED, DECIDED = Duty.RECORDED, Duty.CONFIRMED, Duty.DECIDED


def forbidden(*duties: Duty, grave: bool = False, alone: bool = False, call: bool = False) -> bool:
    (two,) = overlaps(duties, is_grave=grave, is_only_worker=alone, was_in_one_call=call)
    return two.is_forbidden


def test_one_duty_overlaps_with_nothing() -> None:
    for duty in Duty:
        assert not list(overlaps([duty], is_grave=True, is_only_worker=True))


@pytest.mark.parametrize("handled", [LED, WORKED, VERIFIED])
@pytest.mark.parametrize("grave", [True, False])
def test_nobody_confirms_their_own_work(handled: Duty, *, grave: bool) -> None:
    assert forbidden(handled, CONFIRMED, grave=grave)


def test_nobody_decides_on_their_own_work_and_who_checked_may_at_p3_and_p4() -> None:
    assert forbidden(LED, DECIDED)
    assert forbidden(WORKED, DECIDED)
    assert forbidden(VERIFIED, DECIDED, grave=True)
    assert not forbidden(VERIFIED, DECIDED)


def test_who_alone_did_the_work_does_not_check_it() -> None:
    assert forbidden(WORKED, VERIFIED, alone=True)
    assert not forbidden(WORKED, VERIFIED)


def test_an_answer_by_phone_is_written_down_by_somebody_else_unless_it_was_one_call() -> None:
    assert forbidden(LED, RECORDED)
    assert forbidden(WORKED, RECORDED)
    assert not forbidden(WORKED, RECORDED, call=True)


def test_the_lead_may_work_and_check() -> None:
    assert not forbidden(LED, WORKED)
    assert not forbidden(LED, VERIFIED)


def test_each_two_of_three_duties_are_told_in_the_order_in_which_they_come() -> None:
    found = overlaps([DECIDED, LED, WORKED], is_grave=False, is_only_worker=True)

    assert [(two.one, two.other) for two in found] == [
        (LED, WORKED), (LED, DECIDED), (WORKED, DECIDED),
    ]  # fmt: skip
