"""Writing about an incident: for us only, or for the customer to read too.

What is written is an entry and nothing else: it moves nothing, and stands where it was said.  A
newcomer would keep comments in a table of their own, where one could be changed afterwards.
"""

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from engine.domain.message import MessageKind
from engine.domain.permissions import Actor, Role, Verb
from engine.errors import InvalidAnswers, NotAllowed
from engine.language import say
from engine.queries.actors import load_actor
from engine.queries.permitted import towards
from engine.store import schema as t
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require

LONGEST = 4000
# more names than these in one text are no names
_MOST_NAMED = 20
_NAMED = re.compile(r"(?<![\w@])@([\w.+-]*\w)")
_BY_LOGIN = text(
    "SELECT id FROM person WHERE lower(login) = ANY (:logins) AND is_active ORDER BY login"
)


def comment(
    handling: Handling,
    incident_id: UUID,
    words: str,
    *,
    actor: Actor,
    is_internal: bool = False,
    key: str | None = None,
) -> None:
    """Write about the incident; `is_internal`: nobody outside our organisation reads it.

    Its lead, who watches it and whoever is named by `@login` are told, as far as they may read
    it.  `key` as for `complete`.  Raises NotFound, NotAllowed, IncidentClosed, or InvalidAnswers
    for no words, too many, or words from outside that are to be internal.
    """
    _check(words, actor, is_internal=is_internal)
    with handling.store.begin() as work:
        request = f"{incident_id} {is_internal} {words}".encode()
        if work.once(actor.id, key, request)[1]:
            return
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.ADD_NOTE)
        write(mover, words, actor, is_internal=is_internal)


def write(mover: Mover, words: str, actor: Actor, *, is_internal: bool) -> None:
    """Write about the locked incident, and tell who is to know."""
    case = mover.case
    named = _named(mover, words)
    case.record(
        "incident:noted",
        {
            "words": words,
            "is_internal": is_internal,
            "named": [one.name for one in named],
        },
        actor,
    )
    watching = case.conn.scalars(
        select(t.watcher.c.person_id).where(t.watcher.c.incident_id == case.incident.id)
    ).all()
    known = {one.id: one for one in named}
    for who in (case.incident.lead_id, *watching):
        if who not in known and (found := load_actor(case.conn, who)) is not None:
            known[who] = found
    mover.tell(MessageKind.NOTED, _readers(mover, known.values(), is_internal=is_internal))


def watch(handling: Handling, incident_id: UUID, *, actor: Actor, is_wanted: bool) -> None:
    """Be told what is written about the incident, or no longer.

    Raises NotFound, or NotAllowed for an auditor, who changes nothing.
    """
    if actor.has_role(Role.AUDITOR):
        raise NotAllowed(say("You see everything here and change nothing."))
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.SEE)
        row = {"incident_id": incident_id, "person_id": actor.id}
        if is_wanted:
            work.conn.execute(insert(t.watcher).values(row).on_conflict_do_nothing())
        else:
            work.conn.execute(
                delete(t.watcher).where(
                    t.watcher.c.incident_id == incident_id, t.watcher.c.person_id == actor.id
                )
            )


def _check(words: str, actor: Actor, *, is_internal: bool) -> None:
    if not words.strip():
        raise InvalidAnswers({"words": say("Please write something.")})
    if len(words) > LONGEST:
        raise InvalidAnswers(
            {"words": say("Please use at most %(longest)s characters.", longest=LONGEST)}
        )
    if is_internal and actor.is_outside:
        raise InvalidAnswers({"is_internal": say("What you write is read by both sides.")})


def _named(mover: Mover, words: str) -> list[Actor]:
    logins = {one.lower() for one in _NAMED.findall(words)}
    if not logins:
        return []
    conn = mover.case.conn
    found = conn.scalars(_BY_LOGIN, {"logins": list(logins)}).all()[:_MOST_NAMED]
    actors = [one for who in found if (one := load_actor(conn, who)) is not None]
    return [one for one in actors if _may_read(mover, one)]


def _readers(mover: Mover, people: Iterable[Actor], *, is_internal: bool) -> list[UUID]:
    return [
        one.id for one in people if not (is_internal and one.is_outside) and _may_read(mover, one)
    ]


def _may_read(mover: Mover, actor: Actor) -> bool:
    case = mover.case
    _, verbs = towards(case.conn, case.incident, actor, case.now, mover.handling.rules)
    return Verb.SEE in verbs
