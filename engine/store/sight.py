"""Through whose eyes the database is read: an auditor's reads are masked, unless they may see it.

It holds for a thread or a task and is found by `Store.read`.  A newcomer would have each query ask:
the next one would forget to.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from engine.domain.permissions import Actor, may_audit

_masked_for: ContextVar[UUID | None] = ContextVar("masked_for", default=None)


def masked_for() -> UUID | None:
    """Return the auditor for whom everything is masked here; None: nothing is."""
    return _masked_for.get()


def look_as(actor: Actor | None) -> None:
    """Read everything as this person from now on, in this thread or task; None: as Putright."""
    _masked_for.set(actor.id if actor is not None and may_audit(actor) else None)


@contextmanager
def looking_as(person_id: UUID | None) -> Iterator[None]:
    """Mask everything for this auditor while the block lasts; None: nothing is masked."""
    token = _masked_for.set(person_id)
    try:
        yield
    finally:
        _masked_for.reset(token)


def kept_up(parts: Iterable[Any]) -> Iterator[Any]:
    """Return what is made piece by piece, each as it would be made now."""
    return _looking(parts, masked_for())


def _looking(parts: Iterable[Any], person_id: UUID | None) -> Iterator[Any]:
    with looking_as(person_id):
        yield from parts
