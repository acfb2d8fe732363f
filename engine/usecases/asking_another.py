"""Asking somebody else for an answer, in the place of who was asked."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine.domain.party import Lane, Party, party_of
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases.belonging import MAY_NOT_READ
from engine.usecases.recording.agree import HAD_A_HAND
from engine.usecases.running import Mover

_KEPT = ("incident_id", "run_id", "action_id", "task_id", "step", "mark", "title", "lane")


def require_askable(mover: Mover, asked: UUID, *, field: str) -> bool:
    """Return whether the person is of another organisation.  Raises InvalidAnswers for `field`."""
    person = mover.case.conn.execute(select(t.person).where(t.person.c.id == asked)).first()
    if person is None or not person.is_active:
        raise InvalidAnswers({field: say("Please choose from the people listed.")})
    if asked in mover.taken_off:
        raise InvalidAnswers({field: MAY_NOT_READ})
    if asked in mover.hands.everybody:
        raise InvalidAnswers({field: HAD_A_HAND})
    return person.organisation_id is not None


def ask_another(mover: Mover, before: Any, asked: UUID, *, is_outside: bool) -> None:
    """Open the to-do `before` (a row, ended by now) anew for `asked`."""
    row = {name: getattr(before, name) for name in _KEPT} | {
        "id": uuid4(),
        "party": party_of(Lane.CUSTOMER, desk=Party.BUSINESS, outside=is_outside),
        "team_id": None,
        "people": [asked],
        "opened_at": mover.case.now,
        "due_at": None,
    }
    mover.add_items([row])
