"""Who alone is harmed takes the report back: that is their confirmation, and it closes at once.

A newcomer would ask for the criteria to be verified first: nothing has to be right again for
somebody who says that nothing was wrong.  The gate, the guard and the audit accept that of the
reporter only, and only while nobody else is to answer.
"""

from uuid import UUID, uuid4

from sqlalchemy import insert, select

from engine.domain.action import BLOCKING, ActionKind, ActionState
from engine.domain.gate import Grade
from engine.domain.incident import Answer
from engine.domain.permissions import Actor, Verb
from engine.store import schema as t
from engine.store.rows import Action, split
from engine.usecases import closing
from engine.usecases.actions import write_action
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require
from engine.usecases.suspending import end_handling


def withdraw(handling: Handling, incident_id: UUID, *, words: str, actor: Actor) -> None:
    """Close the incident by its reporter's word; what was asked of others to put right ends.

    Raises NotFound, IncidentClosed, or NotAllowed for anybody but a reporter who alone is harmed
    and had no hand in it.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.WITHDRAW)
        _drop_work(mover)
        said = {"answer": Answer.YES, "words": words}
        seq = case.record("incident:withdrawn", said, actor)
        case.conn.execute(
            insert(t.confirmation),
            {
                "id": uuid4(),
                "incident_id": incident_id,
                "person_id": actor.id,
                **said,
                "grade": Grade.SIGNED_IN,
                "is_withdrawal": True,
                "answered_at": case.now,
                "entry_seq": seq,
            },
        )
        case.change(answered_at=case.now)
        end_handling(mover, "withdrawn")
        mover.forget()
        closing.close(mover, "confirmed")


def _drop_work(mover: Mover) -> None:
    case = mover.case
    rows = case.conn.execute(
        select(t.action)
        .where(
            t.action.c.incident_id == case.incident.id,
            t.action.c.kind == ActionKind.PUTS_RIGHT,
            t.action.c.state.in_(BLOCKING),
        )
        .order_by(t.action.c.number)
    ).all()
    for row in rows:
        action: Action = split(row, (t.action, Action))[0]
        seq = case.record("action:dropped", {"action": action.number}, mover.by)
        case.change(work_seq=seq)
        write_action(
            mover,
            action,
            state=ActionState.DROPPED,
            settled_at=case.now,
            outcome="The report was withdrawn.",
            work_seq=seq,
        )
