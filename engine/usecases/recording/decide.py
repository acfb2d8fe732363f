"""Deciding without the customer's answer: four answers, by a named person who says why."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from engine.domain.incident import Decided, Priority
from engine.domain.mark import Mark
from engine.domain.party import Lane, Party, party_of
from engine.errors import InvalidAnswers
from engine.store import schema as t
from engine.usecases.answering import Answering
from engine.usecases.recording.agree import name_confirmers


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
    if asked == answering.actor.id:
        raise InvalidAnswers({"ask": "Whoever decides cannot be the one who confirms."})
    grave = Priority(case.incident.highest_priority) in (Priority.P1, Priority.P2)
    seq = case.record("decision:made", dict(answers), mover.by)
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
        _ask_instead(answering, asked)
    if decided in (Decided.KEEP_ASKING, Decided.ASK_SOMEBODY_ELSE):
        mover.forget()
        case.change(ask_again_at=until or mover.decide_at())
    mover.forget()
    return answering.filed()


def _ask_instead(answering: Answering, asked: UUID) -> None:
    """Name somebody who stands for those who have not answered, and hand their to-dos on."""
    mover, case, item = answering.mover, answering.mover.case, answering.item
    silent = [who for who in mover.confirmers if who.entry_seq <= case.incident.asked_seq]
    kept = [who.person_id for who in mover.confirmers if who not in silent]
    name_confirmers(mover, [*kept, asked], field="ask")
    open_items = case.conn.execute(
        update(t.work_item)
        .where(
            t.work_item.c.run_id == item.run_id,
            t.work_item.c.mark == Mark.CONFIRMATION,
            t.work_item.c.ended_at.is_(None),
        )
        .values(ended_at=case.now, how="handed_on", ended_by=answering.actor.id)
        .returning(*t.work_item.c)
    ).all()
    if not open_items:
        return
    before = open_items[0]
    outside = case.conn.scalar(
        select(t.person.c.organisation_id.is_not(None)).where(t.person.c.id == asked)
    )
    case.conn.execute(
        insert(t.work_item),
        {
            "id": uuid4(),
            **{
                name: getattr(before, name)
                for name in ("incident_id", "run_id", "task_id", "step", "mark", "title", "lane")
            },
            "party": party_of(Lane.CUSTOMER, desk=Party.BUSINESS, outside=bool(outside)),
            "people": [asked],
            "opened_at": case.now,
        },
    )


def _until(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    parsed = datetime.fromisoformat(value)
    # a plain date means the end of that day
    return parsed if parsed.tzinfo else datetime.combine(parsed.date(), time(23, 59), UTC)
