"""The steps of one incident that wait for somebody: what a story or a test goes on from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.store.facts import IN_FORCE


@dataclass(frozen=True)
class OpenStep:
    """A to-do that is open; `action` is the title of the action it belongs to, if it does."""

    id: UUID
    step: str
    people: tuple[UUID, ...]
    action: str | None


@dataclass(frozen=True)
class DueRun:
    """A run whose next timer is due at this instant."""

    id: UUID
    due_at: datetime


def open_steps(conn: Connection, incident_id: UUID) -> list[OpenStep]:
    """Return the incident's open to-dos, those asked first before the others."""
    rows = conn.execute(
        text(
            "SELECT w.id, w.step, w.people, a.title FROM work_item w"
            " LEFT JOIN action a ON a.id = w.action_id"
            " WHERE w.incident_id = :id AND w.ended_at IS NULL ORDER BY w.opened_at, a.number"
        ),
        {"id": incident_id},
    )
    return [OpenStep(row.id, row.step, tuple(row.people), row.title) for row in rows]


def next_due(conn: Connection, incident_id: UUID, until: datetime) -> DueRun | None:
    """Return the incident's run that is due first, not later than `until`, or None."""
    row = conn.execute(
        text(
            "SELECT id, due_at FROM run WHERE incident_id = :id AND due_at <= :until"
            " AND fault IS NULL ORDER BY due_at LIMIT 1"
        ),
        {"id": incident_id, "until": until},
    ).first()
    return DueRun(row.id, row.due_at) if row else None


@dataclass(frozen=True)
class ReachedOne:
    """One of those an action reaches, and how it ended so far."""

    id: UUID
    outcome: str | None


def given_rows(conn: Connection, incident_id: UUID, action: str) -> list[ReachedOne]:
    """Return those whom the action with this title reaches, in their order."""
    rows = conn.execute(
        text(
            "SELECT t.id, t.outcome FROM target t JOIN action a ON a.id = t.action_id"
            " WHERE a.incident_id = :id AND a.title = :title ORDER BY t.position"
        ),
        {"id": incident_id, "title": action},
    )
    return [ReachedOne(row.id, row.outcome) for row in rows]


def criteria_in_force(conn: Connection, incident_id: UUID) -> list[UUID]:
    """Return the ids of the criteria in force, in their order."""
    return list(
        conn.scalars(
            text(
                "SELECT id FROM criterion"  # noqa: S608 - a constant
                f" WHERE incident_id = :id AND {IN_FORCE} ORDER BY position, changed_seq, id"
            ),
            {"id": incident_id},
        )
    )
