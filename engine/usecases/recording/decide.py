"""Deciding without the customer's answer: four answers, by a named person who says why."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from engine.domain.incident import Decided, Priority
from engine.domain.mark import Mark
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.closing_lists import require_line
from engine.store import schema as t
from engine.usecases.answering import Answering
from engine.usecases.asking_another import ask_another, require_askable
from engine.usecases.recording.agree import replace_confirmers
from engine.usecases.reminding import ask_again


def decide(answering: Answering) -> Mapping[str, str | bool]:
    """Record the decision.  Only *close* and *back to work* end the wait.

    That the person has the authority still, and has not led or worked on it, was asked before:
    they are barred from the work item otherwise.
    """
    answers = answering.checked()
    mover, case = answering.mover, answering.mover.case
    decided = Decided(answers["decided"])
    until = _until(answering, answers.get("until"))
    asked = UUID(answers["ask"]) if answers.get("ask") else None
    if decided is Decided.KEEP_ASKING and (until is None or until <= case.now):
        raise InvalidAnswers({"until": say("Please say until when; it has to lie ahead.")})
    if decided is Decided.ASK_SOMEBODY_ELSE and asked is None:
        raise InvalidAnswers({"ask": say("Please say whom to ask.")})
    if asked == answering.actor.id:
        raise InvalidAnswers({"ask": say("Whoever decides cannot be the one who confirms.")})
    content = dict(answers)
    if answering.list_id is not None:
        content["list"] = require_line(case.conn, answering.list_id, case.incident.id)
    seq = case.record("decision:made", content, mover.by)
    case.conn.execute(
        insert(t.decision),
        {
            "id": uuid4(),
            "incident_id": case.incident.id,
            "person_id": answering.actor.id,
            "authority": _authority(answering),
            "decided": decided,
            "reason": answers["reason"],
            "until": until,
            "ask_id": asked,
            "list_id": answering.list_id,
            "decided_at": case.now,
            "entry_seq": seq,
        },
    )
    if decided is Decided.KEEP_ASKING:
        ask_again(mover, answering.item.run_id)
    if asked is not None and decided is Decided.ASK_SOMEBODY_ELSE:
        _ask_instead(answering, asked)
    if decided in (Decided.KEEP_ASKING, Decided.ASK_SOMEBODY_ELSE):
        case.change(ask_again_at=until or mover.decide_at())
    return answering.filed()


def _authority(answering: Answering) -> str:
    """Return what the decision is taken with: authority, owner, or the owner's delegate."""
    incident = answering.mover.case.incident
    if incident.delegate_id == answering.actor.id:
        return "delegate"
    grave = Priority(incident.highest_priority) in (Priority.P1, Priority.P2)
    return "authority" if grave else "owner"


def _ask_instead(answering: Answering, asked: UUID) -> None:
    """Name somebody who stands for those who have not answered, and hand their to-dos on."""
    mover, case, item = answering.mover, answering.mover.case, answering.item
    is_outside = require_askable(mover, asked, field="ask")
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
    silent = {one.people[0] for one in open_items}
    if any(who.person_id == asked for who in mover.confirmers) and asked not in silent:
        raise InvalidAnswers({"ask": say("This person has answered already.")})
    silent -= {asked}
    names = [who.name for who in mover.confirmers if who.person_id in silent]
    replace_confirmers(mover, silent, asked, ", ".join(names))
    if not open_items:
        return
    ask_another(mover, open_items[0], asked, is_outside=is_outside)


def _until(answering: Answering, value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo:
        return parsed
    # a plain date means the end of that day where the person is who decides
    who = answering.actor.id
    zone = answering.mover.calendars_of([who])[who].zone
    return datetime.combine(parsed.date(), time(23, 59), zone).astimezone(UTC)
