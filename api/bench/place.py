"""Where the figures are taken: a database of its own, as durable as in life, with a few people."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Row, select

from api.demo.house import House, build
from api.releasing import read_release
from engine.clock import now
from engine.domain.ladder import DEFAULT
from engine.domain.party import Party
from engine.store import schema as t
from engine.store.chaining import AuditKey
from engine.store.connect import application_engine
from engine.store.embedded import running
from engine.store.migrate import migrate
from engine.store.work import Store
from engine.usecases.complete import complete
from engine.usecases.handling import Handling
from engine.usecases.lead import take_lead
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.publish import publish
from engine.usecases.report import Report, report_incident

DONE = {"outcome": "done", "what_was_done": "Done as asked"}


@dataclass
class Place:
    """An organisation on a real PostgreSQL, and short ways to bring incidents to a stage."""

    handling: Handling
    app_url: str
    owner_url: str
    house: House
    # the log to replay; None for one that is made up
    log: Path | None = None

    @property
    def store(self) -> Store:
        """The store."""
        return self.handling.store

    def analyze(self) -> None:
        """Look after what was written in bulk, as PostgreSQL does a minute later in life."""
        with psycopg.connect(self.owner_url, autocommit=True) as conn:
            conn.execute("VACUUM ANALYZE")

    def incident(self, actions: int, *, at: datetime | None = None) -> UUID:
        """Return an incident on which IT has so many actions to do."""
        people, handling = self.house.people, self.handling
        made = report_incident(
            handling,
            Report(
                self.house.processes["Customer statements"],
                "Wrong balances",
                "Each statement shows what is owed",
                "It does not",
                "214 customers",
            ),
            actor=people["carla"],
            now=at,
        )
        take_lead(handling, made, actor=people["hugo"], now=at)
        self.agree(made, at=at)
        for _ in range(actions):
            propose_action(
                handling,
                made,
                Proposal("Put it right", Party.IT, team_id=self.house.teams["IT operations"]),
                actor=people["hugo"],
                now=at,
            )
        return made

    def agree(self, incident: UUID, *, at: datetime | None = None) -> None:
        """Agree what right means, with an action that Ada does at once."""
        self.complete(
            incident,
            "agree_what_right_means",
            "hugo",
            {
                "criteria": [
                    {"measure": "Balance", "threshold": "0 differences", "evidence": "ledger"}
                ],
                "confirmers": [str(self.house.people["carla"].id)],
                "actions": [
                    {
                        "title": "Put it right",
                        "party": "it",
                        "team": str(self.house.teams["IT operations"]),
                    }
                ],
            },
            at=at,
        )

    def verify(self, incident: UUID, *, at: datetime | None = None) -> None:
        """Find it right."""
        rows = [{"criterion": str(one), "measured": "0"} for one in self.criteria(incident)]
        since = (at or now()).strftime("%Y-%m-%dT%H:%M:%SZ")
        answers = {"verdict": "right", "right_since": since, "measured": rows}
        self.complete(incident, "verify_outcome", "dora", answers, at=at)

    def confirm(self, incident: UUID, answer: str) -> float:
        """Answer every criterion the same; return the seconds it took."""
        words = {} if answer == "yes" else {"words": "Still wrong"}
        rows = [
            {"criterion": str(one), "answer": answer, **words} for one in self.criteria(incident)
        ]
        item = self.item(incident, "confirm_outcome")
        return self.timed(item.id, "carla", {"criteria": rows})

    def complete(
        self,
        incident: UUID,
        step: str,
        login: str,
        answers: dict[str, Any],
        *,
        at: datetime | None = None,
    ) -> None:
        """Complete the open to-do of this step."""
        item = self.item(incident, step)
        complete(self.handling, item.id, answers, actor=self.house.people[login], now=at)

    def timed(self, item_id: UUID, login: str, answers: dict[str, Any]) -> float:
        """Complete a to-do and return the seconds it took."""
        actor = self.house.people[login]
        begun = perf_counter()
        complete(self.handling, item_id, answers, actor=actor)
        return perf_counter() - begun

    def item(self, incident: UUID, step: str) -> Row[Any]:
        """Return an open to-do of this step."""
        return self.items(incident, step)[0]

    def items(self, incident: UUID, step: str = "do_it_action") -> list[Row[Any]]:
        """Return the open to-dos of this step."""
        with self.store.read() as conn:
            return list(
                conn.execute(
                    select(t.work_item).where(
                        t.work_item.c.incident_id == incident,
                        t.work_item.c.step == step,
                        t.work_item.c.ended_at.is_(None),
                    )
                )
            )

    def criteria(self, incident: UUID) -> list[UUID]:
        """Return the ids of the criteria in force."""
        with self.store.read() as conn:
            return list(
                conn.execute(
                    select(t.criterion.c.id).where(
                        t.criterion.c.incident_id == incident, t.criterion.c.withdrawn_at.is_(None)
                    )
                ).scalars()
            )


@contextmanager
def place(pg_user: str | None, log: Path | None = None) -> Iterator[Place]:
    """Furnish a place and take it away again; as durable as any: every commit reaches the disk."""
    folder = Path(tempfile.mkdtemp(prefix="putright-bench-"))
    folder.chmod(0o711)  # PostgreSQL's own user passes through
    try:
        with running(folder / "data", pg_user) as server:
            migrate(server.owner_url)
            engine = application_engine(server.app_url, pool_size=20)
            store = Store(engine, AuditKey("bench", os.urandom(32)), now)
            publish(store, read_release(), by="bench", reason="to be measured")
            with store.begin() as work:
                house = build(work, lambda: "")
            yield Place(Handling(store, DEFAULT), server.app_url, server.owner_url, house, log)
            engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
