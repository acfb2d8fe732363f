"""How incidents went that were first told of in a period: counts, medians and 90th percentiles.

Nothing here names a person, unless figures are asked for by whoever leads.  The gap from *cause
fixed* to *right again* is what this product exists to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.queries.chosen import BESIDE, CHOSEN, KEYS, By, Chosen, names_of

FEW = 5
"""A median of fewer says little, and more of one case than of all."""


@dataclass(frozen=True)
class Spread:
    """How long something took, half of the time and nine times of ten; None where it never was.

    `count` is how many it is of.
    """

    count: int
    median: timedelta | None
    ninetieth: timedelta | None

    @property
    def is_of_few(self) -> bool:
        """Whether it is of so few that it says little."""
        return 0 < self.count < FEW


@dataclass(frozen=True)
class FigureLine:
    """The figures of one group, or of all (`key` None).  A chain of what came back counts once.

    `told` is all of them: `open` still, closed in two ways, `set_aside` or `merged`.  `restored`,
    `answered` and `closed` are since first told; `gap` is from cause fixed to right again.
    `sent_back` were found not right by somebody asked, `came_back` came back after they had ended.
    """

    key: str | None
    name: str | None
    told: int
    open: int
    confirmed: int
    escalated: int
    set_aside: int
    merged: int
    sent_back: int
    came_back: int
    restored: Spread
    answered: Spread
    closed: Spread
    gap: Spread


_HANDLED = "i.state IN ('open', 'closed')"
_SPANS = {
    "restored": ("i.told_at", "i.right_since"),
    "answered": ("i.told_at", "i.answered_at"),
    "closed": ("i.told_at", "CASE WHEN i.state = 'closed' THEN i.ended_at END"),
    "gap": ("i.repaired_at", "i.right_since"),
}
_SPREADS = ", ".join(
    f"count({until}) FILTER (WHERE {_HANDLED} AND {since} IS NOT NULL) AS {name}_count,"
    " percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP"
    f" (ORDER BY extract(epoch FROM {until} - {since})) FILTER (WHERE {_HANDLED}) AS {name}"
    for name, (since, until) in _SPANS.items()
)
_FIGURES = """
    SELECT {key} AS key, grouping({key}) = 1 AS is_all, count(*) AS told,
      count(*) FILTER (WHERE i.state = 'open') AS open,
      count(*) FILTER (WHERE i.closed_by = 'confirmed') AS confirmed,
      count(*) FILTER (WHERE i.closed_by = 'escalated') AS escalated,
      count(*) FILTER (WHERE i.state = 'set_aside') AS set_aside,
      count(*) FILTER (WHERE i.state = 'merged') AS merged,
      count(*) FILTER (WHERE i.id IN (
        SELECT incident_id FROM confirmation WHERE answer <> 'yes')) AS sent_back,
      count(*) FILTER (WHERE i.is_back) AS came_back, {spreads}
    FROM (SELECT i.*, {key_of} AS key FROM ({chosen}) i {beside}) i
    GROUP BY GROUPING SETS ((), ({key})) ORDER BY is_all DESC, key
