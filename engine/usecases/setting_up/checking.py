"""What a form cannot see: names that are taken, people of the wrong house, sides that change.

Each check gets the record's id, what is to be and what was (empty if new), and returns a sentence
for each field that cannot stand.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from engine.domain.ladder_numbers import problems as problems_in
from engine.domain.party import Party
from engine.domain.permissions import Role
from engine.domain.register import Answers
from engine.language import say
from engine.store import schema as t
from engine.store.work import Work

Problems = Mapping[str, str]
_ERASED = text("""
    SELECT EXISTS (SELECT FROM erasure e JOIN erasure_done d ON d.erasure_id = e.id
      WHERE e.person_id = :id)
""")

TAKEN = say("This name is taken.")
_SIDES = say(
    "Who it belongs to does not change: what was recorded counts on it. Enter another one."
)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_LOGIN = re.compile(r"[\w.@+-]+")
_OURS = {Party.IT, Party.BUSINESS}


def organisation(work: Work, which: UUID, answers: Answers, before: Answers) -> Problems:
    """Contacts are people of theirs, the owner of the contract is one of ours."""
    problems = dict(_taken(work, "organisation", "name", which, answers))
    if before and answers["kind"] != before["kind"]:
        problems["kind"] = _SIDES
    houses = _houses(work, _named(answers, "contact", "second_contact", "our_owner"))
    for field in ("contact", "second_contact"):
        if field in answers and houses.get(str(answers[field])) != str(which):
            problems[field] = say("Please choose one of their people; enter them first.")
    if "our_owner" in answers and houses.get(str(answers["our_owner"])) is not None:
        problems["our_owner"] = say("Please choose one of your own people.")
    return problems


def person(work: Work, which: UUID, answers: Answers, before: Answers) -> Problems:
    """A login is one person's; rights everywhere are for our own; nobody changes sides."""
    problems = dict(_taken(work, "person", "login", which, answers))
    if not _LOGIN.fullmatch(str(answers["login"])):
        problems["login"] = say("Please take letters, digits and . _ - @ + only.")
    if not _ADDRESS.fullmatch(str(answers["email"])):
        problems["email"] = say("This is not an e-mail address.")
    if before and answers.get("organisation") != before.get("organisation"):
        problems["organisation"] = say(
            "Nobody changes sides: what was recorded counts on it. Say that they "
            "have left, and enter them anew."
        )
    if "organisation" in answers and answers.get("roles"):
        problems["roles"] = say("These are for your own people only.")
    if before and work.conn.scalar(_ERASED, {"id": which}):
        problems["name"] = say("What was known of them is erased. Enter somebody anew.")
    houses = _houses(work, _named(answers, "deputy", "superior"))
    for field in ("deputy", "superior"):
        if answers.get(field) == str(which):
            problems[field] = say("Please choose somebody else.")
        elif field in answers and houses.get(str(answers[field])) != answers.get("organisation"):
            problems[field] = say("Please choose somebody of the same house.")
    if before and _was_last_operator(work, which, answers):
        problems["has_left" if answers.get("has_left") else "roles"] = say(
            "Nobody else can set up Putright: give somebody else that right first."
        )
    return problems


def team(work: Work, which: UUID, answers: Answers, before: Answers) -> Problems:
    """All members are of the house that the team belongs to; the leader is one of them."""
    problems = dict(_taken(work, "team", "name", which, answers))
    if before and any(answers.get(one) != before.get(one) for one in ("party", "organisation")):
        problems["party"] = _SIDES
    members = _listed(answers, "members")
    houses = _houses(work, [*members, *_named(answers, "head")])
    house = answers.get("organisation")
    if any(houses.get(who) != house for who in members):
        problems["members"] = (
            say("A supplier’s or customer’s team has their people only.")
            if house
            else say("A team of your own has your own people only.")
        )
    if "leader" in answers and answers["leader"] not in members:
        problems["leader"] = say("Please choose one of the members.")
    if house is not None and "party" not in problems:
        kind = work.conn.scalar(
            text("SELECT kind FROM organisation WHERE id = :id"), {"id": UUID(str(house))}
        )
        if (kind == "customer") != (answers["party"] == Party.CUSTOMER):
            problems["organisation"] = say("Please choose one of the kind said above.")
    return problems


