"""Somebody without an account told us: they get a number and a secret page to follow it on.

The page answers nothing and nobody answers there: the process's standing representatives confirm.
Only a hash of its token is kept; whoever asks for a new page ends the old one.
"""

import secrets
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.permissions import Actor, Machine, Verb
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.work import Case
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require
from engine.usecases.tokens import digest_of

_TOKEN_BYTES = 32


def give_caller_page(
    handling: Handling, incident_id: UUID, *, name: str, contact: str | None, actor: Actor
) -> str:
    """Return the token of a page for the caller, which is shown this once.

    Raises NotFound, NotAllowed for who does not handle it, IncidentClosed, or InvalidAnswers.
    """
    if not name.strip():
        raise InvalidAnswers({"name": say("Please say who told us.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.GIVE_CALLER_PAGE)
        token = new_token()
        keep_caller_page(case, token, name=name, contact=contact, by=actor)
        return token


def new_token() -> str:
    """Return what makes the address of a caller's page secret."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def keep_caller_page(
    case: Case, token: str, *, name: str, contact: str | None, by: Actor | Machine
) -> None:
    """Let the page of this token be the caller's, in place of any earlier one."""
    said: dict[str, Any] = {"name": name, "digest": digest_of(token), "made_at": case.now}
    if contact:  # else what the report said of that stays
        said["contact"] = contact
    case.conn.execute(
        upsert(t.caller)
        .values(incident_id=case.incident.id, **said)
        .on_conflict_do_update(index_elements=["incident_id"], set_=said)
    )
    case.record("caller:page_given", {"caller": name}, by)
