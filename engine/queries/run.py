"""The history of a run for the audit viewer: what was passed, what waits, which flows were taken.

The incident's own run passes through two diagrams, `incident` and the called `confirmation`; each
is a drawing of its own, so the visits are kept apart by diagram.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from engine.bpmn.document import parse_xml
from engine.bpmn.reader import read_processes
from engine.errors import NotFound
from engine.language import say

Titles = Mapping[tuple[str, str], str]


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
    """One drawing and how it is coloured; the sets hold ids of elements and flows."""

    diagram: str
    visits: tuple[Visit, ...]
    waits: tuple[WaitingAt, ...]
    done: frozenset[str]
    waiting: frozenset[str]
    cancelled: frozenset[str]
    flows: frozenset[str]


@dataclass(frozen=True)
class StepLine:
    """A row of the table beside the drawing; `until` None while it waits."""

    diagram: str
    element: str
    title: str
    lane: str | None
    by: str | None
    since: datetime
    until: datetime | None
    how: str


@dataclass(frozen=True)
class PartBefore:
    """What a run passed on an earlier release, until it was moved to another."""

    release_id: UUID
    release_number: int
    until: datetime
    diagrams: tuple[DiagramState, ...]


@dataclass(frozen=True)
class RunPage:
    """A run: of an incident, or of one of its actions (`action_number`).

    `began_on` is the number of the release that it began on, before it was moved to this one;
    `before` are the parts that it passed on other releases, the first one first.  `diagrams` are
    those that this release has, with all that was passed in them.
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
    before: tuple[PartBefore, ...]
    steps: tuple[StepLine, ...]


_RUN = text("""
    SELECT r.id, r.incident_id, i.number AS incident_number, r.action_id,
      a.number AS action_number, r.release_id, release.number AS release_number,
      (SELECT json_agg(json_build_array(was.id, was.number, l.done_at, l.last_visit)
          ORDER BY l.done_at, m.asked_at) FROM move_line l JOIN move m ON m.id = l.move_id
          JOIN release was ON was.id = m.from_id
          WHERE l.run_id = r.id AND l.state = 'moved') AS moved,
      r.diagram, r.waiting, r.started_at, r.ended_at, r.end_element, r.due_at, r.fault
    FROM run r JOIN incident i ON i.id = r.incident_id
    JOIN release ON release.id = r.release_id LEFT JOIN action a ON a.id = r.action_id
    WHERE CASE WHEN CAST(:action AS uuid) IS NULL
      THEN r.incident_id = :incident AND r.action_id IS NULL ELSE r.action_id = :action END
""")
_VISITS = text("""
    SELECT v.id, v.diagram, v.element, v.from_element, v.flow, v.entered_at, v.left_at, v.how
    FROM visit v WHERE v.run_id = :run ORDER BY v.id
""")
_ITEMS = text("""
    SELECT w.step, w.title, w.lane, w.opened_at, w.ended_at, w.how, by.name AS by
    FROM work_item w LEFT JOIN person by ON by.id = coalesce(w.ended_by, w.claimed_by)
    WHERE w.run_id = :run ORDER BY w.opened_at, w.id
""")
_FILES = text("""
    SELECT part.release_id, part.name, v.content FROM release_part part
    JOIN diagram_version v ON v.hash = part.hash
    WHERE part.release_id = ANY (:releases) AND v.kind = 'bpmn' ORDER BY part.name
""")
_XML = text("""
    SELECT v.content FROM release_part part JOIN diagram_version v ON v.hash = part.hash
    WHERE part.release_id = :release AND v.kind = 'bpmn'
      AND (part.name = :file OR position(CAST(:needle AS bytea) IN v.content) > 0)
    ORDER BY part.name = :file DESC, part.name LIMIT 1
""")


def run_page(
    conn: Connection, *, incident_id: UUID | None = None, action_id: UUID | None = None
) -> RunPage:
    """Return the run of the incident, or of the action.  Four statements.

    Whether the reader may see the incident is asked before (`seen.py`).  Raises NotFound, also
    for an action that has not begun.
    """
    run = conn.execute(_RUN, {"incident": incident_id, "action": action_id}).first()
    if run is None:
        raise no_history()
    visits = conn.execute(_VISITS, {"run": run.id}).all()
    items = conn.execute(_ITEMS, {"run": run.id}).all()
    moved = [_Moved(UUID(one), *more) for one, *more in run.moved or ()]
    titles = _all_titles(conn, [*(one.release_id for one in moved), run.release_id])
    known = {diagram for diagram, _ in titles[run.release_id]}
    order = dict.fromkeys(
        [run.diagram, *(row.diagram for row in visits), *(at["diagram"] for at in run.waiting)]
    )
    return RunPage(
        id=run.id,
        incident_id=run.incident_id,
        incident_number=run.incident_number,
        action_id=run.action_id,
        action_number=run.action_number,
        release_id=run.release_id,
        release_number=run.release_number,
        began_on=moved[0].number if moved else run.release_number,
        diagram=run.diagram,
        started_at=run.started_at,
        ended_at=run.ended_at,
        end_element=run.end_element,
        due_at=run.due_at,
        fault=run.fault,
        # one that was called before the run was moved may be in this release no more
        diagrams=tuple(_diagram(name, visits, run.waiting) for name in order if name in known),
        before=tuple(_parts(moved, visits)),
        # what was drawn last is what an element is called
        steps=_steps(
            run.diagram,
            visits,
            items,
            run.waiting,
            {key: title for one in titles.values() for key, title in one.items()},
        ),
    )