def process(work: Work, which: UUID, answers: Answers, before: Answers) -> Problems:
    """Who answers for a business process are people of our own who are here, as is its desk."""
    del before
    problems = dict(_taken(work, "business_process", "name", which, answers))
    offices = ("owner", "duty_lead", "authority")
    ours = _our_people(work)
    for field in offices:
        if answers[field] not in ours:
            problems[field] = say("Please choose one of your own people.")
        deputies = _listed(answers, f"{field}_deputies")
        if any(who not in ours for who in deputies):
            problems[f"{field}_deputies"] = say("Please choose from your own people.")
        elif answers[field] in deputies:
            problems[f"{field}_deputies"] = say("Nobody stands in for themselves.")
    party = work.conn.scalar(
        text("SELECT party FROM team WHERE id = :id"), {"id": UUID(str(answers["desk"]))}
    )
    if party not in _OURS:
        problems["desk"] = say("Please choose a team of your own.")
    rows: Any = answers.get("representatives", [])
    if rows and not 3 <= len({row["person"] for row in rows}) <= 7:
        problems["representatives"] = say("Nobody, or three to seven people.")
    further = select(t.product.c.id).where(
        t.product.c.process_id == which,
        t.product.c.id != which,
        t.product.c.name == answers["product"],
    )
    if work.conn.scalar(further):
        problems["product"] = say("It makes this already.")
    return problems


def product(work: Work, which: UUID, answers: Answers, before: Answers) -> Problems:
    """A product has a name of its own and stays with its business process, as its incidents do."""
    problems = dict(_taken(work, "product", "name", which, answers))
    if before and answers["process"] != before["process"]:
        problems["process"] = say("A product stays with its business process.")
    return problems


def calendar(work: Work, which: UUID, answers: Answers, before: Answers) -> Problems:
    """Whose it is stays; hours are written like 08:00."""
    del work, which
    problems = {}
    if before and any(answers.get(x) != before.get(x) for x in ("whose", "team", "organisation")):
        problems["whose"] = say("This is somebody else’s: enter another calendar.")
    for field in ("opens", "closes"):
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", str(answers[field])):
            problems[field] = say("Please write it like 08:00.")
    return problems


def ladder(work: Work, which: UUID, answers: Answers, before: Answers) -> Problems:
    """Numbers can be read, and stay those of their priority."""
    del work, which
    found = dict(problems_in(answers))
    if before and answers["priority"] != before["priority"]:
        found["priority"] = say("These are the numbers of another priority.")
    return found


def party_of(answers: Answers) -> Party:
    """Return the party whose calendar it is, where it is a whole party's."""
    return Party(str(answers["whose"]))


def _taken(
    work: Work, table: str, column: str, which: UUID, answers: Answers
) -> Iterable[tuple[str, str]]:
    sql = f"SELECT EXISTS (SELECT FROM {table} WHERE lower({column}) = lower(:it) AND id <> :id)"  # noqa: S608 - named above
    if work.conn.scalar(text(sql), {"it": answers[column], "id": which}):
        yield column, TAKEN


def _named(answers: Answers, *fields: str) -> list[str]:
    return [str(answers[field]) for field in fields if field in answers]


def _listed(answers: Answers, field: str) -> list[str]:
    found: Any = answers.get(field, [])
    return [str(one) for one in found]


def _houses(work: Work, people: Iterable[str]) -> Mapping[str, str | None]:
    """Return whom each of these people belongs to; None is our own house."""
    found = work.conn.execute(
        text("SELECT id, organisation_id FROM person WHERE id = ANY(:people)"),
        {"people": [UUID(who) for who in people]},
    )
    return {str(who): str(house) if house else None for who, house in found}


def _our_people(work: Work) -> set[str]:
    ours = text("SELECT CAST(id AS text) FROM person WHERE organisation_id IS NULL AND is_active")
    return set(work.conn.scalars(ours))


def _was_last_operator(work: Work, which: UUID, answers: Answers) -> bool:
    roles: Any = answers.get("roles", [])
    if Role.OPERATOR in roles and Role.AUDITOR not in roles and not answers.get("has_left"):
        return False
    can = "is_active AND organisation_id IS NULL AND roles @> '{operator}' AND NOT 'auditor' = ANY(roles)"  # noqa: E501
    sql = (
        f"SELECT EXISTS (SELECT FROM person WHERE {can} AND id = :id) AND NOT EXISTS"  # noqa: S608
        f" (SELECT FROM person WHERE {can} AND id <> :id)"
    )
    return bool(work.conn.scalar(text(sql), {"id": which}))