"""


@dataclass(frozen=True)
class PeriodFigures:
    """The figures of all of them, and of each group: periods in order, else most first."""

    all: FigureLine
    groups: Sequence[FigureLine]


def period_figures(conn: Connection, chosen: Chosen, by: By) -> PeriodFigures:
    """Return the figures, put together by `by`.  Two statements."""
    names = names_of(conn, by)
    sql = _FIGURES.format(
        key="i.key", key_of=KEYS[by], beside=BESIDE.get(by, ""), chosen=CHOSEN, spreads=_SPREADS
    )
    rows = conn.execute(text(sql), chosen.asked).all()
    total = next(row for row in rows if row.is_all)
    groups = [_line(row, names.get(row.key, row.key)) for row in rows if not row.is_all]
    if by not in (By.DAY, By.WEEK, By.MONTH, By.PRIORITY):
        groups.sort(key=lambda line: (-line.told, line.name or ""))
    return PeriodFigures(_line(total, None), groups)


def _line(row: Any, name: str | None) -> FigureLine:
    return FigureLine(
        row.key,
        name,
        row.told,
        row.open,
        row.confirmed,
        row.escalated,
        row.set_aside,
        row.merged,
        row.sent_back,
        row.came_back,
        **{span: _spread(row, span) for span in _SPANS},
    )


def _spread(row: Any, span: str) -> Spread:
    found = getattr(row, span) or (None, None)
    middle, ninetieth = (None if one is None else timedelta(seconds=float(one)) for one in found)
    return Spread(getattr(row, f"{span}_count"), middle, ninetieth)


@dataclass(frozen=True)
class Behind:
    """One incident behind a figure: a number, and how it went; no title, no person."""

    number: int
    process: str
    priority: str
    state: str
    closed_by: str | None
    told_at: datetime
    restored: timedelta | None
    closed: timedelta | None
    gap: timedelta | None


# what of a group is asked for -> what is true of it
WHICH = {
    "told": "true",
    "open": "i.state = 'open'",
    "confirmed": "i.closed_by = 'confirmed'",
    "escalated": "i.closed_by = 'escalated'",
    "set_aside": "i.state = 'set_aside'",
    "merged": "i.state = 'merged'",
    "sent_back": "i.id IN (SELECT incident_id FROM confirmation WHERE answer <> 'yes')",
    "came_back": "i.is_back",
    **{
        name: f"{_HANDLED} AND {since} IS NOT NULL AND {until} IS NOT NULL"
        for name, (since, until) in _SPANS.items()
    },
}
_LONGEST_FIRST = {name: f"{until} - {since} DESC, " for name, (since, until) in _SPANS.items()}
_BEHIND = """
    SELECT i.number, i.process_name AS process, i.highest_priority AS priority, i.state,
      i.closed_by, i.told_at,
      date_trunc('second', i.right_since) - date_trunc('second', i.told_at) AS restored,
      CASE WHEN i.state = 'closed'
        THEN date_trunc('second', i.ended_at) - date_trunc('second', i.told_at) END AS closed,
      date_trunc('second', i.right_since) - date_trunc('second', i.repaired_at) AS gap,
      count(*) OVER () AS total
    FROM (SELECT i.*, {key_of} AS key FROM ({chosen}) i {beside}) i
    WHERE {which} AND (CAST(:key AS text) IS NULL OR i.key = :key OR (:key = '' AND i.key IS NULL))
    ORDER BY {first}i.number DESC LIMIT :most
"""


def behind(
    conn: Connection, chosen: Chosen, by: By, key: str | None, which: str, *, most: int = 200
) -> tuple[Sequence[Behind], int]:
    """Return the incidents behind a figure, and how many they are in all.

    `key` is the group's, '' that of those without one, None all of them; `which` is one of `WHICH`.
    Times are those that took longest first, everything else the newest.  One statement.
    """
    first = _LONGEST_FIRST.get(which, "")
    sql = _BEHIND.format(
        key_of=KEYS[by],
        beside=BESIDE.get(by, ""),
        chosen=CHOSEN,
        which=WHICH[which],
        first=first,
    )
    rows = conn.execute(text(sql), chosen.asked | {"key": key, "most": most}).all()
    lines = [Behind(*row[:-1]) for row in rows]
    return lines, rows[0].total if rows else 0


def ids_of(conn: Connection, chosen: Chosen, *, most: int) -> tuple[Sequence[UUID], int]:
    """Return the ids of what was handled, at most so many, always the same; and how many in all."""
    sql = f"""SELECT i.id, count(*) OVER () AS total FROM ({CHOSEN}) i WHERE {_HANDLED}
      ORDER BY md5(i.id::text) LIMIT :most"""  # noqa: S608 - constants
    rows = conn.execute(text(sql), chosen.asked | {"most": most}).all()
    return [row.id for row in rows], rows[0].total if rows else 0
