"""The one way to the end: asking the confirmers, hearing them out, and closing through the gate."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlalchemy import select

from engine.domain.gate import Gate, decide_confirmation
from engine.domain.incident import Answer, ClosedBy, IncidentState
from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.errors import GateShut
from engine.runtime import Answered
from engine.store import facts as ask
from engine.store import schema as t
from engine.usecases import actions
from engine.usecases.offers import Offer

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def ask_confirmers(mover: "Mover") -> None:
    """Begin to ask: a *no* from before this entry is over, a *yes* newer than the work stands.

    Whoever is harmed, too, is told, and may know better.
    """
    seq = mover.case.record(
        "confirmation:asked",
        {"people": [who.name for who in mover.confirmers]},
        mover.by,
    )
    mover.case.change(asked_seq=seq)
    answering = {who.person_id for who in mover.confirmers}
    too = (who for who in _also_harmed(mover) if who not in answering)
    mover.tell(MessageKind.FOUND_RIGHT, too)


def open_confirmations(mover: "Mover", offers: list[Offer]) -> list[Offer]:
    """Return the offers to those who have not said yes since the last work and wording."""
    since = mover.answers_since
    said_yes = {
        who.person_id
        for who in mover.confirmers
        if who.answer is Answer.YES and who.entry_seq > since
    }
    return [offer for offer in offers if not said_yes & set(offer.people)]


def finish_confirmation(mover: "Mover") -> None:
    """Complete the confirmation step once the facts decide it, and never before."""
    run = mover.own_run
    asking = next((at for at in run.waiting if at["mark"] == Mark.CONFIRMATION), None)
    if asking is None or all(who.answer is None for who in mover.confirmers):
        return
    decided = decide_confirmation(
        ask.confirmer_facts(mover.confirmers, mover.hands),
        since_seq=mover.answers_since,
        asked_seq=mover.case.incident.asked_seq,
        needs_signature=ask.needs_signature(mover.case.incident),
    )
    if decided is None:
        return
    mover.case.change(answered_at=mover.case.now)
    mover.move(
        run,
        answered=Answered(
            task_id=UUID(asking["task"]),
            step=asking["element"],
            decisions={"answer": decided.value},
        ),
    )
    back_to_work_unless_closed(mover, was_said=decided is Answer.YES)


def back_to_work_unless_closed(mover: "Mover", *, was_said: bool) -> None:
    """Where the gate led back to work, say why; what was right is no longer taken to be so.

    `was_said`: somebody said yes, or decided to close, so that a closure was refused.
    """
    case = mover.case
    if case.incident.state != IncidentState.OPEN:
        return
    if was_said:
        _, missing = mover.judged()
        case.record("closure:refused", {"missing": list(missing)}, mover.by)
    case.change(right_since=None, restored_entered_at=None)


def close(mover: "Mover", closes: Literal["confirmed", "escalated"]) -> None:
    """Close the incident.  Raises GateShut unless the facts say just this way out.

    The diagram's gateway has read the same gate: this is the second line, the database's guard
    the third.
    """
    case, incident = mover.case, mover.case.incident
    gate, missing = mover.judged()
    if gate.value != closes:
        raise GateShut(missing or [f"the facts say “{gate.value}”"])
    evidence: dict[str, UUID | None] = {"confirmation_id": None, "decision_id": None}
    if gate is Gate.CONFIRMED:
        last = max(mover.confirmers, key=lambda who: who.entry_seq)
        evidence["confirmation_id"] = last.confirmation_id
    else:
        evidence["decision_id"] = ask.latest_decision(case.conn, incident.id)
    actions.refuse_open_proposals(mover)
    case.record("incident:closed", {"closed_by": closes}, mover.by)
    tell_over(mover)
    case.change(
        state=IncidentState.CLOSED, closed_by=ClosedBy(closes), ended_at=case.now, **evidence
    )


def tell_over(mover: "Mover") -> None:
    """Write to who reported it, confirms it, leads it or is harmed, too, that it is over."""
    incident = mover.case.incident
    confirmers = [one.person_id for one in mover.confirmers]
    ours = (incident.reporter_id, incident.lead_id)
    mover.tell(MessageKind.OVER, chain(ours, confirmers, _also_harmed(mover)))


def _also_harmed(mover: "Mover") -> Iterator[UUID]:
    # asked of the database only where somebody is written to
    too = t.also_harmed.c
    yield from mover.case.conn.scalars(
        select(too.person_id).where(too.incident_id == mover.case.incident.id)
    )
