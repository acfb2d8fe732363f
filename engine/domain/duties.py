"""Which two duties towards one incident one person may have, and by which rule (rules, Who).

A newcomer would forbid every pair: whoever leads may do the work, and at P3 and P4 the lead checks.
What is forbidden depends on the highest priority that the incident ever had, and on whether others
did some of the work.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from engine.language import Said, say


class Duty(StrEnum):
    """What somebody did towards an incident, in the order in which it comes."""

    LED = "led"
    WORKED = "worked"
    VERIFIED = "verified"
    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    DECIDED = "decided"


@dataclass(frozen=True)
class Overlap:
    """Two duties that one person had, whether that is allowed, and the rule that says so."""

    one: Duty
    other: Duty
    is_forbidden: bool
    rule: Said


_OWN_WORD = say("Who led it, worked on it or checked it does not say that it is right.")
_OWN_END = say("Who led it or worked on it does not decide to close it.")
_CHECKED_GRAVE = say("At P1 and P2 who checked it does not decide to close it.")
_CHECKED = say("At P3 and P4 who checked it may decide.")
_SAID_BY_PHONE = say("Who led it or worked on it does not write down an answer given by phone.")
_IN_ONE_CALL = say("In one call, at P3 and P4 without money, who did it writes the answer down.")
_ALONE = say("Who alone did the work does not check it.")
_OTHERS_TOO = say("Others did some of the work, too: then one of them may check it.")
_LEAD_CHECKS = say("At P3 and P4 the lead checks; at P1 and P2 a lead who is the owner may.")
_LEAD_WORKS = say("The lead may do some of the work.")
_NO_RULE = say("No rule keeps these apart.")


def overlaps(
    duties: Collection[Duty],
    *,
    is_grave: bool,
    is_only_worker: bool,
    was_in_one_call: bool = False,
) -> Iterator[Overlap]:
    """Yield each two duties that one person had towards one incident.

    `is_grave`: it was P1 or P2 once; `is_only_worker`: nobody else worked on it;
    `was_in_one_call`: it was put right and answered in one call.
    """
    in_order = [duty for duty in Duty if duty in duties]
    for one, other in combinations(in_order, 2):
        yield Overlap(one, other, *_judged(one, other, is_grave, is_only_worker, was_in_one_call))


def _judged(
    one: Duty, other: Duty, is_grave: bool, is_only_worker: bool, was_in_one_call: bool
) -> tuple[bool, Said]:
    match one, other:
        case ((Duty.LED | Duty.WORKED | Duty.VERIFIED), Duty.CONFIRMED):
            return True, _OWN_WORD
        case ((Duty.LED | Duty.WORKED), Duty.DECIDED):
            return True, _OWN_END
        case Duty.VERIFIED, Duty.DECIDED:
            return is_grave, _CHECKED_GRAVE if is_grave else _CHECKED
        case ((Duty.LED | Duty.WORKED), Duty.RECORDED):
            return not was_in_one_call, _IN_ONE_CALL if was_in_one_call else _SAID_BY_PHONE
        case Duty.WORKED, Duty.VERIFIED:
            return is_only_worker, _ALONE if is_only_worker else _OTHERS_TOO
        case Duty.LED, Duty.VERIFIED:
            return False, _LEAD_CHECKS
        case Duty.LED, Duty.WORKED:
            return False, _LEAD_WORKS
    return False, _NO_RULE
