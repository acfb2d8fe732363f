"""What the rows of one case mean: who is asked for what, what is done, and when it was over.

Nothing is written here: the same rows always mean the same, which is how a replay that was
interrupted finds its place again.  A newcomer would look ahead in the log: each row is taken with
what was known then, and only with what came before it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.domain.party import Party
from engine.usecases.replay.mapping import BUSY, OVER, Phase
from engine.usecases.replay.reading import Row


@dataclass(frozen=True)
class Task:
    """What a party is asked to do; None where the record does not say who holds it.

    `group` is a team of IT and `person` somebody of ours; `vendor` is a supplier.
    """

    party: Party
    title: str
    group: str | None = None
    person: str | None = None
    vendor: str | None = None

    @property
    def is_held(self) -> bool:
        """Whether the record says who holds it."""
        return (self.group or self.person or self.vendor) is not None

    def is_elsewhere(self, other: "Task") -> bool:
        """Whether the record says that `other`, the same task, is with somebody else now."""
        if not other.is_held:
            return False
        # a person holds it before their group does, as on the work item
        return (self.vendor, self.person or self.group) != (
            other.vendor,
            other.person or other.group,
        )


@dataclass(frozen=True)
class Meaning:
    """What one row means, in the order in which it is carried out.

    `at` is the row's instant, but never before the row before it.  `takes_lead` names who answers
    for it from now on; `begins` means that the first task is agreed together with what right is.
    """

    row: Row
    at: datetime
    goes_back: bool = False
    takes_lead: str | None = None
    begins: bool = False
    asks: Task | None = None
    settles: bool = False
    hands_to: Task | None = None
    verifies: bool = False
    tries_to_close: bool = False

    @property
    def does_something(self) -> bool:
        """Whether the row moves more than the record."""
        return bool(
            self.takes_lead
            or self.asks
            or self.settles
            or self.hands_to
            or self.verifies
            or self.tries_to_close
        )


def meanings(rows: Iterable[Row]) -> Iterator[Meaning]:
    """Give what each row of one case means; the rows come in their order."""
    standing = _Standing()
    for row in rows:
        yield standing.take(row)


class _Standing:
    """Where a case stands after the rows so far."""

    def __init__(self) -> None:
        self._phase = Phase.REPORTED
        self._task: Task | None = None
        self._has_lead = False
        self._at: datetime | None = None

    def take(self, row: Row) -> Meaning:
        self._at = row.at if self._at is None else max(self._at, row.at)
        before, now = self._phase, self._now(row)
        task = _task(row, now) if now in BUSY else None
        leader = row.person if row.person and not self._has_lead else None
        self._has_lead = self._has_lead or leader is not None
        said = _change(row, self._at, leader, before, now, self._task, task)
        self._phase = now
        if said.asks or said.hands_to:
            self._task = said.asks or said.hands_to
        return said

    def _now(self, row: Row) -> Phase:
        if row.phase is Phase.UNKNOWN:
            return self._phase
        if row.phase is Phase.REPORTED and self._phase is not Phase.REPORTED:
            # laid back on the pile: whoever has it there is asked all the same
            return Phase.WORK
        return row.phase


def _change(
    row: Row,
    at: datetime,
    leader: str | None,
    before: Phase,
    now: Phase,
    held: Task | None,
    task: Task | None,
) -> Meaning:
    if task is not None:
        if before is Phase.REPORTED:
            return Meaning(row, at, takes_lead=leader, begins=True, asks=task)
        if before in OVER:
            return Meaning(row, at, takes_lead=leader, goes_back=True, asks=task)
        if before is not now:
            return Meaning(row, at, takes_lead=leader, asks=task, settles=True)
        moves = held is not None and held.is_elsewhere(task)
        return Meaning(row, at, takes_lead=leader, hands_to=task if moves else None)
    closes = now is Phase.CLOSED and before is not Phase.CLOSED
    if now not in OVER or before in OVER:
        return Meaning(row, at, takes_lead=leader, tries_to_close=closes)
    is_new = before is Phase.REPORTED
    return Meaning(
        row,
        at,
        takes_lead=leader,
        begins=is_new,
        asks=_task(row, Phase.WORK) if is_new else None,
        settles=True,
        verifies=True,
        tries_to_close=closes,
    )


def _task(row: Row, phase: Phase) -> Task:
    party = BUSY[phase]
    match phase:
        case Phase.WAIT_CUSTOMER:
            return Task(party, "Tell us what is missing")
        case Phase.WAIT_EXTERNAL:
            return Task(party, "Do the supplier's part", vendor=row.vendor)
        case Phase.WAIT_BUSINESS:
            return Task(party, "Do the business's part")
        case Phase.WAIT_IT:
            what = f"Solve {row.problem} first" if row.problem else "Solve the problem behind it"
            return Task(party, what[:200], group=row.group, person=row.person)
        case _:
            return Task(party, "Put it right", group=row.group, person=row.person)
