"""What goes into an inspector's pack: rows as they stand, entries as they are hashed.

Facts are every row that belongs to an incident, found by the schema's own foreign keys: a table
that is added is in the pack without anybody remembering it.  A newcomer would list columns; what
is left out is listed instead, and why.  Rows come as the JSON that PostgreSQL writes, so that
nothing is rounded on the way.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.canonical import instant_text
from engine.errors import NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.chaining import COLUMNS

_LEFT_OUT = frozenset(
    {
        # entries have a file of their own
        "entry",
        # who looked and who was refused is a chain of its own
        "access_entry",
        # what a check found, which the reader finds by itself
        "closure_finding",
        # addresses that open what they name, kept as digests
        "link",
        # what people were written, and what they want to be written: not about the incident
        "message",
        "watcher",
        "unmailed",
        # what somebody holds on to, and why, is for those who may erase it
        "legal_hold",
        "legal_hold_end",
    }
)
# a run's snapshot is the engine's own, and says nothing that its visits do not
_WITHOUT = {"run": "snapshot"}


@dataclass(frozen=True)
class Packed:
    """An incident that goes into a pack."""

    id: UUID
    number: int


def of_number(conn: Connection, number: int) -> Sequence[Packed]:
    """Return the one incident with this number.  Raises NotFound."""
    found = conn.execute(
        text("SELECT id, number FROM incident WHERE number = :number"), {"number": number}
    ).one_or_none()
    if found is None:
        raise NotFound(say("There is no incident %(number)s.", number=number))
    return (Packed(found.id, found.number),)


_OF_PERIOD = text("""
    SELECT id, number FROM incident WHERE told_at < :until
      AND (ended_at IS NULL OR ended_at >= :since)
      AND (CAST(:process AS uuid) IS NULL OR process_id = :process)
    ORDER BY number
""")


def of_period(
    conn: Connection, since: datetime, until: datetime, process_id: UUID | None = None
) -> Sequence[Packed]:
    """Return the incidents that were open at any time in a period (`until` exclusive)."""
    asked = {"since": since, "until": until, "process": process_id}
    return [Packed(row.id, row.number) for row in conn.execute(_OF_PERIOD, asked)]


def facts(conn: Connection, incident_id: UUID) -> Iterator[tuple[str, str]]:
    """Yield (table, its rows of this incident as a JSON array), tables without rows left out."""
    for name, where in _belonging().items():
        rows = conn.scalar(
            text(f"""SELECT json_agg(to_jsonb(x) - CAST(:without AS text))::text
                FROM {name} x WHERE {where}"""),  # noqa: S608 - names of the schema's own
            {"id": incident_id, "without": _WITHOUT.get(name, "")},
        )
        if rows is not None:
            yield name, rows


@cache
def _belonging() -> dict[str, str]:
    """Return for each table what is true of the rows that belong to the incident `:id`."""
    found = {"incident": "x.id = :id"}
    tables = [one for one in t.metadata.tables.values() if one.name not in _LEFT_OUT]
    while True:
        new = {
            table.name: where
            for table in tables
            if table.name not in found and (where := _where(table, found))
        }
        if not new:
            return found
        found |= new


def _where(table: Any, found: dict[str, str]) -> str | None:
    if "incident_id" in table.c:
        return "x.incident_id = :id"
    ways = sorted(
        (key.parent.name, key.column.table.name, key.column.name) for key in table.foreign_keys
    )
    for column, parent, key in ways:
        # a major incident, or the one that it came from, is another incident's
        if parent in found and parent != "incident":
            inner = found[parent].replace("x.", f"{parent}_.")
            return f"x.{column} IN (SELECT {key} FROM {parent} {parent}_ WHERE {inner})"  # noqa: S608
    return None


_ENTRIES = f"""SELECT {", ".join(COLUMNS)} FROM entry
    WHERE incident_id = :id ORDER BY seq"""  # noqa: S608 - names of the store's own


def entries(conn: Connection, incident_id: UUID) -> Iterator[str]:
    """Yield the incident's entries in order, a line of JSON each: what is hashed, and its salts.

    Bytes are lower-case hex, instants as the chain hashes them.
    """
    for row in conn.execute(text(_ENTRIES), {"id": incident_id}):
        yield json.dumps(
            {name: _plain(value) for name, value in row._mapping.items()},
            ensure_ascii=False,
            sort_keys=True,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return instant_text(value)
    return str(value) if isinstance(value, UUID) else value


@dataclass(frozen=True)
class PackedRelease:
    """A release that a run of the pack ran on; `parts` are names and SHA-256 hashes."""

    id: UUID
    number: int
    about: dict[str, Any]
    parts: dict[str, str]
    proof: dict[str, Any] | None


_RELEASES = text("""
    SELECT r.id, r.number, to_jsonb(r) AS about,
      (SELECT jsonb_object_agg(p.name, encode(p.hash, 'hex')) FROM release_part p
        WHERE p.release_id = r.id) AS parts,
      (SELECT to_jsonb(f) FROM release_proof f WHERE f.release_id = r.id) AS proof
    FROM release r WHERE r.id IN (SELECT release_id FROM run WHERE incident_id = ANY (:ids)
      UNION SELECT m.from_id FROM move m JOIN move_line l ON l.move_id = m.id
        JOIN run ON run.id = l.run_id WHERE run.incident_id = ANY (:ids))
    ORDER BY r.number
""")


def releases(conn: Connection, ids: Sequence[UUID]) -> list[PackedRelease]:
    """Return every release that a run of these incidents ran on, moved runs' earlier ones too."""
    rows = conn.execute(_RELEASES, {"ids": list(ids)})
    return [
        PackedRelease(row.id, row.number, row.about, row.parts or {}, row.proof) for row in rows
    ]


_CONTENT = text("""SELECT encode(hash, 'hex') AS hash, content FROM diagram_version
    WHERE hash IN (SELECT decode(unnest(CAST(:hashes AS text[])), 'hex'))""")


def contents(conn: Connection, hashes: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (SHA-256 in hex, content) of diagrams, tables and forms, each once."""
    for row in conn.execute(_CONTENT, {"hashes": list(hashes)}):
        yield row.hash, bytes(row.content)


_PEOPLE = text("""
    SELECT p.id, p.name, o.name AS organisation, o.kind FROM person p
    LEFT JOIN organisation o ON o.id = p.organisation_id WHERE p.id = ANY (:ids) ORDER BY p.id
""")


def people(conn: Connection, ids: Sequence[UUID]) -> dict[str, dict[str, Any]]:
    """Return who these people are, by id; organisation None: one of our own."""
    return {
        str(row.id): {"name": row.name, "organisation": row.organisation, "kind": row.kind}
        for row in conn.execute(_PEOPLE, {"ids": list(ids)})
    }


_FILES = text("""
    SELECT name, size, encode(digest, 'hex') AS sha256, is_internal, added_by, added_at, entry_seq
    FROM file WHERE incident_id = :id ORDER BY entry_seq
""")


def files(conn: Connection, incident_id: UUID) -> list[dict[str, Any]]:
    """Return what is attached to an incident: names and SHA-256 hashes, not the contents."""
    rows = conn.execute(_FILES, {"id": incident_id})
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in rows]
