"""Every reading of an incident that is for named people only is an entry (rules, Restricted)."""

from uuid import UUID

from engine.domain.permissions import Actor
from engine.usecases.handling import Handling


def note_reading(
    handling: Handling, incident_id: UUID, where: str, *, actor: Actor, purpose: str | None = None
) -> None:
    """Record that the actor is about to be shown it; `where` names the page or the resource.

    `purpose` is why, where an auditor has said so.
    What is open to more people has no such entry.  Raises Busy or Unavailable: then nothing may
    be shown.
    """
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        if case.incident.is_restricted:
            why = {} if purpose is None else {"purpose": purpose}
            case.record("incident:read", {"where": where} | why, actor)
