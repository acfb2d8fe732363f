"""The history of a run for the audit viewer: what was passed, what waits, which flows were taken.

The incident's own run passes through two diagrams, `incident` and the called `confirmation`; each
is a drawing of its own, so the visits are kept apart by diagram.  A run that was moved has drawings
on each release that it was on (`drawings.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.bpmn import Process
from engine.bpmn.document import parse_xml
from engine.bpmn.reader import read_processes
from engine.domain.signer import Signer
from engine.errors import NotFound
from engine.language import say
from engine.queries.answered import ANSWERING, signatures
from engine.queries.drawings import (
    FLOWS,
    Drawing,
    Fault,
    Look,
    Stretch,
    drawings,
    stays_of,
)
from engine.queries.steps import StepLine, Titles, step_lines


@dataclass(frozen=True)
class Visit:
    """One passage through an element, in the order of passing; `flow` led into it."""

    element: str
    from_element: str | None
    flow: str | None
    entered_at: datetime
    left_at: datetime
    how: str


@dataclass(frozen=True)
class WaitingAt:
    """An element where the run waits now: a step, a timer (until `due_at`) or a message."""

    element: str
    kind: str
    title: str
    lane: str | None
    since: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class DiagramState:
    """One drawing and how it is coloured; the sets hold ids of elements and flows.

    `skipped`: never come to, and it cannot be any more.
    """

    diagram: str
    release_id: UUID
    release_number: int
    visits: tuple[Visit, ...]
    waits: tuple[WaitingAt, ...]
    done: frozenset[str]
    waiting: frozenset[str]
    cancelled: frozenset[str]
    skipped: frozenset[str]
    failed: frozenset[str]
    flows: frozenset[str]


@dataclass(frozen=True)
class RunPage:
    """A run: of an incident, or of one of its actions (`action_number`).

    `began_on` is the number of the release that it began on, before it was moved to this one.
    """

    id: UUID
    incident_id: UUID
    incident_number: int
    action_id: UUID | None
    action_number: int | None
    release_id: UUID
    release_number: int
    began_on: int
    diagram: str
    started_at: datetime
    ended_at: datetime | None
    end_element: str | None
    due_at: datetime | None
    fault: str | None
    diagrams: tuple[DiagramState, ...]
    steps: tuple[StepLine, ...]


_RUN = """
    SELECT r.id, r.incident_id, i.number AS incident_number, r.action_id,
      a.number AS action_number, r.release_id, release.number AS release_number,
      r.diagram, r.waiting, r.started_at, r.ended_at, r.end_element, r.due_at, r.fault
    FROM run r JOIN incident i ON i.id = r.incident_id
    JOIN release ON release.id = r.release_id LEFT JOIN action a ON a.id = r.action_id
    WHERE """
_RUN_OF_ACTION = text(_RUN + "r.action_id = :action")
_RUN_OF_INCIDENT = text(
    _RUN + "r.incident_id = :incident AND a.number IS NOT DISTINCT FROM CAST(:number AS integer)"
)
_VISITS = text("""
    SELECT v.diagram, v.element, v.from_element, v.flow, v.entered_at, v.left_at, v.how
    FROM visit v WHERE v.run_id = :run ORDER BY v.id
""")
_ITEMS = text("""
    SELECT w.id, w.step, w.title, w.lane, w.mark, w.action_id, w.opened_at, w.ended_at, w.how,
      w.ended_by, by.name AS by
    FROM work_item w LEFT JOIN person by ON by.id = coalesce(w.ended_by, w.claimed_by)
    WHERE w.run_id = :run ORDER BY w.opened_at, w.id
""")
_FILES = text("""
    SELECT part.release_id, part.name, v.content FROM release_part part
    JOIN diagram_version v ON v.hash = part.hash
    WHERE part.release_id = ANY (:releases) AND v.kind = 'bpmn' ORDER BY part.name
""")
_MOVES = text("""
    SELECT m.from_id, was.number, l.done_at FROM move_line l JOIN move m ON m.id = l.move_id
    JOIN release was ON was.id = m.from_id
    WHERE l.run_id = :run AND l.state = 'moved' ORDER BY l.done_at
""")
_SIGNED = text("""
    SELECT at, actor, person_id, verb FROM entry
    WHERE incident_id = :incident AND verb = ANY (:answering) ORDER BY seq
""")
# until when: it has gone on once anything of the run was left later
_FAULTS = text("""
    SELECT e.at, e.content->>'element' AS element,
      (SELECT min(v.left_at) FROM visit v WHERE v.run_id = :run AND v.left_at > e.at) AS until
    FROM entry e WHERE e.incident_id = :incident AND e.verb = 'incident:faulted'
      AND e.content->>'run' = CAST(:run AS text) ORDER BY e.seq
""")
_XML = text("""
    SELECT v.content FROM release_part part JOIN diagram_version v ON v.hash = part.hash
    WHERE part.release_id = :release AND v.kind = 'bpmn'
      AND (part.name = :file OR position(CAST(:needle AS bytea) IN v.content) > 0)
    ORDER BY part.name = :file DESC, part.name LIMIT 1
