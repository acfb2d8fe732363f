"""A confirmer's answer, criterion by criterion; partly and not right never close."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from engine.domain.doubt import doubt_in
from engine.domain.gate import Grade
from engine.domain.incident import Answer
from engine.errors import AnswerQueried, NotAllowed
from engine.language import say
from engine.store import schema as t
from engine.usecases.answering import Answering
from engine.usecases.recording.agree import replace_confirmers


def confirm(answering: Answering) -> Mapping[str, str | bool]:
    """Record the answer.  It is kept whatever follows; the step ends when the facts decide.

    A deputy who was asked too answers for themselves, and is the confirmer from then on.
    Raises NotAllowed for anybody who is not a confirmer of this incident, and AnswerQueried for a
    *yes* that does not go with the rest.
    """
    answering.checked()
    if not answering.insists:
        _query(answering)
    stand_in(answering)
    grade = Grade.LINK if answering.actor.by_link else Grade.SIGNED_IN
    return keep(answering, "confirmation:given", grade)


def keep(
    answering: Answering,
    verb: str,
    grade: Grade,
    *,
    recorded_by: UUID | None = None,
    said: Mapping[str, object] | None = None,
) -> Mapping[str, str | bool]:
    """Write the checked answer of `answering.actor`; `recorded_by` took it down, with `said`."""
    answers, case = answering.answers, answering.mover.case
    seq = case.record(verb, {**answers, **(said or {})}, answering.mover.by)
    confirmation = uuid4()
    case.conn.execute(
        insert(t.confirmation),
        {
            "id": confirmation,
            "incident_id": case.incident.id,
            "person_id": answering.actor.id,
            "answer": answers["answer"],
            "words": answers.get("words"),
            "grade": grade,
            "recorded_by": recorded_by,
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


_OPEN_OF_THEIRS = text("""
    SELECT a.title FROM action a JOIN person p ON p.id = a.proposed_by
    WHERE a.incident_id = :id AND a.kind = 'puts_right'
      AND a.state IN ('proposed', 'waiting', 'open')
      AND (p.id = :who OR p.organisation_id = :organisation) ORDER BY a.number LIMIT 1
""")


def _query(answering: Answering) -> None:
    """Raise AnswerQueried for a *yes* whose text, or an open action of theirs, says otherwise.

    Theirs is what they, or somebody of their house, proposed.
    """
    answers = answering.answers
    if answers["answer"] != Answer.YES:
        return
    rows = answers.get("criteria") or []
    said = doubt_in([answers.get("words"), *(row.get("words") for row in rows)])
    if said is not None:
        raise AnswerQueried(
            say("You say that it is right, and also “%(said)s”. Is it right?", said=said)
        )
    case = answering.mover.case
    asked = {
        "id": case.incident.id,
        "who": answering.actor.id,
        "organisation": answering.actor.organisation_id,
    }
    title = case.conn.scalar(_OPEN_OF_THEIRS, asked)
    if title is not None:
        raise AnswerQueried(
            say(
                "You say that it is right, and also that this has to be done: "
                "“%(title)s”. Is it right?",
                title=title,
            )
        )


def stand_in(answering: Answering) -> None:
    """Make a deputy who was asked too a confirmer in the place of who was asked first."""
    mover, actor = answering.mover, answering.actor
    named = {who.person_id: who.name for who in mover.confirmers}
    asked, *too = answering.item.people
    if actor.id in named and actor.id not in too:
        return
    if asked not in named or actor.id not in too:
        raise NotAllowed(say("Only a named confirmer can answer this."))
    kept = [who for who in named if who != asked]
    mover.case.record(
        "confirmation:stood_in",
        {"asked": named[asked], "confirmers": [str(who) for who in (*kept, actor.id)]},
        mover.by,
    )
    replace_confirmers(mover, [asked], actor.id, named[asked])
