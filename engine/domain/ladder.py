"""The ladder: who is asked next, and when, while an answer is missing (rules, The ladder).

Nothing here closes anything: a rung only says when the next person is asked.  Working days are
those of the person asked, so every instant needs their calendar; results are aware UTC.  For P1 and
P2 the decision opens only after two logged tries (`tries_needed`), however late it is.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

from engine.domain.incident import Priority
from engine.domain.standing import Standing
from engine.domain.working_calendar import WorkingCalendar

# A whole number of working days, or a length of time by the clock.
Step = int | timedelta

_OWNERS = frozenset({Standing.OWNER, Standing.DEPUTY_OWNER})
_AUTHORITIES = frozenset({Standing.AUTHORITY, Standing.DEPUTY_AUTHORITY})


@dataclass(frozen=True)
class Rungs:
    """One priority's column of the table; each step counts from when the person was asked.

    What is annotated with its meaning can be set.  `owner_told` None: the owner is not told.
    `decided_by` grants the closing decision, `never_decided_by` denies it again.  What falls
    between two ticks of `remind_every` is done at the second.
    """

    asked_by: str
    remind_every: Annotated[timedelta, "how often it is looked whether a reminder is due"]
    reminders: Annotated[tuple[Step, ...], "when who was asked is reminded"]
    remind_on: Annotated[bool, "whether reminders go on at the last interval without end"]
    deputy: Annotated[Step, "when the deputy is asked too"]
    owner_told: Annotated[Step | None, "when the owner is told, and the lead must phone"]
    decision: Annotated[Step, "when the closing decision may open"]
    debt: Annotated[Step, "from when the missing answer is confirmation debt"]
    tries_needed: Annotated[int, "tries to reach them that are logged before that"]
    decided_by: frozenset[Standing]
    next_look: Annotated[timedelta, "how long the lead may go without looking again"]
    action_due: Annotated[Step, "when an action is due that was given no date"]
    climb_every: Annotated[timedelta, "how long each up the line has before it climbs on"]
    restore: Annotated[Step, "how long after *told* it is to be right again; days of the desk"]
    never_decided_by: frozenset[Standing] = frozenset()
    outside_it_only: bool = False
    decision_deputy: Annotated[Step, "when the deputies of who is to decide are asked too"] = 2
    superior_told_every: Annotated[timedelta, "how often their superior is told after that"] = (
        timedelta(days=7)
    )


_P1 = Rungs(
    asked_by="phone and link at once",
    remind_every=timedelta(hours=4),
    reminders=(timedelta(hours=4),),
    remind_on=True,
    deputy=1,
    owner_told=1,
    decision=3,
    debt=1,
    tries_needed=2,
    decided_by=_AUTHORITIES,
    never_decided_by=_OWNERS,
    outside_it_only=True,
    next_look=timedelta(minutes=30),
    action_due=timedelta(hours=4),
    climb_every=timedelta(hours=1),
    restore=timedelta(hours=4),
)
_P2 = Rungs(
    asked_by="link at once",
    remind_every=timedelta(days=1),
    reminders=(1,),
    remind_on=True,
    deputy=2,
    owner_told=3,
    decision=5,
    debt=3,
    tries_needed=2,
    decided_by=_AUTHORITIES,
    next_look=timedelta(hours=4),
    action_due=1,
    climb_every=timedelta(hours=4),
    restore=1,
)
_P3 = Rungs(
    asked_by="link, bundled twice a day",
    remind_every=timedelta(days=1),
    reminders=(3, 7),
    remind_on=False,
    deputy=5,
    owner_told=8,
    decision=10,
    debt=10,
    tries_needed=0,
    decided_by=_OWNERS,
    next_look=timedelta(days=1),
    action_due=3,
    climb_every=timedelta(days=1),
    restore=3,
)
_P4 = Rungs(
    asked_by="daily digest",
    remind_every=timedelta(days=1),
    reminders=(timedelta(days=7), timedelta(days=14)),
    remind_on=False,
    deputy=10,
    owner_told=None,
    decision=15,
    debt=15,
    tries_needed=0,
    decided_by=_OWNERS,
    next_look=timedelta(days=7),
    action_due=10,
    climb_every=timedelta(days=3),
    restore=10,
)


@dataclass(frozen=True)
class Ladder:
    """The whole table; an organisation's settings replace single columns."""

    p1: Rungs = field(default=_P1)
    p2: Rungs = field(default=_P2)
    p3: Rungs = field(default=_P3)
    p4: Rungs = field(default=_P4)

    def of(self, priority: Priority) -> Rungs:
        """Return the column of `priority`: the highest that the incident ever had (rules, Who)."""
        return {
            Priority.P1: self.p1,
            Priority.P2: self.p2,
            Priority.P3: self.p3,
            Priority.P4: self.p4,
        }[priority]


DEFAULT = Ladder()


