"""Who checks the outcome: the lead's delegate, and whom the open check and decision go to.

What is offered is stored when the to-do opens; here it is offered anew when the incident's
priority or the delegate changes under it.
"""

from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text

from engine.domain.mark import Mark
from engine.domain.permissions import Actor, Verb
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases.belonging import MAY_NOT_READ
from engine.usecases.deciding import asked_first
from engine.usecases.handling import Handling
from engine.usecases.offers import verifiers
from engine.usecases.running import Mover
from engine.usecases.standing import require

_OFFER = text("""
    UPDATE work_item SET people = :people,
      claimed_by = CASE WHEN claimed_by = ANY (:people) THEN claimed_by END
    WHERE incident_id = :id AND mark = :mark AND ended_at IS NULL
""").bindparams(bindparam("people", type_=ARRAY(Uuid)))


def name_checker(handling: Handling, incident_id: UUID, person_id: UUID, *, actor: Actor) -> None:
    """Let somebody of ours check the outcome in the lead's place (P3 and P4).

    Raises NotFound, NotAllowed for anybody but the lead, IncidentClosed, or InvalidAnswers for
    somebody outside, who may not read it or who confirms it.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.NAME_CHECKER)
        person = work.conn.execute(select(t.person).where(t.person.c.id == person_id)).first()
        if person is None or not person.is_active or person.organisation_id is not None:
            raise InvalidAnswers({"person": say("Please choose somebody of ours.")})
        if person_id in mover.taken_off:
            raise InvalidAnswers({"person": MAY_NOT_READ})
        if person_id in {who.person_id for who in mover.confirmers}:
            raise InvalidAnswers({"person": say("Who confirms it does not check it.")})
        content = {"person": str(person_id), "name": person.name}
        case.record("incident:checker_named", content, actor)
        case.change(checker_id=person_id)
        offer_anew(mover)


def offer_anew(mover: Mover) -> None:
    """Offer the open check and the open decision to those who may do them now."""
    incident, process = mover.case.incident, mover.process
    for mark, people in (
        (Mark.VERIFICATION, verifiers(incident, process, mover.hands)),
        (Mark.CLOSING_DECISION, asked_first(mover)),
    ):
        able = [who for who in people if who not in mover.taken_off] or [incident.lead_id]
        mover.case.conn.execute(_OFFER, {"people": able, "id": incident.id, "mark": mark})
