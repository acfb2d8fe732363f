"""Everything kept about one incident, as it is kept: for auditors' own programs.

A newcomer would translate and shorten as pages do: here entries come with their content and
hashes, so that whoever holds them can check them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.milestones import Reached, milestones
from engine.domain.signer import Signer, signer_of
from engine.queries.borders import Border, borders
from engine.queries.incident import milestone_facts
from engine.queries.ledger import IncidentLedger, incident_ledger
from engine.queries.moments import said_of
from engine.queries.trail import AnsweredOn, answered_on
from engine.store.rows import Incident

MOST_ENTRIES = 2_000


@dataclass(frozen=True)
class InstanceEntry:
    """An entry as it is kept, its hashes in hex; `content` is None once erased."""

    seq: int
    at: datetime
    actor: str
    signer: Signer
    person_id: UUID | None
    verb: str
    sentence: str
    content: Mapping[str, Any] | None
    answered_on: AnsweredOn | None
    key_id: str
    digest: str
    previous: str
    hash: str


@dataclass(frozen=True)
class InstanceVisit:
    """One passage through an element, on the release with this number."""

    diagram: str
    release_number: int
    element: str
    from_element: str | None
    flow: str | None
    entered_at: datetime
    left_at: datetime
    how: str


@dataclass(frozen=True)
class InstanceMove:
    """The run was moved from one release to another."""

    moved_at: datetime
    from_number: int
    to_number: int


@dataclass(frozen=True)
class InstanceRun:
    """A run of the incident, or of its action with this number."""

    id: UUID
    action_number: int | None
    diagram: str
    release_number: int
    started_at: datetime
    ended_at: datetime | None
    end_element: str | None
    fault: str | None
    moves: tuple[InstanceMove, ...]
    visits: tuple[InstanceVisit, ...]


@dataclass(frozen=True)
class Instance:
    """One incident: a part of its entries, and all of the rest.

    `borders` has the evidence of each line of the ledger, in its order.  `next_seq` is the first
    entry behind those told, None if there is none.
    """

    id: UUID
    number: int
    state: str
    entries_total: int
    next_seq: int | None
    entries: tuple[InstanceEntry, ...]
    runs: tuple[InstanceRun, ...]
    milestones: tuple[Reached, ...]
    ledger: IncidentLedger
    borders: tuple[Border, ...]


_ENTRIES = text("""
    SELECT seq, at, actor, person_id, verb, content, key_id, digest, previous, hash
    FROM entry WHERE incident_id = :id AND seq >= :since ORDER BY seq LIMIT :most
""")
_RUNS = text("""
    SELECT r.id, a.number AS action_number, r.diagram, release.number AS release_number,
      r.started_at, r.ended_at, r.end_element, r.fault
    FROM run r JOIN release ON release.id = r.release_id LEFT JOIN action a ON a.id = r.action_id
    WHERE r.incident_id = :id ORDER BY a.number NULLS FIRST
""")
_MOVES = text("""
    SELECT l.run_id, l.done_at, was.number AS from_number, now.number AS to_number
    FROM run r JOIN move_line l ON l.run_id = r.id AND l.state = 'moved'
    JOIN move m ON m.id = l.move_id JOIN release was ON was.id = m.from_id
    JOIN release now ON now.id = m.to_id
    WHERE r.incident_id = :id ORDER BY l.done_at
""")
_VISITS = text("""
    SELECT v.run_id, v.diagram, v.element, v.from_element, v.flow, v.entered_at, v.left_at, v.how
    FROM run r JOIN visit v ON v.run_id = r.id WHERE r.incident_id = :id ORDER BY v.id
""")


def instance(
    conn: Connection, incident: Incident, now: datetime, *, since: int = 1, most: int = MOST_ENTRIES
) -> Instance:
    """Return the incident with at most so many entries from number `since` on.

    Thirteen statements, however much there is.  Who may ask is asked before.
    """
    asked = {"id": incident.id, "since": since, "most": most}
    rows = conn.execute(_ENTRIES, asked).all()
    answered = answered_on(conn, incident.id, rows)
    ledger = incident_ledger(conn, incident.id, now)
    more = bool(rows) and rows[-1].seq < incident.head_seq
    return Instance(
        id=incident.id,
        number=incident.number,
        state=incident.state,
        entries_total=incident.head_seq,
        next_seq=rows[-1].seq + 1 if more else None,
        entries=tuple(_entry(row, answered.get(row.seq)) for row in rows),
        runs=_runs(conn, incident.id),
        milestones=milestones(milestone_facts(incident)),
        ledger=ledger,
        borders=borders(conn, ledger),
    )


def _entry(row: Any, on: AnsweredOn | None) -> InstanceEntry:
    return InstanceEntry(
        row.seq,
        row.at,
        row.actor,
        signer_of(row.actor, row.person_id),
        row.person_id,
        row.verb,
        said_of(row.verb, row.actor),
        row.content,
        on,
        row.key_id,
        bytes(row.digest).hex(),
        bytes(row.previous).hex(),
        bytes(row.hash).hex(),
    )


def _runs(conn: Connection, incident_id: UUID) -> tuple[InstanceRun, ...]:
    rows = conn.execute(_RUNS, {"id": incident_id}).all()
    moves: dict[UUID, list[InstanceMove]] = {row.id: [] for row in rows}
    for row in conn.execute(_MOVES, {"id": incident_id}):
        moves[row.run_id].append(InstanceMove(row.done_at, row.from_number, row.to_number))
    visits: dict[UUID, list[InstanceVisit]] = {row.id: [] for row in rows}
    numbers = {row.id: row.release_number for row in rows}
    for row in conn.execute(_VISITS, {"id": incident_id}):
        number = _number_at(moves[row.run_id], row.left_at, numbers[row.run_id])
        visits[row.run_id].append(
            InstanceVisit(
                row.diagram,
                number,
                row.element,
                row.from_element,
                row.flow,
                row.entered_at,
                row.left_at,
                row.how,
            )
        )
    return tuple(
        InstanceRun(**row._mapping, moves=tuple(moves[row.id]), visits=tuple(visits[row.id]))
        for row in rows
    )


def _number_at(moves: Sequence[InstanceMove], at: datetime, today: int) -> int:
    return next((one.from_number for one in moves if at <= one.moved_at), today)
