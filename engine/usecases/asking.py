"""Whom a step is offered to when it opens, those who are away or gone included.

A newcomer would offer it and leave it there: what is offered to nobody who is here goes to a
deputy, else up to a superior, the owner of the business process, the duty lead.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from engine.domain.mark import Mark
from engine.domain.party import Lane, party_of
from engine.domain.silence import Reachable, asked_too, first_here
from engine.runtime import Waiting
from engine.store import facts as ask
from engine.store.rows import Action
from engine.usecases import closing, deciding
from engine.usecases.offers import (
    Offer,
    lane_of,
    offer_action_step,
    offer_incident_step,
    to_people,
)

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def offers(mover: "Mover", step: Waiting, action: Action | None) -> list[Offer]:
    """Return whom the step is offered to, an offer for each work item to open."""
    incident = mover.case.incident
    found = _to_anybody(mover, step, action)
    if not incident.is_restricted:
        return found
    return [to_people(offer, incident, mover.taken_off) for offer in found]


def _to_anybody(mover: "Mover", step: Waiting, action: Action | None) -> list[Offer]:
    if action is not None:
        return [_reaching(mover, step, _of_action(mover, step, action))]
    incident = mover.case.incident
    if step.mark == Mark.CONFIRMATION:
        # who stands in for a confirmer becomes one themselves: the ladder sees to that
        return closing.open_confirmations(
            mover, offer_incident_step(step, incident, mover.process, mover.confirmers, _NOBODY)
        )
    lane = lane_of(step)
    if step.mark == Mark.CLOSING_DECISION or lane is Lane.AUTHORITY:
        party = party_of(lane, desk=mover.process.desk_party, outside=False)
        return [Offer(lane, party, people=deciding.asked_first(mover))]
    had = mover.hands if step.mark == Mark.VERIFICATION else _NOBODY
    return [
        _reaching(mover, step, offer)
        for offer in offer_incident_step(step, incident, mover.process, (), had)
    ]


_NOBODY = ask.Hands(*[frozenset()] * 3)


def _of_action(mover: "Mover", step: Waiting, action: Action) -> Offer:
    lane = lane_of(step)
    needs_named = lane is Lane.CUSTOMER and not (action.person_id or action.team_id)
    named = mover.confirmers if needs_named else ()
    offer = offer_action_step(lane, action, mover.case.incident, mover.process, named)
    if lane is Lane.CUSTOMER and offer.people:
        outside = ask.is_anybody_outside(mover.case.conn, offer.people)
        party = party_of(lane, desk=mover.process.desk_party, outside=outside)
        offer = replace(offer, party=party)
    return offer


def _reaching(mover: "Mover", step: Waiting, offer: Offer) -> Offer:
    """Return the offer with those asked too because the people named are not here."""
    around = mover.case.around
    if all(who.is_here for who in around.reachable(offer.people).values()):
        return offer
    lines = mover.lines_of(offer.people)
    too = asked_too(offer.people, lines)
    if not too and offer.team_id is None and all(lines[one].who.has_left for one in offer.people):
        too = above(mover)
    if not too:
        return offer
    mover.case.record(
        "item:asked_too", {"step": step.element, "people": [one.name for one in too]}, mover.by
    )
    return replace(offer, people=(*offer.people, *(one.id for one in too)))


def above(mover: "Mover", excluded: Collection[UUID] = ()) -> tuple[Reachable, ...]:
    """Return who answers in the end: the owner or a deputy, else a duty lead, whoever is here."""
    ways = (*mover.process.owners, *mover.process.duty_leads)
    lines = mover.lines_of(ways)
    found = first_here((lines[one].who for one in ways), excluded)
    return () if found is None else (found,)
