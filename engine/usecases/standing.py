"""What somebody is towards one locked incident, and the refusal if that is not enough."""

from engine.domain.incident import IncidentState
from engine.domain.permissions import Actor, Verb, incident_verbs
from engine.domain.standing import Standing, standing_of
from engine.errors import IncidentClosed, NotAllowed, NotFound
from engine.queries.people import incident_people
from engine.queries.permitted import incident_view
from engine.usecases.running import Mover

_DENIED = {
    Verb.PROPOSE: "Only those who have a part in this can propose an action.",
    Verb.TAKE_LEAD: "You cannot take the lead of this.",
    Verb.ACCEPT_PROPOSAL: "Only the lead decides on proposals.",
    Verb.ACCEPT_TARGETS: "Only the owner of the business process accepts what is not done.",
}


def require(mover: Mover, actor: Actor, verb: Verb) -> frozenset[Standing]:
    """Return the actor's standing if it grants `verb`.

    Raises NotFound for who may not even see the incident, IncidentClosed for what ends with it,
    else NotAllowed.
    """
    incident = mover.case.incident
    people = incident_people(mover.case.conn, incident.id)
    standing = standing_of(
        actor.id, people, team_ids=actor.team_ids, organisation_id=actor.organisation_id
    )
    view = incident_view(incident, mover.case.now, mover.handling.rules)
    verbs = incident_verbs(view, actor, standing)
    if Verb.SEE not in verbs:
        raise NotFound("There is no such incident.", incident=str(incident.id))
    if verb not in verbs:
        if incident.state != IncidentState.OPEN:
            raise IncidentClosed("This is closed; if it is back, please report it again.")
        raise NotAllowed(_DENIED.get(verb, "You cannot do this here."))
    return standing
