"""Incidents that are parts of one major incident: found together, and each closed by itself.

A newcomer would close the parts with the whole: each has its own customer, who has the last word.
"""

from uuid import UUID

from sqlalchemy import select

from engine.domain.incident import IncidentState
from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def make_part_of(
    handling: Handling, incident_id: UUID, major_id: UUID | None, *, actor: Actor
) -> None:
    """Say that an open incident is a part of a major one, or of none (None).

    Saying so again changes nothing.  Raises NotFound, NotAllowed, IncidentClosed, InvalidAnswers,
    or Conflict: the major one is not open, is a part itself, or one of them is for named people
    only.
    """
    if incident_id == major_id:
        raise InvalidAnswers({"major": say("Please choose another incident.")})
    with handling.store.begin() as work:
        # in one order, so that two that do this at once wait for each other
        movers = {
            one: Mover(handling, work.incident(one), actor)
            for one in sorted({incident_id, *([major_id] if major_id else [])})
        }
        part = movers[incident_id]
        require(part, actor, Verb.RELATE)
        if part.case.incident.major_id == major_id:
            return
        if major_id is None:
            part.case.record("incident:part_no_more", {}, actor)
        else:
            major = movers[major_id]
            require(major, actor, Verb.SEE)
            _check(part, major)
            number = major.case.incident.number
            part.case.record("incident:part_of", {"major": number}, actor)
            major.case.record("incident:part_added", {"part": part.case.incident.number}, actor)
        part.case.change(major_id=major_id)


def _check(part: Mover, major: Mover) -> None:
    one, whole = part.case.incident, major.case.incident
    if whole.state != IncidentState.OPEN:
        raise Conflict(say("#%(number)s is no longer open.", number=whole.number))
    if one.is_restricted or whole.is_restricted:
        raise Conflict(say("One of them is for named people only, so they stay apart."))
    if whole.major_id is not None:
        raise Conflict(
            say(
                "#%(number)s is a part of another one itself: choose that one.", number=whole.number
            )
        )
    has_parts = select(t.incident.c.id).where(t.incident.c.major_id == one.id).limit(1)
    if part.case.conn.scalar(has_parts) is not None:
        raise Conflict(
            say("#%(number)s has parts of its own, so it is a part of nothing.", number=one.number)
        )
