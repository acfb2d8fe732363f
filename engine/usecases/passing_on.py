"""What was asked of a team, or of who may read it no more, is asked of the lead by name.

What is for the owner or the authority to do goes to who answers in their office then.  Whose turn
it is stays as it was: the lead hands it to a person of that side.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update

from engine.domain.action import ActionKind
from engine.domain.incident import IncidentState
from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.domain.party import Lane
from engine.queries.people import involved
from engine.store import schema as t
from engine.usecases.deciding import may_now, office_of
from engine.usecases.offers import verifiers
from engine.usecases.running import Mover


def pass_on(mover: Mover) -> None:
    """Ask anew, by name, for everything that is open and was asked of others than may read it."""
    case = mover.case
    mover.forget()
    # what is read here was changed by this transaction a moment ago
    case.flush()
    people = involved(case.conn, case.incident.id).people
    open_items = select(t.work_item).where(
        t.work_item.c.incident_id == case.incident.id, t.work_item.c.ended_at.is_(None)
    )
    rows = case.conn.execute(open_items).all()
    moved = [_pass_item_on(mover, item, people.readers) for item in rows]
    pass_actions_on(mover)
    if any(moved):
        case.record("item:passed_on", {"how_many": sum(moved)}, mover.by)


def _pass_item_on(mover: Mover, item: Row[Any], readers: Collection[UUID]) -> bool:
    # by way of a team nobody was asked by name
    people = [who for who in item.people if who in readers and item.team_id is None]
    holder = item.claimed_by if item.claimed_by in readers else None
    if item.team_id is None and (people, holder) == (item.people, item.claimed_by):
        return False
    asked = people or _instead(mover, item)
    mover.case.conn.execute(
        update(t.work_item)
        .where(t.work_item.c.id == item.id)
        .values(team_id=None, people=asked, claimed_by=holder)
    )
    mover.tell(MessageKind.ASKED, set(asked) - set(item.people), item.id)
    return True


def _instead(mover: Mover, item: Row[Any]) -> list[UUID]:
    incident, process = mover.case.incident, mover.process
    if item.mark == Mark.VERIFICATION:
        able = verifiers(incident, process, mover.hands)
        return [who for who in able if who not in mover.taken_off] or [process.owner_id]
    if item.mark == Mark.CLOSING_DECISION or item.lane == Lane.AUTHORITY:
        return [one.who.id for one in may_now(mover)] or [office_of(mover)]
    if item.lane == Lane.BUSINESS_OWNER and item.mark is None:
        return list(process.owners)
    return [incident.lead_id]


def pass_actions_on(mover: Mover) -> None:
    """Give the actions of teams, and of who was taken off, to the lead.

    Those of what is set aside or joined are kept as they were: it does this when it is back.
    """
    incident, action = mover.case.incident, t.action.c
    chosen = [
        action.incident_id == incident.id,
        action.settled_at.is_(None),
        or_(action.team_id.is_not(None), action.person_id.in_(mover.taken_off)),
    ]
    if incident.state != IncidentState.OPEN:
        chosen.append(action.kind == ActionKind.PREVENTS)
    mover.case.conn.execute(
        update(t.action).where(*chosen).values(team_id=None, person_id=incident.lead_id)
    )
