"""Deciding without the customer's answer: four answers, by a named person who says why."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from engine.domain.incident import Decided, Priority
from engine.errors import InvalidAnswers
from engine.store import schema as t
from engine.usecases.answering import Answering
from engine.usecases.recording.agree import add_confirmer


def decide(answering: Answering) -> Mapping[str, str | bool]:
    """Record the decision.  Only *close* and *back to work* end the wait.

    That the person has the authority and has not led or worked on it was asked before: they are
    barred from the work item otherwise.
    """
    answers = answering.checked()
    mover, case = answering.mover, answering.mover.case
    decided = Decided(answers["decided"])
    until = _until(answers.get("until"))
    asked = UUID(answers["ask"]) if answers.get("ask") else None
    if decided is Decided.KEEP_ASKING and (until is None or until <= case.now):
        raise InvalidAnswers({"until": "Please say until when; it has to lie ahead."})
    if decided is Decided.ASK_SOMEBODY_ELSE and asked is None:
        raise InvalidAnswers({"ask": "Please say whom to ask."})
    grave = Priority(case.incident.highest_priority) in (Priority.P1, Priority.P2)
    seq = case.record("decision:made", dict(answers), answering.actor)
    case.conn.execute(
        insert(t.decision),
        {
            "id": uuid4(),
            "incident_id": case.incident.id,
            "person_id": answering.actor.id,
            "authority": "authority" if grave else "owner",
            "decided": decided,
            "reason": answers["reason"],
            "until": until,
            "ask_id": asked,
            "decided_at": case.now,
            "entry_seq": seq,
        },
    )
    if asked is not None and decided is Decided.ASK_SOMEBODY_ELSE:
        add_confirmer(answering, asked)
    if decided in (Decided.KEEP_ASKING, Decided.ASK_SOMEBODY_ELSE):
        zone = "UTC"
        later = mover.handling.ladder.decide_at(case.incident.highest_priority, case.now, zone)
        case.change(ask_again_at=until or later)
    mover.forget()
    return answering.filed()


def _until(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    parsed = datetime.fromisoformat(value)
    # a plain date means the end of that day
    return parsed if parsed.tzinfo else datetime.combine(parsed.date(), time(23, 59), UTC)


def person_exists(answering: Answering, person_id: UUID) -> bool:
    """Whether there is such a person."""
    found = answering.mover.case.conn.scalar(
        select(t.person.c.id).where(t.person.c.id == person_id)
    )
    return found is not None
