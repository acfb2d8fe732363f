"""Incidents told over the JSON API by the people they are about; each call is one request."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from tests.machine import Machine
from tests.visitor import Visitor
from tests.world import CRITERION, World

DONE = {"outcome": "done", "what_was_done": "Done as asked"}


class Teller:
    """Everybody with a token, which each gets when they first speak."""

    def __init__(self, world: World, web: Flask) -> None:
        self.world = world
        self._web = web
        self._machines: dict[str, Machine] = {}

    def ask(self, login: str, path: str) -> Any:
        """Return what a GET says."""
        return self._as(login).get(path)

    def send(self, login: str, path: str, said: Mapping[str, Any] | None = None) -> TestResponse:
        """Return the answer to a POST."""
        return self._as(login).send("POST", path, dict(said or {}))

    def does(self, login: str, path: str, said: Mapping[str, Any] | None = None) -> Any:
        """Return what a POST that must work says."""
        answer = self.send(login, path, said)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json if answer.data else None

    def puts(self, login: str, path: str, said: Mapping[str, Any]) -> None:
        """Have a PUT done that must work."""
        self._as(login).ask("PUT", path, dict(said), status=204)

    def reports(self, login: str, title: str, **said: Any) -> UUID:
        """Report something, and have the service desk take the lead."""
        world = self.world
        told = {
            "product": str(world.process_id),
            "title": title,
            "actual": "It is wrong",
            "expected": "It is right",
            "impact": "medium",
            "urgency": "medium",
        }
        incident = UUID(self.does(login, "/incidents", told | said)["id"])
        self.does("hugo", f"/incidents/{incident}/lead")
        return incident

    def agrees(
        self,
        incident: UUID,
        *actions: Mapping[str, Any],
        confirmers: tuple[str, ...] = ("carla",),
        **more: Any,
    ) -> None:
        """Have the service desk agree what right means, who answers, and the first actions."""
        said: dict[str, Any] = {
            "criteria": [CRITERION],
            "confirmers": [str(self.world.people[login]) for login in confirmers],
            "actions": list(actions),
        }
        self.completes("hugo", incident, "agree_what_right_means", **said | more)

    def changes(
        self, login: str, incident: UUID, change: str, about: UUID | str | None, **answers: Any
    ) -> None:
        """Change something about the incident beside its to-dos."""
        said = {"about": about and str(about), "answers": answers}
        self.does(login, f"/incidents/{incident}/changes/{change}", said)

    def completes(self, login: str, incident: UUID, step: str, **answers: Any) -> None:
        """Answer the open to-do of this step."""
        item = self.world.item(incident, step, login)
        self.does(login, f"/items/{item.id}/complete", {"answers": answers})

    def verifies(self, login: str, incident: UUID) -> None:
        """Find every criterion right."""
        self.completes(
            login,
            incident,
            "verify_outcome",
            verdict="right",
            right_since=self.world.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            measured=[
                {"criterion": str(one), "measured": "0"} for one in self.world.criteria(incident)
            ],
        )

    def answers(self, login: str, incident: UUID, answer: str, **words: str) -> None:
        """Answer every criterion the same."""
        self.completes(
            login,
            incident,
            "confirm_outcome",
            criteria=[
                {"criterion": str(one), "answer": answer, **words}
                for one in self.world.criteria(incident)
            ],
            **words,
        )

    def put_right(self, incident: UUID) -> None:
        """Have the databases team do what was agreed, and the owner find it right."""
        self.completes("ada", incident, "do_it_action", **DONE)
        self.verifies("dora", incident)

    def adds_up(self, incident: UUID) -> None:
        """Insist that the ledger of an ended incident adds up to the second."""
        ledger, row = self.ask("hugo", f"/incidents/{incident}/ledger"), self.world.row(incident)
        elapsed = (row.ended_at - row.told_at).total_seconds()
        assert sum(ledger["totals_seconds"].values()) == elapsed

    def proven(self) -> int:
        """Insist that the auditor finds evidence for every way out; return how many closed."""
        found = self.ask("egon", "/closures")
        assert found["unproven"] == []
        return int(found["closed"])

    def visits(self, login: str) -> Visitor:
        """Return this person at the pages."""
        return Visitor(self.world, self._web, login)

    def _as(self, login: str) -> Machine:
        if login not in self._machines:
            self._machines[login] = Machine(self.world, self._web, login)
        return self._machines[login]
