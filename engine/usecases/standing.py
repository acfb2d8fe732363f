"""What somebody is towards one locked incident, and the refusal if that is not enough."""

from engine.domain.incident import IncidentState
from engine.domain.permissions import Actor, Verb
from engine.domain.standing import Standing
from engine.errors import IncidentClosed, NotAllowed, NotFound
from engine.queries.permitted import towards
from engine.usecases.running import Mover

_DENIED = {
    Verb.PROPOSE: "Only those who have a part in this can propose an action.",
    Verb.TAKE_LEAD: "You cannot take the lead of this.",
    Verb.ACCEPT_PROPOSAL: "Only the lead decides on proposals.",
    Verb.ACCEPT_TARGETS: "Only the owner of the business process accepts what is not done.",
    Verb.SET_ASIDE: "Only who handles it sets it aside, and only while nobody has begun to act.",
    Verb.BRING_BACK: "Only who reported it brings it back.",
    Verb.UNDO_MERGE: "Only who reported it separates it again.",
    Verb.WITHDRAW: "Only who reported it, and alone is harmed, takes the report back.",
    Verb.MERGE: "Only who handles both joins them.",
    Verb.SPLIT: "Only who handles it makes two of it.",
    Verb.RESTRICT: "Only who handles it, or owns the business process, limits it.",
    Verb.NAME_PEOPLE: "Only the lead, the owner and who decides say who may read this.",
    Verb.LIFT: "Only the lead and the owner ask that everybody may read this.",
    Verb.AGREE_TO_LIFT: "Only those who are named, or answer for it, agree to that.",
    Verb.ACCEPT_UNTIL: "Only the owner of the business process accepts that it comes back.",
}
_OVER = {
    IncidentState.CLOSED: "This is closed; if it is back, please report it again.",
    IncidentState.SET_ASIDE: "This is set aside; who reported it can bring it back.",
    IncidentState.MERGED: "This is joined with an earlier report; please go on there.",
}


def require(
    mover: Mover, actor: Actor, verb: Verb, *, missing: NotFound | None = None
) -> frozenset[Standing]:
    """Return the actor's standing if it grants `verb`.

    Raises NotFound for who may not even see the incident (`missing`: as if what they asked for
    were not there), IncidentClosed for what ends with it, else NotAllowed.
    """
    incident = mover.case.incident
    standing, verbs = towards(
        mover.case.conn, incident, actor, mover.case.now, mover.handling.rules
    )
    if Verb.SEE not in verbs:
        raise missing or NotFound("There is no such incident.", incident=str(incident.id))
    if verb not in verbs:
        if incident.state != IncidentState.OPEN:
            raise IncidentClosed(over(incident.state))
        raise NotAllowed(_DENIED.get(verb, "You cannot do this here."))
    return standing


def over(state: str) -> str:
    """Return the sentence for somebody who comes when the incident is no longer open."""
    return _OVER[IncidentState(state)]
