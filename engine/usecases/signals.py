"""What grows from a signal: a person names the product that deviates, and it is an incident.

Or it joins one that is open.  A newcomer would close the incident when the alerts are over: that
is evidence in its record, and the customer's answer is asked for all the same.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from engine.domain.incident import IncidentState, Level
from engine.domain.permissions import Actor, Machine, Verb, may_report, may_see_signals
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.work import Case
from engine.usecases.handling import Handling
from engine.usecases.report import Beginning, Report, open_incident
from engine.usecases.running import Mover
from engine.usecases.standing import require

MONITORING = Machine("Monitoring")
_LONGEST_TITLE = 200


@dataclass(frozen=True)
class Named:
    """The product that deviates, and what is wrong with it if known."""

    product_id: UUID
    actual: str = ""
    impact: Level = Level.MEDIUM
    urgency: Level = Level.MEDIUM


def require_watching(actor: Actor) -> None:
    """Raise NotAllowed for who has nothing to do with signals."""
    if not (may_see_signals(actor) and may_report(actor)):
        raise NotAllowed(say("Signals are for the people of our own organisation."))


def name_product(
    handling: Handling, signal_id: UUID, named: Named, *, actor: Actor, key: str | None = None
) -> UUID:
    """Open an incident of the product that the signal harms, and return its id.

    Several can grow from one signal, one for each product.  We are told of it now, when a person
    names it; when the alerts began is in its record.  Whoever names it is not harmed by that:
    who confirms is named as right is agreed.  Raises NotFound, NotAllowed, InvalidAnswers,
    or Conflict naming the open one that has grown from it already.
    """
    require_watching(actor)
    with handling.store.begin() as work:
        made, is_repeat = work.once(actor.id, key, f"signal {signal_id} {named}".encode())
        if is_repeat:
            return made
        signal = _lock(work.conn, signal_id)
        if known := _grown(work.conn, signal_id, named.product_id):
            raise Conflict(
                say("This has become #%(known)s; please go on there.", known=known), incident=known
            )
        report = _report(work.conn, signal, named)
        mover = open_incident(handling, work, report, made, Beginning(actor.id, ()), actor)
        _join(mover.case, signal, actor)
        return made


def join_signal(handling: Handling, signal_id: UUID, incident_id: UUID, *, actor: Actor) -> None:
    """Say that a signal belongs to an open incident; saying so again changes nothing.

    Raises NotFound, NotAllowed for who has no part in the incident, or IncidentClosed.
    """
    require_watching(actor)
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.ADD_NOTE)
        signal = _lock(work.conn, signal_id)
        joined = select(t.signal_joined.c.entry_seq).where(
            t.signal_joined.c.signal_id == signal_id,
            t.signal_joined.c.incident_id == incident_id,
        )
        if work.conn.scalar(joined) is None:
            _join(case, signal, actor)


def tell_recovered(handling: Handling, signal_id: UUID) -> None:
    """Enter it into the record of what grew from a signal that its alerts are over, once.

    Nothing else changes: who has to act, check and confirm still has to.
    """
    with handling.store.read() as conn:
        incidents = list(conn.scalars(_untold(signal_id)))
    for incident_id in incidents:
        with handling.store.begin() as work:
            case = work.incident(incident_id)
            # the lock is had now: an alert may have begun again, another job may have told it
            if incident_id in work.conn.scalars(_untold(signal_id)).all():
                _tell(case, _lock(work.conn, signal_id))


def _untold(signal_id: UUID) -> Any:
    return (
        select(t.signal_joined.c.incident_id)
        .join(t.signal, t.signal.c.id == t.signal_joined.c.signal_id)
        .where(
            t.signal.c.id == signal_id,
            t.signal.c.recovered_at.is_not(None),
            t.signal_joined.c.told_recovered_at.is_distinct_from(t.signal.c.recovered_at),
        )
    )


def _tell(case: Case, signal: Row[Any]) -> None:
    case.record("signal:recovered", _content(signal), MONITORING)
    case.conn.execute(
        update(t.signal_joined)
        .where(
            t.signal_joined.c.signal_id == signal.id,
            t.signal_joined.c.incident_id == case.incident.id,
        )
        .values(told_recovered_at=signal.recovered_at)
    )


def _lock(conn: Connection, signal_id: UUID) -> Row[Any]:
    """Return the signal; no alert is counted and nobody else names its product meanwhile."""
    signal = conn.execute(
        select(t.signal).where(t.signal.c.id == signal_id).with_for_update()
    ).first()
    if signal is None:
        raise NotFound(say("There is no such signal."), signal=str(signal_id))
    return signal


def _grown(conn: Connection, signal_id: UUID, product_id: UUID) -> int | None:
    found: int | None = conn.scalar(
        select(t.incident.c.number)
        .join(t.signal_joined, t.signal_joined.c.incident_id == t.incident.c.id)
        .where(
            t.signal_joined.c.signal_id == signal_id,
            t.incident.c.product_id == product_id,
            t.incident.c.state == IncidentState.OPEN,
        )
    )
    return found


def _report(conn: Connection, signal: Row[Any], named: Named) -> Report:
    product = conn.scalar(
        select(t.product.c.name).where(t.product.c.id == named.product_id, t.product.c.is_made)
    )
    if product is None:
        raise InvalidAnswers({"product": say("Please choose from the products listed.")})
    alerts = " / ".join(signal.titles)
    return Report(
        product_id=named.product_id,
        title=f"{product}: {signal.titles[0]}"[:_LONGEST_TITLE],
        expected=f"{product} comes out as it should",
        actual=named.actual or f"Monitoring says: {alerts}",
        harmed="",
        impact=named.impact,
        urgency=named.urgency,
    )


def _join(case: Case, signal: Row[Any], actor: Actor) -> None:
    seq = case.record("signal:joined", _content(signal), actor)
    case.conn.execute(
        insert(t.signal_joined),
        {
            "signal_id": signal.id,
            "incident_id": case.incident.id,
            "person_id": actor.id,
            "joined_at": case.now,
            "entry_seq": seq,
            "told_recovered_at": signal.recovered_at,
        },
    )


def _content(signal: Row[Any]) -> dict[str, Any]:
    told = ("alerts", "titles", "first_at", "last_at", "recovered_at")
    return {"signal": signal.number} | {name: getattr(signal, name) for name in told}
