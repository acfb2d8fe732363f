"""The library: which diagrams, tables and forms there are, in which versions, and what needs them.

A version is a content: a file that three releases have alike has one version.  A newcomer would
count runs by release: a run is on the version of each file that it may need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, select, text

from engine.bpmn import Release
from engine.bpmn.using import reached_from
from engine.errors import NotFound
from engine.language import say
from engine.store import schema as t


@dataclass(frozen=True)
class ReleaseLine:
    """A release; `open_runs` and `all_runs` were begun on it."""

    id: UUID
    number: int
    at: datetime
    by: str
    reason: str
    agreed_by: str | None
    touches: tuple[str, ...]
    waived: str | None
    open_runs: int
    all_runs: int


@dataclass(frozen=True)
class PartLine:
    """A file of a release; `since` is the number of the release that brought this version."""

    name: str
    kind: str
    since: int
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class VersionLine:
    """One version of a file: the releases that have it, the first one's why, and runs on it."""

    hash: str
    numbers: tuple[int, ...]
    at: datetime
    by: str
    reason: str
    open_runs: int
    all_runs: int

    @property
    def number(self) -> int:
        """The release that brought it."""
        return self.numbers[0]


_RELEASES = text("""
    SELECT r.id, r.number, r.published_at, r.published_by, r.reason, r.agreed_by, r.touches,
      r.waived
    FROM release r
    WHERE CAST(:which AS integer) IS NULL OR r.number = :which
    ORDER BY r.number DESC LIMIT 200
""")
_RUNS = text("""
    SELECT release_id, diagram, count(*) FILTER (WHERE ended_at IS NULL) AS open, count(*) AS all
    FROM run GROUP BY release_id, diagram
""")
# a version that went and came back counts from when it came back
_PARTS = text("""
    WITH newest AS (SELECT id, number FROM release ORDER BY number DESC LIMIT 1)
    SELECT p.name, v.kind, s.number AS since, s.published_at AS at, s.published_by AS by, s.reason
    FROM newest JOIN release_part p ON p.release_id = newest.id
    JOIN diagram_version v ON v.hash = p.hash
    CROSS JOIN LATERAL (
      SELECT r.number, r.published_at, r.published_by, r.reason FROM release r
      WHERE r.number > coalesce((SELECT max(other.number) FROM release other
          LEFT JOIN release_part q ON q.release_id = other.id AND q.name = p.name
          WHERE q.hash IS DISTINCT FROM p.hash), 0)
      ORDER BY r.number LIMIT 1) s
    ORDER BY p.name
""")
_VERSIONS = text("""
    SELECT encode(p.hash, 'hex') AS hash, r.id, r.number, r.published_at, r.published_by, r.reason
    FROM release_part p JOIN release r ON r.id = p.release_id
    WHERE p.name = :name ORDER BY r.number
""")
_CONTENT = text("""
    SELECT v.content FROM release_part p JOIN release r ON r.id = p.release_id
    JOIN diagram_version v ON v.hash = p.hash WHERE r.number = :number AND p.name = :name
""")
_IN_FORCE = select(t.release.c.id).order_by(t.release.c.number.desc()).limit(1)
_Runs = Mapping[tuple[UUID, str], tuple[int, int]]


def in_force(conn: Connection) -> UUID | None:
    """Return the id of the release that new runs start with; None before the first."""
    return conn.scalar(_IN_FORCE)


def release_id_of(conn: Connection, number: int) -> UUID:
    """Return the id of the release with this number.  Raises NotFound."""
    found: UUID | None = None
    # a number that no column can hold is no release's
    if number < 2**31:
        found = conn.scalar(select(t.release.c.id).where(t.release.c.number == number))
    if found is None:
        raise _no_release(number)
    return found


def releases(conn: Connection) -> Sequence[ReleaseLine]:
    """Return the newest releases, the one in force first.  Two statements."""
    runs = _runs(conn)
    return [_line(row, runs) for row in conn.execute(_RELEASES, {"which": None})]


def release_line(conn: Connection, number: int) -> ReleaseLine:
    """Return the release with this number.  Raises NotFound."""
    row = conn.execute(_RELEASES, {"which": number}).one_or_none() if number < 2**31 else None
    if row is None:
        raise _no_release(number)
    return _line(row, _runs(conn))


def parts(conn: Connection) -> Sequence[PartLine]:
    """Return the files of the release in force by name; none before the first."""
    return [PartLine(*row) for row in conn.execute(_PARTS)]


def versions(conn: Connection, name: str, models: Mapping[UUID, Release]) -> Sequence[VersionLine]:
    """Return the versions of a file, newest first.  Two statements.

    `models` has the diagrams of the releases that still can be read: on those runs are counted.
    Raises NotFound for a file that no release has.
    """
    rows = conn.execute(_VERSIONS, {"name": name}).all()
    if not rows:
        raise NotFound(say("There is no file “%(name)s” in any release.", name=name))
    runs = _runs(conn)
    found: dict[str, VersionLine] = {}
    for row in rows:
        counts = [
            count
            for (release_id, diagram), count in runs.items()
            if release_id == row.id
            and row.id in models
            and name in reached_from(models[row.id], diagram)
        ]
        before = found.get(row.hash)
        found[row.hash] = VersionLine(
            row.hash,
            (*(before.numbers if before else ()), row.number),
            before.at if before else row.published_at,
            before.by if before else row.published_by,
            before.reason if before else row.reason,
            (before.open_runs if before else 0) + sum(one for one, _ in counts),
            (before.all_runs if before else 0) + sum(all_ for _, all_ in counts),
        )
    return sorted(found.values(), key=lambda one: -one.numbers[-1])


def content_of(conn: Connection, number: int, name: str) -> bytes:
    """Return a file as the release with this number has it.  Raises NotFound."""
    content = conn.scalar(_CONTENT, {"number": number, "name": name})
    if content is None:
        raise NotFound(say("There is no such file in this release."), release=number, name=name)
    return bytes(content)


def _no_release(number: int) -> NotFound:
    return NotFound(say("There is no such release."), release=number)


def _runs(conn: Connection) -> _Runs:
    return {(row.release_id, row.diagram): (row.open, row.all) for row in conn.execute(_RUNS)}


def _line(row: Row[tuple[object, ...]], runs: _Runs) -> ReleaseLine:
    counts = [count for (release_id, _), count in runs.items() if release_id == row.id]
    return ReleaseLine(
        row.id,
        row.number,
        row.published_at,
        row.published_by,
        row.reason,
        row.agreed_by,
        tuple(row.touches),
        row.waived,
        sum(one for one, _ in counts),
        sum(all_ for _, all_ in counts),
    )
