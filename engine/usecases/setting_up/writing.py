"""The rows of a record: each writes what is to be, new or in place of what was."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.party import Party
from engine.domain.register import Answers
from engine.queries.register import DAYS
from engine.store import schema as t
from engine.store.jobs import defer_stepping_in
from engine.store.work import Work
from engine.usecases.delivering import find
from engine.usecases.directory import NewCalendar, enter_calendar, enter_representatives
from engine.usecases.links import end_links

_OFFICES = ("owner", "duty_lead", "authority")


def organisation(work: Work, which: UUID, answers: Answers, before: Answers) -> None:
    """Write a customer or a supplier."""
    del before
    _put(
        work,
        t.organisation,
        which,
        {
            "name": answers["name"],
            "kind": answers["kind"],
            "contact_id": answers.get("contact"),
            "second_contact_id": answers.get("second_contact"),
            "our_owner_id": answers.get("our_owner"),
        },
    )


def person(work: Work, which: UUID, answers: Answers, before: Answers) -> None:
    """Write a person; who has left is asked for nothing any more, at once."""
    _put(
        work,
        t.person,
        which,
        {
            "name": answers["name"],
            "login": answers["login"],
            "email": answers["email"],
            "phone": answers.get("phone"),
            "time_zone": answers["time_zone"],
            "organisation_id": answers.get("organisation"),
            "roles": answers.get("roles", []),
            "deputy_id": answers.get("deputy"),
            "superior_id": answers.get("superior"),
            "is_active": not answers.get("has_left"),
        },
    )
    if before.get("email") != answers["email"]:
        find(work.conn, which)
    if answers.get("has_left") and not before.get("has_left"):
        end_links(work.conn, which, work.now)
    if answers.get("has_left") or before.get("deputy") != answers.get("deputy"):
        defer_stepping_in(work.conn, [which])


def team(work: Work, which: UUID, answers: Answers, before: Answers) -> None:
    """Write a team and who is in it."""
    del before
    row = {
        "name": answers["name"],
        "party": answers["party"],
        "organisation_id": answers.get("organisation"),
        "head_id": answers.get("head"),
    }
    _put(work, t.team, which, row)
    members: Any = answers["members"]
    work.conn.execute(delete(t.membership).where(t.membership.c.team_id == which))
    work.conn.execute(
        insert(t.membership),
        [
            {"team_id": which, "person_id": UUID(who), "is_lead": who == answers.get("leader")}
            for who in members
        ],
    )


def process(work: Work, which: UUID, answers: Answers, before: Answers) -> None:
    """Write a business process, who answers for it, and who speaks for many."""
    del before
    row = {
        "name": answers["name"],
        "owner_id": answers["owner"],
        "duty_lead_id": answers["duty_lead"],
        "authority_id": answers["authority"],
        "desk_id": answers["desk"],
        "carries_mail": bool(answers.get("carries_mail")),
        "is_public": bool(answers.get("is_public")),
    }
    _put(work, t.business_process, which, row)
    first = {"name": answers["product"], "default_criteria": answers.get("default_criteria", [])}
    _put(work, t.product, which, {"process_id": which, **first})
    work.conn.execute(delete(t.deputy).where(t.deputy.c.process_id == which))
    listed: Any = {office: answers.get(f"{office}_deputies", []) for office in _OFFICES}
    deputies = [
        {"process_id": which, "person_id": UUID(who), "of": office}
        for office, people in listed.items()
        for who in people
    ]
    if deputies:
        work.conn.execute(insert(t.deputy), deputies)
    speaking: Any = answers.get("representatives", [])
    if speaking:
        enter_representatives(
            work, which, [(UUID(row["person"]), row["stands_for"]) for row in speaking]
        )
    else:
        work.conn.execute(delete(t.representative).where(t.representative.c.process_id == which))


def product(work: Work, which: UUID, answers: Answers, before: Answers) -> None:
    """Write one more product of a business process."""
    del before
    row = {
        "process_id": answers["process"],
        "name": answers["name"],
        "default_criteria": answers.get("default_criteria", []),
        "is_made": not answers.get("no_longer_made"),
    }
    _put(work, t.product, which, row)


def calendar(work: Work, which: UUID, answers: Answers, before: Answers) -> None:
    """Write a calendar that is in force from now on; hours of before stay as they were counted."""
    del which, before
    days, free = _texts(answers, "days"), _texts(answers, "free_days")
    whose = str(answers["whose"])
    enter_calendar(
        work,
        NewCalendar(
            time_zone=str(answers["time_zone"]),
            team_id=_id(answers, "team"),
            organisation_id=_id(answers, "organisation"),
            party=None if whose in ("team", "organisation") else Party(whose),
            opens=time.fromisoformat(str(answers["opens"])),
            closes=time.fromisoformat(str(answers["closes"])),
            days=[DAYS.index(day) for day in days],
            country=_text(answers, "country"),
            subdivision=_text(answers, "subdivision"),
            free_days=[date.fromisoformat(day) for day in free],
        ),
    )


def ladder(work: Work, which: UUID, answers: Answers, before: Answers) -> None:
    """Write the numbers of a priority."""
    del before
    numbers = {name: one for name, one in answers.items() if name != "priority"}
    _put(work, t.rungs, which, {"priority": answers["priority"], "numbers": numbers})


def _put(work: Work, table: Table, which: UUID, row: Mapping[str, object]) -> None:
    work.conn.execute(
        upsert(table)
        .values(id=which, **row)
        .on_conflict_do_update(index_elements=[table.c.id], set_=dict(row))
    )


def _id(answers: Answers, field: str) -> UUID | None:
    return UUID(str(answers[field])) if field in answers else None


def _text(answers: Answers, field: str) -> str | None:
    return str(answers[field]) if field in answers else None


def _texts(answers: Answers, field: str) -> list[str]:
    found: Any = answers.get(field, [])
    return [str(one) for one in found]