def after(start: datetime, step: Step, calendar: WorkingCalendar) -> datetime:
    """Return the instant (UTC) one step after `start`: so many working days, or so long.

    Raises ValueError for a naive start.
    """
    if isinstance(step, timedelta):
        if start.utcoffset() is None:
            raise ValueError("A step is counted from an aware instant.")
        return start.astimezone(UTC) + step
    return calendar.add_days(start, step)


def decide_at(
    priority: Priority,
    asked_at: datetime,
    calendar: WorkingCalendar,
    *,
    ladder: Ladder = DEFAULT,
) -> datetime:
    """Return when the closing decision may open (P1, P2: and `tries_needed` are logged)."""
    return after(asked_at, ladder.of(priority).decision, calendar)


def deputy_asked_at(
    priority: Priority,
    asked_at: datetime,
    calendar: WorkingCalendar,
    *,
    ladder: Ladder = DEFAULT,
) -> datetime:
    """Return when the confirmer's deputy is asked too."""
    return after(asked_at, ladder.of(priority).deputy, calendar)


def owner_told_at(
    priority: Priority,
    asked_at: datetime,
    calendar: WorkingCalendar,
    *,
    ladder: Ladder = DEFAULT,
) -> datetime | None:
    """Return when the owner is told and the lead must phone; None where no rung says so."""
    step = ladder.of(priority).owner_told
    return None if step is None else after(asked_at, step, calendar)


def debt_from(
    priority: Priority,
    asked_at: datetime,
    calendar: WorkingCalendar,
    *,
    ladder: Ladder = DEFAULT,
) -> datetime:
    """Return from when the missing answer counts as confirmation debt."""
    return after(asked_at, ladder.of(priority).debt, calendar)


def remind_every(priority: Priority, *, ladder: Ladder = DEFAULT) -> timedelta:
    """Return the interval of the diagram's repeating reminder; `reminders_by` is exact."""
    return ladder.of(priority).remind_every


def reminders_by(
    priority: Priority,
    asked_at: datetime,
    now: datetime,
    calendar: WorkingCalendar,
    *,
    ladder: Ladder = DEFAULT,
) -> int:
    """Return how many reminders should have gone out by `now`; send one if fewer have.

    After a downtime the missed ones are made good by a single reminder (design, Saving).
    """
    rungs = ladder.of(priority)
    due_at = asked_at
    count = 0
    for step in rungs.reminders:
        due_at = after(asked_at, step, calendar)
        if due_at > now:
            return count
        count += 1
    while rungs.remind_on:
        due_at = after(due_at, rungs.reminders[-1], calendar)
        if due_at > now:
            break
        count += 1
    return count


def next_reminder_at(
    priority: Priority,
    asked_at: datetime,
    sent: int,
    calendar: WorkingCalendar,
    *,
    ladder: Ladder = DEFAULT,
) -> datetime | None:
    """Return when one more than the `sent` reminders is due, by `reminders_by`; None if never."""
    rungs = ladder.of(priority)
    if sent < len(rungs.reminders):
        return after(asked_at, rungs.reminders[sent], calendar)
    if not rungs.remind_on:
        return None
    due_at = after(asked_at, rungs.reminders[-1], calendar)
    for _ in range(sent + 1 - len(rungs.reminders)):
        due_at = after(due_at, rungs.reminders[-1], calendar)
    return due_at


def tries_needed(priority: Priority, *, ladder: Ladder = DEFAULT) -> int:
    """Return how many tries to reach the person must be logged before a decision opens."""
    return ladder.of(priority).tries_needed


def who_decides(priority: Priority, *, ladder: Ladder = DEFAULT) -> frozenset[Standing]:
    """Return the standings among which the decider is sought; see `may_decide`."""
    return ladder.of(priority).decided_by


def may_decide(
    priority: Priority,
    standing: frozenset[Standing],
    *,
    is_in_it: bool,
    is_delegate: bool = False,
    ladder: Ladder = DEFAULT,
) -> bool:
    """Whether somebody with this standing may close without the customer's answer.

    P1: the authority, who is outside IT and not the owner; P2: the authority; P3: the owner;
    P4: the owner or a delegate whom the owner named.  Whoever led, worked on it or verified it
    is barred besides (`permissions.barred_from`).
    """
    rungs = ladder.of(priority)
    if standing & rungs.never_decided_by or (rungs.outside_it_only and is_in_it):
        return False
    if is_delegate and priority is Priority.P4:
        return True
    return bool(standing & rungs.decided_by)


def next_look_after(priority: Priority, *, ladder: Ladder = DEFAULT) -> timedelta:
    """Return how long the lead may go without looking at the incident again."""
    return ladder.of(priority).next_look


def default_due(
    priority: Priority,
    now: datetime,
    calendar: WorkingCalendar,
    *,
    ladder: Ladder = DEFAULT,
) -> datetime:
    """Return when an action is due that was given no date."""
    return after(now, ladder.of(priority).action_due, calendar)


def climb_every(priority: Priority, *, ladder: Ladder = DEFAULT) -> timedelta:
    """Return how long each person up the line has before an overdue action climbs on."""
    return ladder.of(priority).climb_every
