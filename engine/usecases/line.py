"""The line of the party asked, which an overdue action climbs (rules, Actions).

Ours: the person, the team's lead, the head of department.  A supplier: the contact, the account
manager, who of us owns the contract.  A customer: the contact, their deputy, our owner.  A rung
with nobody on it is passed over, and behind the last one is the owner of the business process.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Row, select, text

from engine.domain.party import Party
from engine.store import schema as t
from engine.store.rows import Action

if TYPE_CHECKING:
    from engine.usecases.running import Mover


def next_in_line(mover: "Mover", action: Action) -> list[UUID]:
    """Return who is asked on the rung that the action has climbed to, 1 being the first."""
    if action.party in (Party.CUSTOMER, Party.EXTERNAL):
        line = _outside(mover, action)
    else:
        line = _ours(mover, action)
    left = [asked for asked in line if asked][max(action.climbed, 1) - 1 :]
    return left[0] if left else [mover.process.owner_id]


# A person asked by name works in their first team by name, as with calendars.
_TEAM = text("""
    SELECT team.head_id, ARRAY(SELECT l.person_id FROM membership l
      WHERE l.team_id = team.id AND l.is_lead AND l.person_id IS DISTINCT FROM :person) AS leads
    FROM team WHERE team.id = coalesce(CAST(:team AS uuid), (SELECT m.team_id FROM membership m
      JOIN team its ON its.id = m.team_id WHERE m.person_id = :person ORDER BY its.name LIMIT 1))
""")


def _ours(mover: "Mover", action: Action) -> list[list[UUID]]:
    asked = {"team": action.team_id, "person": action.person_id}
    team = mover.case.conn.execute(_TEAM, asked).first()
    if team is None:
        return []
    head = [team.head_id] if team.head_id and team.head_id != action.person_id else []
    return [team.leads, head]


def _outside(mover: "Mover", action: Action) -> list[list[UUID]]:
    organisation = _organisation(mover, action)
    if organisation is None:
        return []
    contacts = (organisation.contact_id, organisation.second_contact_id, organisation.our_owner_id)
    return [[who] for who in contacts if who and who != action.person_id]


def _organisation(mover: "Mover", action: Action) -> Row[tuple[object, ...]] | None:
    """Return the organisation asked: the person's, else the team's, else the customer's own."""
    conn = mover.case.conn
    chosen: UUID | None = None
    if action.person_id is not None:
        whose = select(t.person.c.organisation_id).where(t.person.c.id == action.person_id)
        chosen = conn.scalar(whose)
    elif action.team_id is not None:
        whose = select(t.team.c.organisation_id).where(t.team.c.id == action.team_id)
        chosen = conn.scalar(whose)
    elif action.party == Party.CUSTOMER:
        chosen = mover.case.incident.customer_id
    return conn.execute(select(t.organisation).where(t.organisation.c.id == chosen)).first()
