"""Not right for somebody: after it was closed, or for one of the many who were not asked.

Closed is final and a confirmer's word is theirs alone, so each opens an incident beside the main
one.  A newcomer would count them against the confirmers: they take an open one back to work.
"""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, text

from engine.domain.gate import Grade
from engine.domain.incident import Answer, IncidentState, Origin
from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.work import Case, Work
from engine.usecases.beside import Beside, criteria_of, open_beside
from engine.usecases.handling import Handling
from engine.usecases.proposing import Proposal, propose
from engine.usecases.recurring import RULES
from engine.usecases.running import Mover
from engine.usecases.standing import require

_LONGEST_TITLE = 200


def answer_late(
    handling: Handling, incident_id: UUID, answer: Answer, *, actor: Actor, words: str = ""
) -> UUID | None:
    """Keep a confirmer's answer to what was closed meanwhile; nothing in the closure changes.

    *Partly* and *not right* contradict it and open an incident beside it, whose id is returned;
    the one that is open already if they said so before.  Raises NotFound, NotAllowed unless it
    is closed and `actor` was to answer, or InvalidAnswers without words that say what is wrong.
    """
    if answer is not Answer.YES:
        _require_words(words)
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.ANSWER_LATE)
        _keep(mover.case, answer, words, actor)
        if answer is Answer.YES:
            return None
        known = _open_objection(work.conn, incident_id, actor)
        return known.id if known else _open(work, mover, actor, words).case.incident.id


def _keep(case: Case, answer: Answer, words: str, actor: Actor) -> None:
    seq = case.record("confirmation:late", {"answer": answer, "words": words}, actor)
    case.conn.execute(
        insert(t.confirmation),
        {
            "id": uuid4(),
            "incident_id": case.incident.id,
            "person_id": actor.id,
            "answer": answer,
            "words": words or None,
            "grade": Grade.LINK if actor.by_link else Grade.SIGNED_IN,
            "answered_at": case.now,
            "entry_seq": seq,
        },
    )


def object_to(handling: Handling, incident_id: UUID, *, actor: Actor, words: str) -> UUID:
    """Say that it is not right for oneself, and return the id of the incident that this opens.

    When enough of those harmed have said so since the last work, the main one, if it is open,
    goes back to work.  Raises NotFound, NotAllowed for who confirms it or has had a hand in it,
    InvalidAnswers without words, or Conflict naming the open one that they opened before.
    """
    _require_words(words)
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.OBJECT)
        known = _open_objection(work.conn, incident_id, actor)
        if known:
            raise Conflict(
                say("You have told us: please see #%(number)s.", number=known.number),
                incident=known.number,
            )
        opened = _open(work, mover, actor, words)
        if mover.case.incident.state == IncidentState.OPEN:
            _count(mover, actor)
        return opened.case.incident.id


def _require_words(words: str) -> None:
    if not words.strip():
        raise InvalidAnswers({"words": say("Please say what is not right.")})


def _open_objection(conn: Connection, incident_id: UUID, actor: Actor) -> Any:
    return conn.execute(
        select(t.incident.c.id, t.incident.c.number).where(
            t.incident.c.origin_id == incident_id,
            t.incident.c.origin == Origin.OBJECTED,
            t.incident.c.reporter_id == actor.id,
            t.incident.c.state == IncidentState.OPEN,
        )
    ).first()


def _open(work: Work, mover: Mover, actor: Actor, words: str) -> Mover:
    incident = mover.case.incident
    beside = Beside(
        Origin.OBJECTED,
        actor.id,
        (actor.id,),
        actor.organisation_id,
        texts={"title": f"Not right: {incident.title}"[:_LONGEST_TITLE], "actual": words},
        words=words,
        criteria=criteria_of(mover.case),
    )
    return open_beside(mover.handling, work, mover.case, beside, by=actor)


# Since the last work, each person once; what turned out to be a mistake does not count.
_OTHERS = text("""
    SELECT count(DISTINCT o.reporter_id) FROM incident o
    JOIN entry e ON e.incident_id = :id AND e.verb = 'incident:objected'
      AND e.person_id = o.reporter_id AND e.seq > :work_seq
    WHERE o.origin_id = :id AND o.origin = 'objected' AND o.state <> 'set_aside'
      AND o.reporter_id <> :me
""")


def _count(mover: Mover, actor: Actor) -> None:
    incident = mover.case.incident
    asked = {"id": incident.id, "work_seq": incident.work_seq, "me": actor.id}
    others = mover.case.conn.scalar(_OTHERS, asked) or 0
    harmed = incident.size if incident.harmed_count is None else incident.harmed_count
    if others + 1 < mover.handling.rules.objections_needed(harmed):
        return
    looking = Proposal(
        title="See why it is not right for everybody",
        party=mover.process.desk_party,
        detail=f"{others + 1} of those harmed say that it is not right for them.",
        person_id=incident.lead_id,
    )
    propose(mover, looking, by=RULES)
    mover.forget()
    mover.settle()
