"""Who speaks for those harmed: how many they are, who stands for whom, and who is left out.

Nobody is asked to confirm while some are covered by nobody and the owner has not accepted that by
name: the check of the outcome is refused until then.
"""

from collections.abc import Collection
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.coverage import coverage
from engine.store.work import Case
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def count_harmed(
    handling: Handling, incident_id: UUID, count: int, *, reason: str, actor: Actor
) -> None:
    """Say how many are harmed, and how we know.

    Raises NotFound, NotAllowed for anybody but the lead and the owner, IncidentClosed, or
    InvalidAnswers.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say how you know.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.NAME_CONFIRMERS)
        content = {"before": case.incident.harmed_count, "now": count, "reason": reason}
        case.record("incident:harmed_counted", content, actor)
        case.change(harmed_count=count)


def stand_for(
    handling: Handling,
    incident_id: UUID,
    person_id: UUID,
    *,
    whom: str,
    count: int,
    actor: Actor,
) -> None:
    """Say for whom a confirmer answers beside themselves, and how many these are.

    Raises NotFound, NotAllowed for anybody but the lead and the owner, IncidentClosed, or
    InvalidAnswers for who is no confirmer.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.NAME_CONFIRMERS)
        changed = work.conn.execute(
            update(t.confirmer)
            .where(
                t.confirmer.c.incident_id == incident_id,
                t.confirmer.c.person_id == person_id,
                t.confirmer.c.withdrawn_at.is_(None),
            )
            .values(stands_for=whom, stands_for_count=count)
        )
        if not changed.rowcount:
            raise InvalidAnswers({"whom": say("This person is not asked to confirm.")})
        content = {"person": str(person_id), "stands_for": whom, "count": count}
        case.record("confirmer:stands_for", content, actor)


def accept_uncovered(
    handling: Handling, incident_id: UUID, number: int, *, reason: str, actor: Actor
) -> None:
    """Accept by name that so many of those harmed are covered by nobody, and say why.

    Raises NotFound, NotAllowed for anybody but the owner, IncidentClosed, InvalidAnswers
    without a reason, or Conflict if there are more or fewer meanwhile.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why this can be accepted.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.ACCEPT_UNCOVERED)
        uncovered = coverage(work.conn, case.incident).uncovered
        if number != uncovered or not uncovered:
            raise Conflict(
                say("Meanwhile %(uncovered)s are covered by nobody.", uncovered=uncovered),
                uncovered=uncovered,
            )
        seq = case.record("coverage:accepted", {"number": number, "reason": reason}, actor)
        work.conn.execute(
            insert(t.uncovered_accepted),
            {
                "id": uuid4(),
                "incident_id": incident_id,
                "number": number,
                "reason": reason,
                "person_id": actor.id,
                "accepted_at": work.now,
                "entry_seq": seq,
            },
        )


def name_representatives(case: Case, *, answering: Collection[UUID]) -> None:
    """Name the process's standing representatives as confirmers; the lead cannot be one.

    They share those harmed who do not answer themselves, as evenly as it goes; `answering` are
    those who confirm already.
    """
    incident, representative = case.incident, t.representative.c
    standing = case.conn.execute(
        select(representative.person_id, representative.stands_for)
        .where(
            representative.process_id == incident.process_id,
            representative.person_id.not_in([incident.lead_id, incident.reporter_id, *answering]),
        )
        .order_by(representative.person_id)
    ).all()
    if not standing:
        return
    others = max(0, (incident.harmed_count or 0) - len(answering) - len(standing))
    each, over = divmod(others, len(standing))
    case.conn.execute(
        insert(t.confirmer),
        [
            {
                "incident_id": incident.id,
                "person_id": one.person_id,
                "named_at": case.now,
                "stands_for": one.stands_for,
                "stands_for_count": each + (place < over),
            }
            for place, one in enumerate(standing)
        ],
    )
