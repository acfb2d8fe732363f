"""The people, teams and business processes of the demonstration."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from engine.domain.party import Party
from engine.domain.permissions import Actor, Role
from engine.store.work import Work
from engine.usecases.directory import (
    NewPerson,
    NewProcess,
    enter_contacts,
    enter_line,
    enter_organisation,
    enter_person,
    enter_process,
    enter_product,
    enter_representatives,
    enter_team,
)

# login: name, what they are here for, organisation, roles
PEOPLE: dict[str, tuple[str, str, str | None, tuple[Role, ...]]] = {
    "ada": ("Ada Lind", "IT: repairs systems and data", None, (Role.STAFF,)),
    "bruno": ("Bruno Keller", "Accounting: issues statements", None, (Role.STAFF,)),
    "carla": ("Carla Costa", "Customer: reports, acts and has the last word", "Costa Bakery", ()),
    "dora": (
        "Dora Meyer",
        "Owner of “Customer statements”: checks the outcome",
        None,
        (Role.STAFF, Role.PROCESS_OWNER),
    ),
    "gita": ("Gita Rao", "Head of finance: may decide without an answer", None, (Role.STAFF,)),
    "hugo": ("Hugo Brandt", "Service desk: leads incidents", None, (Role.STAFF,)),
    "egon": ("Egon Frey", "Auditor: sees everything, changes nothing", None, (Role.AUDITOR,)),
    "fay": ("Fay Noor", "Works here, but has no part in any of this", None, ()),
    "sami": ("Sami Okoro", "Supplier: prints and posts the letters", "Paperworks Printing", ()),
    "ivan": ("Ivan Petrov", "IT: Ada’s colleague", None, (Role.STAFF,)),
    "vera": ("Vera Blum", "Sales: calls the customers", None, (Role.STAFF,)),
    "paula": ("Paula Sand", "Staff: receives her salary", None, (Role.STAFF,)),
    "dirk": (
        "Dirk Maier",
        "Dora’s deputy; owner of “Payroll”",
        None,
        (Role.STAFF, Role.PROCESS_OWNER),
    ),
    "greta": (
        "Greta Holm",
        "Gita’s deputy; agrees to what is erased by law",
        None,
        (Role.STAFF, Role.OPERATOR),
    ),
    "hanna": ("Hanna Weiss", "Hugo’s deputy at the service desk", None, (Role.STAFF,)),
    "marco": (
        "Marco Costa",
        "Customer: Carla’s brother, keeps the bakery’s books",
        "Costa Bakery",
        (),
    ),
    "otto": (
        "Otto Lang",
        "Sets up Putright: people, teams, business processes",
        None,
        (Role.OPERATOR,),
    ),
    "lena": ("Lena Blau", "Customer without an account", "Blau Flowers", ()),
}
# who signs in nowhere: a link is all they have
BY_LINK = "lena"


# login: who stands in for them, and who is above
LINES: dict[str, tuple[str | None, str | None]] = {
    "carla": ("marco", None),
    "dora": ("dirk", "gita"),
    "gita": ("greta", None),
    "hugo": ("hanna", "dora"),
}


@dataclass(frozen=True)
class House:
    """Who there is, by login and by name."""

    people: dict[str, Actor]
    teams: dict[str, UUID]
    processes: dict[str, UUID]


def build(work: Work, password_hash: Callable[[], str]) -> House:
    """Enter everybody and return them; everybody's password is the demonstration's."""
    organisations = {
        "Costa Bakery": enter_organisation(work, "Costa Bakery", "customer"),
        "Blau Flowers": enter_organisation(work, "Blau Flowers", "customer"),
        "Paperworks Printing": enter_organisation(work, "Paperworks Printing", "supplier"),
    }
    ids = {}
    hashed = password_hash()
    for login, (name, _, organisation, roles) in PEOPLE.items():
        ids[login] = enter_person(
            work,
            NewPerson(
                name=name,
                login=login,
                email=f"{login}@putright.example",
                password_hash=None if login == BY_LINK else hashed,
                organisation_id=organisations.get(organisation or ""),
                roles=roles,
                time_zone="Europe/Berlin",
            ),
        )
    for login, (deputy, superior) in LINES.items():
        above = {"deputy_id": ids.get(deputy or ""), "superior_id": ids.get(superior or "")}
        enter_line(work, ids[login], **above)
    listed = {
        "IT operations": (Party.IT, ("ada", "ivan"), None),
        "Accounting": (Party.BUSINESS, ("bruno", "gita"), None),
        "Sales": (Party.BUSINESS, ("vera",), None),
        "Service desk": (Party.BUSINESS, ("hugo", "hanna"), None),
        "Paperworks dispatch": (Party.EXTERNAL, ("sami",), organisations["Paperworks Printing"]),
    }
    teams = {
        name: enter_team(
            work,
            name,
            party,
            [ids[who] for who in members],
            led_by=ids[members[0]],
            organisation_id=organisation,
        )
        for name, (party, members, organisation) in listed.items()
    }
    members = {who: [teams[n] for n, (_, m, _) in listed.items() if who in m] for who in ids}
    led = {who: [teams[n] for n, (_, m, _) in listed.items() if who == m[0]] for who in ids}
    people = {
        login: Actor(
            ids[login],
            name,
            frozenset(roles),
            frozenset(members[login]),
            organisations.get(organisation or ""),
            frozenset(led[login]),
        )
        for login, (name, _, organisation, roles) in PEOPLE.items()
    }
    _outside_lines(work, ids, organisations)
    processes = _processes(work, ids, teams)
    readers = [(ids[who], "Everybody who reads the pages") for who in ("carla", "marco", "paula")]
    enter_representatives(work, processes["Customer portal"], readers)
    letters = "Reminders to customers who have not paid"
    enter_product(work, processes["Customer statements"], letters, [_REMINDED])
    return House(people, teams, processes)


def _outside_lines(work: Work, ids: dict[str, UUID], organisations: dict[str, UUID]) -> None:
    """Say whom an overdue action of a customer or a supplier climbs to."""
    enter_contacts(
        work,
        organisations["Costa Bakery"],
        contact_id=ids["carla"],
        second_contact_id=ids["marco"],
    )
    enter_contacts(
        work,
        organisations["Paperworks Printing"],
        contact_id=ids["sami"],
        our_owner_id=ids["bruno"],
    )


_REMINDED = {
    "measure": "Who is reminded",
    "threshold": "Nobody who has paid",
    "evidence": "List of open items",
}


def _processes(work: Work, ids: dict[str, UUID], teams: dict[str, UUID]) -> dict[str, UUID]:
    deputies = [("owner", ids["dirk"]), ("duty_lead", ids["hanna"]), ("authority", ids["greta"])]

    def process(name: str, product: str, owner: str, criteria: list[tuple[str, str, str]]) -> UUID:
        return enter_process(
            work,
            NewProcess(
                name=name,
                product=product,
                owner_id=ids[owner],
                duty_lead_id=ids["hugo"],
                authority_id=ids["gita"],
                desk_id=teams["Service desk"],
                default_criteria=[
                    {"measure": measure, "threshold": threshold, "evidence": evidence}
                    for measure, threshold, evidence in criteria
                ],
                deputies=[deputy for deputy in deputies if deputy[1] != ids[owner]],
                is_public=name == "Customer portal",
            ),
        )

    return {
        "Customer statements": process(
            "Customer statements",
            "The monthly statement of each customer’s account",
            "dora",
            [
                (
                    "The balance on the statement",
                    "It equals the customer’s account",
                    "List of open items",
                )
            ],
        ),
        "Payroll": process(
            "Payroll",
            "Salaries in the account on the last working day, with a payslip",
            "dirk",
            [("The amount paid", "It equals the payslip", "Bank’s list of payments")],
        ),
        "Customer portal": process(
            "Customer portal",
            "Pages on which customers read and order",
            "dora",
            [("The page as the customer sees it", "It shows today’s data", "Seen on the page")],
        ),
    }
