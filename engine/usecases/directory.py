"""Entering organisations, people, teams and business processes: who there is to ask."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from engine.domain.party import Party
from engine.domain.permissions import Role
from engine.store import schema as t
from engine.store.work import Work


@dataclass(frozen=True)
class NewPerson:
    """A person to be entered; without an organisation one of our own."""

    name: str
    login: str
    email: str
    password_hash: str | None = None
    organisation_id: UUID | None = None
    roles: Sequence[Role] = ()
    time_zone: str = "UTC"


@dataclass(frozen=True)
class NewProcess:
    """A business process to be entered; `deputies` maps owner, duty_lead, authority to people."""

    name: str
    product: str
    owner_id: UUID
    duty_lead_id: UUID
    authority_id: UUID
    desk_id: UUID
    default_criteria: Sequence[Mapping[str, str]] = ()
    deputies: Iterable[tuple[str, UUID]] = ()


def is_known(work: Work, login: str) -> bool:
    """Say whether somebody signs in with this login."""
    return work.conn.scalar(select(t.person.c.id).where(t.person.c.login == login)) is not None


def enter_organisation(work: Work, name: str, kind: str) -> UUID:
    """Enter a customer's or a supplier's organisation (`kind` is the word) and return its id."""
    made = uuid4()
    work.conn.execute(insert(t.organisation), {"id": made, "name": name, "kind": kind})
    return made


def enter_person(work: Work, person: NewPerson) -> UUID:
    """Enter a person and return their id."""
    made = uuid4()
    work.conn.execute(
        insert(t.person),
        {
            "id": made,
            "name": person.name,
            "login": person.login,
            "email": person.email,
            "password_hash": person.password_hash,
            "organisation_id": person.organisation_id,
            "roles": list(person.roles),
            "time_zone": person.time_zone,
        },
    )
    return made


def enter_team(
    work: Work,
    name: str,
    party: Party,
    members: Sequence[UUID],
    *,
    led_by: UUID | None = None,
    organisation_id: UUID | None = None,
) -> UUID:
    """Enter a team and return its id; who leads it is one of its members."""
    made = uuid4()
    work.conn.execute(
        insert(t.team),
        {
            "id": made,
            "name": name,
            "party": party,
            "head_id": led_by,
            "organisation_id": organisation_id,
        },
    )
    work.conn.execute(
        insert(t.membership),
        [{"team_id": made, "person_id": who, "is_lead": who == led_by} for who in members],
    )
    return made


def enter_process(work: Work, process: NewProcess) -> UUID:
    """Enter a business process with everybody who answers for it, and return its id."""
    made = uuid4()
    work.conn.execute(
        insert(t.business_process),
        {
            "id": made,
            "name": process.name,
            "product": process.product,
            "owner_id": process.owner_id,
            "duty_lead_id": process.duty_lead_id,
            "authority_id": process.authority_id,
            "desk_id": process.desk_id,
            "default_criteria": [dict(one) for one in process.default_criteria],
        },
    )
    deputies = [
        {"process_id": made, "person_id": who, "of": office} for office, who in process.deputies
    ]
    if deputies:
        work.conn.execute(insert(t.deputy), deputies)
    return made
