"""Signals over the JSON API and at the pages: who may, what is refused, and two at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from engine.domain.signal import Alert
from engine.errors import Conflict
from engine.store import schema as t
from engine.usecases.receiving import receive
from engine.usecases.restricting import restrict
from engine.usecases.signals import Named, name_product
from tests.at_once import at_once
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.world import World

Start = Callable[[str | None], Machine]
Visit = Callable[[str | None], Visitor]


@pytest.fixture
def signal(world: World) -> UUID:
    return told(world, "Disk full")


def told(world: World, *titles: str) -> UUID:
    alerts = [Alert(title, title, world.clock.now) for title in titles]
    (made,) = receive(world.handling, world.process_id, alerts, actor=world.actor("ada"))
    return made


def said(world: World, **alert: str) -> dict[str, object]:
    return {"process": str(world.process_id), "alerts": [{"title": "Disk full"} | alert]}


def test_signals_are_for_the_people_of_our_own_organisation(
    world: World, machine: Start, signal: UUID
) -> None:
    names = {"product": str(world.process_id)}

    for login in ("carla", "sami", "fay"):
        machine(login).get("/signals", 403)
        machine(login).post("/signals", said(world), 403)
        machine(login).post(f"/signals/{signal}/incidents", names, 403)
    assert len(machine("egon").get("/signals")["lines"]) == 1
    machine("egon").post("/signals", said(world), 403)
    machine("egon").post(f"/signals/{signal}/incidents", names, 403)


def test_what_cannot_be_an_alert_is_named(world: World, machine: Start) -> None:
    ada = machine("ada")

    for wrong in (
        said(world) | {"alerts": []},
        said(world) | {"process": "x"},
        said(world) | {"process": str(uuid4())},
        said(world, started_at="yesterday"),
        said(world, severity="bad"),
        said(world, title=""),
    ):
        ada.post("/signals", wrong, 422)
    assert ada.get("/signals")["lines"] == []


def test_an_alert_from_a_clock_that_is_fast_starts_now(world: World, machine: Start) -> None:
    ahead = (world.clock.now + timedelta(hours=1)).isoformat()

    machine("ada").post("/signals", said(world, started_at=ahead))

    with world.handling.store.read() as conn:
        assert conn.scalar(select(t.signal.c.first_at)) == world.clock.now


def test_a_signal_is_listed_page_by_page(world: World, machine: Start) -> None:
    for number in range(3):
        told(world, f"Alert {number}")
        world.clock.forward(hours=1)

    first = machine("hugo").get("/signals?size=2")
    rest = machine("hugo").get(f"/signals?size=2&after={first['next']}")

    assert [one["number"] for one in first["lines"]] == [3, 2]
    assert ([one["number"] for one in rest["lines"]], rest["next"]) == ([1], None)
    machine("hugo").get("/signals?after=x", 422)


def test_naming_a_product_opens_one_incident_for_each_key(
    world: World, machine: Start, signal: UUID
) -> None:
    hugo, names = machine("hugo"), {"product": str(world.process_id), "impact": "high"}
    address = f"/signals/{signal}/incidents"

    made = hugo.post(address, names, 201, key="once")

    assert hugo.post(address, names, 201, key="once") == made
    shown = hugo.get(f"/incidents/{made['id']}")
    assert shown["title"] == "Monthly statement: Disk full"
    assert shown["actual"] == "Monitoring says: Disk full"
    assert shown["confirmers"] == [], "who names it does not receive it"
    assert hugo.post(address, names, 409)["context"]["incident"] == 1
    hugo.post(address, names | {"product": str(uuid4())}, 422)
    hugo.post(f"/signals/{uuid4()}/incidents", names, 404)


def test_a_signal_joins_what_is_open_and_whose_part_one_has(
    world: World, machine: Start, signal: UUID
) -> None:
    incident, closed = world.report(), world.confirmed()
    joins = f"/signals/{signal}/join"

    machine("ada").post(joins, {"incident": "1"}, 403)
    machine("hugo").post(joins, {"incident": "99"}, 404)
    machine("hugo").post(joins, {"incident": str(closed)}, 409)
    machine("hugo").post(f"/signals/{uuid4()}/join", {"incident": "1"}, 404)
    for _ in range(2):
        machine("hugo").post(joins, {"incident": "1"}, 204)

    assert world.verbs(incident).count("signal:joined") == 1
    (line,) = machine("hugo").get("/signals")["lines"]
    assert line["incidents"] == [{"number": 1, "product": "Monthly statement", "state": "open"}]


def test_a_restricted_incident_has_no_words_among_signals(
    world: World, machine: Start, visit: Visit, signal: UUID
) -> None:
    incident = world.report(title="Somebody steals")
    machine("hugo").post(f"/signals/{signal}/join", {"incident": "1"}, 204)
    restrict(world.handling, incident, reason="an investigation", actor=world.actor("hugo"))

    assert "steals" not in str(machine("ada").get("/signals"))
    assert "steals" not in visit("ada").get("/signals/1")


def test_two_first_alerts_at_once_begin_one_signal(world: World) -> None:
    refused = at_once(*[lambda one=one: told(world, one) for one in ("A", "B", "C", "D")])

    assert refused == [None] * 4
    with world.handling.store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.signal)) == 1
        assert conn.scalar(select(t.signal.c.alerts)) == 4


def test_two_who_name_the_product_at_once_open_one_incident(world: World, signal: UUID) -> None:
    named = Named(world.process_id)

    refused = at_once(
        lambda: name_product(world.handling, signal, named, actor=world.actor("hugo")),
        lambda: name_product(world.handling, signal, named, actor=world.actor("dora")),
    )

    assert sorted(map(str, refused)) == sorted(map(str, (None, Conflict)))


def test_the_page_says_what_it_does_not_understand(world: World, visit: Visit) -> None:
    told(world, "Disk full")
    hugo = visit("hugo")

    for product in ("", "x", str(uuid4())):
        hugo.send("/signals/1/product", {"product": product}, 422, at="/signals/1")
    for incident in ("", "x", "99"):
        wrong = hugo.send("/signals/1/join", {"incident": incident}, 422, at="/signals/1")
        assert "no incident of this number" in words_of(wrong)
    assert "Which product" not in visit("egon").get("/signals/1")
    visit("carla").get("/signals", 403)
    hugo.get("/signals/2", 404)
    assert "What monitoring says" in visit("hugo").get("/incidents")
    assert "What monitoring says" not in visit("carla").get("/incidents")


# --- Prometheus Alertmanager -------------------------------------------------------------------


def fired(n: int, at: datetime, **more: Any) -> dict[str, Any]:
    """Return an alert as Alertmanager tells it, with all that it tells."""
    return {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "instance": f"db-{n}", "severity": "page"},
        "annotations": {"summary": f"Disk full on db-{n}", "description": "…"},
        "startsAt": at.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=x",
        "fingerprint": f"{n:016x}",
    } | more


def posted(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": '{}:{alertname="DiskFull"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "putright",
        "groupLabels": {"alertname": "DiskFull"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
    } | more


def test_four_hundred_alerts_of_alertmanager_in_six_minutes_are_one_line(
    world: World, machine: Start
) -> None:
    path, ada = f"/signals/alertmanager/{world.process_id}", machine("ada")
    for minute in range(6):
        at = world.clock.now
        first = minute * 67
        ada.post(path, posted(*(fired(n, at) for n in range(first, min(first + 67, 400)))))
        world.clock.forward(minutes=1)
    [line] = ada.get("/signals")["lines"]
    assert line["alerts"] == 400

    # it tells again what goes on, and what is over
    again = [fired(n, world.clock.now) for n in range(10)]
    ada.post(path, posted(*again))
    [line] = ada.get("/signals")["lines"]
    assert (line["alerts"], line["going_on"]) == (400, 400)


def test_what_alertmanager_says_is_resolved_is_over(world: World, machine: Start) -> None:
    path, ada = f"/signals/alertmanager/{world.process_id}", machine("ada")
    began = world.clock.now
    ada.post(path, posted(fired(1, began), fired(2, began)))
    world.clock.forward(minutes=2)
    over = {"status": "resolved", "endsAt": world.clock.now.isoformat()}
    ada.post(path, posted(fired(1, began, **over), status="resolved"))
    [line] = ada.get("/signals")["lines"]

    assert line["going_on"] == 1
    assert line["titles"] == ["Disk full on db-1", "Disk full on db-2"]


def test_what_alertmanager_cannot_say_is_refused(world: World, machine: Start) -> None:
    path, now = f"/signals/alertmanager/{world.process_id}", world.clock.now
    ada = machine("ada")
    ada.post(path, posted(fired(1, now), version="3"), 422)
    ada.post(path, posted(), 422)
    ada.post(path, posted(fired(1, now, fingerprint="")), 422)
    ada.post(f"/signals/alertmanager/{uuid4()}", posted(fired(1, now)), 422)
    machine("carla").post(path, posted(fired(1, now)), 403)
    machine(None).post(path, posted(fired(1, now)), 401)


def test_a_hostile_summary_stays_a_text(world: World, machine: Start, visit: Visit) -> None:
    path = f"/signals/alertmanager/{world.process_id}"
    hostile = {"annotations": {"summary": "<script>alert(1)</script>\u202e" + "x" * 5000}}
    machine("ada").post(path, posted(fired(1, world.clock.now, **hostile)))
    page = visit("ada").get("/signals")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
