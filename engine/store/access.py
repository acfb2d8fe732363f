"""The access chains: each has a head of its own, so that nobody waits for anybody else.

A newcomer would take the time before the lock is had: an entry would be dated before the one in
front of it, and its chain would look forged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.access import COUNTED_FOR, COUNTER, REFUSED_OFTEN, chain_of, most_refused
from engine.domain.chain import Head
from engine.domain.permissions import Actor, Machine
from engine.store import schema as t
from engine.store.chaining import chained
from engine.store.work import Work

_HEAD = select(t.access_chain).with_for_update()


@dataclass
class AccessChain:
    """One chain, locked: what is added to it is written at once."""

    work: Work
    id: UUID
    head: Head
    at: datetime
    since: datetime | None
    counted: int
    left_out: dict[str, int]

    def add(
        self,
        verb: str,
        content: Mapping[str, Any],
        by: Actor | Machine,
        incident_id: UUID | None = None,
    ) -> None:
        """Add an entry."""
        row = chained(self.work.key, self.id, self.head, self.at, by, verb, content)
        self.work.conn.execute(
            insert(t.access_entry), {"chain_id": self.id, "incident_id": incident_id, **row}
        )
        self.head = Head(row["seq"], row["hash"])
        self._change(head_seq=row["seq"], head_hash=row["hash"], head_at=self.at)

    @property
    def is_over(self) -> bool:
        """Whether what was counted is over, so that it is counted anew."""
        return self.since is None or self.at - self.since >= COUNTED_FOR

    def count(self, verb: str) -> bool:
        """Say whether a refusal may be an entry; one that may not is counted instead."""
        if self.is_over:
            self.tell_left_out()
            self.since, self.counted = self.at, 0
        if self.counted >= most_refused(self.id):
            self.left_out[verb] = self.left_out.get(verb, 0) + 1
            self._change(left_out=self.left_out)
            return False
        self.counted += 1
        self._change(counted_since=self.since, counted=self.counted)
        return True

    def tell_left_out(self) -> None:
        """Say in one entry how many refusals are none, if there are any."""
        if self.left_out:
            content = {"since": self.since, "number": sum(self.left_out.values())}
            self.add(REFUSED_OFTEN, content | {"each": self.left_out}, COUNTER)
            self.left_out = {}
            self._change(left_out={})

    def _change(self, **columns: Any) -> None:
        changed = update(t.access_chain).where(t.access_chain.c.id == self.id)
        self.work.conn.execute(changed.values(columns))


def access_chain(work: Work, by: Actor | Machine | UUID) -> AccessChain:
    """Lock the chain of whoever did something, which is begun if it is the first time."""
    chain_id = by if isinstance(by, UUID) else chain_of(by)
    wanted = _HEAD.where(t.access_chain.c.id == chain_id)
    row: Row[Any] | None = work.conn.execute(wanted).first()
    if row is None:
        begun = upsert(t.access_chain).values(id=chain_id).on_conflict_do_nothing()
        work.conn.execute(begun)
        row = work.conn.execute(wanted).one()
    at = work.now if row.head_at is None else max(work.now, row.head_at)
    head = Head(row.head_seq, bytes(row.head_hash))
    since, counted, left_out = row.counted_since, row.counted, dict(row.left_out)
    return AccessChain(work, chain_id, head, at, since, counted, left_out)
