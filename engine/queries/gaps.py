"""Numbers that are missing where numbers follow each other, with what is known of why.

A number of an incident that was never kept is on record in the register (`store/numbers.py`).  What
is missing without that was taken out, or given while the server broke down: PostgreSQL then leaves
out up to 32.  Actions and records are numbered without gaps: one that is missing was taken out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text


class Numbered(StrEnum):
    """What has a number of its own among all of its kind."""

    INCIDENT = "incident"
    RELEASE = "release"
    CLOSING_LIST = "closing_list"
    SIGNAL = "signal"


@dataclass(frozen=True)
class GivenUp:
    """A number that is on record as never kept, and why not: an error's code."""

    number: int
    at: datetime
    why: str


@dataclass(frozen=True)
class Gap:
    """Numbers `first` to `last` are missing; `before_at` and `after_at` are of their neighbours.

    `after_at` None: they were given last.  `given_up` are those of them that are on record;
    `published_at` is when a release was published that is missing now.
    """

    kind: Numbered
    first: int
    last: int
    before_at: datetime | None
    after_at: datetime | None
    given_up: tuple[GivenUp, ...] = ()
    published_at: datetime | None = None

    @property
    def missing(self) -> int:
        """How many are missing."""
        return self.last - self.first + 1

    @property
    def is_explained(self) -> bool:
        """Whether each of them is on record."""
        return len(self.given_up) == self.missing


@dataclass(frozen=True)
class InsideGap:
    """An incident (None: the register) of which actions or records are missing."""

    incident: int | None
    what: str
    there: int
    last: int


@dataclass(frozen=True)
class Gaps:
    """Everything that is missing; `counted` is how many there are of each kind."""

    counted: dict[Numbered, int]
    among: tuple[Gap, ...]
    inside: tuple[InsideGap, ...]

    @property
    def unexplained(self) -> int:
        """How many gaps nothing on record explains."""
        return len(self.inside) + sum(1 for one in self.among if not one.is_explained)


# when each was given its number
_AT = {
    Numbered.INCIDENT: "told_at",
    Numbered.RELEASE: "published_at",
    Numbered.CLOSING_LIST: "made_at",
    Numbered.SIGNAL: "first_at",
}
# The sequence's own last value is compared, too: what was cut off at the end leaves no neighbour.
_AMONG = """
    WITH numbers AS (SELECT number, lead(number) OVER (ORDER BY number) AS next FROM {table}
      UNION ALL SELECT 0, (SELECT min(number) FROM {table})),
    drawn AS (SELECT coalesce(pg_sequence_last_value(
      CAST(pg_get_serial_sequence('{table}', 'number') AS regclass)), 0) AS last)
    SELECT n.number + 1 AS first, coalesce(n.next, drawn.last + 1) - 1 AS last,
      (SELECT {at} FROM {table} WHERE number = n.number) AS before_at,
      (SELECT {at} FROM {table} WHERE number = n.next) AS after_at
    FROM numbers n CROSS JOIN drawn
    WHERE coalesce(n.next, drawn.last + 1) > n.number + 1
      AND (n.next IS NOT NULL OR n.number > 0
        OR NOT EXISTS (SELECT FROM {table}) AND drawn.last > 0)
    ORDER BY 1 LIMIT :most
"""
_HOW_MANY = "SELECT count(*) FROM {table}"
_OF_EACH = {
    kind: (
        text(_AMONG.format(table=kind.value, at=at)),
        text(_HOW_MANY.format(table=kind.value)),
    )
    for kind, at in _AT.items()
}
_GIVEN_UP = text("""
    SELECT CAST(content ->> 'number' AS bigint) AS number, at, content ->> 'why' AS why
    FROM register_entry WHERE kind = 'number' AND verb = 'number:given_up' AND content IS NOT NULL
    ORDER BY 1
""")
_PUBLISHED = text("""
    SELECT CAST(content ->> 'number' AS integer) AS number, max(at) AS at FROM register_entry
    WHERE kind = 'release' AND content ? 'number' GROUP BY 1
""")
_INSIDE = text("""
    SELECT i.number AS incident, 'action' AS what, x.there, x.last FROM (
      SELECT incident_id, count(*) AS there, max(number) AS last FROM action GROUP BY incident_id
      HAVING count(*) <> max(number)) x JOIN incident i ON i.id = x.incident_id
    UNION ALL SELECT i.number, 'entry', coalesce(x.there, 0), i.head_seq FROM incident i
      LEFT JOIN (SELECT incident_id, count(*) AS there, max(seq) AS last FROM entry
        GROUP BY incident_id) x ON x.incident_id = i.id
      WHERE coalesce(x.there, 0) <> i.head_seq OR coalesce(x.last, 0) <> i.head_seq
    UNION ALL SELECT NULL, 'register_entry', (SELECT count(*) FROM register_entry), head_seq
      FROM register WHERE head_seq <> (SELECT count(*) FROM register_entry)
    ORDER BY 1 NULLS FIRST, 2 LIMIT :most
""")


def gaps(conn: Connection, *, most: int = 200) -> Gaps:
    """Return the first `most` gaps of each kind.  Eleven statements, one over all records."""
    given_up = [GivenUp(*row) for row in conn.execute(_GIVEN_UP)]
    published = {row.number: row.at for row in conn.execute(_PUBLISHED)}
    counted, among = {}, []
    for kind, (missing, how_many) in _OF_EACH.items():
        counted[kind] = conn.scalar(how_many) or 0
        for row in conn.execute(missing, {"most": most}):
            known = published if kind is Numbered.RELEASE else {}
            among.append(_gap(kind, row, given_up, known))
    inside = [InsideGap(*row) for row in conn.execute(_INSIDE, {"most": most})]
    return Gaps(counted, tuple(among), tuple(inside))


def incident_gaps(conn: Connection, *, most: int = 1_000) -> Sequence[Gap]:
    """Return the first gaps in the numbers of incidents.  Two statements."""
    given_up = [GivenUp(*row) for row in conn.execute(_GIVEN_UP)]
    missing, _ = _OF_EACH[Numbered.INCIDENT]
    rows = conn.execute(missing, {"most": most})
    return [_gap(Numbered.INCIDENT, row, given_up, {}) for row in rows]


def _gap(
    kind: Numbered, row: Any, given_up: Sequence[GivenUp], published: dict[int, datetime]
) -> Gap:
    own = given_up if kind is Numbered.INCIDENT else ()
    return Gap(
        kind,
        row.first,
        row.last,
        row.before_at,
        row.after_at,
        tuple(one for one in own if row.first <= one.number <= row.last),
        next((at for number, at in published.items() if row.first <= number <= row.last), None),
    )
