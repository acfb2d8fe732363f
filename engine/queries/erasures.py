# ruff: noqa: S608 - put together of constants; what was typed comes as parameters
"""What is erased by law, and what must not be: for who sets up, and for auditors.

A newcomer would show whose name goes: the list outlives the name, so that it says what is left of
it.  Only who is asked to agree sees whom it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.erasing import Ground
from engine.errors import NotFound
from engine.language import say
from engine.store.erasing.whom import KEPT


class Stands(StrEnum):
    """How far an erasure is."""

    ASKED = "asked"
    DECLINED = "declined"
    AGREED = "agreed"
    DONE = "done"


@dataclass(frozen=True)
class ErasureLine:
    """One erasure; `whom` is None for what has been kept long enough.

    `names` are looked for beside what the register knows; `incidents` counts those that something
    was erased from, `words` say why it was declined.
    """

    id: UUID
    number: int
    person_id: UUID | None
    whom: str | None
    names: Sequence[str]
    ended_before: datetime | None
    process_id: UUID | None
    process: str | None
    ground: Ground
    why: str
    asked_by: str
    asked_by_id: UUID
    asked_at: datetime
    is_agreed: bool | None
    words: str | None
    answered_by: str | None
    answered_by_id: UUID | None
    answered_at: datetime | None
    done_at: datetime | None
    incidents: int | None

    @property
    def stands(self) -> Stands:
        """How far it is."""
        if self.done_at is not None:
            return Stands.DONE
        if self.is_agreed is None:
            return Stands.ASKED
        return Stands.AGREED if self.is_agreed else Stands.DECLINED


_LINES = """
    SELECT e.id, e.number, e.person_id, coalesce(p.name, e.names[1]) AS whom, e.names,
      e.ended_before,
      e.process_id, b.name AS process, e.ground, e.why, asker.name AS asked_by,
      e.asked_by AS asked_by_id, e.asked_at, a.is_agreed, a.words, other.name AS answered_by,
      a.answered_by AS answered_by_id, a.answered_at, d.done_at,
      d.incidents
    FROM erasure e JOIN person asker ON asker.id = e.asked_by
    LEFT JOIN person p ON p.id = e.person_id
    LEFT JOIN business_process b ON b.id = e.process_id
    LEFT JOIN erasure_answer a ON a.erasure_id = e.id
    LEFT JOIN person other ON other.id = a.answered_by
    LEFT JOIN erasure_done d ON d.erasure_id = e.id
"""
_ALL = text(f"{_LINES} ORDER BY e.number DESC LIMIT 200")
_ONE = text(f"{_LINES} WHERE e.id = :id")


def erasures(conn: Connection) -> Sequence[ErasureLine]:
    """Return the newest two hundred, newest first."""
    return [_line(row) for row in conn.execute(_ALL)]


def erasure(conn: Connection, erasure_id: UUID) -> ErasureLine:
    """Return one.  Raises NotFound."""
    row = conn.execute(_ONE, {"id": erasure_id}).first()
    if row is None:
        raise NotFound(say("There is no such erasure."))
    return _line(row)


_SO_FAR = text("SELECT putright_erased_of(:id)")


def erased_so_far(conn: Connection, erasure_id: UUID) -> int:
    """Return of how many incidents something was erased, as far as it has come."""
    found: int = conn.scalar(_SO_FAR, {"id": erasure_id})
    return found


def _line(row: Any) -> ErasureLine:
    return ErasureLine(**{**row._mapping, "ground": Ground(row.ground)})


# --- what would go, and what stands in the way -------------------------------------------------


@dataclass(frozen=True)
class InTheWay:
    """Why somebody is not erased yet: a kind, and the incident or the office if it is one."""

    what: str
    number: int | None
    name: str | None


@dataclass(frozen=True)
class Preview:
    """What would go of a person: how many records they made, of how many incidents.

    `also` counts others in the register who are called the same: such a name is left in words.
    """

    name: str
    is_outside: bool
    records: int
    incidents: int
    files: int
    also: int
    in_the_way: Sequence[InTheWay]


_PREVIEW = text("""
    SELECT p.name, p.organisation_id IS NOT NULL AS is_outside,
      (SELECT count(*) FROM entry WHERE person_id = p.id) AS records,
      (SELECT count(DISTINCT incident_id) FROM entry WHERE person_id = p.id) AS incidents,
      CASE WHEN p.organisation_id IS NULL THEN 0 ELSE (SELECT count(*) FROM file f
        JOIN entry x ON x.incident_id = f.incident_id AND x.seq = f.entry_seq
        WHERE x.person_id = p.id) END AS files,
      (SELECT count(*) FROM person o WHERE o.id <> p.id AND lower(o.name) = lower(p.name)) AS also
    FROM person p WHERE p.id = :id
""")
_IN_THE_WAY = text("SELECT what, number, name FROM putright_in_the_way(:id) LIMIT 50")


def preview(conn: Connection, person_id: UUID) -> Preview:
    """Return what would go of a person.  Raises NotFound."""
    row = conn.execute(_PREVIEW, {"id": person_id}).first()
    if row is None:
        raise NotFound(say("There is no such person."))
    return Preview(**row._mapping, in_the_way=in_the_way(conn, person_id))


def in_the_way(conn: Connection, person_id: UUID) -> Sequence[InTheWay]:
    """Return why somebody is not erased yet."""
    return [InTheWay(*one) for one in conn.execute(_IN_THE_WAY, {"id": person_id})]


_AMONG = 1_000
_NAMING = text("""
    SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM entry x WHERE x.incident_id = n.id
      AND putright_flat(x.content) ~* sought.pattern))
    FROM (SELECT id FROM incident ORDER BY number DESC LIMIT :among) n,
      (SELECT putright_pattern(e) AS pattern FROM erasure e WHERE e.id = :id) sought
