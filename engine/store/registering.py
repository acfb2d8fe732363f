"""The register's chain: one row is its head, and whoever changes anything locks it first.

A newcomer would date an entry by when its transaction began: others may have written since.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from engine.domain.chain import Head
from engine.domain.permissions import Actor, Machine
from engine.domain.register import REGISTER, Beside, RecordKind
from engine.store import schema as t
from engine.store.chaining import chained

if TYPE_CHECKING:
    from engine.store.work import Work


def lock_register(conn: Connection) -> Head:
    """Wait until nobody else changes the register, and return its newest entry."""
    return Head(
        *conn.execute(select(t.register.c.head_seq, t.register.c.head_hash).with_for_update()).one()
    )


def last_change(conn: Connection, subject_id: UUID) -> int:
    """Return the number of the newest entry about this record; 0 if there is none."""
    found = select(func.max(t.register_entry.c.seq)).where(
        t.register_entry.c.subject_id == subject_id
    )
    return conn.scalar(found) or 0


def register(
    work: "Work",
    verb: str,
    kind: RecordKind | Beside,
    subject_id: UUID,
    content: Mapping[str, Any],
    by: Actor | Machine,
) -> None:
    """Add an entry about a record, or what stands beside them, to the register's chain."""
    head = lock_register(work.conn)
    newest_at = work.conn.scalar(
        select(t.register_entry.c.at).where(t.register_entry.c.seq == head.seq)
    )
    at = work.now if newest_at is None else max(work.now, newest_at)
    row = chained(work.key, REGISTER, head, at, by, verb, content)
    work.conn.execute(insert(t.register_entry), {"kind": kind, "subject_id": subject_id, **row})
    work.conn.execute(update(t.register).values(head_seq=row["seq"], head_hash=row["hash"]))
