"""Where it hurts: how often each step and way of a diagram was taken, and how long runs waited.

Only numbers come out, of all incidents alike.  What waits still is counted apart: how long it will
have waited nobody knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.party import Party


@dataclass(frozen=True)
class Waited:
    """How often and how long a party was waited for: median and 90th percentile."""

    party: Party
    times: int
    median: timedelta
    ninetieth: timedelta


@dataclass(frozen=True)
class Passed:
    """One element: how often it was passed (`cancelled` times left without being done), how long.

    `waiting` runs are there now.  `by_party` has whom it waited for, the longest first.
    """

    element: str
    times: int
    cancelled: int
    median: timedelta
    ninetieth: timedelta
    waiting: int
    by_party: tuple[Waited, ...]


@dataclass(frozen=True)
class Hurts:
    """What happened on one diagram of a release in a period, by element and by flow."""

    elements: Mapping[str, Passed]
    flows: Mapping[str, int]
    runs: int


_ELEMENTS = text("""
    SELECT v.element, count(*) AS times, count(*) FILTER (WHERE v.how = 'cancelled') AS cancelled,
      percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
        ORDER BY extract(epoch FROM v.left_at - v.entered_at)) AS lasted
    FROM visit v JOIN run r ON r.id = v.run_id
    WHERE r.release_id = :release AND v.diagram = :diagram
      AND (CAST(:since AS timestamptz) IS NULL OR v.left_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR v.left_at < :until)
    GROUP BY v.element
""")
_FLOWS = text("""
    SELECT v.flow, count(*) AS times FROM visit v JOIN run r ON r.id = v.run_id
    WHERE r.release_id = :release AND v.diagram = :diagram
      AND (CAST(:since AS timestamptz) IS NULL OR v.left_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR v.left_at < :until)
      AND v.flow IS NOT NULL
    GROUP BY v.flow
""")
# a step of this diagram is asked by its name, which no other diagram of the release has
_PARTIES = text("""
    SELECT w.step, w.party, count(*) AS times,
      percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
        ORDER BY extract(epoch FROM w.ended_at - w.opened_at)) AS lasted
    FROM work_item w JOIN run r ON r.id = w.run_id
    WHERE r.release_id = :release AND w.ended_at IS NOT NULL AND w.step = ANY (:steps)
      AND (CAST(:since AS timestamptz) IS NULL OR w.ended_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR w.ended_at < :until)
    GROUP BY w.step, w.party
""")
# by element, and of a called diagram as a whole
_WAITING = text("""
    SELECT at->>'diagram' AS diagram, at->>'element' AS element, count(DISTINCT r.id) AS runs
    FROM run r CROSS JOIN LATERAL jsonb_array_elements(r.waiting) at
    WHERE r.release_id = :release AND r.ended_at IS NULL
    GROUP BY GROUPING SETS ((1, 2), (1))
""")
_RUNS = text("""
    SELECT count(*) FROM run WHERE release_id = :release
      AND (CAST(:until AS timestamptz) IS NULL OR started_at < :until)
      AND (CAST(:since AS timestamptz) IS NULL OR ended_at IS NULL OR ended_at >= :since)
""")


def where_it_hurts(
    conn: Connection,
    release_id: UUID,
    diagram: str,
    steps: Sequence[str],
    *,
    calls: Mapping[str, str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> Hurts:
    """Return what was left on the diagram from `since` until before `until`; None: without end.

    `steps` are the diagram's user tasks, `calls` the diagrams that its elements call, by element:
    what waits in one waits at its call.  Five statements, however much there is.
    """
    asked = {
        "release": release_id,
        "diagram": diagram,
        "steps": list(steps),
        "since": since,
        "until": until,
    }
    parties: dict[str, list[Waited]] = {}
    for row in conn.execute(_PARTIES, asked):
        waited = Waited(Party(row.party), row.times, *_lasted(row.lasted))
        parties.setdefault(row.step, []).append(waited)
    there = {(row.diagram, row.element): row.runs for row in conn.execute(_WAITING, asked)}
    waiting = {element: runs for (of, element), runs in there.items() if of == diagram and element}
    waiting |= {
        element: there[called, None] for element, called in calls.items() if (called, None) in there
    }
    found = {row.element: row for row in conn.execute(_ELEMENTS, asked)}
    elements = {
        name: _passed(name, found.get(name), waiting.get(name, 0), parties.get(name, ()))
        for name in {*found, *waiting}
    }
    flows = {row.flow: row.times for row in conn.execute(_FLOWS, asked)}
    return Hurts(elements, flows, conn.scalar(_RUNS, asked) or 0)


def _passed(name: str, row: Any, waiting: int, parties: Sequence[Waited]) -> Passed:
    median, ninetieth = _lasted(row.lasted) if row is not None else (timedelta(0), timedelta(0))
    return Passed(
        name,
        row.times if row is not None else 0,
        row.cancelled if row is not None else 0,
        median,
        ninetieth,
        waiting,
        tuple(sorted(parties, key=lambda one: one.ninetieth, reverse=True)),
    )


def _lasted(seconds: Sequence[Any]) -> tuple[timedelta, timedelta]:
    median, ninetieth = seconds
    return timedelta(seconds=float(median)), timedelta(seconds=float(ninetieth))
