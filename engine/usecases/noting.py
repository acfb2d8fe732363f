"""Who looked and who was refused is written down, each in a transaction of its own.

What was refused has been rolled back by then.  A newcomer would write it where it is refused: then
its entry would be rolled back with it.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select

from engine.domain.access import READ, REFUSED, Attempt
from engine.domain.permissions import Actor
from engine.store import schema as t
from engine.store.access import access_chain
from engine.store.work import Store

_AT_ONCE = 500


def note_read(
    store: Store, content: Mapping[str, object], *, actor: Actor, incident_id: UUID | None = None
) -> None:
    """Record that an auditor is about to be shown something.

    Raises Busy or Unavailable: then nothing may be shown.
    """
    with store.begin() as work:
        access_chain(work, actor).add(READ, content, actor, incident_id)


def note_refused(store: Store, attempts: Iterable[Attempt]) -> None:
    """Record what was refused; what is refused too often is counted.

    Raises Busy or Unavailable: what was refused stays refused.
    """
    for attempt in attempts:
        with store.begin() as work:
            chain = access_chain(work, attempt.chain_id)
            if chain.count(attempt.verb):
                said, about = attempt.content, attempt.incident_id
                chain.add(REFUSED + attempt.verb, said, attempt.by, about)


def tell_left_out(store: Store) -> int:
    """Record of each person how many refusals were counted only, once that is over.

    Returns of how many.  Each is a transaction of its own.
    """
    with store.read() as conn:
        counting = select(t.access_chain.c.id).where(t.access_chain.c.left_out != {})
        found = conn.execute(counting.limit(_AT_ONCE)).scalars().all()
    return sum(_told(store, chain_id) for chain_id in found)


def _told(store: Store, chain_id: UUID) -> bool:
    with store.begin() as work:
        chain = access_chain(work, chain_id)
        if not chain.is_over:
            return False
        chain.tell_left_out()
        return True
