"""Our check of the outcome: right, not right, or watch until."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from engine.domain.gate import not_to_be_asked
from engine.domain.incident import Verdict
from engine.errors import InvalidAnswers
from engine.language import Said, say
from engine.store import facts as ask
from engine.store import schema as t
from engine.usecases.answering import Answering


def verify(answering: Answering) -> Mapping[str, str | bool]:
    """Record the verdict, what was measured, and since when it is right."""
    answers = answering.checked()
    mover, case = answering.mover, answering.mover.case
    verdict = Verdict(answers["verdict"])
    right_since = _instant(answers.get("right_since"))
    watch_until = _instant(answers.get("watch_until"))
    if verdict is Verdict.RIGHT and right_since is None:
        right_since = case.now
    if right_since is not None and right_since > case.now:
        raise InvalidAnswers({"right_since": say("This cannot lie in the future.")})
    if verdict is Verdict.RIGHT and (still := _not_yet(answering)):
        raise InvalidAnswers({"verdict": still})
    if verdict is Verdict.WATCH_UNTIL and (watch_until is None or watch_until <= case.now):
        raise InvalidAnswers({"watch_until": say("Please say until when; it has to lie ahead.")})
    verb = {
        Verdict.RIGHT: "outcome:verified",
        Verdict.NOT_RIGHT: "outcome:not_right",
        Verdict.WATCH_UNTIL: "outcome:watching",
    }[verdict]
    seq = case.record(verb, dict(answers), mover.by)
    case.conn.execute(
        insert(t.verification),
        {
            "id": uuid4(),
            "incident_id": case.incident.id,
            "person_id": answering.actor.id,
            "verdict": verdict,
            "words": answers.get("words"),
            "right_since": right_since,
            "watch_until": watch_until,
            "verified_at": case.now,
            "entry_seq": seq,
        },
    )
    if verdict is Verdict.RIGHT:
        _found_right(answering, answers, seq)
        case.change(right_since=right_since, restored_entered_at=case.now)
    elif verdict is Verdict.WATCH_UNTIL:
        case.change(watch_until=watch_until)
    return answering.filed()


def _not_yet(answering: Answering) -> Said | None:
    """Return why nobody can be asked yet whatever this check found, None if somebody can."""
    mover = answering.mover
    facts = ask.gate_facts(mover.case.conn, mover.case.incident, mover.confirmers, mover.hands)
    # this check is one more of those in a row at which it has to be right
    counted = [replace(one, held=one.held + 1) for one in facts.criteria]
    why = tuple(not_to_be_asked(replace(facts, criteria=tuple(counted))))
    return say("%(why)s", why=why) if why else None


def _found_right(answering: Answering, answers: Mapping[str, Any], seq: int) -> None:
    measured = [
        {
            "id": UUID(row["criterion"]),
            "measured": row.get("measured"),
            "who": answering.actor.id,
            "at": answering.mover.case.now,
            "seq": seq,
        }
        for row in answers.get("measured") or []
    ]
    if measured:
        answering.mover.case.conn.execute(
            text(
                "UPDATE criterion SET measured = :measured, verified_by = :who,"
                " verified_at = :at, verified_seq = :seq WHERE id = :id"
            ),
            measured,
        )


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
