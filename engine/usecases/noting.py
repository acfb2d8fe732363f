"""Who looked and who was refused is written down, each in a transaction of its own.

What was refused has been rolled back by then.  A newcomer would write it where it is refused: then
its entry would be rolled back with it.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import select

from engine.domain.access import READ, REFUSED, Attempt
from engine.domain.permissions import Actor, Machine
from engine.errors import PutrightError
from engine.store import schema as t
from engine.store.access import access_chain
from engine.store.refused import collecting
from engine.store.work import Store

log = logging.getLogger(__name__)

_AT_ONCE = 500
_LONGEST = 300


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


@contextmanager
def refusals_noted(store: Store, where: str, by: Machine) -> Iterator[None]:
    """Record what is refused to a job or a command while the block lasts, once it is over."""
    with collecting() as kept:
        try:
            yield
        finally:
            try:
                note_refused(store, (_attempt(one, where, by) for one in kept))
            except PutrightError as error:
                # what was refused stays refused, and is told as before
                kind = type(error).__qualname__
                log.error("a refused attempt was not written down: %s in %s", kind, where)


def _attempt(refusal: PutrightError, where: str, by: Machine) -> Attempt:
    content: dict[str, object] = {"where": where, "code": refusal.code}
    if not refusal.about:
        content["sentence"] = str(refusal.sentence)[:_LONGEST]
    on = refusal.tried_on[0] if refusal.tried_on else None
    return Attempt("something", content, by, on)


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
