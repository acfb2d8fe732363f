"""For named people only: an incident is limited to them, and later to everybody's eyes again.

A newcomer would let one person end it: what two people would have to agree on before it is told,
somebody alone would tell by mistake, or because they were asked to.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, NotAllowed
from engine.language import say
from engine.store import schema as t
from engine.store.work import Case
from engine.usecases.handling import Handling
from engine.usecases.naming import names_of, write_namings
from engine.usecases.passing_on import pass_on
from engine.usecases.running import Mover
from engine.usecases.setting_aside import require_reason
from engine.usecases.standing import require

REPORTED_SO = "Reported so"


def restrict(
    handling: Handling,
    incident_id: UUID,
    *,
    reason: str,
    actor: Actor,
    people: Collection[UUID] = (),
) -> None:
    """Limit an open incident to those who answer for it or are asked by name, and to `people`.

    What was asked of a team goes to the lead by name.  Raises NotFound, NotAllowed for who
    neither handles nor owns it, IncidentClosed, Conflict if it is limited already, or
    InvalidAnswers.
    """
    require_reason(reason)
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.SEE)
        if case.incident.is_restricted:
            raise Conflict(say("This is for named people only already."))
        require(mover, actor, Verb.RESTRICT)
        named = names_of(case.conn, people, actor)
        seq = case.record(
            "incident:restricted", {"reason": reason, "people": sorted(named.values())}, actor
        )
        case.change(is_restricted=True)
        begin_restriction(case, actor.id, reason, dict.fromkeys(named, True), seq)
        pass_on(mover)


def begin_restriction(
    case: Case, by: UUID, reason: str, namings: Mapping[UUID, bool], seq: int
) -> None:
    """Write that it is for named people only, as entry `seq` tells; see `write_namings`."""
    made = uuid4()
    case.conn.execute(
        insert(t.restriction),
        {
            "id": made,
            "incident_id": case.incident.id,
            "restricted_by": by,
            "reason": reason,
            "restricted_at": case.now,
        },
    )
    write_namings(case.conn, made, namings, seq)


def ask_to_lift(handling: Handling, incident_id: UUID, *, reason: str, actor: Actor) -> None:
    """Say, as the lead or the owner, why everybody may read it again; another one agrees.

    Asking again puts the later word in the place of the earlier, declined or not.  Raises NotFound,
    NotAllowed, IncidentClosed or InvalidAnswers.
    """
    require_reason(reason)
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.LIFT)
        case.record("incident:lift_asked", {"reason": reason}, actor)
        asked = {"lift_asked_by": actor.id, "lift_reason": reason, "lift_asked_at": case.now}
        _write(case, asked | dict.fromkeys(("declined_by", "declined_because", "declined_at")))


def decline_to_lift(handling: Handling, incident_id: UUID, *, reason: str, actor: Actor) -> None:
    """Say why it goes on being for named people only; who asked is told, and may ask again.

    Raises NotFound, NotAllowed for who asked for it or could not agree, IncidentClosed,
    InvalidAnswers without a reason, or Conflict if nobody asks for it.
    """
    require_reason(reason)
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        asked_by = _who_asks(handling, case, actor)
        content = {"asked_by": str(asked_by), "reason": reason}
        case.record("incident:lift_declined", content, actor)
        said = {"declined_by": actor.id, "declined_because": reason, "declined_at": case.now}
        _write(case, said)


def agree_to_lift(handling: Handling, incident_id: UUID, *, actor: Actor) -> None:
    """Let everybody read it again who could before it was limited.

    Raises NotFound, NotAllowed for who asked for it, IncidentClosed, or Conflict if nobody asks
    for it.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        asked_by = _who_asks(handling, case, actor)
        case.record("incident:lifted", {"asked_by": str(asked_by)}, actor)
        case.change(is_restricted=False)
        _write(case, {"lifted_by": actor.id, "lifted_at": case.now})


def _who_asks(handling: Handling, case: Case, actor: Actor) -> UUID:
    """Return who asks that it is lifted and waits for a word that `actor` may give."""
    require(Mover(handling, case, actor), actor, Verb.AGREE_TO_LIFT)
    restriction = t.restriction.c
    asked_by: UUID | None = case.conn.scalar(
        select(restriction.lift_asked_by).where(
            restriction.incident_id == case.incident.id,
            restriction.lifted_at.is_(None),
            restriction.declined_at.is_(None),
        )
    )
    if asked_by is None:
        raise Conflict(say("Nobody asks that everybody may read this."))
    if asked_by == actor.id:
        raise NotAllowed(say("Somebody else who may read this has to say whether it is lifted."))
    return asked_by


def _write(case: Case, columns: Mapping[str, Any]) -> None:
    case.conn.execute(
        update(t.restriction)
        .where(t.restriction.c.incident_id == case.incident.id, t.restriction.c.lifted_at.is_(None))
        .values(columns)
    )
