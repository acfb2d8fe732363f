"""Disagreeing about whose time it was: raised, decided by somebody of neither party, or withdrawn.

A dispute changes no fact of the incident and closes nothing, before the end or after it: it is a
record beside the ledger, and only the label of the time can move (rules, The ledger 9).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from engine.domain.party import Party
from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.queries.ledger import incident_ledger
from engine.store import schema as t
from engine.store.calendars import Holder, load_calendars
from engine.store.work import Case, Work
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def dispute(
    handling: Handling,
    incident_id: UUID,
    *,
    since: datetime,
    until: datetime,
    should_be: Party,
    why: str,
    actor: Actor,
    key: str | None = None,
) -> UUID:
    """Say that a stretch of the ledger should be another party's, and why; return its id.

    `since` and `until` are the borders of one line of the ledger, or lie within it.  Raises
    NotFound, NotAllowed for who has no part in it or comes too late after the end, or
    InvalidAnswers.
    """
    if not why.strip():
        raise InvalidAnswers({"why": say("Please say why.")})
    with handling.store.begin() as work:
        request = f"{incident_id} {since} {until} {should_be} {why}".encode()
        made, is_repeat = work.once(actor.id, key, request)
        if is_repeat:
            return made
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.DISPUTE)
        party = _counted_as(work, case, since, until)
        if party is should_be:
            raise InvalidAnswers({"should_be": say("It counts as theirs already.")})
        days = handling.rules.dispute_working_days
        calendar = load_calendars(work.conn)[0].at(Holder(), work.now)
        seq = case.record(
            "dispute:raised",
            {"since": since, "until": until, "party": party, "should_be": should_be, "why": why},
            actor,
        )
        work.conn.execute(
            insert(t.dispute),
            {
                "id": made,
                "incident_id": incident_id,
                "since": since,
                "until": until,
                "party": party,
                "should_be": should_be,
                "why": why,
                "raised_by": actor.id,
                "raised_at": work.now,
                "decide_by": calendar.add_days(work.now, days),
                "entry_seq": seq,
            },
        )
        return made


def decide_dispute(
    handling: Handling, dispute_id: UUID, *, moves: bool, why: str, actor: Actor
) -> None:
    """Decide whose time it was: the label moves, or stays; an instant never changes.

    Raises NotFound, NotAllowed for who belongs to either party or raised it, InvalidAnswers
    without a reason, or Conflict if it has ended meanwhile.
    """
    if not why.strip():
        raise InvalidAnswers({"why": say("Please say why.")})
    with handling.store.begin() as work:
        case, raised = _found(handling, work, dispute_id, actor, Verb.DECIDE_DISPUTE)
        if raised.raised_by == actor.id:
            raise NotAllowed(say("Who disagreed does not decide about it."))
        if parties_of(work, actor) & {raised.party, raised.should_be}:
            raise NotAllowed(say("Somebody who belongs to neither of the two decides this."))
        _end(work, case, dispute_id, "moved" if moves else "kept", why, actor)


def withdraw_dispute(handling: Handling, dispute_id: UUID, *, actor: Actor) -> None:
    """Take back a dispute of one's own.

    Raises NotFound, NotAllowed, or Conflict if it has ended meanwhile.
    """
    with handling.store.begin() as work:
        case, raised = _found(handling, work, dispute_id, actor, Verb.SEE)
        if raised.raised_by != actor.id:
            raise NotAllowed(say("Only who disagreed can take it back."))
        _end(work, case, dispute_id, "withdrawn", "", actor)


def parties_of(work: Work, actor: Actor) -> frozenset[str]:
    """Return the parties that the actor belongs to: those of their teams, or their own outside."""
    if actor.is_outside:
        kind = work.conn.scalar(
            select(t.organisation.c.kind).where(t.organisation.c.id == actor.organisation_id)
        )
        return frozenset({Party.EXTERNAL if kind == "supplier" else Party.CUSTOMER})
    teams = select(t.team.c.party).where(t.team.c.id.in_(actor.team_ids))
    return frozenset(work.conn.execute(teams).scalars())


def _counted_as(work: Work, case: Case, since: datetime, until: datetime) -> Party:
    ledger = incident_ledger(work.conn, case.incident.id, work.now)
    for line in ledger.lines:
        if line.since <= since < until <= line.until:
            return line.party
    raise InvalidAnswers({"since": say("Please choose a part of the time as it is listed.")})


def _found(
    handling: Handling, work: Work, dispute_id: UUID, actor: Actor, verb: Verb
) -> tuple[Case, Row[Any]]:
    """Return the dispute and its incident, if the actor's standing grants `verb` and it is open."""
    found = work.conn.execute(select(t.dispute).where(t.dispute.c.id == dispute_id)).first()
    missing = NotFound(say("There is no such disagreement."), dispute=str(dispute_id))
    if found is None:
        raise missing
    case = work.incident(found.incident_id)
    require(Mover(handling, case, actor), actor, verb, missing=missing)
    ended = work.conn.scalar(
        select(t.dispute_end.c.how).where(t.dispute_end.c.dispute_id == dispute_id)
    )
    if ended is not None:
        raise Conflict(say("This was decided or taken back meanwhile."), how=ended)
    return case, found


def _end(work: Work, case: Case, dispute_id: UUID, how: str, why: str, actor: Actor) -> None:
    verb = "dispute:withdrawn" if how == "withdrawn" else "dispute:decided"
    seq = case.record(verb, {"dispute": str(dispute_id), "how": how, "why": why}, actor)
    work.conn.execute(
        insert(t.dispute_end),
        {
            "dispute_id": dispute_id,
            "how": how,
            "why": why,
            "ended_by": actor.id,
            "ended_at": work.now,
            "entry_seq": seq,
        },
    )
