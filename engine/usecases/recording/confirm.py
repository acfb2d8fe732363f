"""A confirmer's answer, criterion by criterion; partly and not right never close."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import insert

from engine.domain.gate import Grade
from engine.errors import NotAllowed
from engine.store import schema as t
from engine.usecases.answering import Answering
from engine.usecases.recording.agree import replace_confirmers


def confirm(answering: Answering) -> Mapping[str, str | bool]:
    """Record the answer.  It is kept whatever follows; the step ends when the facts decide.

    A deputy who was asked too answers for themselves, and is the confirmer from then on.
    Raises NotAllowed for anybody who is not a confirmer of this incident.
    """
    answers = answering.checked()
    mover, case = answering.mover, answering.mover.case
    _stand_in(answering)
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
            "grade": Grade.LINK if answering.actor.by_link else Grade.SIGNED_IN,
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


def _stand_in(answering: Answering) -> None:
    """Make a deputy who was asked too a confirmer in the place of who was asked first."""
    mover, actor = answering.mover, answering.actor
    named = {who.person_id: who.name for who in mover.confirmers}
    asked, *too = answering.item.people
    if actor.id in named and actor.id not in too:
        return
    if asked not in named or actor.id not in too:
        raise NotAllowed("Only a named confirmer can answer this.")
    kept = [who for who in named if who != asked]
    mover.case.record(
        "confirmation:stood_in",
        {"asked": named[asked], "confirmers": [str(who) for who in (*kept, actor.id)]},
        mover.by,
    )
    replace_confirmers(mover, [asked], actor.id, named[asked])
