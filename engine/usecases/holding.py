"""Taking a to-do, giving it back, handing it on, and keeping a draft of its answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from engine.domain.party import Lane, Party
from engine.domain.permissions import Actor, Machine, Verb, available_actions
from engine.errors import AlreadyClaimed, InvalidAnswers, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.rows import Item
from engine.store.work import Work
from engine.usecases.actions import write_action
from engine.usecases.belonging import check_asked
from engine.usecases.complete import ended, not_allowed, view_of
from engine.usecases.handling import Handling
from engine.usecases.running import Mover


def claim(handling: Handling, item_id: UUID, *, actor: Actor) -> None:
    """Give the to-do to `actor`; claiming what one already holds changes nothing.

    Raises NotFound, ItemEnded, AlreadyClaimed naming the holder, or NotAllowed.
    """
    with handling.store.begin() as work:
        mover, item, verbs = _held(handling, work, item_id, actor)
        if item.claimed_by == actor.id:
            return
        if item.claimed_by is not None:
            holder = work.conn.scalar(
                select(t.person.c.name).where(t.person.c.id == item.claimed_by)
            )
            raise AlreadyClaimed(
                say(
                    "%(holder)s has taken “%(title)s” already.",
                    holder=holder,
                    title=say(item.title),
                ),
                by=holder,
            )
        if Verb.CLAIM not in verbs:
            raise not_allowed(item)
        _write(mover, item, claimed_by=actor.id)
        mover.case.record("item:claimed", {"step": item.step, "item": str(item.id)}, actor)


def release(handling: Handling, item_id: UUID, *, actor: Actor) -> None:
    """Give the to-do back to those it is offered to; what nobody holds stays as it is.

    Raises NotFound, ItemEnded, or NotAllowed for anybody but the holder and who leads them.
    """
    with handling.store.begin() as work:
        mover, item, verbs = _held(handling, work, item_id, actor)
        if item.claimed_by is None:
            return
        if Verb.RELEASE not in verbs:
            raise not_allowed(item)
        _write(mover, item, claimed_by=None)
        mover.case.record("item:released", {"step": item.step, "item": str(item.id)}, actor)


def save_draft(
    handling: Handling, item_id: UUID, draft: Mapping[str, Any], *, actor: Actor
) -> None:
    """Keep answers that are not finished; they are nobody's word and no entry.

    Raises NotFound, ItemEnded or NotAllowed.
    """
    with handling.store.begin() as work:
        mover, item, verbs = _held(handling, work, item_id, actor)
        if Verb.SAVE_DRAFT not in verbs:
            raise not_allowed(item)
        _write(mover, item, draft=dict(draft))


def hand_over(
    handling: Handling,
    item_id: UUID,
    *,
    actor: Actor,
    note: str,
    team_id: UUID | None = None,
    person_id: UUID | None = None,
    by: Machine | None = None,
    now: datetime | None = None,
) -> UUID:
    """Hand the to-do to a person or a team of the same party; return the new to-do's id.

    The old one ends as handed on, so that each holder's time stands by itself on the ledger.
    `by` is the machine that replays a record, whose word is not asked for permission.
    Raises NotFound, ItemEnded, NotAllowed, or InvalidAnswers for nobody or for another party.
    """
    if (team_id is None) == (person_id is None):
        raise InvalidAnswers({"to": say("Please choose one person or one team.")})
    with handling.store.begin(now=now) as work:
        mover, item, verbs = _held(handling, work, item_id, actor, by)
        if Verb.HAND_OVER not in verbs or item.mark is not None:
            raise not_allowed(item)
        # one of ours in the customer's lane hands on to customers, not to colleagues
        party = Party.CUSTOMER if item.lane == Lane.CUSTOMER else Party(item.party)
        check_asked(mover, party, team_id, person_id, fields=("to", "to"))
        made = uuid4()
        _write(mover, item, ended_at=work.now, how="handed_on", ended_by=actor.id)
        columns = {name: getattr(item, name) for name in t.work_item.c.keys()}  # noqa: SIM118
        columns |= {
            "id": made,
            "team_id": team_id,
            "people": [person_id] if person_id else [],
            "claimed_by": None,
            "opened_at": work.now,
            "ended_at": None,
            "how": None,
            "ended_by": None,
            "delivered_at": None,
            "put_off_until": None,
        }
        if item.action_id is not None:
            _, action = work.action(item.action_id)
            write_action(mover, action, team_id=team_id, person_id=person_id)
        mover.case.record(
            "item:handed_over",
            {
                "step": item.step,
                "team": str(team_id) if team_id else None,
                "person": str(person_id) if person_id else None,
                "note": note,
            },
            mover.by,
        )
        mover.add_items([columns])
        return made


def _held(
    handling: Handling, work: Work, item_id: UUID, actor: Actor, by: Machine | None = None
) -> tuple[Mover, Item, frozenset[Verb]]:
    case, item, _ = work.item(item_id)
    mover = Mover(handling, case, by or actor)
    if by is None:
        verbs = available_actions(view_of(mover, item), actor)
    else:
        verbs = frozenset({Verb.SEE, Verb.HAND_OVER})
    if Verb.SEE not in verbs:
        raise NotFound(say("There is no such to-do."), item=str(item_id))
    if item.ended_at is not None:
        raise ended(item)
    return mover, item, verbs


def _write(mover: Mover, item: Item, **columns: Any) -> None:
    mover.case.conn.execute(update(t.work_item).where(t.work_item.c.id == item.id), columns)
