"""Entering organisations, people, teams and business processes: who there is to ask."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, insert, select, update

from engine.domain.party import Party
from engine.domain.permissions import Machine, Role
from engine.domain.public_holidays import free_days
from engine.domain.register import RecordKind
from engine.domain.working_calendar import WorkingCalendar
from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.store import schema as t
from engine.store.jobs import defer_stepping_in
from engine.store.registering import lock_register, register
from engine.store.work import Work
from engine.usecases.links import end_links


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
    # those without an account can tell us what is wrong with it
    is_public: bool = False


@dataclass(frozen=True)
class NewCalendar:
    """Who is at work when, from an instant on: of a team, an organisation, or a whole party.

    `country` and `subdivision` say whose public holidays are free, `free_days` which others.
    """

    time_zone: str
    team_id: UUID | None = None
    organisation_id: UUID | None = None
    party: Party | None = None
    opens: time = time(8)
    closes: time = time(18)
    days: Sequence[int] = (0, 1, 2, 3, 4)
    country: str | None = None
    subdivision: str | None = None
    free_days: Sequence[date] = ()


def is_known(work: Work, login: str) -> bool:
    """Say whether somebody signs in with this login."""
    return work.conn.scalar(select(t.person.c.id).where(t.person.c.login == login)) is not None


def enter_calendar(
    work: Work, calendar: NewCalendar, *, valid_from: datetime | None = None
) -> None:
    """Enter a calendar that is in force from `valid_from` (aware; now, unless said) on.

    What was in force before stays for the time before.  Raises InvalidAnswers naming the field.
    """
    if (
        sum(one is not None for one in (calendar.team_id, calendar.organisation_id, calendar.party))
        != 1
    ):
        raise InvalidAnswers(
            {"team": say("A calendar is a team's, an organisation's or a party's.")}
        )
    try:
        free = free_days(calendar.country, calendar.subdivision, calendar.free_days)
    except ValueError as error:
        raise InvalidAnswers({"country": str(error)}) from error
    try:
        zone = ZoneInfo(calendar.time_zone)
        WorkingCalendar(zone, calendar.opens, calendar.closes, frozenset(calendar.days), free)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidAnswers({"days": str(error)}) from error
    row = {one.name: getattr(calendar, one.name) for one in fields(calendar)}
    row |= {"days": list(calendar.days), "free_days": list(calendar.free_days)}
    work.conn.execute(
        insert(t.calendar), {"id": uuid4(), "valid_from": valid_from or work.now, **row}
    )


def enter_organisation(work: Work, name: str, kind: str) -> UUID:
    """Enter a customer's or a supplier's organisation (`kind` is the word) and return its id."""
    made = uuid4()
    work.conn.execute(insert(t.organisation), {"id": made, "name": name, "kind": kind})
    return made


def enter_contacts(
    work: Work,
    organisation_id: UUID,
    *,
    contact_id: UUID | None = None,
    second_contact_id: UUID | None = None,
    our_owner_id: UUID | None = None,
) -> None:
    """Say whom an overdue action of theirs climbs to.

    First the contact, then a customer's second or a supplier's account manager, then who of us
    owns the contract.
    """
    work.conn.execute(
        update(t.organisation)
        .where(t.organisation.c.id == organisation_id)
        .values(
            contact_id=contact_id, second_contact_id=second_contact_id, our_owner_id=our_owner_id
        )
    )


def enter_representatives(
    work: Work, process_id: UUID, representatives: Sequence[tuple[UUID, str]]
) -> None:
    """Enter who confirms for all when they are many, each with whom they stand for.

    Raises InvalidAnswers unless they are three to seven.
    """
    if not 3 <= len({who for who, _ in representatives}) <= 7:
        raise InvalidAnswers(
            {"representatives": say("Three to seven people speak for the others.")}
        )
    work.conn.execute(delete(t.representative).where(t.representative.c.process_id == process_id))
    work.conn.execute(
        insert(t.representative),
        [
            {"process_id": process_id, "person_id": who, "stands_for": whom}
            for who, whom in representatives
        ],
    )


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


def enter_line(
    work: Work, person_id: UUID, *, deputy_id: UUID | None = None, superior_id: UUID | None = None
) -> None:
    """Enter who stands in for somebody, and who is told when they are silent."""
    work.conn.execute(
        update(t.person)
        .where(t.person.c.id == person_id)
        .values(deputy_id=deputy_id, superior_id=superior_id)
    )


# what an operator says at the machine itself, where nobody signs in
_COMMAND = Machine("putright left")


def enter_leaving(work: Work, login: str) -> None:
    """Enter that somebody has left for good: they sign in no more, and who is next is asked.

    What waits for them is asked of a deputy, of who is above them or of their team, at once.  Doing
    it again changes nothing.  Raises NotFound.
    """
    lock_register(work.conn)
    known = select(t.person.c.id, t.person.c.name, t.person.c.is_active)
    found = work.conn.execute(known.where(t.person.c.login == login)).first()
    if found is None:
        raise NotFound(say("Nobody signs in as “%(login)s”.", login=login), login=login)
    if found.is_active:
        work.conn.execute(update(t.person).where(t.person.c.id == found.id).values(is_active=False))
        content = {"name": found.name, "changed": {"has_left": [None, True]}}
        register(work, "person:changed", RecordKind.PERSON, found.id, content, _COMMAND)
    end_links(work.conn, found.id, work.now)
    defer_stepping_in(work.conn, [found.id])


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
            "owner_id": process.owner_id,
            "duty_lead_id": process.duty_lead_id,
            "authority_id": process.authority_id,
            "desk_id": process.desk_id,
            "is_public": process.is_public,
        },
    )
    _enter_product(work, made, made, process.product, process.default_criteria)
    deputies = [
        {"process_id": made, "person_id": who, "of": office} for office, who in process.deputies
    ]
    if deputies:
        work.conn.execute(insert(t.deputy), deputies)
    return made


def enter_product(
    work: Work, process_id: UUID, name: str, default_criteria: Sequence[Mapping[str, str]] = ()
) -> UUID:
    """Enter one more product of a business process, and return its id."""
    made = uuid4()
    _enter_product(work, made, process_id, name, default_criteria)
    return made


def _enter_product(
    work: Work, made: UUID, process_id: UUID, name: str, criteria: Sequence[Mapping[str, str]]
) -> None:
    row = {"id": made, "process_id": process_id, "name": name}
    work.conn.execute(
        insert(t.product), row | {"default_criteria": [dict(one) for one in criteria]}
    )
