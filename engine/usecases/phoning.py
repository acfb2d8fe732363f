"""Answers given by phone, or face to face: written down by somebody without a hand in it.

Who is said to have answered gets a receipt, and says so if they did not.  A newcomer would let the
lead write it down: then who wants it closed writes that it is right (rules, Answers).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from engine.domain.gate import Grade
from engine.domain.incident import Answer, IncidentState
from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.language import say
from engine.queries.actors import load_actor
from engine.queries.phoned import phoned
from engine.queries.prefill import prefill_for
from engine.store import facts as ask
from engine.store import schema as t
from engine.store.rows import Item, Run
from engine.usecases.answering import Answering
from engine.usecases.complete import ended, finish_item
from engine.usecases.handling import Handling
from engine.usecases.objecting import answer_late
from engine.usecases.recording.confirm import keep, stand_in
from engine.usecases.running import Mover
from engine.usecases.standing import require

# as long as the words about one point may be
_MOST_WORDS = 2_000


@dataclass(frozen=True)
class Heard:
    """Who said it, when (aware; None: just now), at which number or place, in which words."""

    whom_id: UUID
    place: str
    words: str
    at: datetime | None = None


def record_answer(
    handling: Handling,
    item_id: UUID,
    answers: Mapping[str, object],
    heard: Heard,
    *,
    actor: Actor,
    key: str | None = None,
) -> None:
    """Write down what a confirmer answered; whoever does has neither led nor worked on it.

    A *yes* is not enough for P1, P2 and anything with money: then they answer themselves.
    `key` as for `complete`.  Raises NotFound, NotAllowed, ItemEnded, or InvalidAnswers naming the
    fields.
    """
    with handling.store.begin() as work:
        case, item, run = work.item(item_id)
        if item.ended_at is not None and key is not None and item.completed_with == key:
            return
        mover = Mover(handling, case, actor)
        missing = NotFound(say("There is no such to-do."), item=str(item_id))
        require(mover, actor, Verb.RECORD_ANSWER, missing=missing)
        if item.mark != Mark.CONFIRMATION:
            raise missing
        if item.ended_at is not None:
            raise ended(item)
        whom = _whom(mover, heard, item.people, item.opened_at)
        answering = _answering(mover, item, run, whom, answers)
        checked = answering.checked()
        if checked["answer"] == Answer.YES and ask.needs_signature(case.incident):
            raise InvalidAnswers(
                {"words_used": say("P1, P2, or about money: please ask them to answer themselves.")}
            )
        stand_in(answering)
        said = {
            "whom": whom.name,
            "place": heard.place,
            "heard_at": heard.at or case.now,
            "words_used": heard.words,
        }
        _keep(answering, actor, said, key)


_MAILED = text("""
    SELECT e.content ->> 'words' AS words, CAST(e.content ->> 'person' AS uuid) AS person_id,
      (SELECT w.id FROM work_item w WHERE w.incident_id = e.incident_id AND w.ended_at IS NULL
        AND w.mark = 'confirmation'
        AND w.people @> ARRAY[CAST(e.content ->> 'person' AS uuid)]) AS item_id
    FROM entry e WHERE e.incident_id = :id AND e.seq = :seq AND e.verb = 'incident:mailed'