""")


@dataclass(frozen=True)
class RunPast:
    """All that is known of a run; `page` says it of one moment."""

    row: Any
    visits: Sequence[Any]
    items: Sequence[Any]
    signed: Mapping[UUID, tuple[str, Signer]]
    drawings: tuple[Drawing, ...]
    titles: Titles

    def steps(self) -> tuple[StepLine, ...]:
        """Return the rows of the table, in order of time."""
        run = self.row
        return step_lines(
            run.diagram,
            self.visits,
            self.items,
            run.waiting,
            self.titles,
            self.drawings,
            self.signed,
        )

    def page(self, at: datetime | None = None) -> RunPage:
        """Return the run as it stood at that instant, or as it stands in the end."""
        run = self.row
        return RunPage(
            id=run.id,
            incident_id=run.incident_id,
            incident_number=run.incident_number,
            action_id=run.action_id,
            action_number=run.action_number,
            release_id=run.release_id,
            release_number=run.release_number,
            began_on=self.drawings[0].stretch.number,
            diagram=run.diagram,
            started_at=run.started_at,
            ended_at=run.ended_at,
            end_element=run.end_element,
            due_at=run.due_at,
            fault=run.fault,
            diagrams=tuple(_state(one, self.visits, run.waiting, at) for one in self.drawings),
            steps=self.steps(),
        )


def run_page(
    conn: Connection, *, incident_id: UUID | None = None, action_id: UUID | None = None
) -> RunPage:
    """Return the run of the incident, or of the action; see `run_past`."""
    return run_past(conn, incident_id=incident_id, action_id=action_id).page()


def run_past(
    conn: Connection,
    *,
    incident_id: UUID | None = None,
    action_id: UUID | None = None,
    action_number: int | None = None,
) -> RunPast:
    """Return the past of the incident's run, or of the action's.  Seven statements.

    An action is named by its id, or by its number in the incident.

    Whether the reader may see the incident is asked before (`seen.py`).  Raises NotFound, also
    for an action that has not begun.
    """
    which = _RUN_OF_INCIDENT if action_id is None else _RUN_OF_ACTION
    named = {"incident": incident_id, "number": action_number, "action": action_id}
    run = conn.execute(which, named).first()
    if run is None:
        raise no_history()
    asked = {"run": run.id, "incident": run.incident_id, "answering": list(ANSWERING)}
    visits = conn.execute(_VISITS, asked).all()
    items = conn.execute(_ITEMS, asked).all()
    faults = [Fault(row.at, row.until, row.element) for row in conn.execute(_FAULTS, asked)]
    stretches = _stretches(run, conn.execute(_MOVES, asked).all())
    processes = _processes(conn, [one.release_id for one in stretches])
    return RunPast(
        run,
        visits,
        items,
        signatures(conn.execute(_SIGNED, asked).all(), items),
        drawings(
            run.diagram,
            stays_of(visits, run.waiting),
            stretches,
            processes,
            ended_at=run.ended_at,
            faults=faults,
        ),
        {
            (process.id, element.id): element.name
            for known in processes.values()
            for process in known.values()
            for element in process.elements.values()
        },
    )


def _stretches(run: Any, moves: Sequence[Any]) -> list[Stretch]:
    begins = [None, *(row.done_at for row in moves)]
    before = [
        Stretch(row.from_id, row.number, since, row.done_at)
        for row, since in zip(moves, begins, strict=False)
    ]
    return [*before, Stretch(run.release_id, run.release_number, begins[-1])]


def no_history() -> NotFound:
    """Return the refusal of a run that is not there, or not for who asks."""
    return NotFound(say("There is no history of this yet."))


def diagram_xml(conn: Connection, release_id: UUID, diagram: str) -> bytes:
    """Return the BPMN file of the process `diagram` in that release.  Raises NotFound."""
    content = conn.scalar(
        _XML,
        {
            "release": release_id,
            "file": f"{diagram}.bpmn",
            "needle": f'process id="{diagram}"'.encode(),
        },
    )
    if content is None:
        raise NotFound(say("There is no such diagram in this release."), diagram=diagram)
    return bytes(content)


def _state(
    drawing: Drawing,
    visits: Iterable[Any],
    waiting: Iterable[dict[str, Any]],
    at: datetime | None,
) -> DiagramState:
    stretch, looks = drawing.stretch, drawing.looks(at)
    waits = [one for one in waiting if one["diagram"] == drawing.diagram and not stretch.until]
    return DiagramState(
        drawing.diagram,
        stretch.release_id,
        stretch.number,
        tuple(
            Visit(row.element, row.from_element, row.flow, row.entered_at, row.left_at, row.how)
            for row in visits
            if row.diagram == drawing.diagram and stretch.has(row.left_at)
        ),
        tuple(
            WaitingAt(
                one["element"],
                one["kind"],
                one["title"],
                one["lane"],
                datetime.fromisoformat(one["since"]),
                datetime.fromisoformat(one["due_at"]) if one["due_at"] else None,
            )
            for one in waits
        ),
        done=looks[Look.DONE],
        waiting=looks[Look.WAITING],
        cancelled=looks[Look.CANCELLED],
        skipped=looks[Look.SKIPPED],
        failed=looks[Look.FAILED],
        flows=looks[FLOWS],
    )


def _processes(conn: Connection, releases: Sequence[UUID]) -> dict[UUID, Mapping[str, Process]]:
    """Return the diagrams of each release, by id."""
    files: dict[UUID, list[tuple[str, bytes]]] = {one: [] for one in releases}
    for row in conn.execute(_FILES, {"releases": list(files)}):
        files[row.release_id].append((row.name, bytes(row.content)))
    return {release: _read(tuple(of)) for release, of in files.items()}


@lru_cache(maxsize=32)
def _read(files: tuple[tuple[str, bytes], ...]) -> Mapping[str, Process]:
    return {
        process.id: process
        for file, content in files
        for process in read_processes(file, parse_xml(file, content))
    }
