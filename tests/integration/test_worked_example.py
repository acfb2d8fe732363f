"""The article's example, told through HTTP by the people it is about (design, What it is for).

Wrong data in the accounting system, 214 customers with wrong balances: IT corrects rows, accounting
issues statements, sales calls the customers, and only the customer can say that it is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from engine.queries.closures import closures_without_evidence
from engine.store.connect import sqlalchemy_url
from engine.store.embedded import DatabaseUrls
from engine.usecases.tokens import make_token
from tests.visitor import Visitor, todo_path
from tests.world import CRITERION, KEY, World

CUSTOMERS = [f"Customer {number}" for number in range(1, 215)]


@dataclass
class Teller:
    """Everybody with a token; each call is one person's request."""

    world: World
    web: Flask
    tokens: dict[str, str]

    def ask(self, login: str, path: str) -> Any:
        """Return what a GET says."""
        answer = self.web.test_client().get(f"/api/v1{path}", headers=self._as(login))
        assert answer.status_code == 200, answer.text
        return answer.json

    def send(self, login: str, path: str, said: Mapping[str, Any] | None = None) -> TestResponse:
        """Return the answer to a POST."""
        return self.web.test_client().post(
            f"/api/v1{path}", json=dict(said or {}), headers=self._as(login)
        )

    def does(self, login: str, path: str, said: Mapping[str, Any] | None = None) -> Any:
        """Return what a POST that must work says."""
        answer = self.send(login, path, said)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json if answer.data else None

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

    def _as(self, login: str) -> dict[str, str]:
        if login not in self.tokens:
            person = self.world.people[login]
            self.tokens[login] = make_token(self.world.handling.store, person, name="story")[1]
        return {"Authorization": f"Bearer {self.tokens[login]}"}


@pytest.fixture
def teller(world: World, web: Flask) -> Teller:
    return Teller(world, web, {})


def _reported(teller: Teller, impact: str) -> UUID:
    made = teller.does(
        "carla",
        "/incidents",
        {
            "process": str(teller.world.process_id),
            "title": "Wrong balances on statements",
            "actual": "Statements of March show balances that nobody owes",
            "expected": "Each statement shows what the customer owes",
            "harmed": "214 customers",
            "impact": impact,
            "urgency": "medium",
        },
    )
    incident = UUID(made["id"])
    teller.does("hugo", f"/incidents/{incident}/lead")
    return incident


def _agreed(teller: Teller, incident: UUID, *actions: Mapping[str, Any]) -> None:
    teller.completes(
        "hugo",
        incident,
        "agree_what_right_means",
        criteria=[CRITERION],
        confirmers=[str(teller.world.people["carla"])],
        actions=list(actions),
    )


def _put_right(teller: Teller, *, impact: str = "medium", sales: str = "gita") -> UUID:
    """Return the incident with everything done and checked, the customer being asked."""
    world, incident = teller.world, _reported(teller, impact)
    _agreed(
        teller,
        incident,
        world.for_team("databases", "Correct the rows", ends_cause=True),
        world.for_team("accounting", "Issue corrected statements"),
    )
    teller.does(
        "hugo",
        f"/incidents/{incident}/actions",
        {
            "title": "Call the customers",
            "party": "business",
            "person": str(world.people[sales]),
            "targets": CUSTOMERS,
        },
    )
    world.clock.forward(hours=2)
    teller.completes("ada", incident, "do_it_action", outcome="done", what_was_done="214 rows")
    world.clock.forward(hours=20)
    teller.completes(
        "bruno", incident, "do_business_action", outcome="done", what_was_done="Statements are out"
    )
    calling = world.item(incident, "do_business_action", sales)
    targets = [one["id"] for one in teller.ask(sales, f"/actions/{calling.action_id}/targets")]
    assert len(targets) == len(CUSTOMERS)
    reached = teller.does(
        sales,
        f"/items/{calling.id}/targets",
        {"outcomes": [{"target": one, "outcome": "done"} for one in targets[:200]]},
    )
    assert reached == {"left": 14}
    early = teller.send(
        sales,
        f"/items/{calling.id}/complete",
        {
            "answers": {
                "outcome": "done",
                "what_was_done": "Called most of them",
                "targets": [{"target": one} for one in targets],
            }
        },
    )
    assert early.status_code == 422
    assert world.steps(incident) == ["do_business_action"]
    world.clock.forward(hours=30)
    teller.completes(
        sales,
        incident,
        "do_business_action",
        outcome="done",
        what_was_done="Called all of them",
        targets=[{"target": one, "outcome": "done"} for one in targets],
    )
    teller.verifies("dora", incident)
    return incident


