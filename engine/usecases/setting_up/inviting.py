"""The first person of an empty installation, and choosing a password by a link.

A newcomer would let whoever comes first take an empty installation: only who can read what the
server prints knows the address, and once somebody is known it leads nowhere.
"""

from uuid import UUID, uuid4

from sqlalchemy import select, text, update

from engine.domain.permissions import Actor, Role
from engine.domain.register import RecordKind
from engine.domain.signer import bearer_of_address
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.queries.register import is_empty
from engine.store import schema as t
from engine.store.registering import lock_register, register
from engine.store.work import Store
from engine.usecases.setting_up import checking, writing

_FIRST = (Role.STAFF, Role.PROCESS_OWNER, Role.OPERATOR)


def first_person(
    store: Store, *, name: str, login: str, email: str, time_zone: str, password_hash: str
) -> UUID:
    """Enter the first person, who may set up all else, and return their id.

    Raises InvalidAnswers, or Conflict once anybody is known here.
    """
    answers = {
        "name": name,
        "login": login,
        "email": email,
        "time_zone": time_zone,
        "roles": [role.value for role in _FIRST],
    }
    with store.begin() as work:
        lock_register(work.conn)
        if not is_empty(work.conn):
            raise Conflict(say("Somebody has begun already: sign in, or ask them."))
        made = uuid4()
        if problems := checking.person(work, made, answers, {}):
            raise InvalidAnswers(problems)
        writing.person(work, made, answers, {})
        work.conn.execute(
            update(t.person).where(t.person.c.id == made).values(password_hash=password_hash)
        )
        content = {"name": name, "changed": {field: [None, one] for field, one in answers.items()}}
        actor = Actor(made, name, frozenset(_FIRST))
        register(work, "person:entered", RecordKind.PERSON, made, content, actor)
    return made


def epoch_of(store: Store, person_id: UUID) -> int | None:
    """Return what an invitation is good for once: it is raised with each new password.

    None if there is no such person, or they have left.
    """
    with store.read() as conn:
        found = select(t.person.c.session_epoch).where(t.person.c.id == person_id)
        epoch: int | None = conn.scalar(found.where(t.person.c.is_active))
        return epoch


def invite(store: Store, person_id: UUID, *, actor: Actor) -> int | None:
    """Record that the actor asks for a link by which the person chooses a password."""
    from_epoch = epoch_of(store, person_id)
    if from_epoch is not None:
        with store.begin() as work:
            name = work.conn.scalar(select(t.person.c.name).where(t.person.c.id == person_id))
            content = {"name": name}
            register(work, "person:invited", RecordKind.PERSON, person_id, content, actor)
    return from_epoch


_CHOSEN = text("""
    UPDATE person SET password_hash = :hash, session_epoch = session_epoch + 1
    WHERE id = :id AND session_epoch = :epoch AND is_active RETURNING name
""")


def choose_password(store: Store, person_id: UUID, epoch: int, password_hash: str) -> bool:
    """Give the person a password, once; say whether the invitation was still good."""
    with store.begin() as work:
        asked = {"id": person_id, "epoch": epoch, "hash": password_hash}
        name = work.conn.scalar(_CHOSEN, asked)
        if name is None:
            return False
        # whoever made the address has seen it too
        actor = Actor(person_id, bearer_of_address(name), by_link=True)
        register(
            work, "person:password_chosen", RecordKind.PERSON, person_id, {"name": name}, actor
        )
        return True
