"""What somebody is towards one locked incident, and the refusal if that is not enough."""

from engine.domain.incident import IncidentState
from engine.domain.permissions import Actor, Verb
from engine.domain.standing import Standing
from engine.errors import IncidentClosed, NotAllowed, NotFound
from engine.language import say
from engine.queries.permitted import towards
from engine.usecases.running import Mover

_DENIED = {
    Verb.PROPOSE: say("Only those who have a part in this can propose an action."),
    Verb.TAKE_LEAD: say("You cannot take the lead of this."),
    Verb.ACCEPT_PROPOSAL: say("Only the lead decides on proposals."),
    Verb.ACCEPT_TARGETS: say("Only the owner of the business process accepts what is not done."),
    Verb.SET_ASIDE: say(
        "Only who handles it sets it aside, and only while nobody has begun to act."
    ),
    Verb.BRING_BACK: say("Only who reported it brings it back."),
    Verb.UNDO_MERGE: say("Only who reported it separates it again."),
    Verb.WITHDRAW: say("Only who reported it, and alone is harmed, takes the report back."),
    Verb.MERGE: say("Only who handles both joins them."),
    Verb.SPLIT: say("Only who handles it makes two of it."),
    Verb.RESTRICT: say("Only who handles it, or owns the business process, limits it."),
    Verb.NAME_PEOPLE: say("Only the lead, the owner and who decides say who may read this."),
    Verb.LIFT: say("Only the lead and the owner ask that everybody may read this."),
    Verb.AGREE_TO_LIFT: say("Only those who are named, or answer for it, agree to that."),
    Verb.ACCEPT_UNTIL: say("Only the owner of the business process accepts that it comes back."),
}
_OVER = {
    IncidentState.CLOSED: say("This is closed; if it is back, please report it again."),
    IncidentState.SET_ASIDE: say("This is set aside; who reported it can bring it back."),
    IncidentState.MERGED: say("This is joined with an earlier report; please go on there."),
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
        raise missing or NotFound(say("There is no such incident."), incident=str(incident.id))
    if verb not in verbs:
        if incident.erased_by is not None:
            raise IncidentClosed(say("This was erased, as the law asks; please report it again."))
        if incident.state != IncidentState.OPEN:
            raise IncidentClosed(over(incident.state))
        raise NotAllowed(_DENIED.get(verb, "You cannot do this here."))
    return standing


def over(state: str) -> str:
    """Return the sentence for somebody who comes when the incident is no longer open."""
    return _OVER[IncidentState(state)]
