"""Who led, did, checked, confirmed and decided, for all that was closed within a period.

The rules of what one person may have together are `domain/duties.py`'s; here the same combinations
are put together, so that each is judged once however many incidents there are.  A newcomer would
judge each incident.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.duties import Duty, Overlap
from engine.errors import InvalidAnswers
from engine.language import Said, say
from engine.queries.hands import CLOSED_COLUMNS, HANDS_SQL, OVERLAPS_SQL, Combination
from engine.queries.paging import FIRST, Page, cursor, place_of


@dataclass(frozen=True)
class OverlapCount:
    """Two duties that one person had, by which rule that is so, and of how many incidents."""

    one: Duty
    other: Duty
    is_forbidden: bool
    rule: Said
    incidents: int

    @property
    def key(self) -> str:
        """What an address calls it."""
        return f"{self.one}-{self.other}-{'forbidden' if self.is_forbidden else 'allowed'}"


@dataclass(frozen=True)
class DutyCounts:
    """How many were closed in the period, and every overlap of duties, those forbidden first."""

    closed: int
    overlaps: tuple[OverlapCount, ...]

    @property
    def forbidden(self) -> int:
        """How often two duties that a rule keeps apart were one person's."""
        return sum(one.incidents for one in self.overlaps if one.is_forbidden)


@dataclass(frozen=True)
class DutyLine:
    """One incident; of one for named people only nobody is named.

    `people` are, for each duty, the names of who had it; `overlaps` name who had two.
    """

    number: int
    is_restricted: bool
    closed_by: str
    priority: str
    ended_at: datetime
    people: Mapping[Duty, tuple[str, ...]]
    overlaps: tuple[tuple[str | None, Overlap], ...]


# By incident, so that nothing outside the period is ever put together.
_PERIOD = f"""closed AS (SELECT {CLOSED_COLUMNS} FROM incident i
    WHERE i.state = 'closed' AND i.ended_at >= :since AND i.ended_at < :until)"""  # noqa: S608
_COMBINATIONS = text(f"""
    WITH {_PERIOD}, {OVERLAPS_SQL}
    SELECT code, count(*) AS times FROM judged GROUP BY code
""")  # noqa: S608 - constants of the queries' own modules
_CLOSED = text("""
    SELECT count(*) FROM incident i
    WHERE i.state = 'closed' AND i.ended_at >= :since AND i.ended_at < :until
""")
# All of them, or those with one of these combinations.
_FOUND = """
    SELECT c.id FROM closed c WHERE (CAST(:before_at AS timestamptz) IS NULL
      OR (c.ended_at, c.number) < (CAST(:before_at AS timestamptz), CAST(:before AS bigint)))
      AND {such} ORDER BY c.ended_at DESC, c.number DESC LIMIT :most
"""
_SUCH = """EXISTS (SELECT FROM judged j WHERE j.incident_id = c.id
      AND j.code = ANY (:combinations))"""
_ALL_FOUND = text(f"WITH {_PERIOD} {_FOUND.format(such='true')}")
_SUCH_FOUND = text(f"WITH {_PERIOD}, {OVERLAPS_SQL} {_FOUND.format(such=_SUCH)}")
_SUCH_NUMBERS = text(f"""
    WITH {_PERIOD}, {OVERLAPS_SQL}
    SELECT c.number, c.ended_at AS at FROM closed c WHERE {_SUCH} ORDER BY c.ended_at DESC
""")  # noqa: S608 - as above
_LINES = text(f"""
    WITH closed AS (SELECT {CLOSED_COLUMNS} FROM incident i WHERE i.id = ANY (:ids)), {HANDS_SQL}
    SELECT c.number, c.is_restricted, c.closed_by, c.highest_priority, c.ended_at, j.*, p.name
    FROM closed c JOIN judged j ON j.incident_id = c.id JOIN person p ON p.id = j.person_id
    ORDER BY c.ended_at DESC, c.number DESC, p.name, p.id
""")  # noqa: S608 - as above


