"""Who may read an incident that is for named people only: one more, or one less, by name.

The last word on each person counts, above all that they are towards it.  A newcomer would delete
a row: whoever led it before, or holds an office, would see it again.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Connection, insert, select

from engine.domain.incident import IncidentState
from engine.domain.permissions import Actor, Verb
from engine.domain.standing import IncidentPeople
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.queries.people import involved
from engine.store import schema as t
from engine.store.work import Case
from engine.usecases.handling import Handling
from engine.usecases.passing_on import pass_on
from engine.usecases.running import Mover
from engine.usecases.standing import require


def name_person(handling: Handling, incident_id: UUID, person_id: UUID, *, actor: Actor) -> None:
    """Let one more person read it, and go on to when nothing is asked of them any more.

    Naming somebody twice changes nothing.  Raises NotFound, NotAllowed for anybody but the lead,
    the owner and the authority, or InvalidAnswers for nobody and for oneself.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        require(Mover(handling, case, actor), actor, Verb.NAME_PEOPLE)
        named = names_of(case.conn, [person_id], actor, field="person")
        if person_id in involved(case.conn, incident_id).people.named:
            return
        seq = case.record("incident:named", {"who": named[person_id]}, actor)
        write_namings(case.conn, _in_force(case), {person_id: True}, seq)


def take_off(
    handling: Handling, incident_id: UUID, person_id: UUID, *, reason: str, actor: Actor
) -> None:
    """Let somebody read it no more, whatever they are towards it; the lead does what they had to.

    Taking off who may not read it anyway keeps them out.  Raises NotFound, NotAllowed,
    InvalidAnswers without a reason, for nobody or oneself, or Conflict for who leads it, reported
    it or is to answer in the end.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.NAME_PEOPLE)
        named = names_of(case.conn, [person_id], actor, field="person")
        people = involved(case.conn, incident_id).people
        why_not = why_kept(person_id, people)
        if why_not is not None:
            raise Conflict(say("%(named)s %(why_not)s", named=named[person_id], why_not=why_not))
        if person_id in people.taken_off:
            return
        content = {"who": named[person_id], "reason": reason}
        seq = case.record("incident:taken_off", content, actor)
        write_namings(case.conn, _in_force(case), {person_id: False}, seq)
        _end_places(case, person_id)
        pass_on(mover)


def _end_places(case: Case, person_id: UUID) -> None:
    """Whoever was to check or decide in somebody's place, or was offered the lead, is not now.

    What is over stays as it was; nothing of it is asked of them if it comes back.
    """
    incident = case.incident
    if incident.state != IncidentState.OPEN:
        return
    if incident.checker_id == person_id:
        case.change(checker_id=None)
    if incident.delegate_id == person_id:
        case.change(delegate_id=None)
    case.change(lead_offered_to=[who for who in incident.lead_offered_to if who != person_id])


def why_kept(person_id: UUID, people: IncidentPeople) -> str | None:
    """Return why somebody cannot be taken off, as the rest of a sentence; None if they can."""
    if person_id == people.lead_id:
        return say("leads this: somebody else has to take the lead first.")
    if person_id == people.reporter_id:
        return say("reported this, and can always read it.")
    if person_id in people.confirmers:
        return say("is to answer in the end: somebody else has to be named for that first.")
    return None


def names_of(
    conn: Connection, people: Collection[UUID], by: Actor, *, field: str = "people"
) -> dict[UUID, str]:
    """Return the names of people who are to be named or taken off, never `by`.

    Raises InvalidAnswers, naming `field`.
    """
    if by.id in people:
        raise InvalidAnswers({field: say("Somebody else has to do this for you.")})
    rows = conn.execute(
        select(t.person.c.id, t.person.c.name).where(
            t.person.c.id.in_(people), t.person.c.is_active
        )
    )
    found = {row.id: row.name for row in rows}
    if found.keys() != set(people):
        raise InvalidAnswers({field: say("Please choose from the people listed.")})
    return found


def write_namings(
    conn: Connection, restriction_id: UUID, namings: Mapping[UUID, bool], seq: int
) -> None:
    """Write who is named (True) and who is taken off (False), as entry `seq` tells."""
    if namings:
        conn.execute(
            insert(t.naming),
            [
                {
                    "restriction_id": restriction_id,
                    "person_id": who,
                    "entry_seq": seq,
                    "is_named": is_named,
                }
                for who, is_named in namings.items()
            ],
        )


def _in_force(case: Case) -> UUID:
    found: UUID = case.conn.execute(
        select(t.restriction.c.id).where(
            t.restriction.c.incident_id == case.incident.id, t.restriction.c.lifted_at.is_(None)
        )
    ).scalar_one()
    return found
