"""Agreeing what right means: criteria, who confirms, and the first actions."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.incident import Answer
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases.answering import Answering
from engine.usecases.criteria import word_criteria
from engine.usecases.proposing import Proposal, propose
from engine.usecases.running import Mover

HAD_A_HAND = say("Who led it, worked on it or checked it cannot confirm it.")


def agree(answering: Answering) -> Mapping[str, str | bool]:
    """Record the criteria, the confirmers and the first actions that were agreed."""
    answers = answering.checked()
    mover = answering.mover
    seq = mover.case.record("incident:agreed", dict(answers), mover.by)
    word_criteria(mover, answers["criteria"], seq)
    wanted = [UUID(who) for who in answers["confirmers"]]
    _keep_objectors(mover, wanted)
    name_confirmers(mover, wanted)
    # The step is over: what it asks for is work agreed on, not a proposal.
    for asked in answers.get("actions") or []:
        propose(mover, Proposal.from_answers(asked), by=mover.by)
    return answering.filed()


def _keep_objectors(mover: Mover, wanted: list[UUID]) -> None:
    """Raise InvalidAnswers where somebody who says that it is not right is to be asked no more.

    Who has left may be replaced; who keeps silent, by a closing decision.
    """
    objectors = [
        who.person_id
        for who in mover.confirmers
        if who.answer in (Answer.NO, Answer.PARTLY) and who.person_id not in wanted
    ]
    here = select(t.person.c.name).where(t.person.c.id.in_(objectors), t.person.c.is_active)
    dropped = mover.case.conn.scalar(here.limit(1)) if objectors else None
    if dropped is not None:
        raise InvalidAnswers(
            {
                "confirmers": say(
                    "%(dropped)s has said that it is not right, and has to be asked again.",
                    dropped=dropped,
                )
            }
        )


def name_confirmers(mover: Mover, wanted: list[UUID]) -> None:
    """Make just these people the confirmers.  Raises InvalidAnswers for who had a hand in it."""
    conn, incident = mover.case.conn, mover.case.incident
    if set(wanted) & mover.hands.everybody:
        raise InvalidAnswers({"confirmers": HAD_A_HAND})
    if set(wanted) & mover.taken_off:
        raise InvalidAnswers({"confirmers": say("Who was taken off this cannot answer for it.")})
    known = conn.scalar(
        select(text("count(*)"))
        .select_from(t.person)
        .where(t.person.c.id.in_(wanted), t.person.c.is_active)
    )
    if known != len(set(wanted)):
        raise InvalidAnswers({"confirmers": say("Please choose from the people listed.")})
    conn.execute(
        update(t.confirmer)
        .where(
            t.confirmer.c.incident_id == incident.id,
            t.confirmer.c.withdrawn_at.is_(None),
            t.confirmer.c.person_id.not_in(wanted),
        )
        .values(withdrawn_at=mover.case.now)
    )
    adding = upsert(t.confirmer).values(
        [
            {"incident_id": incident.id, "person_id": who, "named_at": mover.case.now}
            for who in dict.fromkeys(wanted)
        ]
    )
    conn.execute(
        adding.on_conflict_do_update(
            index_elements=["incident_id", "person_id"], set_={"withdrawn_at": None}
        )
    )
    mover.forget()


def replace_confirmers(mover: Mover, gone: Collection[UUID], comes: UUID, instead_of: str) -> None:
    """Withdraw some confirmers and name one who stands for them; the caller records who is left."""
    conn, incident, now = mover.case.conn, mover.case.incident, mover.case.now
    conn.execute(
        update(t.confirmer)
        .where(t.confirmer.c.incident_id == incident.id, t.confirmer.c.person_id.in_(gone))
        .values(withdrawn_at=now)
    )
    naming = upsert(t.confirmer).values(
        incident_id=incident.id, person_id=comes, stands_for=instead_of, named_at=now
    )
    conn.execute(
        naming.on_conflict_do_update(
            index_elements=["incident_id", "person_id"],
            set_={"withdrawn_at": None, "stands_for": instead_of},
        )
    )
    mover.forget()
