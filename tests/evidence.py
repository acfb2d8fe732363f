"""What a database shows of itself: a digest of every row, and whether the record holds.

The digest of a table is a sum over its rows, so that their order is of no account.
"""

from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, select

from engine.domain.chain import Broken, Entry, Head, verify
from engine.queries.closures import closures_without_evidence
from engine.store import schema as t
from tests.world import KEY

KEYS = {KEY.id: KEY.secret}


def digests(connection: psycopg.Connection[Any], *, numbered: bool = True) -> dict[str, int]:
    """Return a digest over the rows of each table.

    With `numbered` False the numbers that PostgreSQL hands out are left out: those that a
    roll-back used up do not come back.
    """
    return dict(
        connection.execute(
            " UNION ALL ".join(
                f"SELECT '{name}', coalesce(sum(hashtextextended({row}::text, 0)), 0) FROM {name} x"  # noqa: S608
                for name, row in _rows(numbered).items()
            )
        ).fetchall()
    )


def _rows(numbered: bool) -> dict[str, str]:
    if numbered:
        return dict.fromkeys(t.metadata.tables, "x")
    handed_out = {
        name: [column.name for column in table.c if column.identity is not None]
        for name, table in t.metadata.tables.items()
    } | {"procrastinate_jobs": ["id"]}
    return {name: f"(to_jsonb(x) - ARRAY{gone}::text[])" for name, gone in handed_out.items()}


def chain_faults(conn: Connection, incident_id: UUID) -> list[Broken]:
    """Return what the audit chain of an incident finds wrong."""
    rows = conn.execute(select(t.entry).where(t.entry.c.incident_id == incident_id)).mappings()
    head = conn.execute(
        select(t.incident.c.head_seq, t.incident.c.head_hash).where(t.incident.c.id == incident_id)
    ).one()
    entries = [Entry(**row) for row in rows]
    return verify(entries, KEYS, incident_id=incident_id, head=Head(*head))


def faults_of_record(conn: Connection) -> list[object]:
    """Return what is wrong with any incident's chain, or with any closure's evidence."""
    incidents = conn.execute(select(t.incident.c.id)).scalars().all()
    return [
        *(fault for incident in incidents for fault in chain_faults(conn, incident)),
        *closures_without_evidence(conn, KEYS)[1],
    ]
