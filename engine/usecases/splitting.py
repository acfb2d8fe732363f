"""Two things in one report become two incidents."""

from collections.abc import Mapping
from uuid import UUID

from engine.domain.incident import Origin
from engine.domain.permissions import Actor, Verb
from engine.errors import InvalidAnswers
from engine.language import say
from engine.usecases.beside import Beside, open_beside
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require

_NEEDED = {
    "title": say("Please give it a name."),
    "expected": say("Please say what it should be."),
    "actual": say("Please say what is wrong."),
}
_TEXTS = (*_NEEDED, "harmed")


def split(
    handling: Handling,
    incident_id: UUID,
    texts: Mapping[str, str],
    *,
    actor: Actor,
    key: str | None = None,
) -> UUID:
    """Open the second of what was reported as one, and return its id.

    It is the same reporter's, and we were told of it when we were told of the first.  `texts`
    are its own `title`, `expected`, `actual` and, if others are harmed, `harmed`.  Raises
    NotFound, NotAllowed, IncidentClosed, or InvalidAnswers naming the texts that are missing.
    """
    missing = {name: why for name, why in _NEEDED.items() if not texts.get(name, "").strip()}
    if missing:
        raise InvalidAnswers(missing)
    own = {name: texts[name] for name in _TEXTS if texts.get(name)}
    with handling.store.begin() as work:
        made, is_repeat = work.once(actor.id, key, f"split {incident_id} {own}".encode())
        if is_repeat:
            return made
        first = work.incident(incident_id)
        require(Mover(handling, first, actor), actor, Verb.SPLIT)
        incident = first.incident
        beside = Beside(
            Origin.SPLIT,
            incident.reporter_id,
            (incident.reporter_id,),
            incident.customer_id,
            texts=own,
            told_at=incident.told_at,
        )
        open_beside(handling, work, first, beside, by=actor, made=made)
        return made