def duty_counts(conn: Connection, since: datetime, until: datetime) -> DutyCounts:
    """Return what was closed from `since` until before `until` (aware).  Two statements."""
    asked = {"since": since, "until": until}
    counted: dict[tuple[bool, Duty, Duty, Said], int] = {}
    for row in conn.execute(_COMBINATIONS, asked):
        for two in Combination(row.code).overlaps:
            key = (not two.is_forbidden, two.one, two.other, two.rule)
            counted[key] = counted.get(key, 0) + row.times
    order = list(Duty)
    found = sorted(counted.items(), key=lambda one: (one[0][0], order.index(one[0][1]), -one[1]))
    return DutyCounts(
        conn.scalar(_CLOSED, asked) or 0,
        tuple(
            OverlapCount(one, other, not is_allowed, rule, times)
            for (is_allowed, one, other, rule), times in found
        ),
    )


def duty_lines(
    conn: Connection,
    since: datetime,
    until: datetime,
    *,
    overlap: str | None = None,
    page: Page = FIRST,
) -> tuple[Sequence[DutyLine], str | None]:
    """Return who had which duty, the latest first, and the cursor of the page behind this one.

    `overlap` is the key of an `OverlapCount`, `forbidden` for all that is, or None for all
    incidents.  Raises InvalidAnswers for a key or a cursor that is none.
    """
    at, number = place_of(page.after, (datetime.fromisoformat, int)) if page.after else (None, None)
    asked: dict[str, Any] = {"since": since, "until": until, "before_at": at, "before": number}
    asked["most"] = page.size + 1
    if overlap is None:
        ids = conn.scalars(_ALL_FOUND, asked).all()
    else:
        such = [row.code for row in conn.execute(_COMBINATIONS, asked) if _has(row.code, overlap)]
        ids = conn.scalars(_SUCH_FOUND, asked | {"combinations": such}).all() if such else ()
    lines = list(_lines(conn, ids[: page.size]))
    if len(ids) <= page.size:
        return lines, None
    return lines, cursor(lines[-1].ended_at, lines[-1].number)


def combinations(conn: Connection, since: datetime, until: datetime) -> Sequence[Any]:
    """Return what people did together in this time, each combination with how often.

    One statement; `forbidden_pairs` takes what it returns.
    """
    return conn.execute(_COMBINATIONS, {"since": since, "until": until}).all()


def forbidden_pairs(
    conn: Connection,
    since: datetime,
    until: datetime,
    pairs: Collection[tuple[Duty, Duty]],
    combined: Sequence[Any],
) -> Sequence[Any]:
    """Return (number, at) of what was closed where a rule forbids one of these two duties.

    The latest first.  `combined` are the period's combinations.  One statement at most.
    """
    such = [
        row.code
        for row in combined
        if any(
            two.is_forbidden and (two.one, two.other) in pairs
            for two in Combination(row.code).overlaps
        )
    ]
    if not such:
        return ()
    asked = {"since": since, "until": until, "combinations": such}
    return conn.execute(_SUCH_NUMBERS, asked).all()


def _has(code: int, overlap: str) -> bool:
    """Whether a combination has the overlap of this key."""
    if overlap == "forbidden":
        return any(two.is_forbidden for two in Combination(code).overlaps)
    try:
        one, other, kind = overlap.split("-")
        two = (Duty(one), Duty(other), {"forbidden": True, "allowed": False}[kind])
    except (ValueError, KeyError) as error:
        raise InvalidAnswers({"overlap": say("There is no such overlap.")}) from error
    return any(
        (found.one, found.other, found.is_forbidden) == two for found in Combination(code).overlaps
    )


def _lines(conn: Connection, ids: Sequence[UUID]) -> Iterator[DutyLine]:
    by_number: dict[int, list[Any]] = {}
    for row in conn.execute(_LINES, {"ids": list(ids)}):
        by_number.setdefault(row.number, []).append(row)
    for number, rows in by_number.items():
        first = rows[0]
        people = {
            duty: tuple(row.name for row in rows if duty in Combination(row.code).duties)
            for duty in Duty
            if not first.is_restricted
        }
        found = [
            (None if first.is_restricted else row.name, two)
            for row in rows
            for two in Combination(row.code).overlaps
        ]
        yield DutyLine(
            number,
            first.is_restricted,
            first.closed_by,
            first.highest_priority,
            first.ended_at,
            people,
            tuple(found),
        )
