"""Signed heads as they are read: the log held against its entries, and proofs out of it.

A newcomer would prove with the leaves of today: a signed head knows only the leaves that there were
when it was signed.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text

from engine.domain.merkle import Tree, leaf_hash
from engine.domain.register import DATABASE, REGISTER
from engine.domain.signed_head import SignedHead, leaf
from engine.store import schema as t
from engine.store.signed_heads import last_leaf, leaves, signed_heads

RESTORED = "database:restored"


@dataclass(frozen=True)
class Proof:
    """That an entry of a chain is among what a signed head stands for (`merkle.is_included`)."""

    chain_id: UUID
    seq: int
    hash: bytes
    position: int
    path: Sequence[bytes]


class Log:
    """The log up to one signed head, to prove things out of; 64 bytes of memory for each leaf."""

    def __init__(self, conn: Connection, head: SignedHead) -> None:
        """Read the leaves that the head stands for."""
        self.head, self._conn = head, conn
        with closing(leaves(conn)) as coming:
            self._tree = Tree(
                leaf_hash(leaf(one.chain_id, one.seq, one.hash))
                for one in islice(coming, head.size)
            )

    def proof(self, chain_id: UUID) -> Proof | None:
        """Prove where a chain stood; None if it had no entry yet."""
        found = last_leaf(self._conn, chain_id, self.head.size)
        if found is None:
            return None
        path = self._tree.inclusion(found.position, self.head.size)
        return Proof(chain_id, found.seq, found.hash, found.position, path)

    def consistency(self, older: SignedHead) -> list[bytes]:
        """Prove that the log began as the older head says (`merkle.is_beginning`)."""
        return self._tree.consistency(older.size, self.head.size)


@dataclass(frozen=True)
class Restored:
    """An older database was put back: the signed heads that went with the newer one."""

    at: datetime
    actor: str | None
    why: str
    lost: range


def restorings(conn: Connection) -> list[Restored]:
    """Return each time that a backup was said to have been put back."""
    rows = conn.execute(
        select(t.register_entry.c.at, t.register_entry.c.actor, t.register_entry.c.content)
        .where(t.register_entry.c.kind == DATABASE, t.register_entry.c.subject_id == REGISTER)
        .where(t.register_entry.c.verb == RESTORED)
        .order_by(t.register_entry.c.seq)
    )
    return [
        Restored(
            row.at,
            row.actor,
            str((row.content or {}).get("why", "")),
            range(*_bounds((row.content or {}).get("lost"))),
        )
        for row in rows
    ]


def _bounds(lost: Any) -> tuple[int, int]:
    return (int(lost[0]), int(lost[1]) + 1) if lost else (0, 0)


# --- where they went ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Receipt:
    """That a signed head has left the house."""

    way: str
    place: str
    at: datetime


@dataclass(frozen=True)
class HeadLine:
    """A signed head, and where it went."""

    head: SignedHead
    receipts: Sequence[Receipt]


_RECEIPTS = text("""
    SELECT number, way, place, at FROM head_receipt WHERE number = ANY (:numbers)
    ORDER BY number, at, place
""")


def head_lines(conn: Connection, *, before: int | None = None, most: int = 30) -> list[HeadLine]:
    """Return signed heads with their receipts, the newest first: those before a number."""
    heads = signed_heads(conn, before=before, most=most)
    went: dict[int, list[Receipt]] = {head.number: [] for head in heads}
    for row in conn.execute(_RECEIPTS, {"numbers": [*went]}):
        went[row.number].append(Receipt(row.way, row.place, row.at))
    return [HeadLine(head, went[head.number]) for head in heads]


@dataclass(frozen=True)
class Outside:
    """How the house stands with what has left it; None where nothing ever did."""

    signed_at: datetime | None
    anchored_at: datetime | None
    # why no head is signed, or the newest is not sent, by place; `SIGNING` is no place
    failing: Mapping[str, str]
    # since when there is anything to sign
    begun_at: datetime | None


_OUTSIDE = text("""
    SELECT (SELECT max(at) FROM signed_head) AS signed_at,
      (SELECT h.at FROM head_receipt r JOIN signed_head h ON h.number = r.number
        ORDER BY r.number DESC LIMIT 1) AS anchored_at,
      (SELECT jsonb_object_agg(place, why) FROM unanchored) AS failing,
      (SELECT at FROM register_entry WHERE seq = 1) AS begun_at
""")


def outside(conn: Connection) -> Outside:
    """Return what has been signed and has left; one statement, for every page asks."""
    row = conn.execute(_OUTSIDE).one()
    return Outside(row.signed_at, row.anchored_at, row.failing or {}, row.begun_at)
