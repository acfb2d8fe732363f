"""Who is asked to decide without the customer's answer, now (rules, The ladder).

A newcomer would offer it to everybody who may: then nobody answers for it.  It is offered to the
one who holds the office; the deputies join when that one is away, barred or silent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder, may_decide
from engine.domain.silence import Reachable
from engine.domain.standing import Standing

_HOLDERS = frozenset({Standing.OWNER, Standing.AUTHORITY})


@dataclass(frozen=True)
class Candidate:
    """Somebody who answers for the business process, or whom its owner has named."""

    who: Reachable
    standing: frozenset[Standing] = frozenset()
    is_in_it: bool = False
    is_delegate: bool = False

    @property
    def is_first(self) -> bool:
        """Whether it is for them to decide, and not only in somebody's place."""
        return self.is_delegate or bool(self.standing & _HOLDERS)


def who_may(
    priority: Priority,
    candidates: Sequence[Candidate],
    *,
    barred: Collection[UUID] = (),
    ladder: Ladder = DEFAULT,
) -> tuple[Candidate, ...]:
    """Return those of the candidates who may decide, in their order; nobody who has left.

    `barred` are those who led, worked on or verified it (`permissions.barred_from`).
    """
    return tuple(
        one
        for one in candidates
        if not one.who.has_left
        and one.who.id not in barred
        and may_decide(
            priority,
            one.standing,
            is_in_it=one.is_in_it,
            is_delegate=one.is_delegate,
            ladder=ladder,
        )
    )


def who_is_asked(may: Sequence[Candidate], *, is_late: bool) -> tuple[Reachable, ...]:
    """Return whom to ask out of those who may: whose office it is, the deputies only if need be.

    `is_late`: who was asked has had their days.  Somebody who is away is asked too, so that they
    find it when they are back.
    """
    first = [one.who for one in may if one.is_first]
    deputies = [one.who for one in may if not one.is_first]
    if any(one.is_here for one in first) and not is_late:
        return tuple(first)
    return (*first, *deputies)
