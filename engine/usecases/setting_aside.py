"""Out of the handling by a named person's word, and back by the reporter's."""

from uuid import UUID, uuid4

from sqlalchemy import insert

from engine.domain.incident import IncidentState, WayOut
from engine.domain.permissions import Actor, Verb
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases import closing
from engine.usecases.actions import start_whose_turn_came
from engine.usecases.handling import Handling
from engine.usecases.passing_on import pass_actions_on
from engine.usecases.running import Mover
from engine.usecases.standing import require
from engine.usecases.suspending import resume, suspend


def set_aside(handling: Handling, incident_id: UUID, *, reason: str, actor: Actor) -> None:
    """Take a mistake, a request or spam out of the handling, and say why.

    Its time ends, and nobody is asked for anything any more; whoever reported it can bring it
    back.  Raises NotFound, IncidentClosed, InvalidAnswers without a reason, or NotAllowed: also
    once somebody has begun to act.
    """
    require_reason(reason)
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.SET_ASIDE)
        seq = case.record("incident:set_aside", {"reason": reason}, actor)
        leave(mover, WayOut.SET_ASIDE, reason=reason, actor=actor, seq=seq)


def bring_back(
    handling: Handling, incident_id: UUID, *, actor: Actor, words: str | None = None
) -> None:
    """Take it up again where it was; bringing back what is open changes nothing.

    The time it was out is the lead's party's, by name.  Raises NotFound, IncidentClosed, or
    NotAllowed for anybody but who reported it.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        is_reporter = actor.id == case.incident.reporter_id
        if case.incident.state == IncidentState.OPEN and is_reporter:
            return
        require(mover, actor, Verb.BRING_BACK)
        seq = case.record("incident:brought_back", {"words": words or ""}, actor)
        come_back(mover, actor=actor, words=words, seq=seq)


def require_reason(reason: str) -> None:
    """Raise InvalidAnswers for a reason that says nothing."""
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why.")})


def leave(
    mover: Mover, kind: WayOut, *, reason: str, actor: Actor, seq: int, into: UUID | None = None
) -> None:
    """Write the way out that entry `seq` tells of, and stop asking."""
    case, way_out = mover.case, uuid4()
    case.conn.execute(
        insert(t.way_out),
        {
            "id": way_out,
            "incident_id": case.incident.id,
            "kind": kind,
            "person_id": actor.id,
            "reason": reason,
            "into_id": into,
            "left_at": case.now,
            "entry_seq": seq,
        },
    )
    closing.tell_over(mover)
    suspend(mover)
    case.change(state=IncidentState(kind), ended_at=case.now, way_out_id=way_out)


def come_back(mover: Mover, *, actor: Actor, words: str | None, seq: int) -> None:
    """Write that it is back, as entry `seq` tells, and ask again."""
    case = mover.case
    case.conn.execute(
        insert(t.way_back),
        {
            "way_out_id": case.incident.way_out_id,
            "person_id": actor.id,
            "words": words,
            "returned_at": case.now,
            "entry_seq": seq,
        },
    )
    case.change(state=IncidentState.OPEN, ended_at=None, way_out_id=None)
    # the database keeps the facts of what is out: they change only once it is back
    case.flush()
    # nobody could look meanwhile: the lead has the whole time again
    case.looked()
    if case.incident.is_restricted:
        # somebody may have been taken off it meanwhile
        pass_actions_on(mover)
    resume(mover)
    start_whose_turn_came(mover)
