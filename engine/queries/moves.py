"""Moves of runs to another release: who asked for them and why, how far they are, what stays."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from engine.errors import NotFound
from engine.language import Said, say, told_again


@dataclass(frozen=True)
class OpenItem:
    """An open to-do of a run that may be moved, with what is saved of its answers."""

    id: UUID
    task_id: UUID
    step: str
    mark: str | None
    title: str
    is_claimed: bool
    draft: Mapping[str, Any] | None


@dataclass(frozen=True)
class OpenRun:
    """A run that may be moved: an incident's own (`action` None), or of one of its actions."""

    id: UUID
    incident: int
    action: int | None
    diagram: str
    snapshot: bytes
    waiting: Sequence[Any]
    items: Sequence[OpenItem]


@dataclass(frozen=True)
class MoveShown:
    """A move as it is now; `waits` runs are still to come.

    `process` is the business process whose runs are moved, None for those of all; `is_chosen`:
    only runs that were picked one by one.  `mapping` says by diagram which element of the new
    release one of the old one stands for.
    """

    id: UUID
    before: int
    after: int
    asked_by: str
    asked_at: datetime
    reason: str
    ended_at: datetime | None
    process: str | None
    is_chosen: bool
    mapping: Mapping[str, Mapping[str, str]]
    moved: int
    stays: int
    over: int
    waits: int


@dataclass(frozen=True)
class MoveLine:
    """One run of a move; `says` are why it stays, or what is otherwise there since."""

    run: UUID
    incident: int
    action: int | None
    state: str
    says: tuple[Said, ...]
    done_at: datetime | None


@dataclass(frozen=True)
class ProcessLine:
    """A business process of which runs may be moved."""

    id: UUID
    name: str


_WHICH = """r.release_id = :release AND r.ended_at IS NULL
      AND (CAST(:process AS uuid) IS NULL OR i.process_id = :process)"""
_OPEN = text(f"""
    SELECT r.id, i.number AS incident, a.number AS action, r.diagram, r.snapshot, r.waiting
    FROM run r JOIN incident i ON i.id = r.incident_id LEFT JOIN action a ON a.id = r.action_id
    WHERE {_WHICH} ORDER BY i.number, a.number NULLS FIRST LIMIT :most
""")  # noqa: S608 - a constant
_COUNT = text(
    f"SELECT count(*) FROM run r JOIN incident i ON i.id = r.incident_id WHERE {_WHICH}"  # noqa: S608
)
_ITEMS = text("""
    SELECT w.run_id, w.id, w.task_id, w.step, w.mark, w.title,
      w.claimed_by IS NOT NULL AS is_claimed, w.draft
    FROM work_item w WHERE w.run_id = ANY (:runs) AND w.ended_at IS NULL ORDER BY w.id
""")
_MOVES = text("""
    SELECT m.id, b.number AS before, n.number AS after, p.name AS asked_by, m.asked_at, m.reason,
      m.ended_at, own.name AS process, m.is_chosen, m.mapping,
      count(*) FILTER (WHERE l.state = 'moved') AS moved,
      count(*) FILTER (WHERE l.state = 'stays') AS stays,
      count(*) FILTER (WHERE l.state = 'over') AS over,
      count(*) FILTER (WHERE l.state = 'waits') AS waits
    FROM move m JOIN release b ON b.id = m.from_id JOIN release n ON n.id = m.to_id
    JOIN person p ON p.id = m.asked_by LEFT JOIN move_line l ON l.move_id = m.id
    LEFT JOIN business_process own ON own.id = m.process_id
    WHERE CAST(:move AS uuid) IS NULL OR m.id = :move
    GROUP BY m.id, b.number, n.number, p.name, own.name ORDER BY m.asked_at DESC LIMIT 100
""")
_LINES = text("""
    SELECT r.id AS run, i.number AS incident, a.number AS action, l.state, l.sentence, l.said,
      l.done_at
    FROM move_line l JOIN run r ON r.id = l.run_id JOIN incident i ON i.id = r.incident_id
    LEFT JOIN action a ON a.id = r.action_id WHERE l.move_id = :move
    ORDER BY l.state <> 'stays', i.number, a.number NULLS FIRST LIMIT :most OFFSET :after
""")
_PROCESSES = text("SELECT id, name FROM business_process ORDER BY name")


def open_runs(
    conn: Connection, release_id: UUID, *, process_id: UUID | None = None, most: int
) -> tuple[Sequence[OpenRun], int]:
    """Return the first open runs of a release by incident, and how many there are in all.

    With `process_id` only those of one business process.  Three statements.
    """
    which = {"release": release_id, "process": process_id}
    rows = conn.execute(_OPEN, which | {"most": most}).all()
    items = open_items(conn, [row.id for row in rows])
    found = [
        OpenRun(
            row.id,
            row.incident,
            row.action,
            row.diagram,
            bytes(row.snapshot),
            row.waiting,
            items.get(row.id, ()),
        )
        for row in rows
    ]
    return found, conn.scalar(_COUNT, which) or 0


def open_items(conn: Connection, runs: Sequence[UUID]) -> Mapping[UUID, Sequence[OpenItem]]:
    """Return the open to-dos of these runs, by run."""
    found: defaultdict[UUID, list[OpenItem]] = defaultdict(list)
    for run, *item in conn.execute(_ITEMS, {"runs": list(runs)}):
        found[run].append(OpenItem(*item))
    return found


def business_processes(conn: Connection) -> Sequence[ProcessLine]:
    """Return the business processes by name."""
    return [ProcessLine(*row) for row in conn.execute(_PROCESSES)]


def moves(conn: Connection) -> Sequence[MoveShown]:
    """Return the newest moves first."""
    return [MoveShown(*row) for row in conn.execute(_MOVES, {"move": None})]


def move_shown(conn: Connection, move_id: UUID) -> MoveShown:
    """Return one move.  Raises NotFound."""
    row = conn.execute(_MOVES, {"move": move_id}).one_or_none()
    if row is None:
        raise NotFound(say("There is no such move."), move=str(move_id))
    return MoveShown(*row)


def move_lines(
    conn: Connection, move_id: UUID, *, most: int = 500, after: int = 0
) -> Sequence[MoveLine]:
    """Return lines of a move, those that stay first; `after` so many of them."""
    rows = conn.execute(_LINES, {"move": move_id, "most": most, "after": after})
    return [
        MoveLine(row.run, row.incident, row.action, row.state, _says(row), row.done_at)
        for row in rows
    ]


def _says(row: Row[tuple[Any, ...]]) -> tuple[Said, ...]:
    """Return what is said of a line; one from before templates were kept stands as it was said."""
    if not row.said and row.sentence:
        return (say(row.sentence),)
    return tuple(told_again(one) for one in row.said)
