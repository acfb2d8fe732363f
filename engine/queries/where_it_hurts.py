"""Where runs wait: how often each step and way of a diagram was taken, how long, and for whom.

What counts is what was over within the period: a number of a past period never changes, and what
still waits is counted apart.  Restricted incidents are left out, so that a small number says
nothing of one of them.  A run that was moved to another release counts there with all of its past.

A newcomer would look for an index on when something was left: a whole year of a million visits
takes 0.8 s without one, two months of it 0.3 s, and every write would pay for it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from engine.bpmn import Process


@dataclass(frozen=True)
class Waited:
    """So many waits that are over: half of them took at most `median`, nine in ten `ninetieth`."""

    times: int
    median: timedelta
    ninetieth: timedelta


@dataclass(frozen=True)
class StillWaiting:
    """So many that wait now, half of them for at most `median` so far."""

    times: int
    median: timedelta


@dataclass(frozen=True)
class Passed:
    """One element: `done` and `undone` (left without being done) visits, and how long they took.

    `waited` None where nothing is over, and for an event on a step's border: it waits only beside
    the step.  `by_party` and `now_by_party` are of the to-dos that were asked there, by whose turn
    it was; one step may ask several at once.
    """

    element: str
    done: int
    undone: int
    waited: Waited | None
    by_party: Mapping[str, Waited]
    now: StillWaiting | None
    now_by_party: Mapping[str, int]


@dataclass(frozen=True)
class WhereItHurts:
    """A diagram's elements that were passed or wait, by id, and how often each way was taken."""

    elements: Mapping[str, Passed]
    flows: Mapping[str, int]


_VISITS = text("""
    SELECT v.element, count(*) FILTER (WHERE v.how = 'completed') AS done,
      count(*) FILTER (WHERE v.how = 'cancelled') AS undone,
      percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
        ORDER BY CAST(extract(epoch FROM v.left_at - v.entered_at) AS float8)) AS seconds
    FROM visit v JOIN run r ON r.id = v.run_id JOIN incident i ON i.id = r.incident_id
    WHERE r.release_id = :release AND v.diagram = :diagram AND NOT i.is_restricted
      AND v.left_at >= :since AND v.left_at < :until
    GROUP BY v.element
""")
_FLOWS = text("""
    SELECT v.flow, count(*) AS times
    FROM visit v JOIN run r ON r.id = v.run_id JOIN incident i ON i.id = r.incident_id
    WHERE r.release_id = :release AND v.diagram = :diagram AND NOT i.is_restricted
      AND v.left_at >= :since AND v.left_at < :until AND v.flow IS NOT NULL
    GROUP BY v.flow
""")
# Whose time it was in the end, as on the ledger.  A to-do does not name its diagram: where another
# one has, or had, a step of the same id, the visit that it was part of and what still waits tell.
_ITEMS = text("""
    SELECT w.step, coalesce(w.charged_to, w.party) AS party,
      count(*) FILTER (WHERE w.ended_at IS NOT NULL) AS over,
      count(*) FILTER (WHERE w.ended_at IS NULL) AS open,
      percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
        ORDER BY CAST(extract(epoch FROM w.ended_at - w.opened_at) AS float8)) AS seconds
    FROM work_item w JOIN run r ON r.id = w.run_id JOIN incident i ON i.id = r.incident_id
    WHERE r.release_id = :release AND w.step = ANY(:steps) AND NOT i.is_restricted
      AND (w.ended_at IS NULL OR (w.ended_at >= :since AND w.ended_at < :until))
      AND NOT EXISTS (SELECT FROM visit o
        WHERE o.run_id = w.run_id AND o.element = w.step AND o.element = ANY(:steps)
          AND o.diagram <> :diagram AND o.entered_at <= w.opened_at AND o.left_at >= w.ended_at)
      AND (w.ended_at IS NOT NULL OR NOT EXISTS (SELECT FROM jsonb_array_elements(r.waiting) at
        WHERE at ->> 'element' = w.step AND at ->> 'diagram' <> :diagram))
    GROUP BY 1, 2 ORDER BY 1, 2
""")
_NOW = text("""
    SELECT at ->> 'element' AS element, count(*) AS times,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(extract(
        epoch FROM :now - CAST(at ->> 'since' AS timestamptz)) AS float8)) AS seconds
    FROM run r JOIN incident i ON i.id = r.incident_id
    CROSS JOIN LATERAL jsonb_array_elements(r.waiting) at
    WHERE r.release_id = :release AND r.ended_at IS NULL AND NOT i.is_restricted
      AND at ->> 'diagram' = :diagram
    GROUP BY 1
""")
# what waits in a called diagram waits at its call, since the first of it that waits now
_CALLED = text("""
    SELECT called.diagram, count(*) AS times,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY called.seconds) AS seconds
    FROM (SELECT r.id, at ->> 'diagram' AS diagram, CAST(extract(
        epoch FROM :now - min(CAST(at ->> 'since' AS timestamptz))) AS float8) AS seconds
      FROM run r JOIN incident i ON i.id = r.incident_id
      CROSS JOIN LATERAL jsonb_array_elements(r.waiting) at
      WHERE r.release_id = :release AND r.ended_at IS NULL AND NOT i.is_restricted
        AND at ->> 'diagram' = ANY(:called)
      GROUP BY 1, 2) called
    GROUP BY 1
""")


def where_it_hurts(
    conn: Connection,
    release_id: UUID,
    process: Process,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> WhereItHurts:
    """Return how a diagram's elements and ways were passed from `since` until before `until`.

    Instants are aware; what waits, waits at `now`, whatever the period.  Five statements.
    """
    steps = [one.id for one in process.elements.values() if one.is_step]
    asked = {
        "release": release_id,
        "diagram": process.id,
        "since": since,
        "until": until,
        "now": now,
        "steps": steps,
        "called": list({one.called for one in process.elements.values() if one.called}),
    }
    visits = {row.element: row for row in conn.execute(_VISITS, asked)}
    waiting = {
        row.element: StillWaiting(row.times, _length(row.seconds))
        for row in conn.execute(_NOW, asked)
    }
    called = {
        row.diagram: StillWaiting(row.times, _length(row.seconds))
        for row in conn.execute(_CALLED, asked)
    }
    waiting |= {
        name: called[one.called] for name, one in process.elements.items() if one.called in called
    }
    by_party: defaultdict[str, dict[str, Waited]] = defaultdict(dict)
    now_by_party: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in conn.execute(_ITEMS, asked):
        if row.over:
            by_party[row.step][row.party] = _waited(row.over, row.seconds)
        if row.open:
            now_by_party[row.step][row.party] = row.open
    elements = {}
    for name, element in process.elements.items():
        is_beside = element.attached_to is not None
        visit = visits.get(name)
        still = None if is_beside else waiting.get(name)
        if visit is None and still is None:
            continue
        done, undone = (visit.done, visit.undone) if visit else (0, 0)
        elements[name] = Passed(
            name,
            done,
            undone,
            _waited(done + undone, visit.seconds) if visit and not is_beside else None,
            by_party[name],
            still,
            now_by_party[name],
        )
    flows = {row.flow: row.times for row in conn.execute(_FLOWS, asked)}
    return WhereItHurts(elements, flows)


def _waited(times: int, seconds: list[float]) -> Waited:
    return Waited(times, _length(seconds[0]), _length(seconds[1]))


def _length(seconds: float) -> timedelta:
    # whole seconds, as on the ledger
    return timedelta(seconds=round(seconds))