def test_wrong_balances_end_when_the_customer_says_that_they_are_right(teller: Teller) -> None:
    world = teller.world
    incident = _put_right(teller)
    told = world.row(incident)
    assert told.repaired_at < told.right_since, "repaired long before restored"

    teller.answers("carla", incident, "partly", words="My brother’s statement is still wrong")
    assert world.row(incident).state == "open"
    _agreed(teller, incident, world.for_team("accounting", "Correct the brother’s statement"))
    teller.completes(
        "bruno", incident, "do_business_action", outcome="done", what_was_done="Sent again"
    )
    teller.verifies("dora", incident)
    world.clock.forward(hours=3)
    teller.answers("carla", incident, "yes")

    assert world.row(incident).state == "closed"
    assert world.row(incident).closed_by == "confirmed"
    ledger = teller.ask("hugo", f"/incidents/{incident}/ledger")
    elapsed = (world.row(incident).ended_at - world.row(incident).told_at).total_seconds()
    assert sum(ledger["totals_seconds"].values()) == elapsed


def test_a_customer_who_never_answers_is_decided_for_by_somebody_with_no_hand_in_it(
    teller: Teller,
) -> None:
    world = teller.world
    incident = _put_right(teller, impact="high", sales="bruno")
    for _ in range(7):
        world.clock.forward(days=1)
        world.fire(incident)

    # five working days, a reminder on each, two tries to reach her, and then the authority
    asked = world.item(incident, "confirm_outcome")
    assert asked.reminders == 5
    carla = {"whom": str(world.people["carla"]), "channel": "call"}
    for words in ("Nobody picks up", "The number is gone"):
        assert "decide_without_answer" not in world.steps(incident)
        teller.does("hugo", f"/incidents/{incident}/tries", carla | {"words": words})
    assert "decide_without_answer" in world.steps(incident)
    assert world.row(incident).state == "open"
    deciding = world.item(incident, "decide_without_answer")
    said = {"answers": {"decided": "close", "reason": "The customer has moved away"}}
    for login in ("ada", "bruno", "dora", "hugo", "carla"):
        refused = teller.send(login, f"/items/{deciding.id}/complete", said)
        assert refused.status_code in (403, 404)
    teller.does("gita", f"/items/{deciding.id}/complete", said)

    row = world.row(incident)
    assert (row.state, row.closed_by) == ("closed", "escalated")
    assert "The customer has moved away" in str(teller.ask("hugo", f"/incidents/{incident}"))


def test_nothing_can_close_it_wrongly(
    teller: Teller, database: DatabaseUrls, world: World, web: Flask
) -> None:
    incident = _put_right(teller)
    asked = world.item(incident, "confirm_outcome")

    # the API: variables, other people's answers, a state that nobody may set
    for login, said in (
        ("carla", {"answers": {"gate": "confirmed", "answer": "yes"}}),
        ("carla", {"answers": {"criteria": [], "answer": "yes"}}),
        ("hugo", {"answers": {"criteria": []}}),
        ("olga", {"answers": {"criteria": []}}),
    ):
        assert teller.send(login, f"/items/{asked.id}/complete", said).status_code >= 400
    assert teller.send("hugo", f"/incidents/{incident}", {"state": "closed"}).status_code >= 400

    # the pages: posted variables, and a second tab that is stale
    stale = Visitor(world, web, "carla")
    page = todo_path(asked.id)
    stale.send(page, {"gate": "confirmed", "state": "closed"}, status=422)
    teller.answers("carla", incident, "no", words="Still wrong")
    stale.send(page, {"criteria.0.answer": "yes"}, status=409)
    assert world.row(incident).state == "open"

    # a closing decision by somebody who worked on it, once there is one to take
    _agreed(teller, incident, world.for_team("databases"))
    teller.completes("ada", incident, "do_it_action", outcome="done", what_was_done="Again")
    teller.verifies("dora", incident)
    world.clock.forward(days=20)
    world.fire(incident)
    deciding = world.item(incident, "decide_without_answer")
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE work_item SET people = people || ARRAY[CAST(:ada AS uuid)] WHERE id = :i"),
            {"ada": world.people["ada"], "i": deciding.id},
        )
    said = {"answers": {"decided": "close", "reason": "I repaired it myself"}}
    assert teller.send("ada", f"/items/{deciding.id}/complete", said).status_code == 403
    assert world.row(incident).state == "open"

    # plain SQL, as the owner of the tables
    owner = create_engine(sqlalchemy_url(database.owner_url), poolclass=NullPool)
    close = text(
        "UPDATE incident SET state = 'closed', closed_by = 'confirmed', ended_at = now(),"
        " confirmation_id = (SELECT id FROM confirmation WHERE incident_id = :id LIMIT 1)"
        " WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="needs its evidence"), owner.begin() as conn:
        conn.execute(close, {"id": incident})
    assert world.row(incident).state == "open"

    # with the guard switched off it can be done, and the audit names it
    with owner.begin() as conn:
        conn.execute(text("ALTER TABLE incident DISABLE TRIGGER guard_evidence"))
        conn.execute(close, {"id": incident})
    with world.handling.store.read() as conn:
        closed, unproven = closures_without_evidence(conn, {KEY.id: KEY.secret})
    assert closed == 1
    assert [one.number for one in unproven] == [world.row(incident).number]
