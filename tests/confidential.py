"""A world in which incidents are for named people only, with one word in everything they say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from api.pages.deeds import DEEDS
from engine.domain.party import Party
from engine.queries.ledger import incident_ledger
from engine.usecases.disputing import dispute
from engine.usecases.holding import save_draft
from engine.usecases.naming import take_off
from engine.usecases.restricting import ask_to_lift, restrict
from engine.usecases.setting_aside import set_aside
from tests.visitor import SECRET
from tests.world import World

WORD = "Zephyr"
SAID = f"the {WORD} papers"
# what the word is searched by: a page may repeat what its reader typed
PART = "ephy"


@dataclass(frozen=True)
class Hidden:
    """The restricted incident that everything is known of, and others in other states."""

    id: UUID
    number: int
    values: Mapping[str, list[Any]]


def furnish(world: World) -> Hidden:
    """Report, work on, and limit incidents to Hugo, who leads them, and who answers for them.

    Ada has worked on them by way of her team, Bruno by name, and was taken off; Sami has an
    action on another incident, Fay is an operator.
    """
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    other = world.report("olga", title="Another")
    world.lead(other)
    world.propose(other, "hugo", "post", targets=("Somebody",))
    incident = _at_work(world)
    _limited(world, incident)
    aside = _reported(world)
    _limited(world, aside)
    set_aside(world.handling, aside, reason=SAID, actor=world.actor("hugo"))
    closed = world.asked(title=SAID, is_restricted=False)
    _limited(world, closed)
    world.confirm(closed)
    world.clock.forward(hours=1)
    disputed = _disputed(world, incident)
    return Hidden(incident, world.row(incident).number, _values(world, incident, disputed))


def _reported(world: World) -> UUID:
    texts = dict.fromkeys(("title", "expected", "actual", "harmed", "size_unit"), SAID)
    return world.report(size=3, money=12, currency=WORD[:3].upper(), **texts)


def _at_work(world: World) -> UUID:
    incident = _reported(world)
    world.lead(incident, "ada")
    world.lead(incident)
    criteria = [dict.fromkeys(("measure", "threshold", "evidence"), SAID)]
    confirmers = [str(world.people["carla"])]
    action: dict[str, Any] = {"title": SAID, "detail": SAID}
    world.propose(incident, "hugo", **action, targets=(SAID,))
    world.propose(incident, "hugo", **action)
    by_name = {"party": Party.BUSINESS, "team_id": None, "person_id": world.people["bruno"]}
    world.propose(incident, "hugo", **action, **by_name)
    agreed = {"criteria": criteria, "confirmers": confirmers, "actions": []}
    world.do(incident, "hugo", "agree_what_right_means", **agreed)
    asked = [item for item in world.items(incident) if item.team_id]
    done = next(item for item in asked if not _targets(world, item))
    world.finish(done.id, "ada", outcome="done", what_was_done=SAID, evidence=SAID)
    return incident


def _targets(world: World, item: Any) -> bool:
    with world.handling.store.read() as conn:
        asked = text("SELECT EXISTS (SELECT FROM target WHERE action_id = :id)")
        return bool(conn.scalar(asked, {"id": item.action_id}))


def _limited(world: World, incident: UUID) -> None:
    handling, hugo = world.handling, world.actor("hugo")
    restrict(handling, incident, reason=SAID, actor=hugo, people=[world.people["bruno"]])
    take_off(handling, incident, world.people["bruno"], reason=SAID, actor=hugo)
    ask_to_lift(handling, incident, reason=SAID, actor=hugo)


def _disputed(world: World, incident: UUID) -> UUID:
    hugo = world.actor("hugo")
    item = next(one for one in world.items(incident) if one.people == [hugo.id])
    save_draft(world.handling, item.id, {"what_was_done": SAID}, actor=hugo)
    with world.handling.store.read() as conn:
        line = incident_ledger(conn, incident, world.clock.now).lines[-1]
    return dispute(
        world.handling,
        incident,
        since=line.since,
        until=line.until,
        should_be=Party.EXTERNAL,
        why=SAID,
        actor=world.actor("dora"),
    )


def _values(world: World, incident: UUID, disputed: UUID) -> dict[str, list[Any]]:
    with world.handling.store.read() as conn:
        rows = conn.execute(
            text("SELECT id FROM action WHERE incident_id = :id ORDER BY number"), {"id": incident}
        )
        actions = list(rows.scalars())
        release = conn.execute(text("SELECT id FROM release")).scalar_one()
        others = conn.execute(text("SELECT number FROM incident WHERE is_restricted ORDER BY 1"))
        numbers = list(others.scalars())
    ended = [one.id for one in world.items(incident, is_open=False) if one.ended_at]
    return {
        "number": numbers,
        "which": [str(incident), *map(str, numbers)],
        "action_number": [1, 2, 3],
        "action_id": actions,
        "item_id": [one.id for one in world.items(incident)] + ended,
        "dispute_id": [disputed],
        "line": [1],
        "name": sorted(DEEDS),
        "diagram": ["incident", "confirmation", "action"],
        "release_id": [release],
        "token_id": [uuid4()],
    }


# What points at an incident, and what stands there for one that is none.
POINTING: Mapping[str, Callable[[], Any]] = {
    "number": lambda: 987_654,
    "which": lambda: str(uuid4()),
    "action_id": uuid4,
    "item_id": uuid4,
    "dispute_id": uuid4,
}


def paths_of(web: Flask, rule: Rule, method: str, values: Mapping[str, list[Any]]) -> list[str]:
    """Return the addresses of a rule, one for each value of one of its arguments at a time.

    KeyError for an argument that nobody has said the values of.
    """
    names = sorted(rule.arguments)
    first = {name: values[name][0] for name in names}
    chosen = [first] + [first | {name: one} for name in names for one in values[name][1:]]
    with web.test_request_context():
        adapter = web.url_map.bind("")
        return [adapter.build(rule.endpoint, one, method=method) for one in chosen]


class Caller:
    """Somebody with a session and the page's token, or nobody; each call is a fresh browser."""

    def __init__(self, world: World, web: Flask, login: str | None) -> None:
        self.web = web
        self.person = None if login is None else world.people[login]
        signer = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token")
        self.token = str(signer.dumps("drawn"))

    def call(self, method: str, path: str, sent: Any = None) -> tuple[TestResponse, FlaskClient]:
        """Return the answer, and the browser with what it keeps."""
        client = self.web.test_client()
        with client.session_transaction() as session:
            session["csrf_token"] = "drawn"
            if self.person is not None:
                session["_user_id"] = f"{self.person}:0"
        if path.startswith("/api/"):
            more = {} if method == "GET" else {"json": sent or {}}
            headers = {"X-CSRFToken": self.token}
            return client.open(path, method=method, headers=headers, **more), client
        form = {} if method == "GET" else {"csrf_token": self.token} | dict(sent or {})
        return client.open(path, method=method, data=form), client
