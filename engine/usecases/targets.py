"""Those whom one action reaches: ticked off while it goes on, and accepted where not done."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, update

from engine.domain.action import TargetOutcome
from engine.domain.permissions import Actor, Verb, available_actions
from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.work import no_such_action
from engine.usecases.complete import ended, not_allowed, view_of
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def tick_targets(
    handling: Handling,
    item_id: UUID,
    outcomes: Mapping[UUID, TargetOutcome],
    *,
    actor: Actor,
    note: str | None = None,
) -> int:
    """Note how it ended for some of those the action reaches; return how many are left.

    The action goes on: it is done when whoever does it says so.  Raises NotFound, ItemEnded,
    NotAllowed, or InvalidAnswers for a target of another action.
    """
    with handling.store.begin() as work:
        case, item, _ = work.item(item_id)
        mover = Mover(handling, case, actor)
        verbs = available_actions(view_of(mover, item), actor)
        if Verb.SEE not in verbs:
            raise NotFound(say("There is no such to-do."), item=str(item_id))
        if item.ended_at is not None:
            raise ended(item)
        if Verb.COMPLETE not in verbs:
            raise not_allowed(item)
        for outcome in dict.fromkeys(outcomes.values()):
            wanted = [target for target, its in outcomes.items() if its is outcome]
            changed = work.conn.execute(
                update(t.target)
                .where(t.target.c.id.in_(wanted), t.target.c.action_id == item.action_id)
                .values(
                    outcome=outcome,
                    note=note,
                    answered_at=work.now,
                    answered_by=actor.id,
                    accepted_by=None,
                    accepted_because=None,
                )
            )
            if changed.rowcount != len(wanted):
                raise InvalidAnswers(
                    {"targets": say("Please choose from those this action reaches.")}
                )
        left = work.conn.execute(
            select(t.target.c.id).where(
                t.target.c.action_id == item.action_id, t.target.c.outcome.is_(None)
            )
        ).all()
        case.record(
            "target:answered",
            {"targets": {str(target): its for target, its in outcomes.items()}, "note": note},
            actor,
        )
        return len(left)


def accept_targets(
    handling: Handling,
    action_id: UUID,
    targets: Sequence[UUID],
    *,
    reason: str,
    actor: Actor,
) -> None:
    """Accept by name that these targets are not done, and say why.

    Only the owner of the business process or a deputy may.  Raises NotFound, NotAllowed,
    InvalidAnswers without a reason or for a target that has no such outcome.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why this can be accepted.")})
    with handling.store.begin() as work:
        case, action = work.action(action_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.ACCEPT_TARGETS, missing=no_such_action(action_id))
        accepted = work.conn.execute(
            update(t.target)
            .where(
                t.target.c.id.in_(targets),
                t.target.c.action_id == action.id,
                t.target.c.outcome.is_not(None),
                t.target.c.outcome != TargetOutcome.DONE,
            )
            .values(accepted_by=actor.id, accepted_because=reason)
        )
        if accepted.rowcount != len(set(targets)):
            raise InvalidAnswers(
                {"targets": say("Please choose from those that ended as not done.")}
            )
        case.record(
            "target:accepted",
            {"action": action.number, "targets": [str(one) for one in targets], "reason": reason},
            actor,
        )
        mover.settle()
