"""Whom a step is offered to: lanes resolved into people and teams when the work item opens.

A newcomer would resolve a lane each time the item is shown: what is stored on the item is who was
asked, and stays so when somebody's office changes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from engine.domain.incident import Priority
from engine.domain.mark import Mark
from engine.domain.party import Lane, Party, party_of
from engine.domain.standing import IncidentPeople
from engine.runtime import Waiting
from engine.store.facts import Confirmer, Hands, ProcessPeople
from engine.store.rows import Action, Incident


@dataclass(frozen=True)
class Offer:
    """One work item to open: for a team, or for named people, or both."""

    lane: Lane
    party: Party
    team_id: UUID | None = None
    people: tuple[UUID, ...] = ()
    due_at: datetime | None = None


def lane_of(step: Waiting) -> Lane:
    """Return the step's lane; the release's check refuses any that is not a known word."""
    return Lane(step.lane or "")


def offer_action_step(
    lane: Lane,
    action: Action,
    incident: Incident,
    process: ProcessPeople,
    named: Sequence[Confirmer],
) -> Offer:
    """Return whom a step of an action is offered to.

    The action's own person, else its team; where only the party was said, the people who
    answer for that party towards this incident.  Whose time it is in lane `customer` is for the
    caller to say: the person's own party, which takes knowing who works for us.
    """
    if lane is Lane.SERVICE_DESK:
        return Offer(lane, process.desk_party, process.desk_id, (incident.lead_id,))
    party = Party(action.party)
    if action.person_id is not None:
        return Offer(lane, party, None, (action.person_id,), action.due_at)
    if action.team_id is not None:
        return Offer(lane, party, action.team_id, (), action.due_at)
    if lane is Lane.CUSTOMER:
        people = tuple(who.person_id for who in named) or (incident.reporter_id,)
        return Offer(lane, party, None, people, action.due_at)
    if lane is Lane.BUSINESS:
        return Offer(lane, party, None, process.owners, action.due_at)
    if process.desk_party is party:
        return Offer(lane, party, process.desk_id, (incident.lead_id,), action.due_at)
    return Offer(lane, party, None, (incident.lead_id,), action.due_at)


def offer_incident_step(
    step: Waiting,
    incident: Incident,
    process: ProcessPeople,
    named: Sequence[Confirmer],
    had: Hands,
) -> list[Offer]:
    """Return whom a step of the incident's own run is offered to, an offer for each item."""
    lane = lane_of(step)
    if step.mark == Mark.CONFIRMATION:
        return [
            Offer(
                lane,
                party_of(lane, desk=process.desk_party, outside=who.is_outside),
                people=(who.person_id,),
            )
            for who in named
        ]
    party = party_of(lane, desk=process.desk_party, outside=False)
    if lane is Lane.SERVICE_DESK:
        return [Offer(lane, party, process.desk_id, (incident.lead_id,))]
    if step.mark == Mark.VERIFICATION:
        return [Offer(lane, party, people=verifiers(incident, process, had))]
    return [Offer(lane, party, people=process.owners)]


def to_people(offer: Offer, incident: Incident, taken_off: Collection[UUID]) -> Offer:
    """Return the offer as it is made where only named people may read: to no team.

    What only people were asked for who were taken off, the lead is asked for.
    """
    people = tuple(who for who in offer.people if who not in taken_off)
    return replace(offer, team_id=None, people=people or (incident.lead_id,))


def by_name(process: ProcessPeople, people: IncidentPeople) -> ProcessPeople:
    """Return who answers for the process where only named people may read.

    Deputies are among them where they may read it.  Who was taken off answers in no office: owner
    and authority are those of `people`, and where nobody is left on duty the lead is.
    """

    def able(office: tuple[UUID, ...]) -> tuple[UUID, ...]:
        return tuple(who for who in office if who not in people.taken_off)

    def reading(first: UUID, office: tuple[UUID, ...]) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys((first, *(who for who in office if who in people.readers))))

    on_duty = able(process.duty_leads)
    duty_leads = tuple(who for who in on_duty if who in people.readers) or on_duty
    return replace(
        process,
        owner_id=people.owner_id,
        duty_lead_id=next(iter(duty_leads), people.lead_id),
        authority_id=people.authority_id,
        owners=reading(people.owner_id, process.owners),
        duty_leads=duty_leads,
        authorities=reading(people.authority_id, process.authorities),
    )


def verifiers(incident: Incident, process: ProcessPeople, had: Hands) -> tuple[UUID, ...]:
    """Return who may check the outcome (rules, Right again).

    P1 and P2: the owner or a deputy; P3 and P4: the lead and the lead's delegate too.
    """
    may = process.owners
    if Priority(incident.priority) in (Priority.P3, Priority.P4):
        checker = (incident.checker_id,) if incident.checker_id else ()
        may = (incident.lead_id, *checker, *may)
    # never the only person who did the work
    left = tuple(dict.fromkeys(who for who in may if had.worked != {who}))
    return left or tuple(dict.fromkeys(may))
