"""The log of signed heads: only ever added to, by one at a time.

A newcomer would read the heads of all chains, and then write their leaves: in between somebody
writes an entry.  One statement writes the leaves and counts what there is.
"""

from collections.abc import Generator, Iterator
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text

from engine.domain.merkle import Peaks, leaf_hash
from engine.domain.signed_head import SignedHead, leaf
from engine.store import schema as t
from engine.store.chains import HEADS_SQL, LEAVES_SQL, streamed

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7885479)")
_GROW = text(f"""
    WITH heads AS MATERIALIZED ({HEADS_SQL}),
    grown AS (
      INSERT INTO signed_leaf (position, number, chain_id, seq, hash)
      SELECT :size + row_number() OVER (ORDER BY chain_id) - 1, :number, chain_id, seq, hash
      FROM heads WHERE NOT EXISTS (SELECT FROM signed_leaf l
        WHERE l.chain_id = heads.chain_id AND l.seq = heads.seq))
    SELECT count(*) AS chains, coalesce(sum(seq), 0)::bigint AS entries FROM heads
""")  # noqa: S608
# in the order in which a `SignedHead` has them
_HEAD = [t.signed_head.c[one.name] for one in fields(SignedHead)]


def lock_heads(conn: Connection) -> None:
    """Wait until nobody else signs."""
    conn.execute(_ONE_AT_A_TIME)


def newest_head(conn: Connection) -> SignedHead | None:
    """Return the signed head with the highest number."""
    row = conn.execute(select(*_HEAD).order_by(t.signed_head.c.number.desc()).limit(1)).first()
    return None if row is None else SignedHead(*row)


def peaks_of(conn: Connection, head: SignedHead | None) -> Peaks:
    """Return what the log's next leaf is added to."""
    if head is None:
        return Peaks()
    kept = conn.scalar(select(t.signed_head.c.peaks).where(t.signed_head.c.number == head.number))
    return Peaks(head.size, bytes(kept or b""))


def grow(conn: Connection, number: int, peaks: Peaks) -> tuple[int, int]:
    """Add a leaf for each chain that has grown to the log and to `peaks`.

    Return how many chains there are, and how many entries.
    """
    counts = conn.execute(_GROW, {"size": peaks.size, "number": number}).one()
    for row in leaves(conn, after=peaks.size):
        peaks.add(leaf_hash(leaf(row.chain_id, row.seq, bytes(row.hash))))
    return counts.chains, counts.entries


def keep_head(conn: Connection, head: SignedHead, peaks: Peaks) -> None:
    """Write a signed head down; its leaves are there."""
    conn.execute(insert(t.signed_head), asdict(head) | {"peaks": peaks.as_bytes()})


def signed_heads(
    conn: Connection, *, before: int | None = None, most: int | None = None
) -> list[SignedHead]:
    """Return all signed heads by number; with `most`, the newest first, those before a number."""
    number = t.signed_head.c.number
    found = select(*_HEAD).order_by(number if most is None else number.desc()).limit(most)
    if before is not None:
        found = found.where(number < before)
    return [SignedHead(*row) for row in conn.execute(found)]


def leaves(conn: Connection, *, after: int = 0) -> Generator[Row[Any], None, None]:
    """Yield the leaves of the log from a position on: `position`, `chain_id`, `seq`, `hash`."""
    sql = (
        "SELECT position, number, chain_id, seq, hash FROM signed_leaf WHERE position >= :after"
        " ORDER BY position"
    )
    yield from streamed(conn, sql, after=after)


def leaves_that_stand_no_more(conn: Connection) -> Iterator[Row[Any]]:
    """Yield the leaves that no entry, or another one than then, stands for now.

    Each has `head`, `chain_id`, `seq` and `stands`, the hash of that entry now or None.
    """
    sql = f"SELECT * FROM ({LEAVES_SQL}) one WHERE hash IS DISTINCT FROM stands ORDER BY position"  # noqa: S608
    yield from streamed(conn, sql)


def last_leaf(conn: Connection, chain_id: UUID, size: int) -> Any:
    """Return the newest leaf of a chain among the first `size`; None if it has none.

    It has `position`, `seq` and `hash`.
    """
    log = t.signed_leaf.c
    return conn.execute(
        select(log.position, log.seq, log.hash)
        .where(log.chain_id == chain_id, log.position < size)
        .order_by(log.position.desc())
        .limit(1)
    ).first()
