"""400 alerts in six minutes: one signal, three incidents that grow from it, and no closure by it.

A disk fills up, and monitoring says so 400 times.  Only people can say what that does to the
business: statements and payslips come out wrong, and the shop, which Olga told us herself.  The
alerts end long before it is right again.
"""

from uuid import UUID

import pytest
from sqlalchemy import text

from engine.store.jobs import TELL_RECOVERED
from engine.usecases.directory import NewProcess, enter_process
from engine.usecases.signals import tell_recovered
from tests.story import DONE, Teller
from tests.visitor import words_of
from tests.world import CRITERION, World

ALERTS = [f"Disk of server {number % 20} is full ({number})" for number in range(400)]


def process(world: World, name: str, product: str) -> UUID:
    people = world.people
    new = NewProcess(
        name, product, people["dora"], people["hugo"], people["gita"], world.teams["desk"],
        default_criteria=[CRITERION],
    )  # fmt: skip
    with world.handling.store.begin() as work:
        return enter_process(work, new)


@pytest.fixture
def payroll(world: World) -> UUID:
    return process(world, "Payroll", "Payslip")


@pytest.fixture
def shop(world: World) -> UUID:
    return process(world, "Selling", "Shop order")


@pytest.fixture
def signal(teller: Teller, world: World) -> str:
    """Six minutes of alerts, each told twice as monitoring does; the id of what became of them."""
    for begin in range(0, 400, 20):
        batch = [{"title": one} for one in ALERTS[begin : begin + 20]]
        for _ in range(2):
            teller.does("ada", "/signals", {"process": str(world.process_id), "alerts": batch})
        world.clock.forward(seconds=18)
    (line,) = teller.ask("hugo", "/signals")["lines"]
    return str(line["id"])


def over(teller: Teller, alerts: list[str]) -> None:
    """Have monitoring say that these are over, and the worker tell whom it concerns."""
    world = teller.world
    said = [{"title": one, "recovered_at": world.clock.now.isoformat()} for one in alerts]
    teller.does("ada", "/signals", {"process": str(world.process_id), "alerts": said})
    with world.handling.store.read() as conn:
        jobs = conn.scalars(
            text("SELECT args->>'signal_id' FROM procrastinate_jobs WHERE task_name = :tell"),
            {"tell": TELL_RECOVERED},
        ).all()
    for signal in jobs:
        tell_recovered(world.handling, UUID(signal))


def test_400_alerts_are_one_line_and_no_incident(teller: Teller, signal: str) -> None:
    (line,) = teller.ask("hugo", "/signals")["lines"]

    assert (line["id"], line["alerts"], line["going_on"]) == (signal, 400, 400)
    assert (len(line["titles"]), line["incidents"], line["recovered_at"]) == (3, [], None)
    assert teller.ask("hugo", "/incidents")["lines"] == []
    page = words_of(teller.visits("hugo").get("/signals"))
    assert "400 alerts" in page
    assert "400 going on" in page


def test_three_incidents_grow_from_it_and_each_ends_with_its_own_customers_answer(
    teller: Teller, world: World, signal: str, payroll: UUID, shop: UUID
) -> None:
    # one tap for each product that comes out wrong, and Olga has told us of the third herself
    hugo = teller.visits("hugo")
    told = teller.reports("olga", "My order is not there", product=str(shop))
    for product in (world.process_id, payroll):
        hugo.send("/signals/1/product", {"product": str(product)}, at="/signals/1")
    teller.does("hugo", f"/signals/{signal}/join", {"incident": "1"})
    statements, payslips = world.numbered(2), world.numbered(3)
    assert "#1 Shop order" in words_of(hugo.get("/signals/1"))
    again = hugo.send("/signals/1/product", {"product": str(payroll)}, 409, at="/signals/1")
    assert "This has become #3; please go on there." in words_of(again)

    # each has its own people and its own work
    asked = ((statements, "carla"), (payslips, "bruno"), (told, "olga"))
    for incident, who in asked:
        teller.agrees(incident, world.for_team("databases", "Free the disk"), confirmers=(who,))
    world.clock.forward(hours=1)

    # the last alert is over: that is in every record, and nothing else has changed
    over(teller, ALERTS[:399])
    assert teller.ask("hugo", "/signals")["lines"][0]["going_on"] == 1
    over(teller, ALERTS)
    over(teller, ALERTS)
    for incident, _ in asked:
        assert world.verbs(incident).count("signal:recovered") == 1
        assert world.steps(incident) == ["do_it_action"]
        assert world.row(incident).state == "open"
    assert "the alerts are over" in words_of(hugo.get("/incidents/2/record"))

    # each is over when the one who receives the product says so
    for incident, who in asked:
        teller.completes("ada", incident, "do_it_action", **DONE)
        teller.verifies("dora", incident)
        if who != "olga":
            teller.answers(who, incident, "yes")
    teller.answers("olga", told, "no", words="The order of Monday is still missing")
    assert [world.row(one).state for one, _ in asked] == ["closed", "closed", "open"]
    assert teller.proven() == 2


def test_what_begins_again_is_told_anew_and_opens_nothing(
    teller: Teller, world: World, signal: str
) -> None:
    said = {"product": str(world.process_id), "actual": "Balances of Monday are missing"}
    incident = UUID(teller.does("hugo", f"/signals/{signal}/incidents", said)["id"])
    over(teller, ALERTS)

    world.clock.forward(minutes=5)
    teller.does(
        "ada", "/signals", {"process": str(world.process_id), "alerts": [{"title": ALERTS[0]}]}
    )
    (line,) = teller.ask("hugo", "/signals")["lines"]
    assert (line["alerts"], line["going_on"], line["recovered_at"]) == (400, 1, None)
    over(teller, ALERTS)
    assert world.verbs(incident).count("signal:recovered") == 2

    world.clock.forward(hours=2)
    teller.does(
        "ada", "/signals", {"process": str(world.process_id), "alerts": [{"title": "Slow"}]}
    )
    lines = teller.ask("hugo", "/signals")["lines"]
    assert [(one["number"], one["alerts"]) for one in lines] == [(2, 1), (1, 400)]
    assert teller.ask("hugo", "/incidents")["counts"]["open"] == 1
