"""The same deed on several to-dos, each by itself: one that cannot be keeps back no other."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from engine.domain.permissions import Actor
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.usecases.commenting import comment
from engine.usecases.handling import Handling
from engine.usecases.holding import claim, hand_over

# as many as stand on a page, and then some
MOST = 200


@dataclass(frozen=True)
class Done:
    """How many it was done to, and why not to others: each sentence with how often it was said."""

    count: int
    refused: Mapping[str, int]


def claim_many(handling: Handling, items: Sequence[UUID], *, actor: Actor) -> Done:
    """Take these to-dos.  Raises InvalidAnswers for none, or for more than `MOST`."""
    return each(items, lambda one: claim(handling, one, actor=actor))


def hand_over_many(
    handling: Handling,
    items: Sequence[UUID],
    *,
    actor: Actor,
    note: str,
    team_id: UUID | None = None,
    person_id: UUID | None = None,
) -> Done:
    """Hand these to-dos over, as `hand_over` does each.  Raises InvalidAnswers as above."""
    return each(
        items,
        lambda one: hand_over(
            handling, one, actor=actor, note=note, team_id=team_id, person_id=person_id
        ),
    )


_INCIDENTS = text(
    "SELECT DISTINCT incident_id FROM work_item WHERE id = ANY (:items) ORDER BY incident_id"
)


def comment_many(
    handling: Handling, items: Sequence[UUID], words: str, *, actor: Actor, is_internal: bool
) -> Done:
    """Write about the incidents of these to-dos, each once.  Raises InvalidAnswers as above."""
    if not words.strip():
        raise InvalidAnswers({"words": say("Please write something.")})
    _require(items)
    with handling.store.read() as conn:
        about = conn.scalars(_INCIDENTS, {"items": list(items)}).all()
    return each(
        about,
        lambda one: comment(handling, one, words, actor=actor, is_internal=is_internal),
    )


def each(things: Sequence[UUID], does: Callable[[UUID], object]) -> Done:
    _require(things)
    count, refused = 0, Counter[str]()
    for one in dict.fromkeys(things):
        try:
            does(one)
        except InvalidAnswers as refusal:
            refused.update(refusal.fields.values())
        except (Conflict, NotAllowed, NotFound) as refusal:
            refused.update([refusal.sentence])
        else:
            count += 1
    return Done(count, refused)


def _require(things: Sequence[UUID]) -> None:
    if not 0 < len(things) <= MOST:
        raise InvalidAnswers({"item": say("Please tick some to-dos, %(most)s at most.", most=MOST)})