class _Moved(NamedTuple):
    release_id: UUID
    number: int
    at: str
    last_visit: int | None


def _parts(moved: Sequence[_Moved], visits: Sequence[Any]) -> Iterator[PartBefore]:
    """Yield what was passed on each release before the last; nothing of one left at once."""
    first = 0
    for one in moved:
        until = datetime.fromisoformat(one.at)
        last = first
        while last < len(visits) and _is_before(visits[last], one.last_visit, until):
            last += 1
        own = visits[first:last]
        first = last
        if own:
            names = dict.fromkeys(row.diagram for row in own)
            diagrams = tuple(_diagram(name, own, ()) for name in names)
            yield PartBefore(one.release_id, one.number, until, diagrams)


def _is_before(visit: Any, last_visit: int | None, until: datetime) -> bool:
    # a move from before its last visit was kept has only its instant
    return bool(visit.left_at <= until if last_visit is None else visit.id <= last_visit)


def _all_titles(conn: Connection, releases: Sequence[UUID]) -> dict[UUID, Titles]:
    rows = conn.execute(_FILES, {"releases": releases}).all()
    return {
        release: _titles(
            tuple((row.name, bytes(row.content)) for row in rows if row.release_id == release)
        )
        for release in releases
    }


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


def _diagram(name: str, visits: Iterable[Any], waiting: Iterable[dict[str, Any]]) -> DiagramState:
    own = [row for row in visits if row.diagram == name]
    waits = tuple(
        WaitingAt(
            at["element"],
            at["kind"],
            at["title"],
            at["lane"],
            datetime.fromisoformat(at["since"]),
            datetime.fromisoformat(at["due_at"]) if at["due_at"] else None,
        )
        for at in waiting
        if at["diagram"] == name
    )
    here = frozenset(at.element for at in waits)
    done = frozenset(row.element for row in own if row.how == "completed")
    return DiagramState(
        name,
        tuple(
            Visit(row.element, row.from_element, row.flow, row.entered_at, row.left_at, row.how)
            for row in own
        ),
        waits,
        done - here,
        here,
        frozenset(row.element for row in own if row.how == "cancelled") - done - here,
        frozenset(row.flow for row in own if row.flow),
    )


def _steps(
    diagram: str,
    visits: Iterable[Any],
    items: Iterable[Any],
    waiting: Iterable[dict[str, Any]],
    titles: Titles,
) -> tuple[StepLine, ...]:
    """People's steps as they were asked, the machine's as they were passed, in order of time."""
    asked = list(items)
    by_people = {row.step for row in asked}
    where = {row.element: row.diagram for row in visits}
    where |= {at["element"]: at["diagram"] for at in waiting}
    lines = [
        StepLine(
            where.get(row.step, diagram),
            row.step,
            row.title,
            row.lane,
            row.by,
            row.opened_at,
            row.ended_at,
            row.how or "waiting",
        )
        for row in asked
    ]
    lines += [
        StepLine(
            row.diagram,
            row.element,
            _title(titles, row.diagram, row.element),
            None,
            None,
            row.entered_at,
            row.left_at,
            row.how,
        )
        for row in visits
        if row.element not in by_people
    ]
    lines += [
        StepLine(
            at["diagram"],
            at["element"],
            at["title"],
            None,
            None,
            datetime.fromisoformat(at["since"]),
            None,
            "waiting",
        )
        for at in waiting
        if at["element"] not in by_people
    ]
    return tuple(sorted(lines, key=lambda line: line.since))


def _title(titles: Titles, diagram: str, element: str) -> str:
    # an element without a name is shown by its id, which says what happens
    return titles.get((diagram, element)) or element.replace("_", " ").capitalize()


@lru_cache(maxsize=32)
def _titles(files: tuple[tuple[str, bytes], ...]) -> Titles:
    titles: dict[tuple[str, str], str] = {}
    for file, content in files:
        for process in read_processes(file, parse_xml(file, content)):
            titles |= {
                (process.id, element.id): element.name for element in process.elements.values()
            }
    return titles
