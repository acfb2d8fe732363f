"""A confirmer's answer, criterion by criterion; partly and not right never close."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import insert

from engine.domain.gate import Grade
from engine.errors import NotAllowed
from engine.store import schema as t
from engine.usecases.answering import Answering


def confirm(answering: Answering) -> Mapping[str, str | bool]:
    """Record the answer.  It is kept whatever follows; the step ends when the facts decide.

    Raises NotAllowed for anybody who is not a confirmer of this incident.
    """
    answers = answering.checked()
    mover, case = answering.mover, answering.mover.case
    if answering.actor.id not in {who.person_id for who in mover.confirmers}:
        raise NotAllowed("Only a named confirmer can answer this.")
    seq = case.record("confirmation:given", dict(answers), mover.by)
    confirmation = uuid4()
    case.conn.execute(
        insert(t.confirmation),
        {
            "id": confirmation,
            "incident_id": case.incident.id,
            "person_id": answering.actor.id,
            "answer": answers["answer"],
            "words": answers.get("words"),
            "grade": Grade.SIGNED_IN,
            "answered_at": case.now,
            "entry_seq": seq,
        },
    )
    lines = [
        {
            "confirmation_id": confirmation,
            "criterion_id": UUID(row["criterion"]),
            "answer": row["answer"],
            "words": row.get("words"),
        }
        for row in answers.get("criteria") or []
    ]
    if lines:
        case.conn.execute(insert(t.confirmation_line), lines)
    return answering.filed()
