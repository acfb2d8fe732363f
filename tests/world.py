"""Fixed people and a hand-cranked clock: what integration tests begin with.

Ada in IT, Bruno in accounting, Carla the customer, Dora owns the business process, Egon audits,
Fay has no rights here; Gita is the authority, Hugo the service desk and duty lead, Sami a supplier.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, select, text

from engine.domain.ladder import DEFAULT
from engine.domain.party import Party
from engine.domain.permissions import Actor
from engine.domain.silence import Channel
from engine.queries.actors import load_actor
from engine.store import schema as t
from engine.store.chaining import AuditKey
from engine.store.connect import application_engine
from engine.store.facts import IN_FORCE
from engine.store.work import Store
from engine.usecases.complete import complete
from engine.usecases.handling import Handling, Releases
from engine.usecases.lead import take_lead
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.report import Report, report_incident
from engine.usecases.timing import advance_run
from engine.usecases.trying import log_try

ROOT = Path(__file__).parents[1]
KEY = AuditKey("test", b"the key of a test, 32 bytes long")
# Every test's database holds the same release, and one with its id never changes: parsed once.
_RELEASES = Releases()
CRITERION = {"measure": "Balance", "threshold": "0 differences", "evidence": "ledger report"}

# login: (name, roles, organisation)
PEOPLE = {
    "ada": ("Ada Adler", ["staff"], None),
    "bruno": ("Bruno Bauer", ["staff"], None),
    "carla": ("Carla Costa", [], "Costa Bakery"),
    "dora": ("Dora Diaz", ["staff", "process_owner"], None),
    "egon": ("Egon Eder", ["auditor"], None),
    "fay": ("Fay Fox", [], None),
    "gita": ("Gita Gupta", ["staff"], None),
    "hugo": ("Hugo Hahn", ["staff"], None),
    "sami": ("Sami Sarr", [], "Paper & Post"),
    "olga": ("Olga Orlov", [], "Orlov Books"),
}
TEAMS = {
    "desk": ("Service desk", Party.IT, ["hugo"]),
    "databases": ("Databases", Party.IT, ["ada"]),
    "accounting": ("Accounting", Party.BUSINESS, ["bruno"]),
    "post": ("Paper & Post", Party.EXTERNAL, ["sami"]),
}


def shipped_files() -> dict[str, bytes]:
    """Return the files of the shipped release."""
    return {
        file.name: file.read_bytes()
        for folder in ("workflows", "forms")
        for file in sorted((ROOT / folder).iterdir())
        if file.suffix in (".bpmn", ".dmn", ".json", ".yaml")
    }


class Clock:
    """Moves only when told; each reading is a moment later, as in life."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        """Let time pass."""
        self.now += timedelta(**length)


@dataclass
class World:
    """An organisation in a database, and short ways to do what people do."""

    handling: Handling
    clock: Clock
    people: dict[str, UUID] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    process_id: UUID = field(default_factory=uuid4)

    @classmethod
    def make(cls, app_url: str) -> "World":
        """Furnish a migrated, published database."""
        clock = Clock()
        store = Store(application_engine(app_url), KEY, clock)
        world = cls(Handling(store, DEFAULT, _RELEASES), clock)
        world._furnish()
        return world

    def close(self) -> None:
        """Leave the database."""
        self.handling.store.engine.dispose()

    def actor(self, login: str) -> Actor:
        """Return a person as an actor, as signing in does."""
        with self.handling.store.read() as conn:
            actor = load_actor(conn, self.people[login])
        assert actor is not None
        return actor

    def report(self, login: str = "carla", **changes: Any) -> UUID:
        """Report wrong balances (P3 unless said otherwise)."""
        said: dict[str, Any] = {
            "product_id": self.process_id,
            "title": "Wrong balances",
            "expected": "Statements show what customers owe",
            "actual": "214 statements show wrong balances",
            "harmed": "214 customers",
        }
        return report_incident(self.handling, Report(**said | changes), actor=self.actor(login))

    def lead(self, incident: UUID, login: str = "hugo") -> None:
        """Take the lead."""
        take_lead(self.handling, incident, actor=self.actor(login))

    def agree(
        self, incident: UUID, *actions: Mapping[str, Any], confirmers: tuple[str, ...] = ("carla",)
    ) -> None:
        """Agree what right means, who confirms, and the first actions."""
        self.do(
            incident,
            "hugo",
            "agree_what_right_means",
            criteria=[CRITERION],
            confirmers=[str(self.people[login]) for login in confirmers],
            actions=list(actions),
        )

    def for_team(self, team: str, title: str = "Put it right", **more: Any) -> dict[str, Any]:
        """Return an action for a team, as the agreement takes it."""
        return {"title": title, "party": TEAMS[team][1].value, "team": str(self.teams[team])} | more

    def propose(self, incident: UUID, login: str, team: str = "databases", **more: Any) -> UUID:
        """Propose an action for a team."""
        said: dict[str, Any] = {
            "title": "Put it right",
            "party": TEAMS[team][1],
            "team_id": self.teams[team],
        }
        proposal = Proposal(**said | more)
        return propose_action(self.handling, incident, proposal, actor=self.actor(login))

    def do(self, incident: UUID, login: str, step: str, /, **answers: Any) -> None:
        """Complete the open to-do of this step that is for this person."""
        item = self.item(incident, step, login)
        complete(self.handling, item.id, answers, actor=self.actor(login))

    def finish(self, item: UUID, login: str, /, *, key: str | None = None, **answers: Any) -> None:
        """Complete this to-do, open or not, as a page that may be stale does."""
        complete(self.handling, item, answers, actor=self.actor(login), key=key)

    def act(self, incident: UUID, login: str, step: str = "do_it_action") -> None:
        """Finish an action."""
        self.do(incident, login, step, outcome="done", what_was_done="Done as asked")

    def verify(self, incident: UUID, login: str = "dora", verdict: str = "right") -> None:
        """Check the outcome, criterion by criterion."""
        since = {"right_since": self.clock.now.isoformat()} if verdict == "right" else {}
        rows = [{"criterion": str(one), "measured": "0"} for one in self.criteria(incident)]
        self.do(incident, login, "verify_outcome", verdict=verdict, measured=rows, **since)

    def confirm(self, incident: UUID, login: str = "carla", answer: str = "yes") -> None:
        """Answer every criterion the same."""
        words = {} if answer == "yes" else {"words": "Two are still wrong"}
        rows = [
            {"criterion": str(one), "answer": answer, **words} for one in self.criteria(incident)
        ]
        self.do(incident, login, "confirm_outcome", criteria=rows, **words)

    def tried(self, incident: UUID, whom: str = "carla", *, times: int = 2) -> None:
        """Log that somebody who is asked could not be reached by phone."""
        for _ in range(times):
            log_try(
                self.handling,
                incident,
                whom_id=self.people[whom],
                channel=Channel.CALL,
                words="Nobody picks up",
                actor=self.actor("hugo"),
            )

    def asked(self, login: str = "carla", **changes: Any) -> UUID:
        """Return an incident whose confirmers are being asked."""
        incident = self.report(login, **changes)
        self.lead(incident)
        self.agree(incident, self.for_team("databases"))
        self.act(incident, "ada")
        self.verify(incident)
        return incident

    def confirmed(self) -> UUID:
        """Return an incident that is closed by confirmation."""
        incident = self.asked()
        self.confirm(incident)
        return incident

    def undecided(self) -> UUID:
        """Return an incident that nobody answers about, so that somebody has to decide."""
        incident = self.report()
        self.lead(incident)
        self.agree(incident, self.for_team("databases"))
        self.act(incident, "ada")
        self.verify(incident, "hugo")
        self.clock.forward(days=15)
        self.fire(incident)
        return incident

    def decided(self, login: str = "dora") -> UUID:
        """Return an incident that is closed by a decision of somebody without a hand in it."""
        incident = self.undecided()
        self.do(incident, login, "decide_without_answer", decided="close", reason="Has moved away")
        return incident

    def fire(self, incident: UUID) -> None:
        """Let every timer of the incident that is due fire, as the worker does."""
        with self.handling.store.read() as conn:
            due = conn.execute(
                select(t.run.c.id).where(
                    t.run.c.incident_id == incident, t.run.c.due_at <= self.clock.now
                )
            ).scalars()
            runs = list(due)
        for run in runs:
            advance_run(self.handling, run)

    def row(self, incident: UUID) -> Row[Any]:
        """Return the incident's row."""
        with self.handling.store.read() as conn:
            return conn.execute(select(t.incident).where(t.incident.c.id == incident)).one()

    def numbered(self, number: int) -> UUID:
        """Return the incident with this number."""
        with self.handling.store.read() as conn:
            return conn.execute(
                select(t.incident.c.id).where(t.incident.c.number == number)
            ).scalar_one()

    def criteria(self, incident: UUID) -> list[UUID]:
        """Return the ids of the criteria in force."""
        with self.handling.store.read() as conn:
            return list(
                conn.execute(
                    select(t.criterion.c.id)
                    .where(t.criterion.c.incident_id == incident, text(IN_FORCE))
                    .order_by(t.criterion.c.position)
                ).scalars()
            )

    def targets(self, incident: UUID) -> dict[str, str]:
        """Return the ids of all whom the incident's actions reach, by their label."""
        with self.handling.store.read() as conn:
            rows = conn.execute(
                select(t.target.c.label, t.target.c.id)
                .join(t.action, t.action.c.id == t.target.c.action_id)
                .where(t.action.c.incident_id == incident)
            )
            return {row.label: str(row.id) for row in rows}

    def items(self, incident: UUID, *, is_open: bool = True) -> list[Row[Any]]:
        """Return the incident's to-dos, those that are open unless said otherwise."""
        with self.handling.store.read() as conn:
            chosen = select(t.work_item).where(t.work_item.c.incident_id == incident)
            if is_open:
                chosen = chosen.where(t.work_item.c.ended_at.is_(None))
            return list(conn.execute(chosen.order_by(t.work_item.c.opened_at, t.work_item.c.step)))

    def item(self, incident: UUID, step: str, login: str | None = None) -> Row[Any]:
        """Return the open to-do of this step, the one for this person where there are several."""
        found = [item for item in self.items(incident) if item.step == step]
        if login is not None and len(found) > 1:
            actor = self.actor(login)
            found = [x for x in found if actor.id in x.people or x.team_id in actor.team_ids]
        assert found, f"nobody is asked to {step}; open is {self.steps(incident)}"
        return found[0]

    def steps(self, incident: UUID) -> list[str]:
        """Return the steps somebody is asked to do."""
        return sorted(item.step for item in self.items(incident))

    def verbs(self, incident: UUID) -> list[str]:
        """Return the verbs of the audit trail, in order."""
        with self.handling.store.read() as conn:
            return list(
                conn.execute(
                    select(t.entry.c.verb)
                    .where(t.entry.c.incident_id == incident)
                    .order_by(t.entry.c.seq)
                ).scalars()
            )

    def _furnish(self) -> None:
        self.people = {login: uuid4() for login in PEOPLE}
        self.teams = {team: uuid4() for team in TEAMS}
        organisations = {name: uuid4() for _, _, name in PEOPLE.values() if name}
        with self.handling.store.begin() as work:
            conn = work.conn
            conn.execute(
                insert(t.organisation),
                [
                    {
                        "id": made,
                        "name": name,
                        "kind": "supplier" if name == "Paper & Post" else "customer",
                    }
                    for name, made in organisations.items()
                ],
            )
            conn.execute(
                insert(t.person),
                [
                    {
                        "id": self.people[login],
                        "name": name,
                        "login": login,
                        "email": f"{login}@example.org",
                        "roles": roles,
                        "organisation_id": organisations.get(organisation or ""),
                    }
                    for login, (name, roles, organisation) in PEOPLE.items()
                ],
            )
            conn.execute(
                insert(t.team),
                [
                    {"id": self.teams[team], "name": name, "party": party}
                    for team, (name, party, _) in TEAMS.items()
                ],
            )
            conn.execute(
                insert(t.membership),
                [
                    {"team_id": self.teams[team], "person_id": self.people[login]}
                    for team, (_, _, members) in TEAMS.items()
                    for login in members
                ],
            )
            conn.execute(
                insert(t.business_process),
                {
                    "id": self.process_id,
                    "name": "Customer statements",
                    "owner_id": self.people["dora"],
                    "duty_lead_id": self.people["hugo"],
                    "authority_id": self.people["gita"],
                    "desk_id": self.teams["desk"],
                },
            )
            conn.execute(
                insert(t.product),
                {
                    "id": self.process_id,
                    "process_id": self.process_id,
                    "name": "Monthly statement",
                    "default_criteria": [CRITERION],
                },
            )
