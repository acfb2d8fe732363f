"""Who may decide without the customer's answer at this moment, and who is asked to.

The ladder is asked when the decision opens, at each tick, and again when somebody decides: an
office may have changed hands meanwhile.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from engine.domain.deciding import Candidate, who_is_asked
from engine.domain.incident import Priority
from engine.queries.deciders import who_may_decide

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def may_now(mover: "Mover") -> tuple[Candidate, ...]:
    """Return everybody who may decide now, the holder of the office first."""
    case, incident = mover.case, mover.case.incident
    found: tuple[Candidate, ...] = mover.once(
        ("may_decide", incident.highest_priority, incident.delegate_id),
        lambda: who_may_decide(
            case.conn, incident, mover.hands, case.now, ladder=mover.handling.ladder
        ),
    )
    return found


def asked_first(mover: "Mover") -> tuple[UUID, ...]:
    """Return whom the decision is offered to as it opens.

    Where nobody may decide any more it is offered to who holds the office, who cannot do it, and
    goes up from there (`climbing`).
    """
    found = who_is_asked(may_now(mover), is_late=False)
    return tuple(one.id for one in found) or (office_of(mover),)


def office_of(mover: "Mover") -> UUID:
    """Return who holds the office that the ladder gives the decision to, whoever may decide."""
    is_grave = Priority(mover.case.incident.highest_priority) in (Priority.P1, Priority.P2)
    return mover.process.authority_id if is_grave else mover.process.owner_id
