"""Who is let in at the auditor's desk, for its pages, programs, jobs and commands alike."""

from engine.domain.permissions import Actor, may_audit
from engine.errors import NotAllowed
from engine.language import say


def require_auditor(actor: Actor) -> None:
    """Raise NotAllowed unless the person inspects what happened."""
    if not may_audit(actor):
        raise NotAllowed(say("The desk is for auditors."))
