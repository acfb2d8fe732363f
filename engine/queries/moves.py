"""Moves of runs to another release: who asked for them and why, how far they are, what stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.errors import NotFound
from engine.language import say


@dataclass(frozen=True)
class OpenRun:
    """A run that may be moved: an incident's own (`action` None), or of one of its actions."""

    id: UUID
    incident: int
    action: int | None
    diagram: str
    snapshot: bytes
    waiting: Sequence[Any]


@dataclass(frozen=True)
class MoveShown:
    """A move as it is now; `waits` runs are still to come."""

    id: UUID
    before: int
    after: int
    asked_by: str
    asked_at: datetime
    reason: str
    ended_at: datetime | None
    moved: int
    stays: int
    over: int
    waits: int


@dataclass(frozen=True)
class MoveLine:
    """One run of a move; `sentence` says why it stays, or what is otherwise there since."""

    incident: int
    action: int | None
    state: str
    sentence: str | None
    done_at: datetime | None


_OPEN = text("""
    SELECT r.id, i.number AS incident, a.number AS action, r.diagram, r.snapshot, r.waiting
    FROM run r JOIN incident i ON i.id = r.incident_id LEFT JOIN action a ON a.id = r.action_id
    WHERE r.release_id = :release AND r.ended_at IS NULL
    ORDER BY i.number, a.number NULLS FIRST LIMIT :most
""")
_COUNT = text("SELECT count(*) FROM run WHERE release_id = :release AND ended_at IS NULL")
_MOVES = text("""
    SELECT m.id, b.number AS before, n.number AS after, p.name AS asked_by, m.asked_at, m.reason,
      m.ended_at, count(*) FILTER (WHERE l.state = 'moved') AS moved,
      count(*) FILTER (WHERE l.state = 'stays') AS stays,
      count(*) FILTER (WHERE l.state = 'over') AS over,
      count(*) FILTER (WHERE l.state = 'waits') AS waits
    FROM move m JOIN release b ON b.id = m.from_id JOIN release n ON n.id = m.to_id
    JOIN person p ON p.id = m.asked_by LEFT JOIN move_line l ON l.move_id = m.id
    WHERE CAST(:move AS uuid) IS NULL OR m.id = :move
    GROUP BY m.id, b.number, n.number, p.name ORDER BY m.asked_at DESC LIMIT 100
""")
_LINES = text("""
    SELECT i.number AS incident, a.number AS action, l.state, l.sentence, l.done_at
    FROM move_line l JOIN run r ON r.id = l.run_id JOIN incident i ON i.id = r.incident_id
    LEFT JOIN action a ON a.id = r.action_id WHERE l.move_id = :move
    ORDER BY l.state <> 'stays', i.number, a.number NULLS FIRST LIMIT :most
""")


def open_runs(conn: Connection, release_id: UUID, *, most: int) -> tuple[Sequence[OpenRun], int]:
    """Return the first open runs of a release by incident, and how many there are in all."""
    rows = conn.execute(_OPEN, {"release": release_id, "most": most})
    found = [
        OpenRun(row.id, row.incident, row.action, row.diagram, bytes(row.snapshot), row.waiting)
        for row in rows
    ]
    return found, conn.scalar(_COUNT, {"release": release_id}) or 0


def moves(conn: Connection) -> Sequence[MoveShown]:
    """Return the newest moves first."""
    return [MoveShown(*row) for row in conn.execute(_MOVES, {"move": None})]


def move_shown(conn: Connection, move_id: UUID) -> MoveShown:
    """Return one move.  Raises NotFound."""
    row = conn.execute(_MOVES, {"move": move_id}).one_or_none()
    if row is None:
        raise NotFound(say("There is no such move."), move=str(move_id))
    return MoveShown(*row)


def move_lines(conn: Connection, move_id: UUID, *, most: int = 500) -> Sequence[MoveLine]:
    """Return the lines of a move, those that stay first."""
    return [MoveLine(*row) for row in conn.execute(_LINES, {"move": move_id, "most": most})]
