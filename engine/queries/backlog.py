"""What waits at this moment: open incidents, answers owed, to-dos and timers past their time.

A newcomer would narrow these by a period: what is overdue is so now, whenever it began.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from engine.domain.ladder import DEFAULT, Ladder
from engine.queries.chosen import BESIDE, KEYS, OF_THESE, By, Chosen, names_of
from engine.queries.debt import owed


@dataclass(frozen=True)
class Lateness:
    """How many are late, and by how much: half of them, and the latest; zero if none is."""

    count: int
    median: timedelta
    longest: timedelta


NONE_LATE = Lateness(0, timedelta(0), timedelta(0))


@dataclass(frozen=True)
class BacklogLine:
    """What waits in one group, or in all (`key` None).

    `missing` are answers that are asked for, `debt` those of them that count as debt, and since
    when; `items` are to-dos past their due date, `timers` what is due and has not fired.
    """

    key: str | None
    name: str | None
    open: int
    missing: int
    debt: Lateness
    items: Lateness
    timers: Lateness


@dataclass(frozen=True)
class Backlog:
    """What waits in all, and in each group."""

    all: BacklogLine
    groups: Sequence[BacklogLine]


_FROM = f"""FROM {{tables}} JOIN (SELECT i.*, p.desk_id, p.name AS process_name
    FROM incident i JOIN business_process p ON p.id = i.process_id
    WHERE i.state = 'open' AND {OF_THESE}) i ON i.id = {{of}} {{{{beside}}}}"""  # noqa: S608 - constants of the queries' own modules
# What of the backlog is asked for -> from where, what waits, since when, and what is true of it.
_OF_ITEM = ("work_item w", "w.incident_id", "w.title")
_ANSWERS = (*_OF_ITEM, "w.opened_at", "w.mark = 'confirmation' AND w.ended_at IS NULL")
WAITING = {
    "open": ("incident x", "x.id", "NULL", "i.told_at", "true"),
    "missing": _ANSWERS,
    "debt": _ANSWERS,
    "items": (*_OF_ITEM, "w.due_at", "w.due_at <= :now AND w.ended_at IS NULL"),
    "timers": ("run r", "r.incident_id", "NULL", "r.due_at", "r.due_at <= :now"),
}
_WAITING = """
    SELECT i.number, i.process_name AS process, i.highest_priority, {what} AS what,
      {since} AS since, {opened} AS opened_at, {asked} AS asked {source}
    WHERE {true} AND (CAST(:key AS text) IS NULL OR coalesce(CAST({key} AS text), '') = :key)
    ORDER BY since, i.number
"""
_OPEN = """
    SELECT {key} AS key, count(*) AS open FROM (
      SELECT i.*, p.desk_id FROM incident i JOIN business_process p ON p.id = i.process_id
      WHERE i.state = 'open' AND {these}) i {beside} GROUP BY 1
"""
_LATE = """
    SELECT {key} AS key, extract(epoch FROM :now - {due}) AS late {source}
    WHERE {due} <= :now {more}
"""
_MISSING = """
    SELECT {key} AS key, w.opened_at, i.highest_priority, w.people[1] AS asked {source}
    WHERE w.mark = 'confirmation' AND w.ended_at IS NULL
"""
_ITEMS = _FROM.format(tables="work_item w", of="w.incident_id")
_RUNS = _FROM.format(tables="run r", of="r.incident_id")


def backlog(
    conn: Connection, chosen: Chosen, by: By, now: datetime, *, ladder: Ladder = DEFAULT
) -> Backlog:
    """Return what waits at `now` (aware) of the incidents chosen, whenever they were told of."""
    asked, key, beside = chosen.asked | {"now": now}, KEYS[by], BESIDE.get(by, "")
    on_items, on_runs = (one.format(beside=beside) for one in (_ITEMS, _RUNS))
    opened = {
        row.key: row.open
        for row in conn.execute(text(_OPEN.format(key=key, these=OF_THESE, beside=beside)), asked)
    }
    rows = conn.execute(text(_MISSING.format(key=key, source=on_items)), asked).all()
    missing = _grouped(rows, lambda row: row)
    debt: defaultdict[Any, list[timedelta]] = defaultdict(list)
    for row, since in owed(conn, rows, now, ladder):
        debt[row.key].append(now - since)
    items = _late(conn, key, "w.due_at", on_items, "AND w.ended_at IS NULL", asked)
    timers = _late(conn, key, "r.due_at", on_runs, "", asked)
    names = names_of(conn, by)
    keys = sorted({*opened, *missing, *debt, *items, *timers}, key=lambda one: -opened.get(one, 0))

    def line(of: Iterable[Any], key: str | None, name: str | None) -> BacklogLine:
        of = list(of)
        return BacklogLine(
            key,
            name,
            sum(opened.get(one, 0) for one in of),
            sum(len(missing.get(one, ())) for one in of),
            *(
                _lateness([late for one in of for late in found.get(one, ())])
                for found in (debt, items, timers)
            ),
        )

    groups = [line([one], one, names.get(one, one)) for one in keys]
    return Backlog(line(keys, None, None), groups)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: of which incident, what (None: the incident itself), for how long."""

    number: int
    process: str
    priority: str
    what: str | None
    length: timedelta


def waiting(
    conn: Connection,
    chosen: Chosen,
    by: By,
    key: str | None,
    which: str,
    now: datetime,
    *,
    ladder: Ladder = DEFAULT,
    most: int = 200,
) -> tuple[Sequence[Waiting], int]:
    """Return what is behind a number of the backlog, the longest first, and how much it is.

    `key` is the group's, '' that of those without one, None all of them; `which` is one of
    `WAITING`.
    """
    tables, of, what, since, true = WAITING[which]
    is_item = tables == "work_item w"
    sql = _WAITING.format(
        what=what,
        since=since,
        opened="w.opened_at" if is_item else since,
        asked="w.people[1]" if is_item else "NULL",
        source=_FROM.format(tables=tables, of=of).format(beside=BESIDE.get(by, "")),
        true=true,
        key=KEYS[by],
    )
    rows: Iterable[Any] = conn.execute(text(sql), chosen.asked | {"now": now, "key": key}).all()
    lengths = [(row, now - row.since) for row in rows]
    if which == "debt":
        lengths = [(row, now - at) for row, at in owed(conn, [*rows], now, ladder)]
        lengths.sort(key=lambda one: -one[1])
    shown = [
        Waiting(row.number, row.process, row.highest_priority, row.what, length)
        for row, length in lengths[:most]
    ]
    return shown, len(lengths)


def _late(
    conn: Connection, key: str, due: str, source: str, more: str, asked: Mapping[str, Any]
) -> Mapping[Any, list[timedelta]]:
    rows = conn.execute(text(_LATE.format(key=key, due=due, source=source, more=more)), asked)
    return _grouped(rows, lambda row: timedelta(seconds=float(row.late)))


def _grouped(rows: Iterable[Any], told: Any) -> Mapping[Any, list[Any]]:
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.key].append(told(row))
    return found


def _lateness(late: Sequence[timedelta]) -> Lateness:
    if not late:
        return NONE_LATE
    seconds = median(one.total_seconds() for one in late)
    return Lateness(len(late), timedelta(seconds=seconds), max(late))
