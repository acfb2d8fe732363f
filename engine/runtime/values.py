"""What goes into an advance and what comes out: plain values, nothing of SpiffWorkflow's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody has answered a step.

    `decisions` are the answers from fields with a finite domain; they become `data[step]`.
    Texts, lists and people stay in tables.
    """

    task_id: UUID
    step: str
    decisions: Mapping[str, str | bool]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something the run waits for: an answer, an instant, or a message.

    `due_at` is a timer's next instant.  `task_id` stays the same for as long as it waits; the
    branches of one event-based gateway share theirs.
    """

    task_id: UUID
    element: str
    diagram: str
    kind: Literal["step", "timer", "message"]
    title: str
    lane: str | None
    mark: str | None
    message: str | None
    due_at: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """One visit: the run was in `element` from `entered_at` to `left_at`.

    `from_element` and `flow` say how it got there (None at a start; the flow is None for an event
    on the border of its `from_element`).  A cancelled element was left without being completed.
    """

    diagram: str
    element: str
    from_element: str | None
    flow: str | None
    entered_at: datetime
    left_at: datetime
    how: Literal["completed", "cancelled"]
    does: str | None


@dataclass(frozen=True, slots=True)
class Advanced:
    """Where the run stands now.

    `snapshot` is None when it has ended; then `end_element` is the end event reached last and
    `closes` what that says.  `passages` stand in the order passed.  `due_at` is the next timer.
    """

    snapshot: bytes | None
    waiting: tuple[Waiting, ...]
    passages: tuple[Passage, ...]
    due_at: datetime | None
    end_element: str | None
    closes: Literal["confirmed", "escalated"] | None
    data: Mapping[str, object]
