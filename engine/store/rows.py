"""The rows that writing use cases work with, as typed records; field names are column names.

Queries do not hand these out: they return their own small frozen dataclasses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Table

R = TypeVar("R")


@dataclass(slots=True)
class Incident:
    """A row of `incident`."""

    id: UUID
    number: int
    process_id: UUID
    product_id: UUID
    title: str
    expected: str
    actual: str
    size: Decimal | None
    size_unit: str | None
    money: Decimal | None
    currency: str | None
    harmed: str
    harmed_count: int | None
    impact: str
    urgency: str
    priority: str
    highest_priority: str
    is_restricted: bool
    reporter_id: UUID
    customer_id: UUID | None
    lead_id: UUID
    checker_id: UUID | None
    look_by: datetime | None
    lead_offered_to: list[UUID]
    source_reference: str | None
    state: str
    harm_begins_at: datetime | None
    restore_by: datetime | None
    told_at: datetime
    taken_up_at: datetime | None
    repaired_at: datetime | None
    right_since: datetime | None
    restored_entered_at: datetime | None
    watch_until: datetime | None
    ask_again_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    closed_by: str | None
    confirmation_id: UUID | None
    decision_id: UUID | None
    delegate_id: UUID | None
    way_out_id: UUID | None
    origin_id: UUID | None
    origin: str | None
    major_id: UUID | None
    head_seq: int
    head_hash: bytes
    work_seq: int
    asked_seq: int
    observed_until: datetime | None
    erased_by: UUID | None


@dataclass(slots=True)
class Item:
    """A row of `work_item`."""

    id: UUID
    incident_id: UUID
    run_id: UUID
    action_id: UUID | None
    task_id: UUID
    step: str
    mark: str | None
    title: str
    lane: str
    party: str
    team_id: UUID | None
    people: list[UUID]
    claimed_by: UUID | None
    opened_at: datetime
    due_at: datetime | None
    reminders: int
    reminded_at: datetime | None
    asked_again_at: datetime | None
    put_off_until: datetime | None
    ended_at: datetime | None
    how: str | None
    ended_by: UUID | None
    happened_at: datetime | None
    charged_to: str | None
    draft: dict[str, Any] | None
    left_over: list[dict[str, str]] | None
    answers: dict[str, Any] | None
    completed_with: str | None
    waits_for_mail: bool
    delivered_at: datetime | None


@dataclass(slots=True)
class Run:
    """A row of `run`."""

    id: UUID
    incident_id: UUID
    action_id: UUID | None
    release_id: UUID
    diagram: str
    snapshot: bytes | None
    waiting: list[dict[str, Any]]
    due_at: datetime | None
    started_at: datetime
    ended_at: datetime | None
    end_element: str | None
    handed_out_at: datetime | None
    fault: str | None


@dataclass(slots=True)
class Action:
    """A row of `action`."""

    id: UUID
    incident_id: UUID
    number: int
    kind: str
    state: str
    title: str
    detail: str
    party: str
    team_id: UUID | None
    person_id: UUID | None
    due_at: datetime
    deadline_at: datetime | None
    deadline_because: str | None
    ends_cause: bool
    targets_answer: bool
    reference: str | None
    contact: str | None
    proposed_by: UUID | None
    proposed_at: datetime
    settled_at: datetime | None
    outcome: str | None
    evidence: str | None
    declined_because: str | None
    settled_by: UUID | None
    climbed: int
    work_seq: int
    is_remedy: bool


def split(row: Sequence[Any], *shapes: tuple[Table, type[R]]) -> list[Any]:
    """Cut one row of several joined tables into a record for each, in the order selected."""
    records = []
    at = 0
    for table, shape in shapes:
        names = table.columns.keys()
        records.append(shape(**dict(zip(names, row[at : at + len(names)], strict=True))))
        at += len(names)
    return records
