"""What is done about silence: who is asked beside or above somebody who does not answer.

Nothing here decides or closes: it names the next person.  A newcomer would ask the next one
instead of the first; here they are asked too, and the first can still answer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Rung(StrEnum):
    """What the ladder has done about a to-do."""

    # the deputy is asked too
    DEPUTY = "deputy"
    # the owner is told, and the lead must phone
    OWNER_TOLD = "owner_told"
    # the superior of who is to decide is told; comes again and again
    SUPERIOR_TOLD = "superior_told"
    # nobody of those who were to be asked is here any more
    NOBODY_LEFT = "nobody_left"


class Channel(StrEnum):
    """How somebody was tried to be reached."""

    CALL = "call"
    LETTER = "letter"
    VISIT = "visit"
    MESSAGE = "message"
    OTHER = "other"


@dataclass(frozen=True)
class Reachable:
    """Somebody who could be asked; `is_here`: neither away now nor gone for good (`has_left`).

    Whose mail comes back is gone for good as well, if they are reached `by_mail_only`.
    """

    id: UUID
    name: str
    is_here: bool = True
    has_left: bool = False
    by_mail_only: bool = False


@dataclass(frozen=True)
class Line:
    """Somebody, who stands in for them and who is above them, each the nearest first."""

    who: Reachable
    deputies: Sequence[Reachable] = ()
    superiors: Sequence[Reachable] = ()

    def without(self, people: Collection[UUID]) -> "Line":
        """Return the line with these people passed over."""
        deputies, superiors = (
            tuple(one for one in line if one.id not in people)
            for line in (self.deputies, self.superiors)
        )
        return replace(self, deputies=deputies, superiors=superiors)

    def stand_in(self, excluded: Collection[UUID] = ()) -> Reachable | None:
        """Return the nearest deputy who is here and may be asked."""
        return first_here(self.deputies, excluded)

    def superior(self, excluded: Collection[UUID] = ()) -> Reachable | None:
        """Return the nearest superior who is here and may be told."""
        return first_here(self.superiors, excluded)


def first_here(people: Iterable[Reachable], excluded: Collection[UUID] = ()) -> Reachable | None:
    """Return the first of these people who is here and not excluded."""
    return next((one for one in people if one.is_here and one.id not in excluded), None)


def asked_too(
    people: Sequence[UUID], lines: Mapping[UUID, Line], excluded: Collection[UUID] = ()
) -> tuple[Reachable, ...]:
    """Return whom to ask beside `people` at once: the deputy of each who is not here.

    Where all of them have left and no deputy is here, their superiors.
    """
    known = {*people, *excluded}
    away = [lines[who] for who in people if not lines[who].who.is_here]
    deputies = _each_once(line.stand_in(known) for line in away)
    if deputies or not all(lines[who].who.has_left for who in people):
        return deputies
    return _each_once(line.superior(known) for line in away)


def _each_once(found: Iterable[Reachable | None]) -> tuple[Reachable, ...]:
    return tuple({one.id: one for one in found if one is not None}.values())


def never_answers(unanswered: Iterable[datetime], *, times: int, within: timedelta) -> bool:
    """Whether so many askings that stayed without an answer began within that length of time.

    `unanswered` are the instants of those since the person's last answer: from then on the
    deputy is asked at once, until they answer one themselves.
    """
    begun = sorted(unanswered)
    return any(
        last - first <= within for first, last in zip(begun, begun[times - 1 :], strict=False)
    )