""")


def take_as_not_right(
    handling: Handling, incident_id: UUID, entry_seq: int, *, actor: Actor
) -> None:
    """Take what a confirmer wrote by mail as their answer *not right*; they get a receipt.

    Whoever handles the incident may: a *no* closes nothing.  Raises NotFound, NotAllowed, or
    Conflict where it is no confirmer's whose answer is missing.
    """
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.LOG_TRY)
        row = work.conn.execute(_MAILED, {"id": incident_id, "seq": entry_seq}).first()
        if row is None:
            raise NotFound(say("There is no such mail."))
        whom = load_actor(work.conn, row.person_id) if row.item_id is not None else None
        if whom is None:
            raise Conflict(say("Their answer is not asked for any more."))
        _, item, run = work.item(row.item_id)
        answering = _answering(mover, item, run, whom, {})
        words = row.words or "By mail"
        answering.answers = {
            "criteria": [
                {
                    "criterion": one["criterion"],
                    "answer": "no",
                    "words": words[:_MOST_WORDS],
                }
                for one in _rows(answering.prefill)
            ]
        }
        answering.checked()
        stand_in(answering)
        _keep(answering, actor, {"whom": whom.name, "mail": entry_seq}, None)


def _rows(prefill: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(prefill.get("criteria") or [])


def _answering(
    mover: Mover, item: Item, run: Run, whom: Actor, answers: Mapping[str, object]
) -> Answering:
    mover.own_run = run
    form = mover.release(run).forms[item.step]
    prefill = prefill_for(mover.case.conn, form, mover.case.incident.id, ())
    return Answering(mover, item, whom, answers, form, prefill, None)


def _keep(answering: Answering, actor: Actor, said: Mapping[str, object], key: str | None) -> None:
    mover, whom = answering.mover, answering.actor
    keep(answering, "confirmation:recorded", Grade.PHONE, recorded_by=actor.id, said=said)
    finish_item(mover.case, answering, key)
    mover.tell(MessageKind.RECORDED, [whom.id], answering.item.id)
    mover.forget(hands=False)
    mover.settle()


def _whom(mover: Mover, heard: Heard, people: list[UUID], opened_at: datetime) -> Actor:
    problems = {}
    if not heard.place.strip():
        problems["place"] = say("Please say at which number, or where.")
    if not heard.words.strip():
        problems["words_used"] = say("Please write down the words they used.")
    if heard.at is not None and not opened_at <= heard.at <= mover.case.now:
        problems["heard_at"] = say("This lies between when they were asked and now.")
    whom = load_actor(mover.case.conn, heard.whom_id) if heard.whom_id in people else None
    if whom is None:
        problems["whom"] = say("This person is not asked for an answer now.")
    if problems or whom is None:
        raise InvalidAnswers(problems)
    if isinstance(mover.by, Actor) and whom.id == mover.by.id:
        raise InvalidAnswers({"whom": say("Please answer yourself, in the to-do.")})
    return whom


def did_not_say(handling: Handling, item_id: UUID, *, words: str, actor: Actor) -> None:
    """Say that one has not answered what was written down as one's answer.

    That counts as *not right*: an open incident goes back to work, a closed one is contradicted,
    and one beside it is opened.  Raises NotFound where nothing was written down for `actor`,
    Conflict once it was answered anew.
    """
    told = f"I did not say that. {words}".strip()
    with handling.store.begin() as work:
        incident_id = phoned(work.conn, item_id, actor.id)
        if incident_id is None:
            raise NotFound(
                say("Nothing was written down in your name here, or you have answered since.")
            )
        case = work.incident(incident_id)
        # somebody was faster between the two statements
        if phoned(work.conn, item_id, actor.id) is None:
            raise Conflict(say("You have answered since."))
        mover = Mover(handling, case, actor)
        is_over = case.incident.state != IncidentState.OPEN
        if not is_over:
            seq = case.record("confirmation:denied", {"words": words}, actor)
            case.conn.execute(
                insert(t.confirmation),
                {
                    "id": uuid4(),
                    "incident_id": incident_id,
                    "person_id": actor.id,
                    "answer": Answer.NO,
                    "words": told,
                    "grade": Grade.LINK if actor.by_link else Grade.SIGNED_IN,
                    "answered_at": case.now,
                    "entry_seq": seq,
                },
            )
            mover.tell(MessageKind.TOLD, [case.incident.lead_id], None)
            mover.forget(hands=False)
            mover.settle()
    if is_over:
        answer_late(handling, incident_id, Answer.NO, actor=actor, words=told)
