"""It is back: a new incident that recurs from the old; too often, and the owner is asked why.

What is back is back once: whoever says so while that is known is led to the one that is open.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from engine.domain.action import ActionKind, ActionState
from engine.domain.incident import IncidentState, Origin
from engine.domain.party import Party
from engine.domain.permissions import Actor, Machine, Verb
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.queries.recurrences import Occurrence, is_remedy_settled, occurrences
from engine.store import schema as t
from engine.store.work import Case, no_such_action
from engine.usecases.actions import write_action
from engine.usecases.beside import Beside, criteria_of, open_beside
from engine.usecases.handling import Handling
from engine.usecases.proposing import Proposal, propose
from engine.usecases.running import Mover
from engine.usecases.setting_aside import require_reason
from engine.usecases.standing import require
from engine.usecases.suspending import end_action

RULES = Machine("Putright's rules")
REMEDY_DUE = timedelta(days=14)


def report_recurrence(
    handling: Handling,
    incident_id: UUID,
    *,
    actor: Actor,
    words: str | None = None,
    key: str | None = None,
) -> UUID:
    """Say that what was closed is back, and return the id of the new incident.

    It recurs from the last time that it happened, with the criteria and confirmers of then.
    Raises NotFound, NotAllowed unless it is closed and `actor` was involved, or Conflict naming
    the open one if it is known to be back.
    """
    with handling.store.begin() as work:
        made, is_repeat = work.once(actor.id, key, f"recurs {incident_id} {words}".encode())
        if is_repeat:
            return made
        # whoever adds to a chain holds all of it, so that it never forks
        for one in sorted(each.id for each in occurrences(work.conn, incident_id)):
            work.incident(one)
        asked = Mover(handling, work.incident(incident_id), actor)
        require(asked, actor, Verb.REPORT_RECURRENCE)
        chain = occurrences(work.conn, incident_id)
        if chain[-1].state == IncidentState.OPEN:
            number = chain[-1].number
            raise Conflict(
                say("It is known to be back: please see #%(number)s.", number=number),
                incident=number,
            )
        last = Mover(handling, work.incident(chain[-1].id), actor)
        beside = _as_before(last, actor, words or "")
        again = open_beside(handling, work, last.case, beside, by=actor, made=made)
        _count(again, chain)
        return made


def _as_before(last: Mover, actor: Actor, words: str) -> Beside:
    incident = last.case.incident
    figures = ("size", "size_unit", "money", "currency")
    return Beside(
        Origin.RECURS,
        actor.id,
        tuple(who.person_id for who in last.confirmers) or (actor.id,),
        incident.customer_id,
        texts={name: getattr(incident, name) for name in figures}
        | ({"actual": words} if words else {}),
        words=words,
        criteria=criteria_of(last.case),
    )


def _count(again: Mover, before: Sequence[Occurrence]) -> None:
    """Ask for a remedy if it has come back too often; what was a mistake is no time."""
    conn, now = again.case.conn, again.case.now
    told = [one.told_at for one in before[1:] if one.state != IncidentState.SET_ASIDE] + [now]
    if not again.handling.rules.is_too_often(told, now):
        return
    if not is_remedy_settled(conn, [one.id for one in before], now):
        _ask_for_remedy(again, len(told))


def _ask_for_remedy(mover: Mover, times: int) -> None:
    asked = Proposal(
        title="Find a lasting remedy, or accept that it comes back",
        party=Party.BUSINESS,
        kind=ActionKind.PREVENTS,
        detail=f"It has come back {times} times. Say what will keep it from coming back, or sign"
        " until when you accept that it does.",
        person_id=mover.process.owner_id,
        due_at=mover.case.now + REMEDY_DUE,
        is_remedy=True,
    )
    propose(mover, asked, by=RULES)


def accept_until(
    handling: Handling, action_id: UUID, *, until: datetime, reason: str, actor: Actor
) -> None:
    """Sign, as the owner, that it may come back until then (aware); nobody asks again before.

    Raises NotFound, NotAllowed, InvalidAnswers, or Conflict if no remedy is asked for any more.
    """
    require_reason(reason)
    with handling.store.begin() as work:
        case, action = work.action(action_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.ACCEPT_UNTIL, missing=no_such_action(action_id))
        if not action.is_remedy or action.settled_at is not None:
            raise Conflict(say("Nobody asks for a lasting remedy here any more."))
        if until <= case.now:
            raise InvalidAnswers({"until": say("Please say until when; it has to lie ahead.")})
        _sign(case, until, reason, actor)
        end_action(mover, action.id, "accepted")
        write_action(
            mover,
            action,
            state=ActionState.DROPPED,
            settled_at=case.now,
            settled_by=actor.id,
            outcome=f"Accepted until {until.date().isoformat()}: {reason}",
        )


def _sign(case: Case, until: datetime, reason: str, actor: Actor) -> None:
    seq = case.record("incident:accepted_until", {"until": until, "reason": reason}, actor)
    case.conn.execute(
        insert(t.acceptance),
        {
            "id": uuid4(),
            "incident_id": case.incident.id,
            "person_id": actor.id,
            "until": until,
            "reason": reason,
            "accepted_at": case.now,
            "entry_seq": seq,
        },
    )