""")


@dataclass(frozen=True)
class Naming:
    """In how many of the newest incidents the record has the names that are looked for."""

    among: int
    found: int


def naming(conn: Connection, erasure_id: UUID) -> Naming:
    """Return how often the names stand in records: many, and one of them is a common word."""
    return Naming(*conn.execute(_NAMING, {"id": erasure_id, "among": _AMONG}).one())


# --- what has been kept long enough ------------------------------------------------------------


@dataclass(frozen=True)
class DueProcess:
    """Of a business process: how many incidents would go, and how many are kept still."""

    process_id: UUID
    name: str
    goes: int
    stays: int


@dataclass(frozen=True)
class Kept:
    """An incident that ended long ago and is kept: why (see `KEPT`)."""

    number: int
    because: str


@dataclass(frozen=True)
class DryRun:
    """What would go if everything that ended before an instant went.

    `numbers` are the first of those that would go, `kept` the first of those that stay.
    """

    ended_before: datetime
    by_process: Sequence[DueProcess]
    numbers: Sequence[int]
    kept: Sequence[Kept]

    @property
    def goes(self) -> int:
        """How many would go."""
        return sum(one.goes for one in self.by_process)


# Few are kept: they are read once, instead of asking each of those that ended.
_KEPT = " UNION ALL ".join(
    f"SELECT incident_id, '{because}' AS because, {place} AS place FROM ({sql}) s{place}"
    for place, (because, sql) in enumerate(KEPT)
)
_ENDED = f"""
    FROM incident i JOIN business_process b ON b.id = i.process_id
    LEFT JOIN (SELECT DISTINCT ON (incident_id) incident_id, because FROM ({_KEPT}) each_of
      ORDER BY incident_id, place) kept ON kept.incident_id = i.id
    WHERE i.state <> 'open' AND i.ended_at < :before AND i.erased_by IS NULL
      AND (CAST(:process AS uuid) IS NULL OR i.process_id = :process)
"""
_BY_PROCESS = text(f"""
    SELECT b.id, b.name, count(*) FILTER (WHERE because IS NULL), count(because)
    {_ENDED} GROUP BY b.id, b.name ORDER BY b.name
""")
_GOING = text(f"""
    SELECT i.id, i.number {_ENDED} AND i.number > :after AND because IS NULL
    ORDER BY i.number LIMIT :most
""")
_STAYING = text(f"""
    SELECT i.number, because {_ENDED} AND because IS NOT NULL ORDER BY i.number LIMIT :most
""")


def dry_run(
    conn: Connection, before: datetime, *, process_id: UUID | None = None, most: int = 200
) -> DryRun:
    """Return what would go if everything that ended before went."""
    asked = {"before": before, "process": process_id, "most": most}
    return DryRun(
        before,
        [DueProcess(*row) for row in conn.execute(_BY_PROCESS, asked)],
        [row.number for row in conn.execute(_GOING, asked | {"after": 0})],
        [Kept(*row) for row in conn.execute(_STAYING, asked)],
    )


def going(
    conn: Connection, before: datetime, process_id: UUID | None, *, after: int, most: int
) -> Sequence[tuple[int, UUID]]:
    """Return the next incidents that go, by number: each number and id."""
    asked = {"before": before, "process": process_id, "after": after, "most": most}
    return [(row.number, row.id) for row in conn.execute(_GOING, asked)]


_NAMED_IN = text("""
    SELECT named.it FROM erasure e, putright_named_in(e) named (it) WHERE e.id = :id
    ORDER BY named.it
""")


def named_in(conn: Connection, erasure_id: UUID) -> Sequence[UUID]:
    """Return the incidents in which something of who is to be erased stands, by id."""
    return list(conn.scalars(_NAMED_IN, {"id": erasure_id}))


# --- holds -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HoldLine:
    """What somebody holds on to: a person or an incident, since when, why, and how it ended."""

    id: UUID
    person: str | None
    number: int | None
    incident_id: UUID | None
    why: str
    placed_by: str
    placed_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    ended_because: str | None


_HOLDS = text("""
    SELECT h.id, p.name, i.number, i.id, h.why, by.name, h.placed_at, ender.name, x.ended_at, x.why
    FROM legal_hold h JOIN person by ON by.id = h.placed_by
    LEFT JOIN person p ON p.id = h.person_id LEFT JOIN incident i ON i.id = h.incident_id
    LEFT JOIN legal_hold_end x ON x.hold_id = h.id LEFT JOIN person ender ON ender.id = x.ended_by
    ORDER BY x.ended_at IS NOT NULL, h.placed_at DESC LIMIT 500
""")


def holds(conn: Connection) -> Sequence[HoldLine]:
    """Return the holds, those that stand first."""
    return [HoldLine(*row) for row in conn.execute(_HOLDS)]
